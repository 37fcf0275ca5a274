"""The authorities that a TLS context trusts, and the errors if they cannot be read."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from codex.base import embedded
from codex.net import tls
from codex.net.failure import RequestError
from codex.net.tls import TrustSettings, make_context
from tests.support.model.certificates import Certificate, make_authority, make_certificate

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def one(folder: Path) -> Certificate:
    return make_authority(folder, "one")


@pytest.fixture(scope="module")
def two(folder: Path) -> Certificate:
    return make_authority(folder, "two")


def context(environ: dict[str, str] | None = None, **trust: Any) -> ssl.SSLContext:
    return make_context(TrustSettings(**trust), environ or {})


def trusted(context: ssl.SSLContext) -> list[str]:
    """Return the common names of the authorities that a context holds."""
    subjects: list[Any] = [ca["subject"] for ca in context.get_ca_certs()]
    return sorted(name for (((_, name),),) in subjects)


def test_the_first_setting_that_is_set_is_the_only_one(
    one: Certificate, two: Certificate, folder: Path
) -> None:
    both = {"CODEX_CA_CERTIFICATE": one.certificate, "SSL_CERT_FILE": two.certificate}
    assert trusted(context(both, ca_certificate=two.certificate)) == ["test two"]
    assert trusted(context(both)) == ["test one"]
    assert trusted(context({"SSL_CERT_FILE": two.certificate})) == ["test two"]


def test_an_empty_variable_is_not_set(two: Certificate) -> None:
    environ = {"CODEX_CA_CERTIFICATE": "", "SSL_CERT_FILE": two.certificate}
    assert trusted(context(environ)) == ["test two"]


def test_a_folder_is_searched_beside_the_file(
    one: Certificate, two: Certificate, tmp_path: Path
) -> None:
    shutil.copy(two.certificate, tmp_path / "two.pem")
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    made = context({"SSL_CERT_FILE": one.certificate, "SSL_CERT_DIR": f"/none:{tmp_path}"})
    # OpenSSL reads a folder only when it meets an unknown issuer.
    assert trusted(made) == ["test one"]
    assert trusted(context({"SSL_CERT_DIR": str(tmp_path)})) == []


@pytest.mark.parametrize(
    ("environ", "provider", "origin"),
    [
        ({"CODEX_CA_CERTIFICATE": "/none.pem"}, {}, "CODEX_CA_CERTIFICATE"),
        ({"SSL_CERT_FILE": "/none.pem"}, {}, "SSL_CERT_FILE"),
        ({"SSL_CERT_DIR": "/none.pem"}, {}, "SSL_CERT_DIR"),
        ({}, {"ca_certificate": "/none.pem"}, "the provider's ca_certificate"),
    ],
)
def test_a_missing_file_is_an_error_that_names_file_and_setting(
    environ: dict[str, str], provider: dict[str, str], origin: str
) -> None:
    with pytest.raises(RequestError) as caught:
        context(environ, **provider)
    assert f'"/none.pem" (named by {origin})' in caught.value.message
    assert (caught.value.kind, caught.value.is_retryable) == ("tls", False)


def test_a_file_without_certificates_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here", encoding="utf-8")
    with pytest.raises(RequestError, match=r"empty\.pem.*SSL_CERT_FILE"):
        context({"SSL_CERT_FILE": str(empty)})


def test_the_system_is_trusted_when_nothing_is_set(
    one: Certificate, two: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles = ("/none.pem", one.certificate, two.certificate)
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", bundles)
    assert trusted(context()) == ["test one"]


def test_the_authorities_inside_the_program_are_the_last_resort(
    two: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", ())
    with open(two.certificate, encoding="ascii") as file:
        monkeypatch.setattr(embedded, "CA_PEM", file.read())
    assert trusted(context()) == ["test two"]
    monkeypatch.setattr(embedded, "CA_PEM", None)
    with pytest.raises(RequestError, match="no CA certificates") as caught:
        context()
    assert "SSL_CERT_FILE" in str(caught.value.advice)


def test_certificate_and_host_name_are_always_checked(one: Certificate) -> None:
    made = context(ca_certificate=one.certificate)
    assert made.check_hostname
    assert made.verify_mode.name == "CERT_REQUIRED"
    assert made.minimum_version.name == "TLSv1_2"


def test_a_client_certificate_is_loaded_with_its_key(one: Certificate, folder: Path) -> None:
    own = make_certificate(folder, one, "client")
    ours: dict[str, Any] = {
        "ca_certificate": one.certificate,
        "client_certificate": own.certificate,
    }
    context(**ours, client_key=own.key)
    with pytest.raises(RequestError, match="client certificate"):
        context(**ours, client_key="/none.key")
    with pytest.raises(RequestError, match=r'"/none\.pem"'):
        context(ca_certificate=one.certificate, client_certificate="/none.pem")


def test_an_encrypted_key_is_refused_and_nobody_is_asked(one: Certificate, folder: Path) -> None:
    own = make_certificate(folder, one, "locked")
    locked = str(folder / "locked.enc")
    command = ["openssl", "ec", "-aes256", "-passout", "pass:word", "-in", own.key, "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(RequestError, match=r"locked\.enc"):
        context(
            ca_certificate=one.certificate, client_certificate=own.certificate, client_key=locked
        )
