"""Which processes a command can reach by a Unix socket or a TCP port, on the real kernel."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from tests.support.commands import WORKSPACE, Workspace

LIBRARY = (sys.executable, "-I", "-c")
CONNECT = (
    "import _socket as s, sys; c = s.socket(s.AF_UNIX, s.{kind}); c.{mode}\n"
    "c.connect(sys.argv[1]); print('reached')"
)
BOTH_ENDS = (
    "import socket, sys, threading\n"
    "path = sys.argv[1]\n"
    "server = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))\n"
    "server.bind(path); server.listen()\n"
    "def answer():\n"
    "    peer, _ = server.accept(); peer.send(b'hi'); peer.close()\n"
    "thread = threading.Thread(target=answer); thread.start()\n"
    "client = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))\n"
    "if len(sys.argv) > 3: client.settimeout(5)\n"
    "client.connect(path); print(client.recv(9)); thread.join()"
)


@pytest.fixture(params=["outside", "inside"])
def listener(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[Path]:
    """A service of the user's, beside the writable folder or in it."""
    path = Path(getattr(workspace, request.param)) / "service"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield path


@pytest.mark.parametrize("mode", ["setblocking(True)", "setblocking(False)"])
def test_a_service_of_the_user_is_out_of_reach(
    workspace: Workspace, listener: Path, mode: str
) -> None:
    said = workspace.refusal(CONNECT.format(kind="SOCK_STREAM", mode=mode), str(listener))
    assert "Operation not permitted" in said or "Connection refused" in said


@pytest.mark.parametrize("path", ["../outside/service", "link", "/proc/self/cwd/link"])
def test_it_is_out_of_reach_by_any_name(workspace: Workspace, path: str) -> None:
    (workspace.inside / "link").symlink_to(workspace.outside / "service")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(workspace.outside / "service"))
        server.listen()
        workspace.refusal(CONNECT.format(kind="SOCK_STREAM", mode="setblocking(True)"), path)


def test_nothing_can_be_sent_to_a_datagram_socket(workspace: Workspace) -> None:
    path = workspace.outside / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        for make in ("s.socket(s.AF_UNIX, 2)", "s.socketpair(s.AF_UNIX, 2)[0]"):
            text = f"import _socket as s, sys; {make}.sendto(b'x', sys.argv[1])"
            assert "Operation not permitted" in workspace.refusal(text, str(path))


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_SEQPACKET"])
@pytest.mark.parametrize("more", [(), ("with a time-out",)], ids=["blocking", "polling"])
def test_a_server_and_its_client_meet_in_one_command(
    workspace: Workspace, kind: str, more: tuple[str, ...]
) -> None:
    path = str(workspace.inside / "socket")
    result = workspace.run(*LIBRARY, BOTH_ENDS, path, kind, *more)
    if workspace.is_contained:
        assert result.output == "b'hi'\n"
    else:
        assert "Operation not permitted" in result.stderr


