"""Automatic mutants of a solution: one small fault each, made in its syntax tree."""

import ast
import copy
from collections.abc import Iterator
from itertools import combinations

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.Gt)
Change = tuple[str, ast.AST]  # what was done, and the node that stands there instead


def mutants(code: str, roles: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """The mutants of ``code`` by a name that says what was done and where; ``roles`` are names that may be confused."""
    tree = ast.parse(code)
    found: dict[str, str] = {}
    original = ast.unparse(tree)
    for path, node in list(_walk(tree))[1:]:  # all but the module
        for what, new in (*_expressions(node), *_statements(node), *_names(node, roles)):
            changed = copy.deepcopy(tree)
            _put(changed, path, new)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text != original and text not in found.values():
                found[_line(path, tree) + what] = text
    return found


def _walk(tree: ast.AST, path: tuple = ()) -> Iterator[tuple[tuple, ast.AST]]:
    yield path, tree
    for field, value in ast.iter_fields(tree):
        children = value if isinstance(value, list) else [value]
        for k, child in enumerate(children):
            if isinstance(child, ast.AST):
                yield from _walk(child, (*path, (field, k if isinstance(value, list) else None)))


def _put(tree: ast.AST, path: tuple, new: ast.AST) -> None:
    for field, k in path[:-1]:
        tree = getattr(tree, field) if k is None else getattr(tree, field)[k]
    field, k = path[-1]
    if k is None:
        setattr(tree, field, new)
    else:
        getattr(tree, field)[k] = new


def _line(path: tuple, tree: ast.AST) -> str:
    """The statement that holds the node, as text; nothing for the function itself."""
    node: ast.AST = tree
    found = None
    for field, k in path:
        node = getattr(node, field) if k is None else getattr(node, field)[k]
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            found = node
    return f"{ast.unparse(found).splitlines()[0].rstrip(':')}: " if found else ""


def _expressions(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp):
        yield from _operation(node)
    elif isinstance(node, ast.AugAssign):
        for op in (ast.Add, ast.Sub, ast.Mult):
            if not isinstance(node.op, op):
                yield f"{_symbol(node.op)}= to {_symbol(op())}=", _with(node, op=op())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"-{_text(node.operand)} without its sign", node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for step in (1, -1):
            yield f"{node.value} to {node.value + step}", ast.Constant(node.value + step)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield f"{node.value} to {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Compare):
        for op in COMPARISONS:
            if not isinstance(node.ops[0], op):
                yield f"comparison in {_text(node)} to {op.__name__}", _with(node, ops=[op()])
    elif isinstance(node, ast.IfExp):
        yield f"{_text(node)} to its first branch", node.body
        yield f"{_text(node)} to its second branch", node.orelse
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield f"{_text(node)} not transposed", node.value
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Subscript):
        yield from _subscript(node)


def _operation(node: ast.BinOp) -> Iterator[Change]:
    for op in OPERATORS:
        if not isinstance(node.op, op):
            yield f"{_symbol(node.op)} to {_symbol(op())} in {_text(node)}", _with(node, op=op())
    yield f"{_text(node.right)} dropped from {_text(node)}", node.left
    yield f"{_text(node.left)} dropped from {_text(node)}", node.right
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield f"sides swapped in {_text(node)}", _with(node, left=node.right, right=node.left)


def _call(node: ast.Call) -> Iterator[Change]:
    method = isinstance(node.func, ast.Attribute) and not _text(node.func).startswith("np.")
    if method:
        yield f"{_text(node)} without .{node.func.attr}()", node.func.value
        for other in {"sum": ("mean", "max"), "mean": ("sum",), "max": ("min", "sum")}.get(node.func.attr, ()):
            func = ast.Attribute(node.func.value, other, ast.Load())
            yield f".{node.func.attr} to .{other} in {_text(node)}", _with(node, func=func)
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield f"{_text(node)} without {_text(node.func)}", node.args[0]
    for old, new in (("np.tanh", "sin"), ("np.exp", "exp2"), ("np.log", "log1p"), ("np.stack", "concatenate")):
        if _text(node.func) == old:
            yield f"{old} to np.{new}", _with(node, func=ast.Attribute(ast.Name("np", ast.Load()), new, ast.Load()))
    for k, keyword in enumerate(node.keywords):
        yield (
            f"{keyword.arg} dropped from {_text(node)}",
            _with(node, keywords=[w for j, w in enumerate(node.keywords) if j != k]),
        )


def _subscript(node: ast.Subscript) -> Iterator[Change]:
    index = node.slice
    if isinstance(index, ast.Tuple) and len(index.elts) == 2:
        yield f"indices swapped in {_text(node)}", _with(node, slice=_with(index, elts=index.elts[::-1]))
        for k in range(2):
            some = [ast.Slice() if j == k else e for j, e in enumerate(index.elts)]
            yield f"index {k} of {_text(node)} to a slice", _with(node, slice=_with(index, elts=some))
    if isinstance(node.ctx, ast.Load):
        yield f"{_text(node)} without its index", node.value


def _statements(node: ast.AST) -> Iterator[Change]:
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for k, statement in enumerate(body):
        rest = body[:k] + body[k + 1 :] or [ast.Pass()]
        yield f"dropped: {_text(statement).splitlines()[0]}", _with(node, body=rest)
    for k in range(0 if isinstance(node, ast.ClassDef) else len(body) - 1):  # methods may stand in any order
        swapped = [*body[:k], body[k + 1], body[k], *body[k + 2 :]]
        yield f"order swapped: {_text(body[k]).splitlines()[0]}", _with(node, body=swapped)
    if isinstance(node, ast.For):
        backwards = ast.parse(f"list({_text(node.iter)})[::-1]", mode="eval").body
        yield "loop reversed", _with(node, iter=backwards)
        yield (
            "loop without its first pass",
            _with(node, iter=ast.parse(f"{_text(backwards)[:-6]}[1:]", mode="eval").body),
        )
        yield (
            "loop without its last pass",
            _with(node, iter=ast.parse(f"{_text(backwards)[:-6]}[:-1]", mode="eval").body),
        )


def _names(node: ast.AST, roles: tuple[tuple[str, ...], ...]) -> Iterator[Change]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for role in roles:
            for other in role if node.id in role else ():
                if other != node.id:
                    yield f"{node.id} to {other}", ast.Name(other, ast.Load())
    if isinstance(node, ast.Call) and len(node.args) > 1:
        for j, k in combinations(range(len(node.args)), 2):
            args = list(node.args)
            args[j], args[k] = args[k], args[j]
            yield f"arguments {_text(args[k])} and {_text(args[j])} swapped", _with(node, args=args)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _symbol(op: ast.operator) -> str:
    symbols = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.MatMult: "@"}
    return (symbols | {ast.Pow: "**"})[type(op)]
