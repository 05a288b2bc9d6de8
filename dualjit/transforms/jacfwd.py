"""``jacfwd``: Jacobians by columns, N of them in one pass.

The driver seeds N columns at a time: element k of the arguments gets a unit partial in lane ``k - c``, the twin runs
once, the partials of the answer are N columns of the Jacobian, stored as contiguous pieces of its rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types

from dualjit.errors import ArgnumsError, OutputError
from dualjit.frontend.dispatcher import Derivative, Implementation
from dualjit.numbers.intrinsics import lift, partial, seed, set_partial, store_partials
from dualjit.numbers.types import Dual
from dualjit.transforms.arguments import Selection, python_function, select, signature_of
from dualjit.transforms.forward import ForwardPass, carries, dual_copy, primal_of
from dualjit.transforms.source import Writer, build, header, identifier
from dualjit.transforms.structure import (
    check_differentiable,
    check_output,
    children,
    is_list,
    is_tuple,
    item_type,
    leaves,
    pack,
    scalar_type,
)

FEW_LANES, MAX_LANES = 8, 16
CHUNKS = (1, 2, 4, 8, 16, 32)


def jacfwd(f: Callable, argnums=0, has_aux: bool = False, chunk: int | None = None) -> Derivative:
    """Jacobian of ``f`` by forward mode.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``; its code need not know about derivatives.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``y`` is differentiated, ``aux`` is returned beside the Jacobian.
    chunk : int, optional
        Columns per pass: 1, 2, 4, 8, 16 or 32.  By default the least power of two that holds all of them, at most 16.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f``.  It returns the Jacobian: an array of shape
        ``y.shape + x.shape`` with ``J[i, j] = ∂y_i/∂x_j``; a float where both are numbers; where these are tuples,
        the structure of ``y``, then that of the arguments.  With ``has_aux`` the pair ``(J, aux)``.

    Raises
    ------
    ArgnumsError
        ``argnums`` selects nothing, something twice or something that isn't there.
    DTypeError
        At the first call: a selected argument is not real floating point.
    UnsupportedError
        At the first call: active data reaches something whose derivative is not known.

    Notes
    -----
    Cost: ``ceil(n / N)`` passes for n inputs and N lanes; one pass costs about ``1 + N/8`` evaluations of ``f`` on a
    processor with 512-bit vectors, often less.  Source: Griewank and Walther, Evaluating Derivatives, section 3.1;
    Revels, Lubin, Papamarkou 2016, arXiv:1607.07892.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def f(x):
    ...     y = np.zeros(2)
    ...     y[0] = x[0] * x[1]
    ...     y[1] = np.sin(x[0])
    ...     return y
    >>> dj.jacfwd(f)(np.array([0.0, 3.0]))
    array([[3., 0.],
           [1., 0.]])
    """
    selection = select(f, argnums)
    if chunk is not None and chunk not in CHUNKS:
        raise ArgnumsError(f"chunk={chunk!r}: the columns per pass are one of {CHUNKS}, or None to let dualjit choose")
    name = identifier(f"jacfwd_{python_function(f).__name__}")
    names: dict = {}
    skeleton = build(name, header(name, signature_of(f), names) + "\n    pass\n", names)
    skeleton.__doc__ = f"Jacobian of {python_function(f).__name__} by forward mode."
    implement = ColumnDriver(f, name, selection, has_aux, chunk)
    return Derivative(skeleton, implement, f, (jacfwd, (f, argnums, has_aux, chunk), {}))


class ColumnDriver(Implementation):
    """Writes the driver for given argument types."""

    def __init__(self, f, name: str, selection: Selection, has_aux: bool, chunk: int | None):
        self.f, self.name, self.selection, self.has_aux, self.chunk = f, name, selection, has_aux, chunk
        self.most = MAX_LANES

    def __call__(self, argtypes: tuple) -> Callable:
        signature = signature_of(self.f)
        parameters = list(signature.parameters)
        selected = [(parameters[i], argtypes[i]) for i in self.selection.positions]
        for name, t in selected:
            check_differentiable(t, name)
        lanes = self.chunk or min(default_lanes([t for _, t in selected]), self.most)
        forward = ForwardPass(self.f, argtypes, parameters, self.selection.positions, lanes)
        writer = Writer()
        JacobianBody(writer, forward, self.selection, self.answer_types(forward)).write()
        text = writer.text(header(self.name, signature, writer.names))
        return build(self.name, text, writer.names)

    def observe(self, args):
        """A few columns fit one vector register; a wider dual would only carry zeros."""
        sizes = [np.size(args[i]) for i in self.selection.positions if i < len(args) and not isinstance(args[i], tuple)]
        few = len(sizes) == len(self.selection.positions) and sum(sizes) <= FEW_LANES
        self.most = FEW_LANES if few else MAX_LANES

    def answer_types(self, forward: ForwardPass):
        """Types of the differentiated answer and of ``aux`` (None without)."""
        given = forward.return_type
        what = python_function(self.f).__name__
        if not self.has_aux:
            check_output(given, what)
            return given, None
        if not is_tuple(given) or len(given.types) != 2:
            raise OutputError(f"{what} returns {given}; with has_aux=True it has to return a pair (y, aux)")
        check_output(given.types[0], what)
        return given.types


def default_lanes(ts: list[types.Type]) -> int:
    """All columns in one pass where their number is known from the types and small; else the maximum."""
    total = 0
    for t in ts:
        for _, leaf in leaves(t, ""):
            if (isinstance(leaf, types.Array) and leaf.ndim) or is_list(leaf):
                return MAX_LANES
            total += 1
    return min(MAX_LANES, 1 << max(total - 1, 0).bit_length())


class JacobianBody:
    """The body of the driver.  Columns are numbered through all selected arguments, in order."""

    def __init__(self, w: Writer, forward: ForwardPass, selection: Selection, answer_types):
        self.w, self.forward, self.selection = w, forward, selection
        self.answer_type, self.aux_type = answer_types
        self.inputs = [(forward.names[i], forward.given[i]) for i in selection.positions]
        self.lanes = forward.lanes

    def write(self) -> None:
        w = self.w
        self.count_columns()
        self.copies = {}
        kept = [i for i in self.selection.positions if not self.forward.renews(i)]
        self.copy(kept)
        w("_dj_c = 0")
        with w.block("while True:"):
            self.copy([i for i in self.selection.positions if i not in kept])
            self.seed_all()
            self.forward.call(w, self.copies, "_dj_answer")
            y = "_dj_answer[0]" if self.aux_type is not None else "_dj_answer"
            w(f"_dj_y = {y}")
            with w.block("if _dj_c == 0:"):
                self.results = self.per_output(self.answer_type, "_dj_y", self.allocate)
                if self.aux_type is not None:
                    w(f"_dj_aux = {primal_of(w, '_dj_answer[1]', self.aux_type, self.forward.level)}")
            self.store_all()
            w(f"_dj_c += {self.lanes}")
            with w.block("if _dj_c >= _dj_n:"):
                w("break")
        answer = self.assemble(self.answer_type, iter(self.results))
        w(f"return {answer}, _dj_aux" if self.aux_type is not None else f"return {answer}")

    # columns -------------------------------------------------------------------------------------------------

    def input_leaves(self):
        for expr, t in self.inputs:
            yield from leaves(t, expr)

    def count_columns(self) -> None:
        self.w("_dj_n = 0")
        for expr, t in self.input_leaves():
            self.each(expr, t, lambda e, u: self.w(f"_dj_n += {columns(e, u)}"))

    def each(self, expr: str, t: types.Type, body) -> None:
        """``body(expression, type)`` for a leaf, in a loop for each item of a list."""
        if not is_list(t):
            body(expr, t)
            return
        i = self.w.fresh("q")
        with self.w.block(f"for {i} in range(len({expr})):"):
            body(f"{expr}[{i}]", item_type(t))

    # seeds ---------------------------------------------------------------------------------------------------

    def copy(self, positions) -> None:
        for i in positions:
            name, t = self.forward.names[i], self.forward.given[i]
            self.copies[i] = dual_copy(self.w, name, t, self.forward.twin.argtypes[i])

    def seed_all(self) -> None:
        """Unit partials for the columns of this pass, none for those of the last one."""
        self.w("_dj_first = 0")
        for i in self.selection.positions:
            name, t = self.forward.names[i], self.forward.given[i]
            self.copies[i] = self.seed(name, self.copies[i], t, self.forward.twin.argtypes[i], self.forward.renews(i))

    def seed(self, expr: str, copy: str, t: types.Type, wanted: types.Type, renewed: bool) -> str:
        w = self.w
        if is_tuple(t):
            copies = copy_items(copy, len(t.types))
            parts = [
                self.seed(part, own, item, goal, renewed)
                for (part, item), own, goal in zip(children(t, expr), copies, wanted.types, strict=True)
            ]
            return pack(t, parts, w.bind)
        if is_list(t):
            i = w.fresh("q")
            with w.block(f"for {i} in range(len({expr})):"):
                self.seed_leaf(f"{expr}[{i}]", f"{copy}[{i}]", item_type(t), item_type(wanted), renewed, assign=True)
            return copy
        return self.seed_leaf(expr, copy, t, wanted, renewed)

    def seed_leaf(self, expr, copy, t, wanted, renewed, assign=False) -> str:
        w = self.w
        if isinstance(t, types.Array):
            if not renewed:
                self.seed_range(expr, copy, wanted, f"_dj_c - {self.lanes}", "0.0")
            self.seed_range(expr, copy, wanted, "_dj_c", "1.0")
            w(f"_dj_first += {expr}.size")
            return copy
        seeded = copy if assign else w.fresh("s")
        w(f"{seeded} = {w.bind('seed', seed)}({w.bind('T', wanted)}, {expr}, _dj_first - _dj_c)")
        w("_dj_first += 1")
        return seeded

    def seed_range(self, expr, copy, wanted, start: str, unit: str) -> None:
        """Set the one partial of every element whose column is in the pass that begins at ``start``."""
        w, k = self.w, self.w.fresh("k")
        with w.block(
            f"for {k} in range(max({start} - _dj_first, 0), min({start} + {self.lanes} - _dj_first, {expr}.size)):"
        ):
            at = in_memory(w, expr, wanted.ndim, k) if wanted.layout == "F" else k
            w(f"{w.bind('set_partial', set_partial)}({copy}, {at}, _dj_first + {k} - ({start}), {unit})")

    # results -------------------------------------------------------------------------------------------------

    def per_output(self, t: types.Type, expr: str, body) -> list:
        """``body`` for every leaf of the answer, in order."""
        return [body(part, leaf) for part, leaf in leaves(t, expr)]

    def allocate(self, y: str, t: types.Type) -> list[str]:
        """Variables for the derivative of one output leaf with respect to each input leaf."""
        return [self.allocate_one(y, t, x, u) for x, u in self.input_leaves()]

    def allocate_one(self, y, t, x, u) -> str:
        w, name = self.w, self.w.fresh("J")
        if is_list(t):
            i = w.fresh("q")
            w(f"{name} = [{self.fresh_block(i, item_type(t), x, u)} for {i} in {y}]")
        else:
            w(f"{name} = {self.fresh_block(y, t, x, u)}")
        return name

    def fresh_block(self, y, t, x, u) -> str:
        """Expression of zeros of shape ``y.shape + x.shape``."""
        if is_list(u):
            i = self.w.fresh("q")
            return f"[{self.fresh_block(y, t, i, item_type(u))} for {i} in {x}]"
        base = self.base_of(t)
        shape = " + ".join(f"{e}.shape" for e, v in ((y, t), (x, u)) if isinstance(v, types.Array))
        if not shape:
            return zero(self.w, base)
        # An answer without partials of this level does not depend on the arguments: its Jacobian stays zero.
        make = np.empty if carries(t, self.forward.level) else np.zeros
        return f"{self.w.bind(make.__name__, make)}({shape}, {self.w.bind('base', base)})"

    def base_of(self, t: types.Type) -> types.Type:
        number = scalar_type(t)
        return number.base if isinstance(number, Dual) and number.level == self.forward.level else number

    def store_all(self) -> None:
        for (expr, t), variables in zip(leaves(self.answer_type, "_dj_y"), self.results, strict=True):
            if not carries(t, self.forward.level):
                continue
            self.w("_dj_first = 0")
            for (x, u), name in zip(self.input_leaves(), variables, strict=True):
                self.store(expr, t, x, u, name)

    def store(self, y, t, x, u, name) -> None:
        w = self.w
        if is_list(u):
            i = w.fresh("q")
            with w.block(f"for {i} in range(len({x})):"):
                self.store_output(y, t, f"{x}[{i}]", item_type(u), lambda base: f"{base}[{i}]", name)
                w(f"_dj_first += {columns(f'{x}[{i}]', item_type(u))}")
        else:
            self.store_output(y, t, x, u, lambda base: base, name)
            w(f"_dj_first += {columns(x, u)}")

    def store_output(self, y, t, x, u, item, name) -> None:
        w = self.w
        if is_list(t):
            i = w.fresh("q")
            with w.block(f"for {i} in range(len({y})):"):
                self.store_block(f"{y}[{i}]", item_type(t), x, u, item(f"{name}[{i}]"))
        else:
            self.store_block(y, t, x, u, item(name))

    def store_block(self, y, t, x, u, target) -> None:
        """The lanes of this pass that belong to one input leaf, into one Jacobian block."""
        w = self.w
        lo, hi = w.fresh("lo"), w.fresh("hi")
        w(f"{lo} = max(_dj_first - _dj_c, 0)")
        w(f"{hi} = min(_dj_first + {columns(x, u)} - _dj_c, {self.lanes})")
        with w.block(f"if {lo} < {hi}:"):
            if not isinstance(t, types.Array) and not isinstance(u, types.Array):
                w(f"{target} = {w.bind('partial', partial)}({y}, {lo})")
                return
            flat, row = w.fresh("flat"), w.fresh("r")
            w(f"{flat} = {target}.reshape(-1)")
            store = w.bind("store", store_partials)
            start = f"{row} * {columns(x, u)} + _dj_c + {lo} - _dj_first"
            if isinstance(t, types.Array):
                w(f"{row} = 0")
                with w.block(f"for _dj_v in {y}{'' if t.ndim == 1 else '.flat'}:"):
                    w(f"{store}(_dj_v, {flat}, {start}, {lo}, {hi})")
                    w(f"{row} += 1")
            else:
                w(f"{store}({y}, {flat}, {start.replace(row, '0')}, {lo}, {hi})")

    def assemble(self, t: types.Type, results) -> str:
        """The structure of the answer, in each place the structure of the arguments."""
        if is_tuple(t):
            return pack(t, [self.assemble(item, results) for item in t.types], self.w.bind)
        variables = iter(next(results))
        blocks = [self.input_structure(u, variables) for _, u in self.inputs]
        return blocks[0] if self.selection.single else f"({', '.join(blocks)},)"

    def input_structure(self, t: types.Type, variables) -> str:
        if is_tuple(t):
            return pack(t, [self.input_structure(item, variables) for item in t.types], self.w.bind)
        return next(variables)


def columns(expr: str, t: types.Type) -> str:
    """Number of columns of a number or an array."""
    return f"{expr}.size" if isinstance(t, types.Array) else "1"


def zero(w: Writer, base: types.Type) -> str:
    """Expression of zero of a number type."""
    name = w.bind("base", base)
    return f"{w.bind('lift', lift)}(0.0, {name})" if isinstance(base, Dual) else f"{name}(0.0)"


def copy_items(copy: str, length: int) -> list[str]:
    """Expressions of the items of a copied tuple."""
    return [f"{copy}[{i}]" for i in range(length)]


def in_memory(w: Writer, expr: str, ndim: int, k: str) -> str:
    """Position in an array in F order of the element that is number ``k`` in C order."""
    rest, position, stride = k, [], w.fresh("stride")
    strides = ["1"]
    for axis in range(1, ndim):
        strides.append(f"{strides[-1]} * {expr}.shape[{axis - 1}]")
    for axis in reversed(range(ndim)):
        position.append(f"({rest}) % {expr}.shape[{axis}] * ({strides[axis]})")
        rest = f"({rest}) // {expr}.shape[{axis}]"
    w(f"{stride} = {' + '.join(position)}")
    return stride
