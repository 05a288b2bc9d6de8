"""Writes the small Python functions that the transforms compile.

A driver (seed the arguments, call the twin, store the partials) depends on the structure of the arguments and
of the answer.  It is written out as plain Python source for each combination of types, so that Numba compiles one flat
function; ``derivative.source(*args)`` shows it.
"""

from __future__ import annotations

import inspect
import keyword
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

_files = count()


class Writer:
    """Lines of a function body, with indentation, fresh names and the objects the body refers to."""

    def __init__(self):
        self.lines: list[str] = []
        self.names: dict[str, object] = {}
        self.depth = 1
        self._fresh = count()

    def __call__(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Lines written inside are indented below ``header``."""
        self(header)
        self.depth += 1
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self("pass")
        self.depth -= 1

    def fresh(self, hint: str) -> str:
        """A new local name; user parameters never begin with an underscore and ``dj``."""
        return f"_dj_{hint}{next(self._fresh)}"

    def bind(self, hint: str, value) -> str:
        """A name in the body for a Python object."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = self.fresh(hint)
        self.names[name] = value
        return name

    def text(self, header: str) -> str:
        return "\n".join([header, *self.lines]) + "\n"


def build(name: str, text: str, names: dict) -> Callable:
    """Execute the source of one function; tracebacks and Numba find its lines."""
    filename = f"<dualjit {name} {next(_files)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace = dict(names)
    exec(compile(text, filename, "exec"), namespace)
    function = namespace[name]
    function.__module__ = __name__
    return function


def header(name: str, signature: inspect.Signature, names: dict) -> str:
    """``def name(x, a, b=...):`` with the user's parameters; defaults are put into ``names``."""
    parts = []
    for p in signature.parameters.values():
        text = f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name
        if p.default is not p.empty:
            names[f"_dj_default_{p.name}"] = p.default
            text += f"=_dj_default_{p.name}"
        parts.append(text)
    return f"def {name}({', '.join(parts)}):"


def identifier(text: str) -> str:
    """A Python identifier near ``text`` (a lambda's name is none)."""
    cleaned = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in text)
    return f"_{cleaned}" if not cleaned or cleaned[0].isdigit() or keyword.iskeyword(cleaned) else cleaned
