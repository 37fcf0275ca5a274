"""Ways to make a command with a harmless name do harm, each tried on the engine with a real trap.

If the user was not asked, the command ran as a trusted one and must not have written anything;
otherwise the approval request must have come.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, WORKSPACE_WRITE, AskForApproval, SandboxPolicy
from codex.protocol.settings import ShellEnvironmentPolicy
from tests.support.conversation import YES, Outcome, converse, shell

PATH = os.environ["PATH"]


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with a program `evil`, which leaves the file `made`, and a repository."""
    folder = tmp_path / "work"
    folder.mkdir()
    evil = folder / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {folder}/made\n")
    evil.chmod(0o755)
    (folder / "f").write_text("one\ntwo\n")
    git(folder, "init", "-q")
    git(folder, "add", "f")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "f").write_text("one\nthree\n")
    return folder


def untrusted(work: Path, *command: str, **settings: Any) -> Outcome:
    """Run it under `untrusted`; a question is denied."""
    return converse(work, shell(*command), approval_policy=AskForApproval.UNTRUSTED, **settings)


ASKED = {
    "sed-f": ["sed", "-n", "1p", "-fSCRIPT"],
    "sed-expression": ["sed", "-n", "1p", "--expression=1w made"],
    "sed-w": ["sed", "-n", "1w made", "f"],
    "sed-e": ["sed", "-n", "1e touch made", "f"],
    "find-exec": ["find", ".", "-name", "f", "-exec", "./evil", ";"],
    "find-delete": ["find", ".", "-name", "f", "-delete"],
    "find-fprintf": ["find", ".", "-fprintf", "made", "x"],
    "find-fls": ["find", ".", "-fls", "made"],
    "git-output": ["git", "diff", "--output=made"],
    "git-outp": ["git", "log", "--outp=made"],
    "git-output-word": ["git", "show", "--output", "made"],
    "git-ext-diff": ["git", "diff", "--ext-diff"],
    "git-ext": ["git", "log", "--ext", "-p"],
    "git-textconv": ["git", "show", "--textconv"],
    "git-c": ["git", "-c", "core.fsmonitor=./evil", "status"],
    "git-config-env": ["git", "--config-env=core.fsmonitor=EVIL", "status"],
    "git-exec-path": ["git", "--exec-path=.", "status"],
    "git-paginate": ["git", "-p", "log"],
    "git-signature": ["git", "log", "--format=%+G?"],
    "git-branch-signature": ["git", "branch", "--format=%(signature)"],
    "git-branch-new": ["git", "branch", "made"],
    "git-branch-delete": ["git", "branch", "-D", "x"],
    "git-grep-pager": ["git", "grep", "-O./evil", "one"],
    "rg-pre": ["rg", "--pre", "./evil", "one"],
    "rg-pre-is": ["rg", "--pre=./evil", "one"],
    "rg-hostname": ["rg", "--hostname-bin=./evil", "one"],
    "rg-zip": ["rg", "-z", "one"],
    "cargo-check": ["cargo", "check"],
    "sort-o": ["sort", "-o", "made", "f"],
    "sort-compress": ["sort", "--compress-program=./evil", "f"],
    "uniq-output": ["uniq", "f", "made"],
    "base64-output": ["base64", "-o", "made", "f"],
    "tee": ["tee", "made"],
    "env": ["env", "./evil"],
    "path": ["./evil"],
    "own-shell": ["./bash", "-c", "ls"],
    "tail-follow": ["tail", "-f", "f"],
}
SCRIPTS = {
    "backslash-exec": "find . -name f -ex\\ec ./evil \\;",
    "backslash-delete": "find . -name f -del\\ete",
    "quoted-exec": "find . -name f '-ex''ec' ./evil ';'",
    "glob-exec": "find . -name f -exe? ./evil ';'",
    "background": "./evil & ls",
    "background-reader": "ls &",
    "redirect": "echo x > made",
    "append": "echo x >> made",
    "clobber": "echo x >| made",
    "both": "ls &> made",
    "substitution": "echo $(./evil)",
    "backticks": "echo `./evil`",
    "quoted-substitution": 'echo "$(./evil)"',
    "process": "cat <(./evil)",
    "variable": "echo ${x:=$(./evil)}",
    "arithmetic": "echo $((a[$(./evil)]))",
    "assignment": "PATH=. ls",
    "fsmonitor": "GIT_CONFIG_COUNT=1 git status",
    "here-document": "cat <<EOF\n$(./evil)\nEOF",
    "here-string": "cat <<< $(./evil)",
    "function": "ls() { ./evil; }; ls",
    "alias": "alias ls=./evil; ls",
    "group": "{ ./evil; }",
    "subshell": "(./evil)",
    "negated": "! ./evil",
    "glob-option": "cat *",
    "brace": "find . -{exec,name} ./evil",
    "tilde": "cat ~root",
    "history": "cat !$",
    "second-line": "ls\n./evil",
    "carriage-return": "ls\r./evil",
    "comment": "ls #\n./evil",
    "keyword": "if ls; then ./evil; fi",
    "coprocess": "coproc ./evil",
    "pipe-both": "ls |& ./evil",
    "dollar-quote": "echo $'x'; ./evil",
    "source": ". ./evil",
    "last-part": "ls && cat f | wc -l; ./evil",
}


