"""MCP packages of other projects, if they can be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.third_party import mcp_packages
from tests.support.third_party.litellm import NotInstallableError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.third_party.mcp_packages import NodePackages


@pytest.fixture(scope="session")
def node_packages() -> NodePackages:
    """Servers, the inspector and the conformance suite."""
    try:
        return mcp_packages.node_packages()
    except NotInstallableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def mcp_python() -> Path:
    """Return the interpreter with the SDK and the servers of PyPI."""
    try:
        return mcp_packages.python_packages()
    except NotInstallableError as error:
        pytest.skip(str(error))
