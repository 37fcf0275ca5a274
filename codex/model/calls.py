"""Assembly of tool calls from the fragments in a Chat Completions stream.

Pure. In OpenAI's form, the first fragment of a call has its index, id and name, and later ones have
pieces of the arguments under the same index. Some servers omit the index or the id, give every call
the same index, repeat the name with every fragment or the complete call at the end, or send the
arguments as an object.
"""

from __future__ import annotations

from codex.base.jsonio import loads
from codex.model.decode import arguments_text, new_call_id
from codex.model.event import ArgumentsDelta
from codex.model.loose import as_dict, as_str
from codex.protocol.items import FunctionCall


class _Call:
    """A tool call whose fragments are still arriving."""

    __slots__ = ("call_id", "name", "pieces", "server_id")

    def __init__(self, server_id: str, call_id: str) -> None:
        self.server_id = server_id
        """Id from the server; empty if it sent none, and not always unique."""
        self.call_id = call_id
        self.name = ""
        self.pieces: list[str] = []
        """Pieces of the arguments that have arrived so far, as JSON text."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def is_whole(self) -> bool:
        """Return whether the arguments are complete JSON."""
        try:
            loads(self.text)
        except ValueError:
            return False
        return True


class CallAssembler:
    """Assembles the tool calls of one response, in the order of their first fragments."""

    def __init__(self, taken_ids: frozenset[str]) -> None:
        """Args: taken_ids: ids of earlier calls; a call that repeats one gets a new id."""
        self._taken_ids = set(taken_ids)
        self._calls: list[_Call] = []
        self._latest_at: dict[int, _Call] = {}
        """Latest call by the `index` of its fragments."""

    def add(self, fragment: dict[str, object]) -> list[ArgumentsDelta]:
        """Add one element of a delta's `tool_calls`; return [] if it adds no arguments."""
        function = as_dict(fragment.get("function"))
        name, server_id = as_str(function.get("name")), as_str(fragment.get("id"))
        text = arguments_text(function.get("arguments"))
        index = fragment.get("index")
        call = self._find(index, server_id)
        if call is not None and name and call.name:
            # A second name: the same call repeated, or another call under the same index.
            if server_id in ("", call.server_id) and (name, text) == (call.name, call.text):
                return []
            if server_id not in ("", call.server_id) or (text and call.is_whole()):
                call = None
        if call is None:
            call = self._begin(index, server_id)
        call.name = call.name or name
        call.pieces.append(text)
        return [ArgumentsDelta(call.call_id, call.name, text)] if text else []

    def items(self) -> list[FunctionCall]:
        """Return the calls assembled so far; one without a name cannot be run and is omitted."""
        return [
            FunctionCall(call.name, call.text, call.call_id) for call in self._calls if call.name
        ]

    def _find(self, index: object, server_id: str) -> _Call | None:
        """Return the call that a fragment continues: by index, else id, else the latest, if any."""
        if isinstance(index, int):
            return self._latest_at.get(index)
        if server_id:
            return next((call for call in self._calls if call.server_id == server_id), None)
        return self._calls[-1] if self._calls else None

    def _begin(self, index: object, server_id: str) -> _Call:
        is_free = server_id and server_id not in self._taken_ids
        call = _Call(server_id, server_id if is_free else new_call_id())
        self._taken_ids.add(call.call_id)
        self._calls.append(call)
        if isinstance(index, int):
            self._latest_at[index] = call
        return call
