"""The user's rules, applied to whole commands, and the files that hold them."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from codex.base.errors import PolicyError
from codex.core.safety import rule_files
from codex.core.safety.rule_files import find_rule_files, keep_rule, rule_text
from codex.core.safety.rules import Rules, Ruling, load_rules
from codex.execpolicy.load import load_policy
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.prefix import Decision

RULES = """
prefix_rule(["git", "push"], decision = "forbidden", justification = "CI pushes")
prefix_rule(["git", "fetch"], decision = "prompt")
prefix_rule(["git", ["commit", "add"]])
prefix_rule(["make"])
define_program("show", args = [ARG_RFILES])
define_program("copy", args = [ARG_RFILE, ARG_WFILE])
forbid_program_regex("^mkfs", "formats disks")
"""


def judge(argv: list[str], cwd: str = "/work", folders: tuple[str, ...] | None = ()) -> Ruling:
    rules = Rules(parse_policy(RULES, name="r"))
    return rules.judge(argv, cwd=cwd, writable_folders=folders)


def ruling(rules: Rules, line: str) -> Ruling:
    return rules.judge(line.split(), cwd="/", writable_folders=())


def bash(script: str) -> list[str]:
    return ["bash", "-lc", script]


@pytest.mark.parametrize(
    ("argv", "decision"),
    [
        (["make", "all"], Decision.ALLOW),
        (bash("make all"), Decision.ALLOW),
        (bash("cd x && make | tail -n 3"), Decision.ALLOW),
        (bash("git add . && git commit -m x"), Decision.ALLOW),
        (bash("make > log"), None),
        (bash("make $(id)"), None),
        (bash("make; touch x"), None),
        (bash("make &"), None),
        (["./bash", "-c", "make"], None),
        (["sudo", "make"], None),
        (["/tmp/make"], None),
        (["git", "push"], Decision.FORBIDDEN),
        (["/opt/git", "push"], Decision.FORBIDDEN),
        (bash("git push"), Decision.FORBIDDEN),
        (bash("make && git push > log"), Decision.FORBIDDEN),
        (bash("echo $(git push)"), Decision.FORBIDDEN),
        (["env", "A=1", "git", "push"], Decision.FORBIDDEN),
        (bash("A=1 git push"), Decision.FORBIDDEN),
        (bash("git fetch; ls"), Decision.PROMPT),
        (bash("git fetch; git push"), Decision.FORBIDDEN),
        (["mkfs.ext4", "/dev/sda"], Decision.FORBIDDEN),
    ],
)
def test_each_part_of_a_command_is_judged(argv: list[str], decision: Decision | None) -> None:
    assert judge(argv).decision is decision


def test_the_reason_names_the_rule_and_why() -> None:
    assert judge(bash("git push")).reason == "the rule r:2 forbids 'git push': CI pushes"


def test_what_a_definition_calls_safe_is_a_reader() -> None:
    assert judge(["show", "f"]).is_reader
    assert judge(bash("show f | wc -l")).is_reader
    assert not judge(["show", "-x", "f"]).is_reader


def test_what_a_definition_lets_write_is_allowed_inside_the_writable_folders(
    tmp_path: Path,
) -> None:
    folder = str(tmp_path)
    assert judge(["copy", "a", "b"], folder, (folder,)).decision is Decision.ALLOW
    assert judge(["copy", "a", "../b"], folder, (folder,)).decision is None
    assert judge(["copy", "a", "b"], folder, ()).decision is None
    assert judge(["copy", "a", "/b"], folder, None).decision is Decision.ALLOW


def test_a_rule_may_name_a_shell_and_its_very_script() -> None:
    text = 'prefix_rule(["bash", "-lc", "make > log"])\nprefix_rule(["sh", "-c", "git push"])\n'
    rules = Rules(parse_policy(text + RULES, name="r"))
    here = "/work"
    allowed = rules.judge(bash("make > log"), cwd=here, writable_folders=())
    assert allowed.decision is Decision.ALLOW
    other = rules.judge(bash("make > log2"), cwd=here, writable_folders=())
    assert other.decision is None
    forbidden = rules.judge(["sh", "-c", "git push"], cwd=here, writable_folders=())
    assert forbidden.decision is Decision.FORBIDDEN


def test_a_rule_of_the_session_counts_at_once_and_forbids_nothing_less() -> None:
    rules = Rules(parse_policy(RULES, name="r"))
    rules.allow(["npm", "test"])
    rules.allow(["git"])
    assert ruling(rules, "npm test -x").decision is Decision.ALLOW
    assert ruling(rules, "npm run").decision is None
    assert ruling(rules, "git push").decision is Decision.FORBIDDEN


def test_a_broken_file_permits_nothing_and_makes_everything_a_question(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "a.rules").write_text('prefix_rule(["make"])\n')
    (home / "rules" / "b.rules").write_text('\nprefix_rule(["rm"], decision = forbiden)\n')
    (home / "c.policy").write_text('prefix_rule(["git"], decision = "forbidden")\n')
    (home / "rules" / ".hidden.rules").write_text("broken(")
    (home / "rules" / "notes.txt").write_text("broken(")
    rules = load_rules(*find_rule_files(str(home)))
    assert len(rules.failures) == 1
    assert rules.failures[0].startswith(f"{home}/rules/b.rules:2: ")
    for line in ("make", "ls", "rm x"):
        asked = ruling(rules, line)
        assert asked.decision is Decision.PROMPT
        assert f"{home}/rules/b.rules:2" in str(asked.reason)
    assert ruling(rules, "git").decision is Decision.FORBIDDEN


def test_a_folder_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("no folder")
    paths, failures = find_rule_files(str(tmp_path))
    assert paths == []
    assert len(failures) == 1
    assert str(tmp_path / "rules") in failures[0]
    assert find_rule_files(str(tmp_path / "none")) == ([], [])
    assert find_rule_files(str(tmp_path / "rules")) == ([], [])


WORDS = [("git", "commit"), ("a,", 'b"c'), ("x\\", "é\n", "'", "$(id)"), ("{y}", "%s")]


@pytest.mark.parametrize("prefix", WORDS)
def test_a_kept_rule_is_read_back_as_it_was(tmp_path: Path, prefix: tuple[str, ...]) -> None:
    path = keep_rule(str(tmp_path / "home"), prefix)
    assert oct(os.stat(path).st_mode & 0o777) == "0o600"
    assert oct(os.stat(os.path.dirname(path)).st_mode & 0o777) == "0o700"
    (rule,) = load_policy(path).prefix_rules
    assert rule.pattern == tuple((word,) for word in prefix)
    assert rule.decision is Decision.ALLOW


def test_a_rule_is_kept_once_behind_what_the_user_wrote(tmp_path: Path) -> None:
    file = tmp_path / "rules" / "default.rules"
    file.parent.mkdir()
    file.write_text("# mine, without an end of line")
    for _ in range(2):
        keep_rule(str(tmp_path), ("make", "test"))
    line = rule_text(("make", "test"))
    assert line == 'prefix_rule(pattern=["make", "test"], decision="allow")'
    assert file.read_text() == f"# mine, without an end of line\n{line}\n"


def _keep_many(home: str, writer: int) -> None:
    for number in range(25):
        keep_rule(home, ("p", f"{writer}-{number}"))


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    writers = [spawning.Process(target=_keep_many, args=(str(tmp_path), n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    kept = load_policy(str(tmp_path / "rules" / "default.rules")).prefix_rules
    assert len({rule.pattern for rule in kept}) == len(kept) == 75


def test_a_file_that_someone_else_has_locked_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_files, "LOCK_PAUSE_S", 0)
    file = tmp_path / "rules" / "default.rules"
    file.parent.mkdir()
    file.write_text("# mine\n")
    with file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(PolicyError, match="another program has locked it"):
            keep_rule(str(tmp_path), ("make",))
    assert file.read_text() == "# mine\n"


def test_a_file_that_is_replaced_at_every_attempt_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rules" / "default.rules"
    append = rule_files._append_line

    def append_and_replace(*arguments: Any) -> None:
        append(*arguments)
        (tmp_path / "new").write_text("# an editor's\n")
        os.replace(tmp_path / "new", file)

    monkeypatch.setattr(rule_files, "_append_line", append_and_replace)
    with pytest.raises(PolicyError, match="replaces the file again and again"):
        keep_rule(str(tmp_path), ("make",))
    assert file.read_text() == "# an editor's\n"


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "rules" / "default.rules"
    file.parent.mkdir()
    file.write_text("# mine\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(PolicyError, match=r"default\.rules"):
            keep_rule(str(tmp_path), ("make",))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert file.read_text() == "# mine\n"


def test_a_rule_that_cannot_be_kept_says_where(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("no folder")
    with pytest.raises(PolicyError, match=r"default\.rules"):
        keep_rule(str(tmp_path), ("make",))
