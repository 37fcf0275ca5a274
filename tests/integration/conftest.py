"""What the integration tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.third_party.litellm import NotInstallableError, ThirdPartyServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def third_party_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThirdPartyServer]:
    """A real OpenAI-compatible server that nobody here wrote."""
    try:
        server = ThirdPartyServer(tmp_path_factory.mktemp("litellm"))
    except NotInstallableError as error:
        pytest.skip(str(error))
    with server:
        yield server