def test_they_meet_by_a_relative_and_by_an_abstract_name(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there are no Unix sockets with names")
    for name in ("socket", "\\0name"):
        text = BOTH_ENDS.replace("path = sys.argv[1]", f"path = '{name}'")
        result = workspace.run(*LIBRARY, text, "", "SOCK_STREAM")
        assert result.output == "b'hi'\n", result.output


def test_a_socket_that_a_server_left_behind_refuses(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there are no Unix sockets with names")
    text = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.bind('old'); s.close()\n"
        "socket.socket(socket.AF_UNIX).connect('old')"
    )
    assert "ConnectionRefusedError" in workspace.run(*LIBRARY, text).stderr


def test_errors_of_connect_are_the_usual_ones(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there are no Unix sockets with names")
    text = (
        "import errno, os, socket as s\n"
        "def why(family, address):\n"
        "    try: s.socket(family).connect(address)\n"
        "    except OSError as error: return errno.errorcode[error.errno]\n"
        "open('file', 'w')\n"
        "print(why(s.AF_UNIX, 'gone'), why(s.AF_UNIX, 'file'), why(s.AF_UNIX, 'file/x'))\n"
        "print(why(s.AF_INET, ('127.0.0.1', 9)), why(s.AF_INET6, ('::1', 9)))\n"
    )
    assert workspace.run(*LIBRARY, text).output == (
        "ENOENT ECONNREFUSED ENOTDIR\nECONNREFUSED ECONNREFUSED\n"
    )


def test_an_address_that_changes_meanwhile_leads_nowhere_else(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there are no Unix sockets with names")
    # One thread swaps the address in memory between a server of its own and the user's.
    text = (
        "import ctypes, socket, sys, threading\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "server = socket.socket(socket.AF_UNIX); server.bind('own'); server.listen(4096)\n"
        "own, other = (b'\\1\\0' + n.encode().ljust(100, b'\\0') for n in ('own', sys.argv[1]))\n"
        "place = ctypes.create_string_buffer(own, 102); done = False\n"
        "def swap():\n"
        "    while not done:\n"
        "        ctypes.memmove(place, other, 102); ctypes.memmove(place, own, 102)\n"
        "thread = threading.Thread(target=swap); thread.start()\n"
        "made = 0\n"
        "for _ in range(300):\n"
        "    s = socket.socket(socket.AF_UNIX)\n"
        "    made += libc.connect(s.fileno(), place, 102) == 0\n"
        "    s.close()\n"
        "done = True; thread.join(); print(made > 0)"
    )
    path = workspace.outside / "service"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.setblocking(False)
        assert workspace.run(*LIBRARY, text, str(path)).output == "True\n"
        with pytest.raises(BlockingIOError):
            server.accept()


FAST_OPEN = "s.sendto(b'x', 0x20000000, ('127.0.0.1', port))"


@pytest.mark.parametrize("how", ["s.connect(('127.0.0.1', port))", FAST_OPEN])
def test_only_listed_ports_are_reached(workspace: Workspace, how: str) -> None:
    text = f"import socket, sys; port = int(sys.argv[1]); s = socket.socket(); {how}; print('up')"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        port, closed = (str(s.getsockname()[1]) for s in (server, other))
        policy = SandboxPolicy(can_write_cwd=True, connect_ports=(int(port),))
        free = workspace.run(*LIBRARY, text, closed, policy=DANGER_FULL_ACCESS)
        assert free.output == "up\n", free.output
        held = workspace.run(*LIBRARY, text, closed, policy=policy)
        assert "Permission denied" in held.stderr or "Operation not permitted" in held.stderr
        opened = workspace.run(*LIBRARY, text, port, policy=policy)
        assert (opened.output == "up\n") == (how is not FAST_OPEN), opened.output


def test_a_listed_port_can_be_listened_on_and_no_other(workspace: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    policy = SandboxPolicy(can_write_cwd=True, bind_ports=(port,))
    text = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1]))); print('up')"
    assert workspace.run(*LIBRARY, text, str(port), policy=policy).output == "up\n"
    assert "Permission denied" in workspace.run(*LIBRARY, text, "1", policy=policy).stderr
    none = SandboxPolicy(can_write_cwd=True, connect_ports=(port,))
    assert "Permission denied" in workspace.run(*LIBRARY, text, str(port), policy=none).stderr


def test_the_machines_abstract_sockets_are_out_of_reach(workspace: Workspace) -> None:
    name = f"\0codex-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        text = f"import _socket as s; s.socket(s.AF_UNIX).connect({name!r})"
        said = workspace.refusal(text)
    assert "Operation not permitted" in said or "Connection refused" in said


def test_a_server_of_one_command_is_reached_by_tcp_in_it(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there is no network of its own")
    text = (
        "import socket, threading\n"
        "for family, host in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):\n"
        "    server = socket.create_server((host, 0), family=family)\n"
        "    client = socket.create_connection(server.getsockname()[:2])\n"
        "    peer, _ = server.accept(); peer.send(b'hi'); print(client.recv(9))\n"
        "u, v = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)\n"
        "u.bind(('127.0.0.1', 0)); v.connect(u.getsockname()); v.send(b'udp'); print(u.recv(9))"
    )
    assert workspace.run(*LIBRARY, text, policy=WORKSPACE).output == "b'hi'\nb'hi'\nb'udp'\n"
