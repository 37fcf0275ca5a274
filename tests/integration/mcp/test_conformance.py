"""The official conformance suite of MCP, on our client and our server.

docs/mcp-conformance.md says which scenarios apply, and why the others do not.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.mcp.stdio_bridge import Bridge
from tests.support.program import PATIENCE_S, ROOT, Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.third_party.mcp_packages import NodePackages

CLIENT = ("initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry")
SERVER = ("server-initialize", "ping", "tools-list")
PAGE = ROOT / "docs" / "mcp-conformance.md"


def judge(packages: NodePackages, folder: Path, *words: str) -> None:
    """Run the suite; it must not find anything."""
    done = subprocess.run(
        packages.argv("conformance", *words),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert re.search(r"[Pp]assed: [1-9]|[1-9]\d* passed, 0 failed", text), text


@pytest.mark.parametrize("scenario", CLIENT)
def test_our_client_passes(node_packages: NodePackages, tmp_path: Path, scenario: str) -> None:
    program = [sys.executable, "-P", "-m", "tests.support.mcp.conformance_client"]
    command = shlex.join(["env", f"PYTHONPATH={ROOT}", *program])
    judge(node_packages, tmp_path, "client", "--command", command, "--scenario", scenario)


@pytest.mark.parametrize("scenario", SERVER)
def test_our_server_passes(
    node_packages: NodePackages, program: Program, tmp_path: Path, scenario: str
) -> None:
    argv = (*program.argv, "mcp-server")
    with Bridge(argv, cwd=program.repo, environ=program.environ) as bridge:
        judge(node_packages, tmp_path, "server", "--url", bridge.url, "--scenario", scenario)


def test_the_page_names_every_scenario_of_the_suite(node_packages: NodePackages) -> None:
    done = subprocess.run(
        node_packages.argv("conformance", "list"), capture_output=True, text=True, check=True
    )
    listed = re.findall(r"^  - (\S+)", done.stdout, re.MULTILINE)
    assert len(listed) > 20
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in listed if f"`{name}`" not in page] == []
