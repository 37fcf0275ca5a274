"""The models that a provider offers, with their context windows if the server reports them.

Sends requests to the provider's own server only. The list comes from `GET /models` below the base
URL, on either wire API. llama.cpp, LM Studio and Ollama report context windows at paths of their
own, which are requested only if the list has no windows and shows which of the three the server is.
After the first of those requests that fails, no more are sent: the other windows stay unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.base.jsonio import dumps, loads
from codex.model.loose import as_str
from codex.model.retry import ModelError
from codex.net.failure import RequestError
from codex.protocol.replies import ModelEntry

if TYPE_CHECKING:
    from codex.base.cancel import Cancel
    from codex.base.host import Host
    from codex.net.http import HttpClient, HttpResponse
    from codex.protocol.settings import ModelProvider

_TIMEOUT_S = 10.0
"""Time limit for the headers of each response, and for each silence in its body."""
_MAX_BYTES = 8 * 1024 * 1024
MAX_DETAILS = 32
"""Largest number of models whose context windows are requested one by one."""
WINDOW_NAMES = (
    "max_model_len",  # vLLM, SGLang
    "loaded_context_length",  # LM Studio, for a model in memory
    "context_window",  # Groq
    "context_length",  # OpenRouter, Together
    "max_context_length",  # LM Studio, Mistral
)
"""JSON members in which servers report a model's context window, in order of precedence."""


def list_models(provider: ModelProvider, host: Host, cancel: Cancel) -> tuple[ModelEntry, ...]:
    """Return the models that a provider lists, sorted by id, with context windows if known.

    Raises: Interrupted. RequestError, if the request fails or its response is not a list.
    """
    server = _ModelServer(provider, host, cancel)
    try:
        rows = _rows(server.get("/models"), "data")
        windows = {str(row["id"]): _window(row) for row in rows if row.get("id")}
        if not any(windows.values()) and not provider.is_openai:
            _add_details(server, rows, windows)
    finally:
        server.close()
    return tuple(ModelEntry(name, windows[name]) for name in sorted(windows))


class _ModelServer:
    """Requests JSON from one provider's server."""

    def __init__(self, provider: ModelProvider, host: Host, cancel: Cancel) -> None:
        timeout_ms = min(int(_TIMEOUT_S * 1000), provider.header_timeout_ms)
        self._provider = msgspec.structs.replace(provider, header_timeout_ms=timeout_ms)
        self._host = host
        self._cancel = cancel
        self._http: HttpClient | None = None

    def get(self, path: str, *, is_below_base: bool = True) -> object:
        """Return the decoded JSON response to a GET request.

        Args: is_below_base: whether `path` follows the base URL, or the base URL without its `/v1`.
        """
        return self._ask(path, None, is_below_base=is_below_base)

    def post(self, path: str, body: object) -> object:
        """Return the decoded JSON response to POST; `path` follows the base URL without `/v1`."""
        return self._ask(path, dumps(body), is_below_base=False)

    def close(self) -> None:
        """Close the connection to the server."""
        if self._http is not None:
            self._http.close()

    def _ask(self, path: str, body: bytes | None, *, is_below_base: bool) -> object:
        from codex.model.client import http_client
        from codex.model.headers import request_headers
        from codex.net.address import endpoint

        provider, environ = self._provider, self._host.environ
        base_url = provider.base_url
        if not is_below_base:
            base_url = base_url.rstrip("/").removesuffix("/v1")
        address = endpoint(base_url, path, provider.query_params)
        headers = request_headers(provider, environ, userinfo=address.userinfo)
        fields = {**headers.fields, "Accept": "application/json"}
        if self._http is None:
            self._http = http_client(provider, environ)
        method = "GET" if body is None else "POST"
        try:
            response = self._http.request(method, address, fields, self._cancel, body=body)
            return self._read(response, str(address))
        except RequestError as error:
            error.hide(headers.secrets)
            raise

    def _read(self, response: HttpResponse, where: str) -> object:
        from codex.model.failure import advice_for, http_failure

        response.set_timeout(_TIMEOUT_S)
        text = b""
        try:
            while (piece := response.read()) and len(text) < _MAX_BYTES:
                text += piece
        except BaseException:
            response.discard()
            raise
        if not 200 <= response.status < 300:
            response.discard()
            error = http_failure(
                where=where,
                status=response.status,
                reason=response.reason,
                headers=response.headers,
                body=text,
                now=self._host.clock(),
            )
            error.advice = advice_for(error.kind, self._provider)
            raise error
        response.release()
        try:
            return loads(text)
        except ValueError as error:
            raise ModelError(f'"{where}" did not answer with JSON', kind="protocol") from error


def _add_details(
    server: _ModelServer, rows: list[dict[str, object]], windows: dict[str, int | None]
) -> None:
    """Add to `windows` what a llama.cpp, LM Studio or Ollama server reports at its own paths."""
    owners = {str(row.get("owned_by")) for row in rows}
    try:
        if "llamacpp" in owners:
            settings = _member(
                server.get("/props", is_below_base=False), "default_generation_settings"
            )
            window = _number(_member(settings, "n_ctx"))
            windows.update(dict.fromkeys(windows, window))
        elif "organization_owner" in owners:
            for row in _rows(server.get("/api/v0/models", is_below_base=False), "data"):
                if (name := as_str(row.get("id"))) in windows:
                    windows[name] = _window(row)
        elif "library" in owners:
            _add_from_ollama(server, windows)
    except RequestError:
        return


def _add_from_ollama(server: _ModelServer, windows: dict[str, int | None]) -> None:
    """Add to `windows` the context windows that an Ollama server reports.

    A model in memory has the window that it was loaded with. Another model has its configured
    window (`num_ctx`), or else the window that it was trained with; at most MAX_DETAILS
    of these are requested.
    """
    for row in _rows(server.get("/api/ps", is_below_base=False), "models"):
        if (name := as_str(row.get("name"))) in windows:
            windows[name] = _number(row.get("context_length"))
    unknown = [name for name, window in windows.items() if window is None]
    for name in unknown[:MAX_DETAILS]:
        details = server.post("/api/show", {"model": name})
        windows[name] = _parameter(_member(details, "parameters")) or _trained(
            _member(details, "model_info")
        )


def _parameter(parameters: object) -> int | None:
    """Return `num_ctx` from the `parameters` text of an Ollama model; None if it is not set."""
    for line in str(parameters or "").splitlines():
        name, _, value = line.strip().partition(" ")
        if name == "num_ctx" and value.strip().isdecimal():
            return int(value)
    return None


def _trained(info: object) -> int | None:
    """Return the window in a member such as `llama.context_length`; None if there is none."""
    if not isinstance(info, dict):
        return None
    names = (name for name in info if str(name).endswith(".context_length"))
    return next((_number(info[name]) for name in names), None)


def _window(row: dict[str, object]) -> int | None:
    found = (_number(row.get(name)) for name in WINDOW_NAMES)
    return next((window for window in found if window), None) or _number(
        _member(row.get("meta"), "n_ctx")
    )


def _rows(value: object, name: str) -> list[dict[str, object]]:
    """Return the objects in the list `value[name]`, or in `value` if that is itself a list.

    Raises: ModelError, if there is no list.
    """
    rows = value if isinstance(value, list) else _member(value, name)
    if not isinstance(rows, list):
        raise ModelError("the server's response is not a list of models", kind="protocol")
    return [row for row in rows if isinstance(row, dict)]


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value > 0 else None
