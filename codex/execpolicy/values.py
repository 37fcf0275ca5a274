"""The values of the policy language and the operations on them, all with bounded cost. Pure.

Starlark's rules apply where they differ from Python's: a bool is not a number, a string is not a
list, and values of different types are never equal. No operation changes a value. An operation
raises EvaluationError for operands that it does not work on, and every one that makes a larger
value checks the size first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_SIZE = 100_000
"""Maximum number of characters in a string, or of elements in a list, tuple or dict."""
MAX_BITS = 1024
"""Maximum number of bits in a number."""


class EvaluationError(Exception):
    """The text of a policy cannot be executed; the message, for the user, names no line."""


def type_name(value: object) -> str:
    """Return Starlark's name for the type of a value."""
    if value is None:
        return "NoneType"
    if isinstance(value, str | bool | int | list | tuple | dict):
        return {"str": "string"}.get(type(value).__name__, type(value).__name__)
    return "function" if callable(value) else type(value).__name__.strip("_").lower()


def sized(size: int) -> None:
    """Check the size of a value to be made. Raises: EvaluationError, if it is above MAX_SIZE."""
    if size > MAX_SIZE:
        raise EvaluationError(f"the value has more than {MAX_SIZE} characters or elements")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: int) -> int:
    """Return the number unchanged. Raises: EvaluationError, if it has more than MAX_BITS bits."""
    if value.bit_length() > MAX_BITS:
        raise EvaluationError(f"the number has more than {MAX_BITS} bits")
    return value


def equal(left: Any, right: Any) -> bool:
    """Whether two values are equal; True is not equal to 1.

    Raises: EvaluationError, if more than MAX_SIZE elements would have to be compared.
    """
    budget = iter(range(MAX_SIZE))
    return _equal(left, right, budget)


def _equal(left: Any, right: Any, budget: Iterator[int]) -> bool:
    # A list that holds another list twice, and so on, is quick to make but endless to compare.
    if next(budget, None) is None:
        raise EvaluationError("the values are too large to compare")
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(_equal(a, b, budget) for a, b in pairs)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            _equal(left[key], right[key], budget) for key in left
        )
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """Whether `left < right`, for two numbers or two strings; other values have no order."""
    if (_is_int(left) and _is_int(right)) or (isinstance(left, str) and isinstance(right, str)):
        return bool(left < right)
    raise EvaluationError(f"cannot order {type_name(left)} and {type_name(right)}")


def contains(container: Any, value: Any) -> bool:
    """Return `value in container`."""
    if isinstance(container, str) and isinstance(value, str):
        return value in container
    if isinstance(container, dict):
        return _key(value) in container
    if isinstance(container, list | tuple):
        return any(equal(element, value) for element in container)
    raise EvaluationError(f"'in' does not work on {type_name(container)}")


def iterate(value: Any) -> list[Any]:
    """Return a new list of the elements of a list or tuple, or of the keys of a dict."""
    if isinstance(value, list | tuple | dict):
        return list(value)
    raise EvaluationError(f"{type_name(value)} cannot be iterated over")


def _key(value: Any) -> Any:
    if isinstance(value, str | bool | int) or value is None:
        return value
    raise EvaluationError(f"{type_name(value)} cannot be a key of a dict")


