"""What a command may reach, on the real kernel: nothing, by any kind of socket."""

from __future__ import annotations

import os
import re
import socket
import sys

import pytest

from codex.protocol.policy import SandboxPolicy
from tests.support.commands import Workspace

NETWORK = SandboxPolicy(can_write_cwd=True, can_use_network=True)
PYTHON_WITH_LIBRARY = (sys.executable, "-I", "-c")

SOCKETS = {
    "TCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "TCP over IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "Unix stream": "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "routes": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
}
"""Harmless in a network of one's own."""
NEVER_SOCKETS = {
    "Unix datagram": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "Unix datagram pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "socket lists": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)",
    "device events": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)",
}


@pytest.mark.parametrize("probe", NEVER_SOCKETS.values(), ids=NEVER_SOCKETS)
def test_sockets_that_lead_out_cannot_be_made(workspace: Workspace, probe: str) -> None:
    said = workspace.refusal(f"import _socket as socket; {probe}")
    assert "Operation not permitted" in said


@pytest.mark.parametrize("probe", SOCKETS.values(), ids=SOCKETS)
def test_on_the_machines_network_no_socket_can_be_made(workspace: Workspace, probe: str) -> None:
    text = f"import _socket as socket; {probe}; print('made')"
    if workspace.is_contained:
        assert workspace.python(text).output == "made\n"
    else:
        assert "Operation not permitted" in workspace.refusal(text)


def test_kinds_of_sockets_that_nobody_needs_do_not_exist(workspace: Workspace) -> None:
    result = workspace.python("import _socket; _socket.socket(40, 1)")
    assert "Address family not supported" in result.stderr


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_SEQPACKET"])
def test_a_pair_of_sockets_works(workspace: Workspace, kind: str) -> None:
    result = workspace.python(
        f"import _socket as s; a, b = s.socketpair(s.AF_UNIX, s.{kind})\n"
        "a.send(b'x'); a.shutdown(s.SHUT_WR); print(b.recv(9), b.recv(9), b.getsockname())"
    )
    assert result.output == "b'x' b'' \n"


def test_a_server_on_this_machine_cannot_be_reached(workspace: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = workspace.refusal(
            "import sys, _socket\ns = _socket.socket(); s.connect(('127.0.0.1', int(sys.argv[1])))",
            str(port),
        )
    assert ("Connection refused" if workspace.is_contained else "Operation not permitted") in said


def test_with_the_network_on_a_server_can_be_reached_and_writes_stay_held(
    workspace: Workspace,
) -> None:
    text = (
        "import sys, socket\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()\n"
        "print('connected')\n"
        "open(sys.argv[2], 'w')"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        target = str(workspace.outside / "new")
        result = workspace.run(*PYTHON_WITH_LIBRARY, text, port, target, policy=NETWORK)
    assert result.stdout == "connected\n"
    assert re.search("Permission denied|Read-only file system", result.stderr)


def test_an_abstract_socket_of_the_agent_is_out_of_reach_even_with_the_network_on(
    workspace: Workspace, abi: int
) -> None:
    if abi < 6:
        pytest.skip(f"Landlock scopes abstract sockets from ABI 6 on, this kernel has {abi}")
    name = f"\0codex-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        text = f"import _socket as s; s.socket(s.AF_UNIX).connect({name!r}); print('reached')"
        free = workspace.python(
            text, policy=SandboxPolicy(can_write_everything=True, can_use_network=True)
        )
        assert free.output == "reached\n"
        held = workspace.python(text, policy=NETWORK)
    assert "Operation not permitted" in held.stderr


def test_io_uring_is_not_there(workspace: Workspace) -> None:
    number = 425
    result = workspace.run(
        *PYTHON_WITH_LIBRARY,
        "import ctypes, errno, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall({number}, 1, ctypes.create_string_buffer(256)),"
        " errno.errorcode[ctypes.get_errno()])",
    )
    assert result.output == "-1 ENOSYS\n"


def test_programs_see_that_the_network_is_off_and_go_on(workspace: Workspace) -> None:
    result = workspace.run(
        *PYTHON_WITH_LIBRARY,
        "import socket\n"
        "try: socket.getaddrinfo('localhost', 80)\n"
        "except OSError as error: print('no', type(error).__name__)\n"
        "else: print('resolved')",
    )
    assert result.exit_code == 0, result.output
