"""Certificates made at test time by the `openssl` program: an authority, and those it signs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = """\
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""
"""X.509 extensions that strict verification demands, which is Python's default since 3.13."""


@dataclass(frozen=True)
class Certificate:
    """Paths of the PEM files of a certificate and its key."""

    certificate: str
    key: str


def make_authority(folder: Path, name: str = "ca") -> Certificate:
    """Create a self-signed authority in `folder`."""
    files = _files(folder, name)
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-days", "2", "-subj", f"/CN=test {name}"),
        *("-addext", "basicConstraints=critical,CA:TRUE"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", files.key, "-out", files.certificate),
    )
    return files


def make_certificate(
    folder: Path,
    authority: Certificate,
    name: str = "server",
    names: str = "DNS:localhost,IP:127.0.0.1",
) -> Certificate:
    """Create a certificate for `names` (openssl's subjectAltName), signed by `authority`."""
    files = _files(folder, name)
    request, extensions = str(folder / f"{name}.csr"), folder / f"{name}.ext"
    extensions.write_text(f"{EXTENSIONS}subjectAltName={names}\n", encoding="utf-8")
    _openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-subj", f"/CN=test {name}", "-keyout", files.key, "-out", request),
    )
    _openssl(
        *("x509", "-req", "-in", request, "-days", "2", "-extfile", str(extensions)),
        *("-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial"),
        *("-out", files.certificate),
    )
    return files


def _files(folder: Path, name: str) -> Certificate:
    return Certificate(certificate=str(folder / f"{name}.pem"), key=str(folder / f"{name}.key"))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
