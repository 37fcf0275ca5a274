"""How a command runs about which the user was not asked."""

from __future__ import annotations

import pytest

from codex.core.safety.unattended import GIT_SETTINGS, unattended_argv, unattended_environment


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["ls", "-l"], ("ls", "-l")),
        (["bash", "-lc", "ls"], ("bash", "-p", "-c", "ls")),
        (["/bin/bash", "-c", "ls"], ("/bin/bash", "-p", "-c", "ls")),
        (["zsh", "-lc", "ls"], ("zsh", "-f", "-c", "ls")),
        (["sh", "-lc", "ls"], ("sh", "-c", "ls")),
    ],
)
def test_a_shell_reads_no_start_up_files(argv: list[str], expected: tuple[str, ...]) -> None:
    assert unattended_argv(argv) == expected


def test_the_users_own_git_settings_come_first_and_ours_count() -> None:
    own = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "BASH_ENV": "x",
        "HOME": "/h",
    }
    made = unattended_environment(own)
    assert "BASH_ENV" not in made
    assert (made["HOME"], made["GIT_CONFIG_KEY_0"]) == ("/h", "safe.directory")
    keys = [made[f"GIT_CONFIG_KEY_{n}"] for n in range(1, int(made["GIT_CONFIG_COUNT"]))]
    assert keys == list(GIT_SETTINGS)
    broken = unattended_environment({"GIT_CONFIG_COUNT": "many"})
    assert broken["GIT_CONFIG_COUNT"] == str(len(GIT_SETTINGS))
