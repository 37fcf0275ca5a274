"""The TLS settings for a server: which authorities to trust, and the client's own certificate.

Trust comes from the first of these that is set, and from nothing else: the provider's
`ca_certificate`, CODEX_CA_CERTIFICATE, SSL_CERT_FILE and SSL_CERT_DIR, the system's bundle, the one
inside the program. A setting that cannot be read is an error that names file and variable:
continuing with other authorities would hide the mistake until a handshake fails.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, NamedTuple

from codex.base import embedded
from codex.net.failure import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
)


class TrustSettings(NamedTuple):
    """Paths of the PEM files for one server; None where none is configured."""

    ca_certificate: str | None = None
    """File of the authorities to trust instead of the system's."""
    client_certificate: str | None = None
    """File of the certificate by which codex identifies itself."""
    client_key: str | None = None
    """File of its private key; None if `client_certificate` contains the key."""


def make_context(trust: TrustSettings, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return the TLS context for connections to one server.

    Raises: RequestError, if a certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load_authorities(context, trust, environ)
    if trust.client_certificate:
        _load_own(context, trust.client_certificate, trust.client_key)
    return context


def _load_authorities(
    context: ssl.SSLContext, trust: TrustSettings, environ: Mapping[str, str]
) -> None:
    for origin, path in (
        ("the provider's ca_certificate", trust.ca_certificate),
        ("CODEX_CA_CERTIFICATE", environ.get("CODEX_CA_CERTIFICATE")),
    ):
        if path:
            _load_file(context, path, origin)
            return
    file, folders = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file:
        _load_file(context, file, "SSL_CERT_FILE")
    if folders:
        _add_folders(context, folders, is_needed=not file)
    if not file and not folders:
        _load_system(context)


def _load_file(context: ssl.SSLContext, path: str, origin: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:
        raise _unreadable("the CA certificates", path, origin, error) from error


def _add_folders(context: ssl.SSLContext, folders: str, *, is_needed: bool) -> None:
    """Trust the files in `folders` whose names are the hashes that OpenSSL looks up."""
    present = [folder for folder in folders.split(os.pathsep) if os.path.isdir(folder)]
    if present:
        context.load_verify_locations(capath=os.pathsep.join(present))
    elif is_needed:
        missing = FileNotFoundError(0, "no such folder")
        raise _unreadable("the CA certificates", folders, "SSL_CERT_DIR", missing)


def _load_system(context: ssl.SSLContext) -> None:
    for path in SYSTEM_BUNDLES:
        if os.path.isfile(path):
            _load_file(context, path, "the system's bundle")
            return
    if embedded.CA_PEM is None:
        raise RequestError(
            "there are no CA certificates to verify the server's certificate with",
            kind="tls",
            phase="request",
            advice="Name a PEM file in SSL_CERT_FILE, or as ca_certificate of the provider.",
        )
    context.load_verify_locations(cadata=embedded.CA_PEM)


def _load_own(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    try:
        # With no password given, OpenSSL would prompt for one on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        path = certificate if key is None or not os.path.isfile(certificate) else key
        origin = "the provider's client_certificate and client_key"
        raise _unreadable("the client certificate", path, origin, error) from error


def _unreadable(what: str, path: str, origin: str, error: OSError) -> RequestError:
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    return RequestError(
        f'cannot read {what} in "{path}" (named by {origin}): {reason}', kind="tls", phase="request"
    )
