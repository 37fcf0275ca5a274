"""What the executable carries of the package beside its modules."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def embed(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "build"))
    import embed

    return embed


def test_texts_are_embedded_and_pages_for_developers_are_not(
    embed: ModuleType, tmp_path: Path
) -> None:
    certificates = tmp_path / "certificates.pem"
    certificates.write_text(CERTIFICATE)
    embed.copy_package(tmp_path / "codex", certificates)
    embedded = (tmp_path / "codex" / "base" / "embedded.py").read_text()
    assert "'core/prompt.md':" in embedded
    assert "README.md" not in embedded
    assert not list((tmp_path / "codex").rglob("*.md"))