def set_traps(work: Path) -> None:
    (work / "SCRIPT").write_text("1e ./evil\n")
    (work / "1p").write_text("x\n")
    (work / "-exec").write_text("")
    shell_file = work / "bash"
    shell_file.write_text("#!/bin/sh\n./evil\n")
    shell_file.chmod(0o755)


@pytest.mark.parametrize("name", ASKED)
def test_words_that_do_more_than_read_are_asked_about(work: Path, name: str) -> None:
    set_traps(work)
    outcome = untrusted(work, *ASKED[name])
    assert len(outcome.questions) == 1
    assert outcome.began == []
    wrapped = untrusted(work, "bash", "-lc", " ".join(f"'{word}'" for word in ASKED[name]))
    assert len(wrapped.questions) == 1
    assert not (work / "made").exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_that_do_more_than_read_are_asked_about(work: Path, name: str) -> None:
    set_traps(work)
    outcome = untrusted(work, "bash", "-lc", SCRIPTS[name])
    assert len(outcome.questions) == 1
    assert outcome.began == []
    assert not (work / "made").exists()


def test_a_script_of_readers_is_trusted_as_a_whole(work: Path) -> None:
    script = "cd . && cat f | head -n 1; ls || true\nwc -l f"
    outcome = untrusted(work, "bash", "-lc", script)
    assert outcome.questions == []
    assert outcome.statuses == [0]
    assert "one" in outcome.outputs[0]


GIT_TRAPS = {
    "fsmonitor": (["core.fsmonitor", "{evil}"], ["git", "status"]),
    "external-diff": (["diff.external", "{evil}"], ["git", "diff"]),
    "textconv": (["diff.x.textconv", "{evil}"], ["git", "diff"]),
    "textconv-log": (["diff.x.textconv", "{evil}"], ["git", "log", "-p"]),
    "driver": (["diff.x.command", "{evil}"], ["git", "diff"]),
    "clean": (["filter.x.clean", "{evil}"], ["git", "status"]),
    "process": (["filter.x.process", "{evil}"], ["git", "diff"]),
    "pager": (["core.pager", "{evil}"], ["git", "log"]),
    "own-pager": (["pager.log", "{evil}"], ["git", "log"]),
    "signature": (["log.showSignature", "true"], ["git", "log"]),
    "alias": (["alias.status", "!{evil}"], ["git", "status"]),
    "pretty": (["format.pretty", "%G?"], ["git", "log"]),
}


