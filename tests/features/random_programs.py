"""Random programs over a vector: allocations, views, slices, aliases, loops, exits, helper calls.

A program is Python source, written statement by statement from a seeded generator.  It keeps to what Numba can
type: nested blocks rebind what exists already, and arrays have a length known when the program is written.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable

import numpy as np
from numba import njit

LENGTH = 5


@njit
def fill_squares(out, a):
    for i in range(min(out.size, a.size)):
        out[i] = a[i] * a[i] * 0.5


@njit
def weighted_total(a, s):
    total = 0.0
    for v in a:
        if v > 3.0:
            break
        total += v * s
    return total


@njit
def mirrored(a):
    out = np.zeros(a.size)
    out[:] = a[::-1]
    return out


@njit
def tail_of(a):
    return a[1:]


@njit
def first_of(a, b):
    return a, b + 1.0


HELPERS = {f.__name__: f for f in (fill_squares, weighted_total, mirrored, tail_of, first_of)}


def built(name: str, text: str, helpers: dict) -> Callable:
    """The function of a name in a text, with a source that can be found."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace = {"np": np, **helpers}
    exec(compile(text, filename, "exec"), namespace)
    return namespace[name]


class Program:
    """Source under construction: its lines, and the scalars and arrays (with lengths) that exist so far."""

    parameters = "x"
    helpers = HELPERS

    def __init__(self, seed: int, statements: int = 9):
        self.rng = np.random.default_rng(seed)
        self.name = f"program_{seed}"
        self.lines = [f"def {self.name}({self.parameters}):"]
        self.depth, self.loops, self.count = 1, 0, 0
        self.scalars: list[str] = []
        self.arrays = {"x": LENGTH}
        self.begin()
        for _ in range(statements):
            self.statement()
        self.finish()

    def begin(self) -> None:
        """What stands before the first statement."""

    def finish(self) -> None:
        """The answer."""
        self.say(f"return {', '.join([*self.arrays, *self.scalars])},")

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def build(self) -> Callable:
        """The program as a function whose source can be found."""
        return built(self.name, self.text, self.helpers)

    # choices --------------------------------------------------------------------------------------------------

    def say(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def pick(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def fresh(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def array(self, length: int | None = None) -> str:
        return self.pick([a for a, n in self.arrays.items() if length in (None, n)] or ["x"])

    def index(self, array: str) -> int | str:
        return int(self.rng.integers(self.arrays[array]))

    def element(self) -> str:
        a = self.array()
        return f"{a}[{self.index(a)}]"

    def number(self) -> str:
        return self.pick(
            [self.element(), self.element(), self.pick(self.scalars or ["0.7"]), f"{self.rng.random():.3f}"]
        )

    def scalar_expression(self) -> str:
        a, b, c = self.number(), self.number(), self.number()
        return self.pick(
            [
                f"np.sin({a} * {b}) + {c}",
                f"{a} * {b} * 0.5 - {c}",
                f"{a} / (1.0 + {b} * {b})",
                f"max({a}, {b}) * 0.7",
                f"min({a}, {c}) + np.cos({b})",
                f"abs({a}) * 0.3 + {b}",
                f"np.tanh({a}) ** 2",
                f"({a} if {b} > {c} else {c})",
                f"weighted_total({self.array()}, {a}) * 0.1",
            ]
        )

    def array_expression(self, length: int) -> str:
        a, b, s = self.array(length), self.array(length), self.number()
        if self.arrays[a] != length:
            return f"np.sin(x)[:{length}] if False else np.ones({length}) * {s}"
        return self.pick(
            [
                f"{a} * {b} * 0.5 + {s}",
                f"np.sin({a}) - {b}",
                f"np.where({a} > {b}, {a}, {s})",
                f"{a}[::-1] + {b}",
                f"np.maximum({a}, {s}) * 0.6",
                f"mirrored({a}) * {b} * 0.4",
                f"np.tanh({a} + {s})",
            ]
        )

    # statements -----------------------------------------------------------------------------------------------

    def statement(self) -> None:
        self.pick(self.catalogue())()

    def catalogue(self) -> list[Callable]:
        """The statements that may stand here."""
        plain = [self.assign_scalar, self.store, self.store, self.update, self.store_slice, self.call]
        shaping = (
            [self.allocate, self.allocate, self.view, self.matrix, self.pair, self.swap] if self.depth == 1 else []
        )
        blocks = [self.branch, self.loop, self.exit] if self.depth < 3 else []
        return plain + shaping + blocks

    def assign_scalar(self) -> None:
        expression = self.scalar_expression()
        if self.depth == 1:
            name = self.fresh("s")
            self.say(f"{name} = {expression}")
            self.scalars.append(name)
        elif self.scalars:
            self.say(f"{self.pick(self.scalars)} {self.pick(['=', '+=', '*='])} np.sin({expression})")

    def store(self) -> None:
        a = self.array()
        self.say(f"{a}[{self.index(a)}] {self.pick(['=', '=', '+='])} {self.scalar_expression()}")

    def update(self) -> None:
        a = self.array()
        operand = self.pick([self.number(), self.array_expression(self.arrays[a])])
        self.say(f"{a} {self.pick(['+=', '-=', '*='])} np.sin({operand})")

    def store_slice(self) -> None:
        a = self.array()
        n = self.arrays[a]
        low = int(self.rng.integers(n))
        self.say(f"{a}[{low}:] = {self.pick([f'{self.array(n)}[:{n - low}] * 0.8', self.number()])}")

    def call(self) -> None:
        self.say(f"fill_squares({self.array()}, np.sin({self.array()}))")

    def allocate(self) -> None:
        name = self.fresh("a")
        n = self.pick([LENGTH, LENGTH, 3])
        make = [f"np.zeros({n})", f"np.ones({n})", f"np.full({n}, {self.number()})", f"np.arange({n}.0)"]
        self.say(f"{name} = {self.pick([*make, self.array_expression(n), 'x.copy()'])}")
        self.arrays[name] = LENGTH if self.lines[-1].endswith("x.copy()") else n

    def view(self) -> None:
        a, name = self.array(), self.fresh("v")
        n = self.arrays[a]
        if n < 3:
            return
        text, length = self.pick(
            [
                (f"{a}[1:]", n - 1),
                (f"{a}[:{n - 1}]", n - 1),
                (f"tail_of({a})", n - 1),
                (f"{a}[::2]", (n + 1) // 2),
                (a, n),
            ]
        )
        self.say(f"{name} = {text}")
        self.arrays[name] = length

    def matrix(self) -> None:
        m, row, column = self.fresh("m"), self.fresh("r"), self.fresh("c")
        self.say(f"{m} = np.zeros((2, {LENGTH}))")
        self.say(f"{row} = {m}[1]")
        self.say(f"{column} = {m}.T[2]")
        self.say(f"{m}[0] = {self.array_expression(LENGTH)}")
        self.say(f"{m}.reshape(-1)[{LENGTH + 1}] = {self.scalar_expression()}")
        self.arrays |= {row: LENGTH, column: 2}

    def pair(self) -> None:
        a, b, t = self.array(), self.array(), self.fresh("t")
        self.say(f"{t} = {self.pick([f'({a}, {b})', f'first_of({a}, {b})'])}")
        self.say(f"{t}[0][{self.index(a)}] = {self.scalar_expression()}")
        self.say(f"{t}[1][{self.index(b)}] *= 0.5")

    def swap(self) -> None:
        a = self.array()
        b = self.array(self.arrays[a])
        if self.arrays[b] == self.arrays[a]:
            self.say(f"{a}, {b} = {b}, {a}")

    def block(self, header: str, *first: str) -> None:
        self.say(header)
        self.depth += 1
        for line in first:
            self.say(line)
        length = len(self.lines)
        for _ in range(int(self.rng.integers(1, 4))):
            self.statement()
        if len(self.lines) == length:
            self.say("pass")
        self.depth -= 1

    def branch(self) -> None:
        self.block(f"if {self.number()} > {self.rng.normal():.4f}:")
        if self.rng.random() < 0.5:
            self.block("else:")

    def loop(self) -> None:
        self.loops += 1
        self.block(
            self.pick(
                [f"for i{self.depth} in range(3):", f"for i{self.depth}, e{self.depth} in enumerate({self.array()}):"]
            )
        )
        self.loops -= 1

    def exit(self) -> None:
        way = self.pick(["break", "continue"]) if self.loops else "pass"
        self.say(f"if {self.number()} > {1.0 + self.rng.random():.4f}:")
        self.lines.append("    " * (self.depth + 1) + way)
