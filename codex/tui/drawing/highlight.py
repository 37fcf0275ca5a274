"""Highlights code: turns it into coloured Lines, with pygments' lexers. Pure.

The colours are the terminal's own palette, and only foregrounds that are readable on dark and on
light backgrounds. Each lexer is imported by name when its language first occurs: pygments' own
look-up would put all five hundred into the executable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import CODE_TAB, PLAIN, Line, Span, Style, clean, lines

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_CODE = 100_000
"""Largest number of characters of code that is highlighted; longer code stays plain."""

_ALIASES = {
    "bash": "shell", "sh": "shell", "zsh": "shell", "ksh": "shell",
    "console": "session", "shell-session": "session", "sh-session": "session",
    "bat": "batch", "cmd": "batch", "ps1": "powershell", "pwsh": "powershell",
    "py": "python", "python3": "python", "py3": "python", "pyi": "python", "pycon": "pycon",
    "js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript",
    "node": "javascript", "ts": "typescript", "tsx": "typescript",
    "jsonc": "json", "json5": "json", "jsonl": "json", "ndjson": "json",
    "yml": "yaml", "h": "c", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "hpp": "cpp", "hh": "cpp",
    "rs": "rust", "golang": "go", "cs": "csharp", "c#": "csharp", "kt": "kotlin", "kts": "kotlin",
    "rb": "ruby", "pl": "perl", "pm": "perl", "hs": "haskell", "ex": "elixir", "exs": "elixir",
    "htm": "html", "xhtml": "html", "vue": "html", "svelte": "html", "svg": "xml", "xsd": "xml",
    "scss": "css", "less": "css", "patch": "diff", "udiff": "diff", "dockerfile": "docker",
    "makefile": "make", "mk": "make", "cfg": "ini", "conf": "ini", "properties": "ini",
    "md": "markdown", "postgresql": "sql", "sqlite": "sql", "mysql": "sql", "sqlite3": "sql",
    "r": "r", "s": "r", "tf": "hcl", "terraform": "hcl", "hcl": "hcl",
}  # fmt: skip


def highlight(code: str, language: str) -> list[Line]:
    """Return the code as coloured lines, not wrapped; tabs become blanks. Never raises.

    The lines are plain if the language is unknown, the code is too long or the lexer loses text.

    Args: language: word after the backticks of a Markdown fence, or a file's extension.
    """
    code = clean(code, tab=CODE_TAB).removesuffix("\n")
    lexer = _lexer(language) if len(code) <= MAX_CODE else None
    if lexer is None:
        return lines(code)
    tokens = list(lexer.get_tokens(code))
    if "".join(text for _, text in tokens) != code:
        return lines(code)  # some lexers drop what they do not expect
    found: list[Line] = []
    row: list[Span] = []
    for kind, text in tokens:
        style = _style(str(kind))
        first, *rest = text.split("\n")
        if first:
            row.append(Span(first, style))
        for part in rest:
            found.append(tuple(row))
            row = [Span(part, style)] if part else []
    found.append(tuple(row))
    return found


_known: dict[str, Lexer | None] = {}


def _lexer(language: str) -> Lexer | None:
    name = language.lower().strip(".")
    name = _ALIASES.get(name, name)
    if name not in LANGUAGES:
        return None
    if name not in _known:
        _known[name] = _made(name)
    return _known[name]


def _made(name: str) -> Lexer | None:
    lexer = _scripting(name) or _compiled(name) or _data(name) or _markup(name) or _other(name)
    return None if lexer is None else lexer(stripnl=False, ensurenl=False)


LANGUAGES = frozenset(
    {"python", "pycon", "shell", "session", "batch", "powershell", "javascript", "typescript"}
    | {"json", "yaml", "toml", "ini", "c", "cpp", "rust", "go", "java", "kotlin", "scala", "swift"}
    | {"csharp", "ruby", "php", "perl", "lua", "haskell", "elixir", "html", "xml", "css", "sql"}
    | {"diff", "docker", "make", "cmake", "markdown", "r", "hcl", "nix", "zig"}
)
"""Names of the languages that are highlighted; `_ALIASES` has their other names."""


def _scripting(name: str) -> type[Lexer] | None:
    match name:
        case "python":
            from pygments.lexers.python import PythonLexer

            return PythonLexer
        case "pycon":
            from pygments.lexers.python import PythonConsoleLexer

            return PythonConsoleLexer
        case "shell":
            from pygments.lexers.shell import BashLexer

            return BashLexer
        case "session":
            from pygments.lexers.shell import BashSessionLexer

            return BashSessionLexer
        case "batch":
            from pygments.lexers.shell import BatchLexer

            return BatchLexer
        case "powershell":
            from pygments.lexers.shell import PowerShellLexer

            return PowerShellLexer
        case "javascript":
            from pygments.lexers.javascript import JavascriptLexer

            return JavascriptLexer
        case "typescript":
            from pygments.lexers.javascript import TypeScriptLexer

            return TypeScriptLexer
        case "ruby":
            from pygments.lexers.ruby import RubyLexer

            return RubyLexer
        case _:
            return None


def _compiled(name: str) -> type[Lexer] | None:
    match name:
        case "c":
            from pygments.lexers.c_cpp import CLexer

            return CLexer
        case "cpp":
            from pygments.lexers.c_cpp import CppLexer

            return CppLexer
        case "rust":
            from pygments.lexers.rust import RustLexer

            return RustLexer
        case "go":
            from pygments.lexers.go import GoLexer

            return GoLexer
        case "java":
            from pygments.lexers.jvm import JavaLexer

            return JavaLexer
        case "kotlin":
            from pygments.lexers.jvm import KotlinLexer

            return KotlinLexer
        case "swift":
            from pygments.lexers.objective import SwiftLexer

            return SwiftLexer
        case "csharp":
            from pygments.lexers.dotnet import CSharpLexer

            return CSharpLexer
        case "zig":
            from pygments.lexers.zig import ZigLexer

            return ZigLexer
        case _:
            return None


def _data(name: str) -> type[Lexer] | None:
    match name:
        case "json":
            from pygments.lexers.data import JsonLexer

            return JsonLexer
        case "yaml":
            from pygments.lexers.data import YamlLexer

            return YamlLexer
        case "toml":
            from pygments.lexers.configs import TOMLLexer

            return TOMLLexer
        case "ini":
            from pygments.lexers.configs import IniLexer

            return IniLexer
        case "docker":
            from pygments.lexers.configs import DockerLexer

            return DockerLexer
        case "hcl":
            from pygments.lexers.configs import TerraformLexer

            return TerraformLexer
        case "sql":
            from pygments.lexers.sql import SqlLexer

            return SqlLexer
        case "diff":
            from pygments.lexers.diff import DiffLexer

            return DiffLexer
        case "xml":
            from pygments.lexers.html import XmlLexer

            return XmlLexer
        case _:
            return None


def _markup(name: str) -> type[Lexer] | None:
    match name:
        case "html":
            from pygments.lexers.html import HtmlLexer

            return HtmlLexer
        case "css":
            from pygments.lexers.css import CssLexer

            return CssLexer
        case "php":
            from pygments.lexers.php import PhpLexer

            return PhpLexer
        case "markdown":
            from pygments.lexers.markup import MarkdownLexer

            return MarkdownLexer
        case _:
            return None


def _other(name: str) -> type[Lexer] | None:
    match name:
        case "perl":
            from pygments.lexers.perl import PerlLexer

            return PerlLexer
        case "lua":
            from pygments.lexers.scripting import LuaLexer

            return LuaLexer
        case "scala":
            from pygments.lexers.jvm import ScalaLexer

            return ScalaLexer
        case "haskell":
            from pygments.lexers.haskell import HaskellLexer

            return HaskellLexer
        case "elixir":
            from pygments.lexers.erlang import ElixirLexer

            return ElixirLexer
        case "make":
            from pygments.lexers.make import MakefileLexer

            return MakefileLexer
        case "cmake":
            from pygments.lexers.make import CMakeLexer

            return CMakeLexer
        case "r":
            from pygments.lexers.r import SLexer

            return SLexer
        case "nix":
            from pygments.lexers.nix import NixLexer

            return NixLexer
        case _:
            return None


_STYLES = {
    "Token.Keyword": Style(fg="magenta"),
    "Token.Keyword.Constant": Style(fg="cyan"),
    "Token.Operator.Word": Style(fg="magenta"),
    "Token.Name.Builtin": Style(fg="cyan"),
    "Token.Name.Function": Style(bold=True),
    "Token.Name.Class": Style(bold=True),
    "Token.Name.Tag": Style(fg="magenta"),
    "Token.Name.Attribute": Style(fg="cyan"),
    "Token.Name.Decorator": Style(fg="magenta"),
    "Token.Name.Variable": Style(fg="cyan"),
    "Token.Literal.String": Style(fg="green"),
    "Token.Literal.Number": Style(fg="cyan"),
    "Token.Comment": Style(dim=True, italic=True),
    "Token.Comment.Preproc": Style(fg="magenta"),
    "Token.Generic.Deleted": Style(fg="red"),
    "Token.Generic.Inserted": Style(fg="green"),
    "Token.Generic.Heading": Style(bold=True),
    "Token.Generic.Subheading": Style(dim=True),
    "Token.Generic.Prompt": Style(dim=True),
    "Token.Generic.Strong": Style(bold=True),
    "Token.Generic.Emph": Style(italic=True),
}
_found: dict[str, Style] = {}


def _style(kind: str) -> Style:
    """Return the style of a kind of token, or of its nearest parent kind that has one."""
    style = _found.get(kind)
    if style is None:
        above = kind
        while above and above not in _STYLES:
            above = above.rpartition(".")[0]
        style = _found[kind] = _STYLES.get(above, PLAIN)
    return style
