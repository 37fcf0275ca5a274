"""Settings that the packages share: provider, model options, environment, MCP servers."""

from __future__ import annotations

import enum

import msgspec


class WireApi(enum.Enum):
    """OpenAI API that a provider implements: Responses or Chat Completions."""

    RESPONSES = "responses"
    CHAT = "chat"


class ModelProvider(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint that serves models: a `[model_providers.ID]` table after merging."""

    name: str
    base_url: str
    """URL without the `/responses` or `/chat/completions` that requests add."""
    wire_api: WireApi = WireApi.RESPONSES
    env_key: str | None = None
    """Environment variable that holds the API key.

    If it is None, the key is `experimental_bearer_token`; if that is None, too, none is sent.
    For OpenAI itself CODEX_API_KEY comes first.
    """
    env_key_instructions: str | None = None
    """Advice for the user whose environment lacks `env_key`."""
    experimental_bearer_token: str | None = None
    """API key itself, for when `env_key` is None or its variable is unset or blank."""
    query_params: dict[str, str] = {}
    http_headers: dict[str, str] = {}
    env_http_headers: dict[str, str] = {}
    """Environment variables by header name; an unset or blank variable sends no header."""
    request_max_retries: int = 4
    """Most retries of a request that fails before the headers of a successful response."""
    stream_max_retries: int = 5
    """Most retries of a request whose response breaks off."""
    connect_timeout_ms: int = 15_000
    header_timeout_ms: int = 300_000
    """Longest wait from request to first byte of the response; a local model may load first."""
    stream_idle_timeout_ms: int = 300_000
    """Longest time without data inside a response."""
    ca_certificate: str | None = None
    """PEM file trusted for this provider instead of the system's certificates."""
    client_certificate: str | None = None
    """PEM file of the certificate that this program shows to the server; None: none."""
    client_key: str | None = None
    """PEM file of the key for `client_certificate`."""
    is_openai: bool = False
    """Whether it is OpenAI's own service, which accepts `store`, encrypted reasoning and
    `previous_response_id`."""


OPENAI_HOSTS = ("api.openai.com", ".api.openai.com", ".openai.azure.com")
"""Hosts of OpenAI's own service; a leading dot means any host below that name."""


def is_openai_url(base_url: str) -> bool:
    """Whether a URL belongs to OpenAI itself, which accepts parameters that only OpenAI accepts.

    The host decides, not the provider's id: a gateway under the id `openai` (by `openai_base_url`)
    gets plain requests, and a provider at api.openai.com gets the full ones, whatever its id.
    """
    authority = base_url.partition("://")[2].partition("/")[0]
    host = authority.rpartition("@")[2].partition(":")[0].lower()
    return any(
        host.endswith(known) if known.startswith(".") else host == known for known in OPENAI_HOSTS
    )


class ReasoningEffort(enum.Enum):
    """Effort of a reasoning model."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"
    ULTRA = "ultra"


class ReasoningSummary(enum.Enum):
    """Detail of the summary that a model gives of its reasoning."""

    NONE = "none"
    AUTO = "auto"
    CONCISE = "concise"
    DETAILED = "detailed"


class FileOpener(enum.Enum):
    """Editor that opens the links to lines of files; with `none`, there are no links."""

    VSCODE = "vscode"
    VSCODE_INSIDERS = "vscode-insiders"
    WINDSURF = "windsurf"
    CURSOR = "cursor"
    NONE = "none"


REASONING_NAMES = ("o1", "o3", "o4", "codex", "gpt-5", "gpt-oss")
"""Beginnings of the names of models that accept reasoning options, except `gpt-5-chat`."""


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The model of a session and the options each request carries."""

    model: str
    reasoning_effort: ReasoningEffort | None = None
    """Effort; None lets the model decide, NONE turns reasoning options off."""
    reasoning_summary: ReasoningSummary | None = None
    """Detail of the summary to ask for; None or NONE asks for none."""
    has_reasoning: bool | None = None
    """Whether requests may carry reasoning options; None decides by the model's name."""
    verbosity: str | None = None
    max_output_tokens: int | None = None
    """Limit for each response; None sends no limit."""
    context_window: int | None = None
    """Size in tokens; None if unknown."""
    has_images: bool = True
    """Whether the model accepts images."""

    @property
    def accepts_reasoning(self) -> bool:
        """Whether the model accepts reasoning options: as configured, else by its name."""
        if self.has_reasoning is not None:
            return self.has_reasoning
        name = self.model.rpartition("/")[2].lower()
        return name.startswith(REASONING_NAMES) and not name.startswith("gpt-5-chat")


class EnvironmentInherit(enum.Enum):
    """Which variables of this program a command inherits, before patterns exclude any."""

    ALL = "all"
    CORE = "core"
    """Home, user name, `PATH`, `SHELL` and the folders for temporary files."""
    NONE = "none"


class ShellEnvironmentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`[shell_environment_policy]`: the environment of model-written commands.

    Applied in this order: inherit, default excludes (`*KEY*`, `*SECRET*`, `*TOKEN*` and more, see
    sandbox/env.py), exclude, set, include_only. Patterns are globs, matched without regard to case.
    """

    inherit: EnvironmentInherit = EnvironmentInherit.ALL
    ignore_default_excludes: bool = False
    exclude: tuple[str, ...] = ()
    set: dict[str, str] = {}
    include_only: tuple[str, ...] = ()
    """Patterns of the only variables to keep, also of those in `set`; empty keeps all."""


class ToolApproval(enum.Enum):
    """When the user is asked before a tool of an MCP server is called."""

    AUTO = "auto"
    """Ask before a tool that may change something if the approval policy asks before commands, and
    before one that may destroy something under each policy but `never`."""
    PROMPT = "prompt"
    """Ask, until the tool is approved for the session; under `never`, the call is rejected."""
    WRITES = "writes"
    """Like PROMPT, except for tools that only read, as the server says."""
    APPROVE = "approve"
    """Never ask."""


class McpTool(msgspec.Struct, frozen=True, kw_only=True):
    """`[mcp_servers.NAME.tools.TOOL]`: the settings of one tool."""

    approval_mode: ToolApproval | None = None
    """When to ask; None: as the server's `default_tools_approval_mode` says."""


class McpServer(msgspec.Struct, frozen=True, kw_only=True):
    """`[mcp_servers.NAME]`: a program, or an address, that speaks the Model Context Protocol."""

    command: str | None = None
    """Program to start, which speaks over its stdin and stdout; None if there is a `url`."""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    env_vars: tuple[str, ...] = ()
    """Names of variables that the program inherits besides the basic ones."""
    cwd: str | None = None
    """Working directory of the program; None: the session's."""
    url: str | None = None
    """Address of a server over HTTP; None if there is a `command`."""
    bearer_token_env_var: str | None = None
    """Environment variable that holds the token to send to `url`."""
    http_headers: dict[str, str] = {}
    env_http_headers: dict[str, str] = {}
    """Environment variables by header name; an unset or blank variable sends no header."""
    enabled: bool = True
    required: bool = False
    """Whether a task waits until this server is ready, and fails if the server has failed."""
    enabled_tools: tuple[str, ...] | None = None
    """Names of the tools to offer; None: all."""
    disabled_tools: tuple[str, ...] = ()
    startup_timeout_sec: float = 30.0
    tool_timeout_sec: float = 300.0
    default_tools_approval_mode: ToolApproval = ToolApproval.AUTO
    tools: dict[str, McpTool] = {}
    """Settings of single tools, by name."""

    def offers(self, tool: str) -> bool:
        """Whether the user lets the model see this tool."""
        is_enabled = self.enabled_tools is None or tool in self.enabled_tools
        return is_enabled and tool not in self.disabled_tools

    def approval_of(self, tool: str) -> ToolApproval:
        """Return when the user is asked before this tool is called."""
        settings = self.tools.get(tool)
        own = settings.approval_mode if settings is not None else None
        return own or self.default_tools_approval_mode
