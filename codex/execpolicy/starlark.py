"""Execute a file of the policy language: a strict subset of Starlark, read by Python's parser.

Python's own parser builds the syntax tree. This closed interpreter decides the meaning of each
node, and any node that it does not name is an error. A policy cannot reach Python: it has no
attributes, imports, exceptions or files. Steps, depth and the size of values are bounded, and
functions must not call themselves, so every file terminates. Only the regular expressions of a
policy, which are Python's, have no limit on their running time.

Every error message begins with words of this package. Python's own message, which changes with its
version, is only a hint in brackets.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.base.errors import PolicyError
from codex.execpolicy import values
from codex.execpolicy.values import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MAX_STEPS = 200_000
_MAX_QUOTE = 60
"""Maximum number of characters of a policy's text in an error message."""
_MAX_DEPTH = 60
"""Maximum depth of nested expressions and calls."""
MAX_TEXT = 1_000_000
"""Maximum number of characters in a file."""
UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
"""Characters that Python's parser does not accept."""

BINARY: dict[type, Callable[[object, object], object]] = {
    ast.Add: values.add,
    ast.Sub: values.subtract,
    ast.Mult: values.multiply,
    ast.FloorDiv: values.divide,
    ast.Mod: values.remainder,
}
COMPARISONS: dict[type, Callable[[object, object], bool]] = {
    ast.Eq: values.equal,
    ast.NotEq: lambda left, right: not values.equal(left, right),
    ast.Lt: values.less,
    ast.Gt: lambda left, right: values.less(right, left),
    ast.LtE: lambda left, right: not values.less(right, left),
    ast.GtE: lambda left, right: not values.less(left, right),
    ast.In: lambda left, right: values.contains(right, left),
    ast.NotIn: lambda left, right: not values.contains(right, left),
}


def _unknown(node: ast.AST) -> EvaluationError:
    source, *more = ast.unparse(node).split("\n")
    start = source[:_MAX_QUOTE] + ("..." if more or source[_MAX_QUOTE:] else "")
    return EvaluationError(f"the policy language has no {type(node).__name__}: {start}")


class _Stop(NamedTuple):
    """Reason why a block ended before its last statement: `return`, `break` or `continue`."""

    word: str
    value: object = None


class _Scope:
    """Names with their values, and the enclosing scope."""

    def __init__(self, names: dict[str, object], outer: _Scope | None = None) -> None:
        self.names = names
        self._outer = outer

    def get(self, name: str) -> object:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope._outer
        raise EvaluationError(f"'{name}' is not defined")


class _Function(msgspec.Struct, frozen=True):
    """A `def` or `lambda`, with the scope that encloses it."""

    node: ast.FunctionDef | ast.Lambda
    defaults: dict[str, object]
    scope: _Scope


