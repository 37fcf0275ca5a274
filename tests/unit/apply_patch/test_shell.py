from __future__ import annotations

import json

import pytest

from codex.apply_patch.shell import PatchCall, detect, patch_text_of
from codex.base.errors import PatchError

PATCH = "*** Begin Patch\n*** Delete File: f\n*** End Patch"


@pytest.mark.parametrize("name", ["apply_patch", "applypatch"])
def test_a_direct_call_is_a_patch(name: str) -> None:
    assert detect([name, PATCH]) == PatchCall(PATCH)


@pytest.mark.parametrize("argv", [["apply_patch"], ["apply_patch", PATCH, "more"]])
def test_a_direct_call_takes_one_argument(argv: list[str]) -> None:
    with pytest.raises(PatchError, match="as its one argument"):
        detect(argv)


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "/bin/bash", "/usr/local/bin/zsh"])
@pytest.mark.parametrize("flag", ["-lc", "-c"])
def test_every_shell_is_known(shell: str, flag: str) -> None:
    assert detect([shell, flag, f"apply_patch <<'EOF'\n{PATCH}\nEOF"]) == PatchCall(PATCH)


@pytest.mark.parametrize(
    ("script", "workdir"),
    [
        ("apply_patch <<'EOF'\n{}\nEOF\n", None),
        ("\n  applypatch <<'EOF'\n{}\nEOF\n\n", None),
        ('apply_patch <<"PATCH"\n{}\nPATCH', None),
        ("apply_patch<<EOF\n{}\nEOF", None),
        ("cd sub && apply_patch <<'EOF'\n{}\nEOF\n", "sub"),
        ("cd 'my dir' && apply_patch <<'EOF'\n{}\nEOF\n", "my dir"),
        ("cd \"/tmp/my dir\" &&\napply_patch <<'EOF'\n{}\nEOF\n", "/tmp/my dir"),
    ],
)
def test_a_script_that_is_one_heredoc_is_a_patch(script: str, workdir: str | None) -> None:
    assert detect(["bash", "-lc", script.format(PATCH)]) == PatchCall(PATCH, workdir)


def test_the_tabs_of_an_indented_heredoc_are_removed() -> None:
    indented = "".join(f"\t{line}\n" for line in PATCH.split("\n"))
    script = f"apply_patch <<-'EOF'\n{indented}\tEOF"
    assert detect(["bash", "-lc", script]) == PatchCall(PATCH)


def test_a_patch_in_quotes_is_a_patch() -> None:
    assert detect(["bash", "-lc", f"apply_patch '{PATCH}'"]) == PatchCall(PATCH)
    assert detect(["bash", "-lc", f'apply_patch "{PATCH}"']) == PatchCall(PATCH)


@pytest.mark.parametrize(
    "script",
    [
        "ls",
        "apply_patch",
        "apply_patch_foo <<'EOF'\n{}\nEOF",
        "apply_patch x <<'EOF'\n{}\nEOF",
        "echo x; apply_patch <<'EOF'\n{}\nEOF",
        "echo x && apply_patch <<'EOF'\n{}\nEOF",
        "cd a; apply_patch <<'EOF'\n{}\nEOF",
        "cd a || apply_patch <<'EOF'\n{}\nEOF",
        "cd a | apply_patch <<'EOF'\n{}\nEOF",
        "cd a && cd b && apply_patch <<'EOF'\n{}\nEOF",
        "cd a b && apply_patch <<'EOF'\n{}\nEOF",
        "cd - && apply_patch <<'EOF'\n{}\nEOF",
        "cd '' && apply_patch <<'EOF'\n{}\nEOF",
        "cd $HOME && apply_patch <<'EOF'\n{}\nEOF",
        "apply_patch <<'EOF'\n{}\nEOF\necho done",
        "apply_patch <<'EOF' && echo done\n{}\nEOF",
        "apply_patch <<'EOF'\n{}",
        "apply_patch <<'EOF\"\n{}\nEOF",
        "(apply_patch <<'EOF'\n{}\nEOF\n)",
        "apply_patch '{}'; rm f",
        "apply_patch '{}' extra",
    ],
)
def test_every_other_script_is_left_to_the_shell(script: str) -> None:
    assert detect(["bash", "-lc", script.format(PATCH)]) is None


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["ls"],
        ["cat", PATCH],
        ["bash", "-lc"],
        ["bash", "-x", f"apply_patch <<'EOF'\n{PATCH}\nEOF"],
        ["bash", "-lc", f"apply_patch <<'EOF'\n{PATCH}\nEOF", "more"],
        ["python", "-c", f"apply_patch <<'EOF'\n{PATCH}\nEOF"],
    ],
)
def test_every_other_command_is_no_patch(argv: list[str]) -> None:
    assert detect(argv) is None


@pytest.mark.parametrize("argv", [[PATCH], ["bash", "-lc", f"\n{PATCH}\n"], ["sh", "-c", PATCH]])
def test_a_bare_patch_is_an_error_that_says_how_to_send_it(argv: list[str]) -> None:
    with pytest.raises(PatchError, match=r'\["apply_patch", '):
        detect(argv)


@pytest.mark.parametrize("text", ["$HOME", "`x`", "a \\\\ b", "a \\\nb"])
def test_an_unquoted_heredoc_that_a_shell_would_change_is_an_error(text: str) -> None:
    script = f"apply_patch <<EOF\n*** Begin Patch\n*** Add File: f\n+{text}\n*** End Patch\nEOF"
    with pytest.raises(PatchError, match="write <<'EOF'"):
        detect(["bash", "-lc", script])
    assert detect(["bash", "-lc", script.replace("<<EOF", "<<'EOF'")]) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps({"input": PATCH}),
        json.dumps({"patch": PATCH}),
        json.dumps({"command": PATCH}),
        json.dumps({"command": ["apply_patch", PATCH]}),
        json.dumps({"command": ["bash", "-lc", f"apply_patch <<'EOF'\n{PATCH}\nEOF"]}),
        json.dumps(PATCH),
        json.dumps(["apply_patch", PATCH]),
        PATCH,
        f"\n{PATCH}",
        f"<<'EOF'\n{PATCH}\nEOF",
        json.dumps({"input": PATCH}).replace("\\n", "\n"),
    ],
)
def test_every_shape_of_arguments_is_understood(arguments: str) -> None:
    assert PATCH in patch_text_of(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        "{}",
        "[]",
        "7",
        "null",
        '{"input": 7}',
        '{"command": ["ls"]}',
        '{"command": ["bash", "-lc", "cd a && apply_patch"]}',
        '{"command": ["apply_patch", 7]}',
    ],
)
def test_arguments_without_a_patch_say_what_to_send(arguments: str) -> None:
    with pytest.raises(PatchError, match=r'send \{"input": PATCH\}'):
        patch_text_of(arguments)


@pytest.mark.parametrize("arguments", ["", '{"input": "*** Begin', "[" * 100_000])
def test_arguments_that_are_no_json_say_so(arguments: str) -> None:
    with pytest.raises(PatchError, match="The arguments are not JSON"):
        patch_text_of(arguments)
