"""Convert the bytes of a file to its lines and back, without loss.

Byte order marks, UTF-16 and UTF-32 (recognised by their marks), the ending of each line, a missing
final newline, and bytes that are not UTF-8 all survive, so that what a patch does not touch stays
unchanged. Knows nothing of patches or paths.
"""

from __future__ import annotations

import codecs

import msgspec

from codex.base.errors import PatchError

# UTF-32 comes before UTF-16, because their little-endian marks begin with the same bytes.
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class FileText(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a file, with its line endings and its encoding."""

    lines: tuple[str, ...]
    """Lines without their endings."""
    endings: tuple[str, ...]
    """Ending of each line: LF, CRLF, or "" for a last line without a newline."""
    mark: bytes = b""
    """Byte order mark; empty if the file has none."""
    encoding: str = "utf-8"
    is_guess: bool = False
    """Whether the encoding is unknown: the characters beyond ASCII are mostly not valid UTF-8."""

    @property
    def has_final_newline(self) -> bool:
        """Whether the file ends in a newline; true for an empty file, so that added lines do."""
        return not self.endings or self.endings[-1] != ""


def decode_file(data: bytes) -> FileText:
    """Return the lines of a file; undecodable bytes become lone surrogates (surrogateescape).

    Raises: PatchError, if the byte order mark says UTF-16 or UTF-32 but the rest is not valid.
    """
    mark, encoding = next((m for m in MARKS if data.startswith(m[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding, _errors(encoding))
    except UnicodeDecodeError as exc:
        raise PatchError(
            f"its byte order mark says {encoding}, but the rest is not valid {encoding}"
        ) from exc
    lines = text.split("\n")
    last = lines.pop()
    endings = ["\r\n" if line.endswith("\r") else "\n" for line in lines]
    lines = [line.removesuffix("\r") for line in lines]
    if last:
        lines.append(last)
        endings.append("")
    return FileText(
        lines=tuple(lines),
        endings=tuple(endings),
        mark=mark,
        encoding=encoding,
        is_guess=encoding == "utf-8" and not text.isascii() and _is_mostly_broken(text),
    )


def encode_file(text: FileText) -> bytes:
    """Return the bytes of a file: the inverse of `decode_file`."""
    joined = "".join(line + ending for line, ending in zip(text.lines, text.endings, strict=True))
    return text.mark + joined.encode(text.encoding, _errors(text.encoding))


def readable(data: bytes) -> str:
    """Return a file's text for people; undecodable bytes become U+FFFD."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "surrogatepass"


def _is_mostly_broken(text: str) -> bool:
    """Return whether most of what is not ASCII is undecodable: more than UTF-8 with some damage."""
    broken = sum("\udc80" <= c <= "\udcff" for c in text)
    return broken * 2 > sum(c > "\x7f" for c in text)
