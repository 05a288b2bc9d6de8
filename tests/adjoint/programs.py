"""Random programs for reverse mode: those of the forward tests, with control flow, rebinding, tuples and lists beside.

A program is ``f(x, y, c, n)`` with two vectors, a number and an integer, and returns one number: a sum of what exists
at its end, with fixed random weights.  Names that are made in a block are forgotten at its end, so all are defined.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from ..features.random_programs import HELPERS, LENGTH, Program

POINTS = (
    (np.array([0.31, -0.82, 1.27, 0.55, -0.44]), np.array([0.9, -0.2, 0.4, 1.6, -1.1]), 0.7, 3),
    (np.array([-0.61, 1.12, 0.27, -1.55, 0.84]), np.array([-0.3, 1.2, -0.7, 0.6, 0.1]), -1.3, 0),
    (np.array([1.71, 0.42, -0.37, 0.95, 2.24]), np.array([0.5, 0.8, 1.4, -0.6, 2.1]), 1.9, 4),
    (np.array([-1.31, -0.22, -2.27, 0.15, -0.74]), np.array([-0.9, -1.2, 0.2, -0.4, 0.3]), 0.2, 1),
)


@njit
def weighed(a, weight):
    """A sum of the elements, each with a weight of its own."""
    total = 0.0
    for i in range(len(a)):
        total += np.cos(weight + i) * a[i]
    return total


@njit
def scale_until(a, s, n):
    """Writes to its argument, and leaves early."""
    for i in range(a.size):
        if a[i] > 1.5:
            return i
        a[i] = a[i] * s + 0.1 * n
    return n


@njit
def first_large(a, s):
    """Leaves two loops at once."""
    for i in range(a.size):
        k = 0
        while k < 3:
            k += 1
            if a[i] * k > s:
                return a[i] * k
    return s * 0.5


@njit
def either(a, b, s):
    """One of two arrays, the very one."""
    if s > 0.3:
        return a
    return b


@njit
def turned(t, s):
    """A tuple of two numbers, moved on."""
    return t[1] * 0.5, t[0] + np.sin(s)


@njit
def add_twice(a, b):
    """``a`` and ``b`` may be one array."""
    for i in range(min(a.size, b.size)):
        a[i] += 0.3 * b[i]
        b[i] = np.sin(a[i])


@njit
def grown(values, s):
    """Appends to its argument."""
    values.append(s * values[0])
    return values[-1] * 0.5


MORE_HELPERS = {f.__name__: f for f in (weighed, scale_until, first_large, either, turned, add_twice, grown)}
KINDS = ("scalars", "arrays", "matrices", "lists", "stacks", "tuples", "integers", "counters")


class ReverseProgram(Program):
    """A program for reverse mode."""

    parameters = "x, y, c, n"
    helpers = HELPERS | MORE_HELPERS

    def __init__(self, seed: int, statements: int = 6):
        super().__init__(seed, statements)

    def begin(self) -> None:
        self.scalars, self.arrays["y"] = ["c"], LENGTH
        self.matrices: dict[str, tuple[int, int]] = {}
        self.lists: list[str] = []  # of numbers, never empty
        self.stacks: dict[str, int] = {}  # lists of arrays of one length, never empty
        self.tuples: list[str] = []  # of two numbers
        self.integers, self.counters = ["n"], []

    def finish(self) -> None:
        """The weighed sum of some of what there is."""
        terms = [f"{self.rng.normal():.3f} * {s}" for s in self.some(self.scalars)]
        terms += [f"weighed({a}, {self.rng.random():.2f})" for a in self.some([*self.arrays, *self.lists])]
        terms += [f"weighed({m}[{self.pick([0, 1])}], {self.rng.random():.2f})" for m in self.some(self.matrices)]
        terms += [f"weighed({s}[0], {self.rng.random():.2f})" for s in self.some(self.stacks)]
        terms += [f"{t}[0] - 0.7 * {t}[1]" for t in self.some(self.tuples)]
        self.say(f"return {' + '.join(terms or ['c'])}")

    def some(self, names) -> list[str]:
        return [name for name in names if self.rng.random() < 0.7]

    # choices --------------------------------------------------------------------------------------------------

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def integer(self) -> str:
        return self.pick([*self.counters, *self.counters, *self.integers])

    def index(self, array: str) -> int | str:
        length = self.arrays[array]
        way = int(self.rng.integers(5))
        if way == 0:
            return -int(self.rng.integers(1, length + 1))
        if way in (1, 2):
            return self.pick([f"{self.integer()} % {length}", f"({self.integer()} + 2) % {length}"])
        return super().index(array)

    def number(self) -> str:
        special = [f"{v}[len({v}) // 2]" for v in self.lists] + [f"{v}[-1]" for v in self.lists]
        special += [f"{t}[{k}]" for t in self.tuples for k in ("0", "1", f"{self.integer()} % 2")]
        special += [f"{m}[{self.integer()} % {r}, {k - 1}]" for m, (r, k) in self.matrices.items()]
        special += [f"{s}[0][{self.integer()} % {n}]" for s, n in self.stacks.items()]
        return self.pick(special) if special and self.chance(0.35) else super().number()

    def scalar_expression(self) -> str:
        if self.chance(0.75):
            return super().scalar_expression()
        a, b = self.number(), self.number()
        array = self.array()
        return self.pick(
            [
                f"first_large({array}, {a})",
                f"np.sum({array}) * 0.2",
                f"np.dot({array}, {array}) * 0.1",
                f"({array} * {a}).sum() * 0.1",
                f"max(min({a}, 2.0), -{b})",
                f"np.exp(-{a} * {a}) * {self.integer()}",
                f"{a} * {self.integer()} * 0.3",
                f"np.hypot({a}, 1.0 + abs({b}))",
            ]
        )

    def condition(self) -> str:
        return self.pick(
            [
                f"{self.number()} > {self.rng.normal():.3f}",
                f"{self.number()} > {self.number()}",
                f"{self.integer()} % 2 == 0",
                f"{self.integer()} < 2 and {self.number()} < 1.0",
            ]
        )

    # statements -----------------------------------------------------------------------------------------------

    def catalogue(self) -> list[Callable]:
        plain = [self.assign_scalar, self.assign_scalar, self.store, self.store, self.update, self.store_slice]
        plain += [
            self.call,
            self.swap,
            self.rebind,
            self.rebind,
            self.count_on,
            self.broadcast,
            self.overlap,
            self.masked,
        ]
        making = [
            self.allocate,
            self.view,
            self.matrix,
            self.pair,
            self.number_tuple,
            self.number_list,
            self.array_list,
        ]
        blocks = [self.branch, self.loop, self.loop, self.exit, self.exit, self.fail] if self.depth < 4 else []
        return plain + making + blocks

    def assign_scalar(self) -> None:
        expression = self.scalar_expression()
        if self.chance(0.35):
            name = self.fresh("s")
            self.say(f"{name} = {self.pick([expression, expression, '0.0', '1'])}")
            self.scalars.append(name)
        else:
            self.say(f"{self.pick(self.scalars)} {self.pick(['=', '+=', '*=', '-='])} np.sin({expression})")

    def store(self) -> None:
        if self.matrices and self.chance(0.3):
            m = self.pick(list(self.matrices))
            rows, columns = self.matrices[m]
            at = f"{self.integer()} % {rows}, {self.pick([f'{self.integer()} % {columns}', '1', '-1', ':', '::-1'])}"
            self.say(f"{m}[{at}] {self.pick(['=', '+=', '*='])} {self.scalar_expression()}")
        else:
            super().store()

    def call(self) -> None:
        a, b = self.array(), self.array()
        self.say(
            self.pick(
                [
                    f"fill_squares({a}, np.sin({b}))",
                    f"fill_squares({a}, {b})",
                    f"add_twice({a}, {b})",
                    f"k{self.depth} = scale_until({a}, np.sin({self.number()}), {self.integer()})",
                ]
            )
        )

    def view(self) -> None:
        a, name = self.array(), self.fresh("v")
        if self.chance(0.5):
            super().view()
            return
        self.say(f"{name} = {self.pick([f'{a}[::-1]', f'{a}[:]', f'{a}.copy()', f'{a}.ravel()'])}")
        self.arrays[name] = self.arrays[a]

    def matrix(self) -> None:
        m, a = self.fresh("m"), self.array(LENGTH)
        if self.arrays[a] != LENGTH:
            return
        made = ["np.zeros((3, 5))", f"np.ones((3, 5)) * {a}", f"np.outer(np.arange(3.0), {a})", "np.full((3, 5), c)"]
        self.say(f"{m} = {self.pick(made)}")
        self.matrices[m] = 3, LENGTH
        if self.chance(0.5):
            v = self.fresh("v")
            text, n = self.pick([(f"{m}[1]", LENGTH), (f"{m}[:, 2]", 3), (f"{m}.T[1]", 3), (f"{m}[2, ::-1]", LENGTH)])
            self.say(f"{v} = {text}")
            self.arrays[v] = n

    def broadcast(self) -> None:
        if not self.matrices:
            return self.matrix()
        m, a = self.pick(list(self.matrices)), self.array(LENGTH)
        column = f"np.sin({self.array(3)})[:3].reshape(3, 1)"
        operand = self.pick([a, f"np.sin({a})", column, self.number(), f"{m}[1]", f"{m}[::-1] * 0.5"])
        self.say(f"{m} {self.pick(['+=', '*=', '-='])} {operand}" if self.chance(0.5) else f"{m} = {m} * {operand}")
        return None

    def rebind(self) -> None:
        a = self.array()
        n = self.arrays[a]
        b = self.array(n)
        choices = [self.array_expression(n), f"{a} * {self.number()} + 0.5", f"{a}.copy()", f"{a}[::-1]"]
        if self.arrays[b] == n:
            choices += [b, f"either({a}, {b}, {self.number()})", f"{a} * {b}"]
        self.say(f"{a} = {self.pick(choices)}")

    def overlap(self) -> None:
        a = self.array()
        n = self.arrays[a]
        if n < 3:
            return
        moved = [f"{a}[1:] = {a}[:-1]", f"{a}[::-1][1:] = {a}[:-1]", f"{a}[::-1] = {a}"]
        self.say(self.pick([*moved, f"{a}[1:] {self.pick(['+=', '*='])} np.sin({a}[:-1])"]))

    def masked(self) -> None:
        a = self.array()
        n = self.arrays[a]
        self.say(
            self.pick(
                [
                    f"{a}[{a} > {self.rng.random():.2f}] = {self.number()}",
                    f"{a} = np.where({a} > {self.number()}, {self.number()}, {a})",
                    f"{a}[1] = np.sum({a}[np.array([0, {n - 1}, 0])])",
                    f"{a}[0] += {a}[{a} > {self.rng.random():.2f}].sum()",
                    f"{a}[:] = {self.number()}",
                    f"{a}[...] = np.sin({a})",
                ]
            )
        )

    def number_tuple(self) -> None:
        if self.tuples and self.chance(0.6):
            t = self.pick(self.tuples)
            self.say(
                self.pick(
                    [
                        f"{t} = ({t}[1], {self.scalar_expression()})",
                        f"{t} = turned({t}, {self.number()})",
                        f"{self.pick(self.scalars)}, {self.pick(self.scalars)} = {t}",
                        f"{t} = ({self.number()} * {t}[0], {t}[1])",
                    ]
                )
            )
        else:
            t = self.fresh("t")
            self.say(f"{t} = ({self.pick(['0.0', self.scalar_expression()])}, {self.scalar_expression()})")
            self.tuples.append(t)

    def number_list(self) -> None:
        if not self.lists or self.chance(0.3):
            name = self.fresh("l")
            self.say(f"{name} = [{', '.join(self.scalar_expression() for _ in range(int(self.rng.integers(1, 4))))}]")
            self.lists.append(name)
            return
        v = self.pick(self.lists)
        self.say(
            self.pick(
                [
                    f"{v}.append({self.scalar_expression()})",
                    f"{v}.append({self.scalar_expression()})",
                    f"if len({v}) > 1: {self.pick(self.scalars)} += {v}.pop()",
                    f"{v}[{self.integer()} % len({v})] = {self.scalar_expression()}",
                    f"{v}[-1] *= np.sin({self.number()})",
                    f"{self.pick(self.scalars)} = grown({v}, np.sin({self.number()}))",
                ]
            )
        )

    def array_list(self) -> None:
        if not self.stacks or self.chance(0.3):
            name, a = self.fresh("q"), self.array()
            self.say(f"{name} = [{self.pick([f'{a}.copy()', f'{a} * {self.number()}', a])}]")
            self.stacks[name] = self.arrays[a]
            return
        q = self.pick(list(self.stacks))
        n = self.stacks[q]
        item = self.array(n)
        item = self.array_expression(n) if self.arrays[item] != n or self.chance(0.7) else item
        self.say(
            self.pick(
                [
                    f"{q}.append({item})",
                    f"{q}.append({item})",
                    f"if len({q}) > 1: {self.pick(self.scalars)} += {q}.pop()[0]",
                    f"{q}[{self.integer()} % len({q})] = {item}",
                    f"{q}[-1][{int(self.rng.integers(n))}] = {self.scalar_expression()}",
                    f"{q}[0] *= np.sin({self.number()})",
                ]
            )
        )

    def count_on(self) -> None:
        if len(self.integers) > 1 and self.chance(0.6):
            k = self.pick(self.integers[1:])
            self.say(f"{k} = ({k} + {self.pick(['1', '2', self.integer()])}) % 7")
        else:
            k = self.fresh("j")
            self.say(f"{k} = {self.pick(['0', '1', self.integer(), f'int(abs({self.number()}) * 2.0) % 7'])}")
            self.integers.append(k)

    # blocks ---------------------------------------------------------------------------------------------------

    def block(self, header: str, *first: str, **known) -> None:
        """A block with its first lines; ``known`` are names that exist in it."""
        outer = {kind: getattr(self, kind) for kind in KINDS}
        for kind, names in outer.items():
            more = known.get(kind, type(names)())
            setattr(self, kind, {**names, **more} if isinstance(names, dict) else [*names, *more])
        super().block(header, *first)
        for kind, names in outer.items():
            setattr(self, kind, names)

    def branch(self) -> None:
        self.block(f"if {self.condition()}:")
        if self.chance(0.4):
            self.block("else:")

    def loop(self) -> None:
        self.loops += 1
        self.pick([self.range_loop, self.range_loop, self.while_loop, self.while_loop, self.each_loop])()
        self.loops -= 1

    def range_loop(self) -> None:
        i = self.fresh("i")
        bounds = ["3", "n", "1, n + 1", "n, -1, -1", "4, 0, -2", "n, 3", "0, 2 * n, 3", "2, n", "n - 2"]
        self.block(f"for {i} in range({self.pick([*bounds, f'{self.integer()} % 3'])}):", counters=[i])

    def while_loop(self) -> None:
        k = self.fresh("w")
        self.say(f"{k} = 0")
        short = [f"{k} < 4 and {self.condition()}", f"{self.number()} < 1.0 and {k} < 4"]
        test = self.pick([f"{k} < 3", f"{k} < n", *short, "True"])
        leave = [f"if {k} > 3 or {self.condition()}:", "    break"] if test == "True" else []
        self.block(f"while {test}:", f"{k} += 1", *leave, counters=[k])

    def each_loop(self) -> None:
        e, f, i = self.fresh("e"), self.fresh("f"), self.fresh("i")
        a, b = self.array(), self.array()
        headers = [
            (f"for {e} in {a}:", {"scalars": [e]}),
            (f"for {i}, {e} in enumerate({a}):", {"scalars": [e], "counters": [i]}),
            (f"for {e}, {f} in zip({a}, {b}):", {"scalars": [e, f]}),
            (f"for {e} in {a}[::-1]:", {"scalars": [e]}),
            (f"for {e} in ({self.number()}, {self.number()}, 0.5 * {self.number()}):", {"scalars": [e]}),
            *((f"for {e} in {v}:", {"scalars": [e]}) for v in self.lists),
            *((f"for {e} in {q}:", {"arrays": {e: n}}) for q, n in self.stacks.items()),
            *((f"for {e} in {m}:", {"arrays": {e: n}}) for m, (_, n) in self.matrices.items()),
        ]
        header, known = self.pick(headers)
        self.block(header, **known)

    def exit(self) -> None:
        ways = ["break", "break", "continue", "return"] if self.loops else ["return"]
        way = self.pick(ways)
        way = f"return {self.scalar_expression()}" if way == "return" else way
        self.say(f"if {self.condition()} and {self.number()} > {self.rng.normal():.2f}:")
        self.lines.append("    " * (self.depth + 1) + way)

    def fail(self) -> None:
        self.say(f"if {self.number()} > 1e9:")
        self.lines.append("    " * (self.depth + 1) + "raise ValueError('too large')")
