"""The smallest program that still fails: statements go, blocks give way to their bodies, expressions to their parts.

Source: delta debugging, Zeller and Hildebrandt 2002, on syntax trees.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """A smaller program for which ``fails`` still holds."""
    text = ast.unparse(ast.parse(text)) + "\n"
    changed = True
    while changed:
        changed = False
        for attempts in (without_halves, without_statements, with_bodies, with_parts):
            k = 0
            while True:
                candidate = next((t for n, t in enumerate(attempts(text)) if n == k), None)
                if candidate is None:
                    break
                if len(candidate) < len(text) and fails(candidate):
                    text, changed = candidate, True
                else:
                    k += 1
    return text


def bodies(tree) -> list[list]:
    """Every list of statements in the function."""
    return [
        body
        for node in ast.walk(tree)
        for body in (getattr(node, field, None) for field in ("body", "orelse"))
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt) and not isinstance(node, ast.Module)
    ]


def text_of(tree) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def edited(text: str, edit: Callable) -> str:
    """The text after an edit of a copy of its tree."""
    tree = ast.parse(text)
    edit(tree)
    return text_of(tree)


def without_halves(text: str) -> Iterator[str]:
    """Half of the statements of a body goes."""
    for b, body in enumerate(bodies(ast.parse(text))):
        half = len(body) // 2
        if half >= 2:
            for part in (slice(0, half), slice(half, len(body) - 1)):
                yield edited(text, lambda tree, b=b, part=part: bodies(tree)[b].__delitem__(part))


def without_statements(text: str) -> Iterator[str]:
    """One statement goes, the last ones first."""
    for b, body in enumerate(bodies(ast.parse(text))):
        for k in reversed(range(len(body))):
            yield edited(text, lambda tree, b=b, k=k: remove(bodies(tree)[b], k))


def remove(body: list, k: int) -> None:
    del body[k]
    if not body:
        body.append(ast.Pass())


def with_bodies(text: str) -> Iterator[str]:
    """A block gives way to what is in it."""
    for b, body in enumerate(bodies(ast.parse(text))):
        for k, statement in enumerate(body):
            for field in ("body", "orelse"):
                if getattr(statement, field, None):

                    def edit(tree, b=b, k=k, field=field):
                        bodies(tree)[b][k : k + 1] = getattr(bodies(tree)[b][k], field)

                    yield edited(text, edit)


def with_parts(text: str) -> Iterator[str]:
    """An expression gives way to a part of it."""
    tree = ast.parse(text)
    for n, node in enumerate(ast.walk(tree)):
        for part in range(len(parts(node))):
            yield edited(text, lambda tree, n=n, part=part: Exchange(list(ast.walk(tree))[n], part).visit(tree))


def parts(node) -> list:
    """Expressions that may stand for an expression."""
    match node:
        case ast.BinOp():
            return [node.left, node.right]
        case ast.BoolOp():
            return node.values
        case ast.Call():
            return node.args
        case ast.UnaryOp():
            return [node.operand]
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.Subscript(slice=ast.BinOp() | ast.Call()) if isinstance(node.ctx, ast.Load):
            return [ast.Subscript(node.value, ast.Constant(0), node.ctx)]
    return []


class Exchange(ast.NodeTransformer):
    """Puts a part of a node into its place."""

    def __init__(self, node, part: int):
        self.node, self.part = node, part

    def visit(self, node):
        return copy.copy(parts(node)[self.part]) if node is self.node else super().visit(node)
