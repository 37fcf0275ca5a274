"""Draws Markdown as Lines that fit a width; markdown-it-py parses it. Pure.

CommonMark with tables, strikethrough and task lists. HTML and the definitions of reference links
appear as written. A line break inside a paragraph begins a new row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.highlight import highlight
from codex.tui.drawing.links import is_file_link
from codex.tui.drawing.tables import MarkdownTable, draw_table
from codex.tui.drawing.text import (
    BOLD,
    DIM,
    PLAIN,
    Line,
    Span,
    Style,
    clean,
    line_width,
    lines,
    restyled,
    wrap,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

CODE = Style(fg="cyan")
QUOTE = Style(fg="green")
HEADINGS = (
    Style(fg="cyan", bold=True, underline=True),
    Style(fg="cyan", bold=True),
    Style(fg="cyan", bold=True, italic=True),
    Style(fg="cyan", italic=True),
)
MAX_RULE = 60
MAX_NESTING = 100
MIN_BODY = 8
"""Smallest width, in columns, that may be left to indented text; if less is, it is not indented."""

_INLINE = {
    "strong": BOLD,
    "em": Style(italic=True),
    "s": Style(strike=True),
    "code_inline": CODE,
}
_parser: MarkdownIt | None = None
"""Parser; None until the first message is drawn, because making it takes 40 ms."""


def render(text: str, width: int) -> list[Line]:
    """Return the Markdown as lines of at most `width` columns; a width below 2 counts as 2."""
    from markdown_it.tree import SyntaxTreeNode

    return _blocks(SyntaxTreeNode(_markdown_it().parse(text)).children, max(2, width))


def _markdown_it() -> MarkdownIt:
    global _parser
    if _parser is None:
        from markdown_it import MarkdownIt

        _parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
        _parser.enable(["table", "strikethrough"]).disable("reference")
    return _parser


def _blocks(nodes: Sequence[SyntaxTreeNode], width: int, *, is_tight: bool = False) -> list[Line]:
    found: list[Line] = []
    previous = ""
    for node in nodes:
        rows = _block(node, width)
        is_close = is_tight and (node.type.endswith("_list") or previous.endswith("_list"))
        if found and rows and not is_close:
            found.append(())
        found += rows
        previous = node.type
    return found


def _block(node: SyntaxTreeNode, width: int) -> list[Line]:
    match node.type:
        case "paragraph":
            return wrapped(_inline(node.children[0]), width)
        case "heading":
            return _heading(node, width)
        case "fence" | "code_block":
            return _code(node, width)
        case "bullet_list" | "ordered_list":
            return [row for item in node.children for row in _item(node, item, width)]
        case "blockquote":
            mark: Line = (Span("> ", QUOTE),)
            return _indented(node.children, width, first=mark, rest=mark)
        case "hr":
            return [(Span("─" * min(width, MAX_RULE), DIM),)]
        case "table":
            return draw_table(_table(node), width)
        case _:
            return wrapped(lines(node.content), width)


def _heading(node: SyntaxTreeNode, width: int) -> list[Line]:
    style = HEADINGS[min(int(node.tag[1:]), len(HEADINGS)) - 1]
    mark = "#" * int(node.tag[1:]) + " "
    first, *rest = _inline(node.children[0]) or [()]
    rows = [(Span(mark), *first), *rest]
    return wrapped([restyled(row, style) for row in rows], width)


def _code(node: SyntaxTreeNode, width: int) -> list[Line]:
    info = clean(node.info).replace("\n", " ").strip()
    rows = wrapped(highlight(node.content, info.partition(" ")[0]), width) if node.content else []
    if node.type == "code_block":
        return [((Span("  "), *row) if width > MIN_BODY else row) for row in _narrowed(rows, width)]
    fence = node.markup or "```"
    return [*wrap((Span(fence + info, DIM),), width), *rows, *wrap((Span(fence, DIM),), width)]


def _narrowed(rows: list[Line], width: int) -> list[Line]:
    return wrapped(rows, width - 2) if width > MIN_BODY else rows


def _item(node: SyntaxTreeNode, item: SyntaxTreeNode, width: int) -> list[Line]:
    """Return the lines of a list item; an ordered one has the number it was written with."""
    is_ordered = node.type == "ordered_list"
    mark = f"{item.info}{item.markup} " if is_ordered else "- "
    first: Line = (Span(mark, Style(fg="cyan") if is_ordered else PLAIN),)
    return _indented(
        item.children, width, first=first, rest=(Span(" " * len(mark)),), is_tight=True
    )


def _indented(
    nodes: Sequence[SyntaxTreeNode], width: int, *, first: Line, rest: Line, is_tight: bool = False
) -> list[Line]:
    """Return blocks as lines: `first` precedes the first line, `rest` every other line."""
    inner = width - line_width(first)
    if inner < MIN_BODY:
        return [*wrap(first, width), *_blocks(nodes, width, is_tight=is_tight)]
    rows = _blocks(nodes, inner, is_tight=is_tight) or [()]
    return [((first if index == 0 else rest) + row) for index, row in enumerate(rows)]


def _table(node: SyntaxTreeNode) -> MarkdownTable:
    rows: list[list[Line]] = []
    aligned: list[str] = []
    for part in node.children:
        for row in part.children:
            rows.append([_one_line(cell) for cell in row.children])
            aligned = aligned or [
                str(cell.attrs.get("style", "")).rpartition(":")[2] for cell in row.children
            ]
    return MarkdownTable(rows, aligned)


def _one_line(cell: SyntaxTreeNode) -> Line:
    parts: list[Span] = []
    for row in _inline(cell.children[0]) if cell.children else []:
        parts += [*([Span(" ")] if parts else []), *row]
    return tuple(parts)


def _inline(node: SyntaxTreeNode) -> list[Line]:
    """Return the lines of a paragraph, heading or table cell, not yet wrapped."""
    rows: list[list[Span]] = [[]]
    _collect(node.children, PLAIN, rows)
    found = [tuple(row) for row in rows]
    if found and found[0] and (mark := found[0][0].text[:4]) in ("[x] ", "[X] "):
        first = found[0][0]
        found[0] = (Span(mark, QUOTE), Span(first.text[4:], first.style), *found[0][1:])
    return found


def _collect(nodes: Sequence[SyntaxTreeNode], style: Style, rows: list[list[Span]]) -> None:
    for node in nodes:
        match node.type:
            case "softbreak" | "hardbreak":
                rows.append([])
            case "link":
                _link(node, style, rows)
            case "image":
                source = _written(node, "src")
                rows[-1].append(Span(f"[image: {clean(node.content)}]{source}", style))
            case "text" | "code_inline" | "html_inline" | "text_special":
                _text(node.content, _INLINE.get(node.type, PLAIN).over(style), rows)
            case kind:
                _collect(node.children, _INLINE.get(kind, PLAIN).over(style), rows)


def _text(text: str, style: Style, rows: list[list[Span]]) -> None:
    first, *rest = clean(text).split("\n")
    if first:
        rows[-1].append(Span(first, style))
    rows.extend([Span(part, style)] if part else [] for part in rest)


def _link(node: SyntaxTreeNode, style: Style, rows: list[list[Span]]) -> None:
    url = str(node.attrs.get("href", ""))
    before = len(rows), len(rows[-1])
    _collect(node.children, Style(underline=True, link=url).over(style), rows)
    label = "".join(span.text for span in rows[-1][before[1] :]) if before[0] == len(rows) else ""
    if not is_file_link(url) and node.markup != "autolink" and label != url:
        rows[-1].append(Span(_written(node, "href"), DIM.over(style)))


def _written(node: SyntaxTreeNode, name: str) -> str:
    """Return the target of a link or image as ` (target "title")`; empty if there is none.

    Args: name: attribute that holds the target.
    """
    target = clean(str(node.attrs.get(name, ""))).replace("\n", " ")
    title = clean(str(node.attrs.get("title", ""))).replace("\n", " ")
    shown = f'{target} "{title}"' if title else target
    return f" ({shown})" if shown else ""