class Interpreter:
    """One execution of one file of the policy language."""

    def __init__(self, name: str) -> None:
        """Args: name: name of the file, for messages."""
        self._name = name
        self._line = 1
        self._globals = _Scope({})
        self._steps = 0
        self._depth = 0
        self._running: list[ast.AST] = []

    @property
    def place(self) -> str:
        """File and line that are being executed, as `FILE:LINE`."""
        return f"{self._name}:{self._line}"

    def run(self, text: str, names: Mapping[str, object]) -> None:
        """Execute the text of a file for the effects of its calls.

        Args: names: predefined names with their values. Functions among them may raise
            EvaluationError.
        Raises: PolicyError, naming the file and the line.
        """
        self._globals = _Scope({}, _Scope({**values.BUILTINS, **names}))
        try:
            self._block(self._parse(text).body, self._globals)
        except EvaluationError as error:
            raise PolicyError(f"{self.place}: {error}") from error
        except SyntaxError as error:
            self._line = error.lineno or 1
            raise PolicyError(f"{self.place}: invalid syntax ({error.msg})") from error
        except (RecursionError, MemoryError) as error:
            raise PolicyError(f"{self.place}: nested too deeply") from error

    def _parse(self, text: str) -> ast.Module:
        if len(text) > MAX_TEXT:
            raise EvaluationError(f"the file has more than {MAX_TEXT} characters")
        if (match := UNREADABLE.search(text)) is not None:
            self._line = text.count("\n", 0, match.start()) + 1
            what = "a null character" if match[0] == "\0" else "half a character"
            raise EvaluationError(f"the text holds {what}")
        with warnings.catch_warnings():
            # Python only warns of some errors, such as an unknown escape sequence in a string.
            warnings.simplefilter("error")
            try:
                return ast.parse(text)
            except (ValueError, Warning) as error:
                raise EvaluationError(f"invalid syntax ({error})") from error

    def _step(self, node: ast.AST, cost: int = 1) -> None:
        self._line = getattr(node, "lineno", self._line)
        self._steps += cost
        if self._steps > _MAX_STEPS:
            raise EvaluationError(f"the file takes more than {_MAX_STEPS} steps to execute")

    # Statements

    def _block(self, body: list[ast.stmt], scope: _Scope) -> _Stop | None:
        for statement in body:
            self._step(statement)
            if (stop := self._statement(statement, scope)) is not None:
                return stop
        return None

    def _statement(self, node: ast.stmt, scope: _Scope) -> _Stop | None:
        match node:
            case ast.Expr(value):
                self._value(value, scope)
            case ast.Assign([target], value):
                self._bind(target, self._value(value, scope), scope)
            case ast.AugAssign(ast.Name(name), operator, value) if type(operator) in BINARY:
                old = scope.get(name)
                scope.names[name] = BINARY[type(operator)](old, self._value(value, scope))
            case ast.FunctionDef(name, decorator_list=[]):
                scope.names[name] = self._function(node, node.args, scope)
            case ast.If(test, body, orelse):
                return self._block(body if self._truth(test, scope) else orelse, scope)
            case ast.For(orelse=[]):
                return self._for(node, scope)
            case ast.Pass():
                pass
            case _:
                return self._leave(node, scope)
        return None

    def _leave(self, node: ast.stmt, scope: _Scope) -> _Stop:
        match node:
            case ast.Return(value) if self._running:
                return _Stop("return", None if value is None else self._value(value, scope))
            case ast.Break():
                return _Stop("break")
            case ast.Continue():
                return _Stop("continue")
        raise _unknown(node)

    def _for(self, node: ast.For, scope: _Scope) -> _Stop | None:
        for element in values.iterate(self._value(node.iter, scope)):
            self._step(node)
            self._bind(node.target, element, scope)
            stop = self._block(node.body, scope)
            if stop is not None and stop.word == "return":
                return stop
            if stop is not None and stop.word == "break":
                break
        return None

    def _bind(self, target: ast.expr, value: object, scope: _Scope) -> None:
        match target:
            case ast.Name(name):
                scope.names[name] = value
            case ast.Tuple(targets) | ast.List(targets):
                elements = values.iterate(value)
                if len(elements) != len(targets):
                    counts = f"{len(elements)} values to {len(targets)} names"
                    raise EvaluationError(f"cannot assign {counts}")
                for one, element in zip(targets, elements, strict=True):
                    self._bind(one, element, scope)
            case _:
                raise _unknown(target)

    # Expressions

    def _truth(self, node: ast.expr, scope: _Scope) -> bool:
        return bool(self._value(node, scope))

    def _value(self, node: ast.expr, scope: _Scope) -> object:
        self._step(node)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise EvaluationError("nested too deeply")
        value = self._evaluate(node, scope)
        if isinstance(value, str | list | tuple | dict):
            values.sized(len(value))
            self._step(node, len(value) // 100)
        self._depth -= 1
        return value

    def _evaluate(self, node: ast.expr, scope: _Scope) -> object:
        match node:
            case ast.Constant(value) if value is None or isinstance(value, str | bool | int):
                return value if isinstance(value, str | None) else values.number(value)
            case ast.Name(name):
                return scope.get(name)
            case ast.List(elements):
                return [self._value(element, scope) for element in elements]
            case ast.Tuple(elements):
                return tuple(self._value(element, scope) for element in elements)
            case ast.Dict(keys, entries):
                return self._dict(keys, entries, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.ListComp(element, generators):
                inner = _Scope({}, scope)
                return [self._value(element, inner) for _ in self._each(generators, inner)]
            case ast.DictComp(key, value, generators):
                inner = _Scope({}, scope)
                return values.make_dict(
                    [
                        (self._value(key, inner), self._value(value, inner))
                        for _ in self._each(generators, inner)
                    ]
                )
            case ast.Lambda():
                return self._function(node, node.args, scope)
            case _:
                return self._operation(node, scope)

    def _operation(self, node: ast.expr, scope: _Scope) -> object:
        match node:
            case ast.BinOp(left, operator, right) if type(operator) in BINARY:
                first = self._value(left, scope)
                return BINARY[type(operator)](first, self._value(right, scope))
            case ast.BoolOp(operator, operands):
                return self._bool(isinstance(operator, ast.And), operands, scope)
            case ast.UnaryOp(ast.Not(), operand):
                return not self._truth(operand, scope)
            case ast.UnaryOp(ast.USub(), operand):
                return values.subtract(0, self._value(operand, scope))
            case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
                first = self._value(left, scope)
                return COMPARISONS[type(operator)](first, self._value(right, scope))
            case ast.IfExp(test, body, orelse):
                return self._value(body if self._truth(test, scope) else orelse, scope)
            case ast.JoinedStr(pieces):
                return values.join_strings("", [self._piece(piece, scope) for piece in pieces])
            case ast.Subscript(value, ast.Slice(start, stop, None)):
                limits = [None if one is None else self._value(one, scope) for one in (start, stop)]
                return values.part(self._value(value, scope), *limits)
            case ast.Subscript(value, index) if not isinstance(index, ast.Slice):
                return values.item(self._value(value, scope), self._value(index, scope))
            case _:
                raise _unknown(node)

    def _dict(self, keys: list[ast.expr | None], entries: list[ast.expr], scope: _Scope) -> object:
        pairs = []
        for key, entry in zip(keys, entries, strict=True):
            if key is None:
                raise EvaluationError("the policy language has no ** in a dict")
            pairs.append((self._value(key, scope), self._value(entry, scope)))
        return values.make_dict(pairs)

    def _bool(self, is_and: bool, operands: list[ast.expr], scope: _Scope) -> object:  # noqa: FBT001
        value: object = is_and
        for operand in operands:
            value = self._value(operand, scope)
            if bool(value) is not is_and:
                break
        return value

    def _piece(self, node: ast.expr, scope: _Scope) -> str:
        """Return a part of an f-string as text; in braces it may have only a name."""
        match node:
            case ast.Constant(str(text)):
                return text
            case ast.FormattedValue(ast.Name() as name, -1, None):
                return values.text_of(self._value(name, scope))
        raise EvaluationError("the braces of an f-string may hold only a name: {name}")

    def _each(self, generators: list[ast.comprehension], scope: _Scope) -> Iterator[None]:
        """Bind the names of a comprehension to each of its elements in turn."""
        first, *rest = generators
        for element in values.iterate(self._value(first.iter, scope)):
            self._step(first.iter)
            self._bind(first.target, element, scope)
            if all(self._truth(test, scope) for test in first.ifs):
                if rest:
                    yield from self._each(rest, scope)
                else:
                    yield

    # Functions

    def _function(
        self, node: ast.FunctionDef | ast.Lambda, arguments: ast.arguments, scope: _Scope
    ) -> _Function:
        if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
            raise EvaluationError("a function may have no *args, **kwargs or / in its parameters")
        names = [argument.arg for argument in arguments.args]
        given = zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True)
        defaults = {name: self._value(default, scope) for name, default in given}
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                defaults[argument.arg] = self._value(default, scope)
        return _Function(node, defaults, scope)

    def _call(self, node: ast.Call, scope: _Scope) -> object:
        arguments = [self._value(argument, scope) for argument in node.args]
        named: dict[str, object] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise EvaluationError("the policy language has no ** in a call")
            named[keyword.arg] = self._value(keyword.value, scope)
        if isinstance(node.func, ast.Attribute) and not named:
            value = self._value(node.func.value, scope)
            result = values.call_method(value, node.func.attr, arguments)
        else:
            function = self._value(node.func, scope)
            # Report errors of the call at the line where it begins, not at its last argument.
            self._step(node)
            if isinstance(function, _Function):
                return self._call_function(function, arguments, named)
            if not callable(function):
                raise EvaluationError(f"{values.type_name(function)} cannot be called")
            try:
                result = function(*arguments, **named)
            except TypeError as error:
                hint = str(error).rpartition("() ")[2]
                name = node.func.id if isinstance(node.func, ast.Name) else "the function"
                raise EvaluationError(f"{name} does not take these arguments ({hint})") from error
        return result

    def _call_function(
        self, function: _Function, arguments: list[object], named: dict[str, object]
    ) -> object:
        node = function.node
        if node in self._running:
            raise EvaluationError("a function may not call itself")
        names = [argument.arg for argument in node.args.args]
        known = {*names, *(argument.arg for argument in node.args.kwonlyargs)}
        given = dict(zip(names, arguments, strict=False))
        if len(arguments) > len(names) or given.keys() & named.keys() or named.keys() - known:
            raise EvaluationError("the function does not take these arguments")
        local = {**function.defaults, **given, **named}
        if missing := sorted(known - local.keys()):
            raise EvaluationError(f"the call lacks the argument '{missing[0]}'")
        scope = _Scope(local, function.scope)
        self._running.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self._value(node.body, scope)
            stop = self._block(node.body, scope)
        finally:
            self._running.pop()
        return None if stop is None else stop.value
