"""Copy the package for the executable, with data files and certificates turned into constants."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from console import BuildError
from paths import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

CA_LINE = "CA_PEM: str | None = None\n"
TEXTS_LINE = "TEXTS: dict[str, str] = {}\n"


def copy_package(target: Path, certificates: Path) -> None:
    """Copy the Python files of `codex/` to `target`.

    The texts of the other files, and the certificates, become constants in `base/embedded.py`.

    Args: certificates: a PEM file; text in it that is not a certificate is left out.
    Raises: BuildError, when embedded.py lacks a line to fill in, or no certificate is found.
    """
    # Files made for running from source are compiled into the executable, or not needed.
    made = ("__pycache__", "*.so", "*.pyc", "_sandbox_server", ".native-*")
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns(*made, "README.md"))
    texts: dict[str, str] = {}
    for file in sorted(target.rglob("*")):
        if file.is_file() and file.suffix != ".py":
            texts[file.relative_to(target).as_posix()] = file.read_text(encoding="utf-8")
            file.unlink()
    module = target / "base" / "embedded.py"
    source = module.read_text(encoding="utf-8")
    pem = _certificates_of(certificates)
    for line, value in ((CA_LINE, repr(pem)), (TEXTS_LINE, repr(texts))):
        if source.count(line) != 1:
            raise BuildError(
                f"'codex/base/embedded.py' must have exactly one line '{line.strip()}'"
            )
        source = source.replace(line, f"{line.partition(' = ')[0]} = {value}\n")
    module.write_text(source, encoding="utf-8")


def _certificates_of(file: Path) -> str:
    pattern = r"-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----\n"
    found = re.findall(pattern, file.read_text(encoding="ascii", errors="ignore"), re.DOTALL)
    if not found:
        raise BuildError(f"'{file}' contains no certificate")
    return "".join(found)
