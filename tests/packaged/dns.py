"""A name server on loopback that knows one name; every other one does not exist."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

ADDRESS = "127.0.0.53"
PORT = 53
TYPE_A = 1
HEADER = struct.Struct(">6H")


class NameServer:
    """Answers over UDP while entered; `asked` holds the names in the order of the questions."""

    def __init__(self, name: str, address: str, listen: str = ADDRESS) -> None:
        self.asked: list[str] = []
        self._name = name
        self._address = socket.inet_aton(address)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((listen, PORT))
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> NameServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, peer = self._socket.recvfrom(512)
            except OSError:
                return
            if not query:
                return
            self._socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        identity = HEADER.unpack_from(query)[0]
        labels, at = [], HEADER.size
        while length := query[at]:
            labels.append(query[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
        question = query[HEADER.size : at + 5]
        (kind,) = struct.unpack_from(">H", query, at + 1)
        name = ".".join(labels)
        self.asked.append(name)
        answers = b""
        if name == self._name and kind == TYPE_A:
            answers = struct.pack(">HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + self._address
        is_unknown = name != self._name
        flags = 0x8180 | (3 if is_unknown else 0)
        return HEADER.pack(identity, flags, 1, 1 if answers else 0, 0, 0) + question + answers
