"""Host names and certificates work in an empty root: the executable has resolver and OpenSSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.packaged.dns import ADDRESS, NameServer
from tests.support.model.certificates import Certificate, make_authority, make_certificate
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.program import Program, provider_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.packaged.empty_root import EmptyRoot

EXEC = ("exec", "--skip-git-repo-check", "a question")
NAME = "model.example"
HOME = {"HOME": "/home"}


@pytest.fixture
def authority(tmp_path: Path) -> Certificate:
    return make_authority(tmp_path)


def configure(root: EmptyRoot, model: FakeModel, host: str) -> None:
    base_url = model.base_url.replace("127.0.0.1", host)
    root.write("home/.codex/config.toml", provider_config(base_url))


def test_a_turn_works_in_a_root_with_nothing_but_proc(empty_root: EmptyRoot) -> None:
    with FakeModel([Reply.text("done")]) as model:
        configure(empty_root, model, "127.0.0.1")
        done = empty_root.run(*EXEC, environ=HOME)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_name_of_etc_hosts_is_found(empty_root: EmptyRoot) -> None:
    empty_root.write("etc/hosts", f"127.0.0.1 {NAME}\n")
    with FakeModel([Reply.text("done")]) as model:
        configure(empty_root, model, NAME)
        done = empty_root.run(*EXEC, environ=HOME)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("order", [None, "files mymachines mdns4_minimal [NOTFOUND=return] dns"])
def test_a_name_is_asked_of_the_name_server(empty_root: EmptyRoot, order: str | None) -> None:
    empty_root.write("etc/resolv.conf", f"nameserver {ADDRESS}\noptions timeout:1 attempts:2\n")
    if order is not None:
        empty_root.write("etc/nsswitch.conf", f"hosts: {order}\n")
    try:
        server = NameServer(NAME, "127.0.0.1")
    except OSError as exc:
        pytest.skip(f"no name server on {ADDRESS}: {exc}")
    with server, FakeModel([Reply.text("done")]) as model:
        configure(empty_root, model, NAME)
        done = empty_root.run(*EXEC, environ=HOME)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert set(server.asked) == {NAME}


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"])
def test_a_named_authority_is_trusted(
    program: Program, tmp_path: Path, authority: Certificate, variable: str
) -> None:
    with FakeModel(
        [Reply.text("done")], certificate=make_certificate(tmp_path, authority)
    ) as model:
        program.configure(provider_config(model.base_url))
        done = program.run(*EXEC, environ={variable: authority.certificate})
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_an_unknown_authority_is_refused_with_its_cause(
    program: Program, tmp_path: Path, authority: Certificate
) -> None:
    with FakeModel(certificate=make_certificate(tmp_path, authority)) as model:
        program.configure(provider_config(model.base_url))
        done = program.run(*EXEC)
    assert (done.returncode, done.stdout) == (1, "")
    assert "certificate" in done.stderr
    assert model.requests == []


def test_certificates_are_inside_for_a_root_that_has_none(
    empty_root: EmptyRoot, tmp_path: Path, authority: Certificate
) -> None:
    with FakeModel(certificate=make_certificate(tmp_path, authority)) as model:
        configure(empty_root, model, "127.0.0.1")
        done = empty_root.run(*EXEC, environ=HOME)
    # Refused because this one is unknown, not because none is known.
    assert done.returncode == 1
    assert "certificate" in done.stderr
    assert b"-----BEGIN CERTIFICATE-----" in (empty_root.folder / "codex").read_bytes()