@pytest.mark.parametrize("policy", [WORKSPACE_WRITE, DANGER_FULL_ACCESS], ids=["workspace", "full"])
@pytest.mark.parametrize("name", GIT_TRAPS)
def test_what_a_repository_makes_git_do_writes_nothing(
    work: Path, name: str, policy: SandboxPolicy
) -> None:
    (key, value), command = GIT_TRAPS[name]
    evil = str(work / "evil")
    git(work, "config", "gpg.program", evil)
    git(work, "config", key, value.format(evil=evil))
    (work / ".git" / "info").mkdir(exist_ok=True)
    (work / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n")
    elsewhere = work.parent / "elsewhere"
    elsewhere.mkdir()
    for cwd, words in ((work, command), (elsewhere, ["git", "-C", str(work), *command[1:]])):
        outcome = untrusted(cwd, *words, sandbox_policy=policy)
        assert len(outcome.began) == 1
        # If the sandbox stopped it, that raised a question, which was denied.
        for question in outcome.questions:
            assert "trusted to only read" in str(question.reason)
    assert not (work / "made").exists()


def test_the_traps_of_a_repository_are_real(work: Path) -> None:
    git(work, "config", "core.fsmonitor", str(work / "evil"))
    subprocess.run(["git", "status"], cwd=work, check=True, capture_output=True)
    assert (work / "made").exists()


def homes(work: Path) -> dict[str, str]:
    """A home whose start-up files leave a trace, and variables that name one."""
    home = work.parent / "home"
    home.mkdir()
    for name in (".bash_profile", ".profile", ".bashrc", ".zshenv", ".zprofile", "start"):
        (home / name).write_text(f"touch {work}/made\n")
    start = str(home / "start")
    return {
        "HOME": str(home),
        "ZDOTDIR": str(home),
        "BASH_ENV": start,
        "ENV": start,
        "RIPGREP_CONFIG_PATH": start,
        "BASH_FUNC_cat%%": f"() {{ touch {work}/made; }}",
    }


@pytest.mark.parametrize("shell_name", ["bash", "sh", "/bin/bash"])
@pytest.mark.parametrize("policy", [WORKSPACE_WRITE, DANGER_FULL_ACCESS], ids=["workspace", "full"])
def test_a_trusted_script_runs_without_start_up_files(
    work: Path, shell_name: str, policy: SandboxPolicy
) -> None:
    outcome = converse(
        work,
        shell(shell_name, "-lc", "cat f"),
        approval_policy=AskForApproval.UNTRUSTED,
        sandbox_policy=policy,
        environ=homes(work),
    )
    assert outcome.questions == []
    assert "three" in outcome.outputs[0]
    assert not (work / "made").exists()


def test_a_script_that_a_rule_allows_runs_without_start_up_files(work: Path) -> None:
    rules = work / "codex-home" / "rules"
    rules.mkdir(parents=True)
    (rules / "own.rules").write_text('prefix_rule(["touch"])\n')
    outcome = converse(
        work,
        shell("bash", "-lc", "touch new"),
        approval_policy=AskForApproval.UNTRUSTED,
        environ=homes(work),
    )
    assert outcome.questions == []
    assert (work / "new").exists()
    assert not (work / "made").exists()


def test_a_script_that_the_user_allows_is_the_login_shell_that_was_asked_for(work: Path) -> None:
    outcome = converse(
        work,
        shell("bash", "-lc", "touch new"),
        answers=(YES,),
        approval_policy=AskForApproval.UNTRUSTED,
        environ=homes(work),
    )
    assert outcome.statuses == [0]
    assert (work / "made").exists()


def test_a_readers_name_in_the_workspace_can_only_read(work: Path) -> None:
    (work / "cat").write_text("#!/bin/sh\n./evil\n")
    (work / "cat").chmod(0o755)
    for policy in (WORKSPACE_WRITE, DANGER_FULL_ACCESS):
        outcome = untrusted(
            work, "cat", "f", sandbox_policy=policy, environ={"PATH": f"{work}:{PATH}"}
        )
        (question,) = outcome.questions
        assert "trusted to only read" in str(question.reason)
    assert not (work / "made").exists()


def test_a_trusted_command_sees_no_secret_of_the_environment(work: Path) -> None:
    outcome = converse(
        work,
        shell("cat", "/proc/self/environ"),
        approval_policy=AskForApproval.UNTRUSTED,
        environ={"OPENAI_API_KEY": "sk-secret"},
    )
    assert outcome.questions == []
    assert "sk-secret" not in outcome.outputs[0]


HOOK = "#!/bin/sh\ntouch pwned\n"


@pytest.mark.parametrize("way", ["root", "TMPDIR", "patch"])
def test_a_writable_folder_that_became_a_link_opens_no_protected_name(work: Path, way: str) -> None:
    """A folder inside the workspace that the policy opens is replaced by a link to the hooks."""
    (work / "tmp").mkdir()
    policy = SandboxPolicy(
        can_write_cwd=True,
        writable_roots=() if way == "TMPDIR" else (str(work / "tmp"),),
        can_write_tmpdir=way == "TMPDIR",
    )
    shell_environment = ShellEnvironmentPolicy(set={"TMPDIR": str(work / "tmp")})
    patch = f"*** Begin Patch\n*** Add File: tmp/post-commit\n+{HOOK}*** End Patch"
    script = f"printf '{HOOK}' > tmp/post-commit; chmod +x tmp/post-commit"
    outcome = converse(
        work,
        shell("bash", "-c", "rmdir tmp && ln -s .git/hooks tmp"),
        {"input": patch.replace("\ntouch", "\n+touch")}
        if way == "patch"
        else shell("bash", "-c", script),
        sandbox_policy=policy,
        shell_environment=shell_environment,
    )
    assert outcome.statuses[0] == 0
    assert not (work / ".git/hooks/post-commit").exists()
