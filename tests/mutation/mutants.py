"""Small changes of functions, each of which some test should notice.

A mutant is one change inside of one function: a comparison or condition turned, part of a condition left away, a number
one larger, a string empty, a slice open, a step left out. Tables and patterns of a module are made at import and stay
as they are; so do defaults, docstrings and what is raised.
"""

import ast
import functools
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

SERVICE = Path(__file__).resolve().parents[2] / "service"

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
_TURNED_NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "startswith": "endswith",
    "endswith": "startswith",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "find": "rfind",
    "rfind": "find",
    "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
    "match": "search",
    "search": "match",
    "fullmatch": "match",
}
_LEFT_OUT_METHODS = {"strip", "lower", "upper", "casefold"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    path: Path
    line: int
    change: str
    """The old code and the new."""

    statement: range
    """Lines of the statement that is changed, without those of statements inside of it."""

    make: Callable[[], None]
    """Lets whoever calls the function get the mutant, in this process and for good."""


def mutants_of(path: Path) -> Iterator[Mutant]:
    """The mutants of a module of the service, in its order."""
    module = importlib.import_module(".".join(path.relative_to(SERVICE).with_suffix("").parts))
    places: list[tuple[ast.AST, object]] = [(node, module) for node in ast.parse(path.read_text(encoding="utf-8")).body]
    for node, owner in places:
        if isinstance(node, ast.ClassDef):
            places.extend((inner, vars(owner)[node.name]) for inner in node.body)
        elif isinstance(node, _Function):
            function = _bare(vars(owner).get(node.name))
            if function is None or function.__code__.co_filename != str(path):
                continue
            for line, statement, change, apply in _changes(node, _own_lines(node)):
                yield Mutant(path, line, change, statement, functools.partial(_exchange, function, node, apply))


def _exchange(function: FunctionType, node: _Function, apply: Callable[[], None]) -> None:
    """Give a function the code of its changed tree: whoever imported, decorated or bound it runs that."""
    apply()
    node.decorator_list = []
    around = ast.ClassDef("Around", [], [], [node], [])  # what calls super() compiles in a class alone
    code = compile(ast.fix_missing_locations(ast.Module([around], [])), "mutant", "exec", dont_inherit=True)
    for name in ("Around", node.name):
        code = next(inner for inner in code.co_consts if isinstance(inner, CodeType) and inner.co_name == name)
    function.__code__ = code


def _bare(function: object) -> FunctionType | None:
    """The function below decorators; None if there is none."""
    while not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        inner = [getattr(function, name, None) for name in ("__wrapped__", "__func__", "fget")]
        function = next((one for one in inner if one is not None), None)
        if function is None:
            return None
    return function


def _own_lines(statement: ast.stmt) -> range:
    blocks = [value for _, value in ast.iter_fields(statement) if isinstance(value, list)]
    inside = [node.lineno for block in blocks for node in block if isinstance(node, ast.stmt)]
    inside += [node.pattern.lineno for block in blocks for node in block if isinstance(node, ast.match_case)]
    end = min(inside, default=(statement.end_lineno or statement.lineno) + 1)
    return range(statement.lineno, max(end, statement.lineno + 1))


def _changes(node: ast.AST, statement: range) -> Iterator[tuple[int, range, str, Callable[[], None]]]:
    """Every change below a node: its line, its statement, old and new code, and what makes it in this tree."""
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _stays(child, field):
                continue
            here = _own_lines(child) if isinstance(child, ast.stmt) else statement
            put = functools.partial(setattr, node, field)
            if value is children:
                put = functools.partial(value.__setitem__, index)
            for new in _replacements(child, node, field):
                change = f"{ast.unparse(child)} -> {ast.unparse(ast.fix_missing_locations(new))}"
                yield getattr(child, "lineno", here.start), here, change, functools.partial(put, new)
            yield from _changes(child, here)


def _stays(node: ast.AST, field: str) -> bool:
    if isinstance(node, ast.Raise | ast.Assert | ast.arguments) or field in ("annotation", "returns", "decorator_list"):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replacements(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    if field == "test" or (field == "ifs" and isinstance(parent, ast.comprehension)):
        yield ast.Constant(False)
        if not isinstance(parent, ast.While):
            yield ast.Constant(True)
    match node:
        case ast.BoolOp(op, values):
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value) if value:
            yield ast.Constant("")
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield ast.Slice(None, upper, step)
            if upper is not None:
                yield ast.Slice(lower, None, step)
        case _:
            yield from _turned(node)


def _turned(node: ast.AST) -> Iterator[ast.AST]:
    """A node with its operator or its name turned, or without its call."""
    match node:
        case ast.Compare(left, [op], comparators) if new := _TURNED.get(type(op)):
            yield ast.Compare(left, [new()], comparators)  # type: ignore[list-item]  # of the kind of the old one
        case ast.BinOp(left, op, right) if new := _TURNED.get(type(op)):
            yield ast.BinOp(left, new(), right)  # type: ignore[arg-type]  # of the kind of the old one
        case ast.AugAssign(target, op, value):
            yield ast.Pass()
            if new := _TURNED.get(type(op)):
                yield ast.AugAssign(target, new(), value)  # type: ignore[arg-type]  # of the kind of the old one
        case ast.Break() | ast.Continue():
            yield _TURNED[type(node)]()
        case ast.Call(ast.Name("sorted"), arguments, _):
            yield ast.Call(ast.Name("list", ast.Load()), arguments, [])
        case ast.Call(ast.Name(name), arguments, keywords) if name in _TURNED_NAMES:
            yield ast.Call(ast.Name(_TURNED_NAMES[name], ast.Load()), arguments, keywords)
        case ast.Call(ast.Attribute(value, name), arguments, keywords) if name in _TURNED_NAMES:
            yield ast.Call(ast.Attribute(value, _TURNED_NAMES[name], ast.Load()), arguments, keywords)
        case ast.Call(ast.Attribute(value, name), [], []) if name in _LEFT_OUT_METHODS:
            yield value
