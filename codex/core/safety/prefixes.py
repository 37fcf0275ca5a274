"""Choose the prefix of a command that the user may allow, for a session or for good.

A prefix names an action (`git commit`, `npm run test`) and leaves its arguments open. So no prefix
is offered for programs whose arguments could make them do anything: interpreters, shells, programs
that run others, programs that delete.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codex.core.safety.danger import SHELLS, WRAPPERS, is_dangerous
from codex.core.safety.trusted import is_reader, plain_commands

if TYPE_CHECKING:
    from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER = (
    SHELLS
    | WRAPPERS
    | _words(
        "python node deno bun ruby perl php lua tclsh Rscript osascript ghci irb julia awk gawk "
        "mawk nawk sed ed ex vi vim nvim emacs su ssh rsh rm rmdir unlink shred dd mkfs mount "
        "umount find fd fdfind tar zip rsync parallel watch entr script expect strace ltrace gdb "
        "lldb at batch crontab kill pkill killall systemd-run systemctl chmod chown chgrp ln tee "
        "curl wget nc ncat socat ftp npx bunx pipx uvx pnpx flock runuser unshare nsenter bwrap "
        "firejail screen tmux fzf less more man git-shell docker-compose source . trap alias "
        "export set "
    )
)
"""Programs for which no prefix is offered."""
INTERPRETER = re.compile(r"(python|pypy|node|ruby|perl|php|lua)[\d.]*", re.ASCII)
SUBCOMMAND = re.compile(r"[a-z][a-zA-Z0-9_:-]*", re.ASCII)
"""Pattern of a word that names an action, and is not an option, path or value."""

SUBCOMMANDS: dict[str, frozenset[str]] = {
    "git": _words("stash remote submodule worktree notes lfs"),
    "npm": _words("run pkg cache"),
    "pnpm": _words("run"),
    "yarn": _words("run workspace"),
    "cargo": frozenset(),
    "go": _words("mod work tool"),
    "pip": frozenset(),
    "pip3": frozenset(),
    "uv": _words("pip tool cache"),
    "poetry": frozenset(),
    "docker": _words("compose image volume network container"),
    "podman": _words("compose image volume network container"),
    "kubectl": _words("rollout config"),
    "gh": _words("pr issue repo run release workflow"),
    "make": frozenset(),
    "just": frozenset(),
    "task": frozenset(),
    "mvn": frozenset(),
    "gradle": frozenset(),
    "gradlew": frozenset(),
    "dotnet": _words("nuget tool"),
    "bundle": frozenset(),
    "rake": frozenset(),
    "mix": frozenset(),
    "composer": frozenset(),
    "rustup": _words("toolchain target component"),
    "terraform": _words("state workspace"),
    "helm": _words("repo"),
    "brew": frozenset(),
    "apt": frozenset(),
    "apt-get": frozenset(),
    "conda": _words("env"),
    "bazel": frozenset(),
    "swift": _words("package"),
}
"""Programs with subcommands, each with those whose next word belongs to the prefix, too."""

_RUNNERS = {("uv", "run"), ("poetry", "run"), ("bundle", "exec"), ("npm", "exec"), ("yarn", "exec")}
"""Pairs of program and subcommand that run the command in the words after them."""
ANYTHING = {
    *(("git", word) for word in ("config", "bisect", "rebase", "filter-branch", "submodule", "-c")),
    *(("docker", word) for word in ("run", "exec")),
    *(("podman", word) for word in ("run", "exec")),
    *(("go", word) for word in ("run", "generate", "tool")),
    *(("cargo", word) for word in ("run", "install")),
    *(("kubectl", word) for word in ("exec", "delete")),
    *(("pnpm", word) for word in ("exec", "dlx")),
    *(("dotnet", "run"), ("dotnet", "tool"), ("uv", "tool"), ("yarn", "dlx"), ("git", "lfs")),
    *(("mix", "run"), ("swift", "run"), ("bazel", "run"), ("conda", "run"), ("npm", "x")),
}
"""Pairs of program and subcommand for which no prefix is offered: they run whatever they are given,
or change what others run."""


def propose_prefix(argv: Sequence[str]) -> tuple[str, ...] | None:
    """Return the prefix of a command to offer to the user; None if none can be offered.

    In a script, the prefix is that of the only command that may do more than read; if there are
    several, there is no prefix. `cd X && npm test | tail` gives `npm test`.
    """
    commands = plain_commands(argv)
    if commands is None or not argv:
        return None
    actors = {command for command in commands if not is_reader(command)}
    return _prefix(actors.pop()) if len(actors) == 1 else None


def _prefix(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    name = argv[0].rpartition("/")[2]
    if name in NEVER or INTERPRETER.fullmatch(name) or is_dangerous(argv) or "=" in argv[0]:
        return None
    if name not in SUBCOMMANDS:
        return argv[:1] if SUBCOMMAND.match(name) or "/" in argv[0] else None
    if len(argv) == 1:
        return argv
    word = argv[1]
    if (name, word) in _RUNNERS:
        inner = _prefix(argv[2:]) if argv[2:] and not argv[2].startswith("-") else None
        return None if inner is None else argv[:2] + inner
    if not SUBCOMMAND.fullmatch(word) or (name, word) in ANYTHING:
        return None
    if word not in SUBCOMMANDS[name]:
        return argv[:2]
    return argv[:3] if len(argv) > 2 and SUBCOMMAND.fullmatch(argv[2]) else None