def make_dict(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return a dict of key-value pairs.

    Raises: EvaluationError, if a key is repeated, or is not a string, number, bool or None.
    """
    made: dict[Any, Any] = {}
    for key, value in pairs:
        if _key(key) in made:
            raise EvaluationError(f"the key {text_of(key, is_quoted=True)} occurs twice")
        made[key] = value
    return made


def add(left: Any, right: Any) -> Any:
    """Return `left + right`."""
    if _is_int(left) and _is_int(right):
        return number(left + right)
    if type(left) is type(right) and isinstance(left, str | list | tuple):
        sized(len(left) + len(right))
        return left + right
    raise EvaluationError(f"cannot add {type_name(right)} to {type_name(left)}")


def subtract(left: Any, right: Any) -> int:
    """Return `left - right`."""
    if _is_int(left) and _is_int(right):
        return number(left - right)
    raise EvaluationError(f"cannot subtract {type_name(right)} from {type_name(left)}")


def multiply(left: Any, right: Any) -> Any:
    """Return `left * right`; a string, list or tuple is repeated."""
    if _is_int(left) and not _is_int(right):
        left, right = right, left
    if _is_int(right) and isinstance(left, str | list | tuple):
        sized(len(left) * max(right, 0))
        return left * right
    if _is_int(left) and _is_int(right):
        return number(left * right)
    raise EvaluationError(f"cannot multiply {type_name(left)} by {type_name(right)}")


def divide(left: Any, right: Any) -> int:
    """Return `left // right`."""
    if _is_int(left) and _is_int(right) and right:
        return int(left // right)
    raise EvaluationError(f"cannot divide {type_name(left)} by this {type_name(right)}")


def remainder(left: Any, right: Any) -> Any:
    """Return `left % right`; if `left` is a string, fill in its `%s`, `%d`, `%r` and `%%`."""
    if isinstance(left, str):
        return _percent(left, list(right) if isinstance(right, tuple) else [right])
    if _is_int(left) and _is_int(right) and right:
        return left % right
    raise EvaluationError(f"cannot divide {type_name(left)} by this {type_name(right)}")


def _percent(pattern: str, values: list[Any]) -> str:
    first, *rest = pattern.replace("%%", "\0").split("%")
    if len(rest) != len(values):
        raise EvaluationError(f"the string has {len(rest)} places for {len(values)} values")
    parts = [first]
    for piece, value in zip(rest, values, strict=True):
        if piece[:1] not in ("s", "d", "r") or (piece[0] == "d" and not _is_int(value)):
            raise EvaluationError(f"cannot format {type_name(value)} as %{piece[:1]}")
        parts += (text_of(value, is_quoted=piece[0] == "r"), piece[1:])
    return join_strings("", parts).replace("\0", "%")


def join_strings(separator: str, parts: Sequence[Any]) -> str:
    """Return the strings joined by `separator`. Raises: EvaluationError, if a part is no string."""
    if not all(isinstance(part, str) for part in parts):
        raise EvaluationError("only strings can be joined")
    sized(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def text_of(value: Any, *, is_quoted: bool = False) -> str:
    """Return a value as text, like Starlark's `str`.

    Args: is_quoted: whether to put quotes around a string; inside a list, tuple or dict each string
        has them anyway.
    """
    if isinstance(value, str):
        return f'"{value}"' if is_quoted else value
    if value is None or isinstance(value, bool | int):
        return str(value)
    if isinstance(value, dict):
        pairs = [
            f"{text_of(key, is_quoted=True)}: {text_of(element, is_quoted=True)}"
            for key, element in value.items()
        ]
        return "{" + join_strings(", ", pairs) + "}"
    if isinstance(value, list | tuple):
        inner = join_strings(", ", [text_of(element, is_quoted=True) for element in value])
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    raise EvaluationError(f"cannot convert {type_name(value)} to a string")


def _integer(value: Any) -> int:
    if not _is_int(value):
        raise EvaluationError(f"expected a number, got {type_name(value)}")
    return int(value)


def item(value: Any, index: Any) -> Any:
    """Return `value[index]`."""
    if isinstance(value, dict):
        if _key(index) not in value:
            raise EvaluationError(f"the dict has no key {text_of(index, is_quoted=True)}")
        return value[index]
    if not isinstance(value, str | list | tuple):
        raise EvaluationError(f"{type_name(value)} cannot be indexed")
    if not -len(value) <= _integer(index) < len(value):
        what = f"{type_name(value)} of length {len(value)}"
        raise EvaluationError(f"index {index} is out of range for a {what}")
    return value[index]


def part(value: Any, start: Any, stop: Any) -> Any:
    """Return `value[start:stop]`."""
    if not isinstance(value, str | list | tuple):
        raise EvaluationError(f"{type_name(value)} cannot be sliced")
    return value[
        None if start is None else _integer(start) : None if stop is None else _integer(stop)
    ]


def _range(*limits: Any) -> list[int]:
    if not 1 <= len(limits) <= 3 or (len(limits) == 3 and limits[2] == 0):
        raise EvaluationError("range takes an end, or a start, an end and a step that is not 0")
    numbers = range(*map(_integer, limits))
    # len() does not work on a range that is too long for the machine.
    sized(MAX_SIZE + 1 if numbers[MAX_SIZE:] else len(numbers))
    return list(numbers)


def _length(value: Any) -> int:
    if not isinstance(value, str | list | tuple | dict):
        raise EvaluationError(f"{type_name(value)} has no length")
    return len(value)


def _fail(*words: Any) -> None:
    raise EvaluationError(" ".join(map(text_of, words)))


def _enumerate(values: Any) -> list[tuple[int, Any]]:
    return list(enumerate(iterate(values)))


def _as_list(value: Any = ()) -> list[Any]:
    return iterate(value)


def _as_tuple(value: Any = ()) -> tuple[Any, ...]:
    return tuple(iterate(value))


BUILTINS: dict[str, Callable[..., Any]] = {
    "len": _length,
    "range": _range,
    "str": text_of,
    "list": _as_list,
    "tuple": _as_tuple,
    "enumerate": _enumerate,
    "fail": _fail,
}


def call_method(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    """Return `value.name(arguments)`, for the few methods that the policy language has."""
    match value, name, list(arguments):
        case str(), "lower" | "upper" | "strip", []:
            return getattr(value, name)()
        case str(), "startswith" | "endswith", [str(word)]:
            return getattr(value, name)(word)
        case str(), "split", [str(separator)] if separator:
            return value.split(separator)
        case str(), "replace", [str(old), str(new)] if old:
            sized(len(value) + value.count(old) * len(new))
            return value.replace(old, new)
        case str(), "join", [list() | tuple() as parts]:
            return join_strings(value, parts)
        case str(), "format", parts:
            return _format(value, parts)
        case dict(), "keys" | "values" | "items", []:
            return list(getattr(value, name)())
        case dict(), "get", [key, *default] if len(default) <= 1:
            return value.get(_key(key), *default)
    raise EvaluationError(f"{type_name(value)} has no method '{name}' for these arguments")


def _format(pattern: str, values: list[Any]) -> str:
    """Return `pattern` with each `{}` replaced by a value, in order."""
    pieces = pattern.split("{}")
    if len(pieces) != len(values) + 1 or any("{" in piece or "}" in piece for piece in pieces):
        raise EvaluationError("format needs one '{}' for each value, and no other braces")
    parts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += (text_of(value), piece)
    return join_strings("", parts)
