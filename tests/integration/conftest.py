"""Fixtures that the integration tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.program import SOURCE, Program
from tests.support.third_party.litellm import NotInstallableError, ThirdPartyServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["source", "executable"])
def program_argv(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Return the words that start the program: from its source, and as CODEX_BINARY."""
    if request.param == "source":
        return SOURCE
    executable = os.environ.get("CODEX_BINARY")
    if not executable:
        pytest.skip("CODEX_BINARY names no executable; `python3 build/build.py test` makes one")
    if not os.path.exists(executable):
        pytest.skip(f"there is no '{executable}'; `python3 build/build.py binary` makes it")
    return (executable,)


@pytest.fixture
def program(program_argv: tuple[str, ...], tmp_path: Path) -> Iterator[Program]:
    """Return the program with a home and a repository of its own, but without a configuration."""
    with Program(program_argv, tmp_path) as program:
        yield program


@pytest.fixture(scope="session")
def third_party_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThirdPartyServer]:
    """A real OpenAI-compatible server from another project."""
    try:
        server = ThirdPartyServer(tmp_path_factory.mktemp("litellm"))
    except NotInstallableError as error:
        pytest.skip(str(error))
    with server:
        yield server
