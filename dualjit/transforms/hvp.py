"""``hvp``: the Hessian of a function of many variables times a vector, without the Hessian."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

import numpy as np
from numba import types

from dualjit.errors import StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import seed, value
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.directions import check_structure, tangent_of, with_tangent
from dualjit.transforms.forward import ForwardPass, base_of, carries, dual_copy, without_none
from dualjit.transforms.grad import grad
from dualjit.transforms.hessian import by_hyperduals, check_mode, known_columns, lanes_seen
from dualjit.transforms.jacfwd import power_of_two, size_seen
from dualjit.transforms.pairs import PairPass
from dualjit.transforms.reverse import check_scalar
from dualjit.transforms.seeding import Columns, Leaf
from dualjit.transforms.selection import Selection, select, selected_arguments
from dualjit.transforms.slopes import SlopeBody, compiles
from dualjit.transforms.source import Writer
from dualjit.transforms.transposed import PulledProduct, pullback_by

LANES = 8


def hvp(f: Callable, argnums=0, mode: str = "auto", *, cache: bool | None = None) -> Derivative:
    """Hessian of ``f`` times a vector.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``, that returns one real number.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    mode : str
        ``"fwdrev"``: the derivative of the gradient along the vector; ``"hyperdual"``: derivatives by the columns of
        the derivative along the vector, in forward mode; ``"auto"``: the second for few inputs, the first else.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f`` and, in the second place, ``v``: of the structure and shapes
        of what ``argnums`` selects, a tuple where it is one.  It returns ``H v``, like ``v``.

    Raises
    ------
    ModeError
        ``mode`` is not one of the three.
    ArgnumsError
        ``argnums`` selects nothing, something twice or something that isn't there.
    StructureError, ShapeError, DTypeError
        ``v`` does not fit the arguments, or these are not real floating point.
    OutputError
        At the first call: ``f`` returns something else than one real number.
    UnsupportedError
        At the first call: active data reaches something whose derivative is not known.

    Notes
    -----
    The order of the arguments is that of SciPy's ``hessp(x, p, *args)``.  Cost: forward over reverse about 1.5 to 2
    gradients; with hyper-dual numbers a pass for every 8 inputs.  Source: Pearlmutter 1994, Neural Computation 6, 147.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> dj.hvp(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 2.])
    """
    check_mode(mode)
    f = as_function(f)
    driver = ProductDriver(f, argnums, mode)
    doc = f"Hessian of {driver.primal_name} times a vector."
    return driver.derivative(hvp, f, argnums, mode, doc=doc, cache=cache)


class ProductDriver(Driver):
    """Chooses the mode and writes the driver for given argument types."""

    def __init__(self, f, argnums, mode: str, by=None):
        super().__init__(f, "hvp")
        self.selection, self.mode, self.by = select(f, argnums), mode, by
        self.argnums, self.gradient = argnums, grad(f, argnums if by is None else by)
        self.vector = "v" if "v" not in self.signature.parameters else "_dj_v"
        self.signature = with_second(self.signature, self.vector, self.primal_name)
        self.columns: int | None = None

    def __call__(self, argtypes: tuple) -> Callable:
        first, vector, *rest = argtypes
        names, given = selected_arguments(self.f, (first, *rest), self.selection, self.name)
        selected = [given[i] for i in self.selection.positions]
        check_structure(selected[0] if self.selection.single else types.Tuple(selected), vector, self.vector)
        columns = known_columns(selected, self.columns)
        if by_hyperduals(self.mode, columns):
            outer = min(LANES, power_of_two(columns or LANES))
            forward = PairPass(self.f, given, names, self.selection.positions, 1, outer, vector)
            check_scalar(forward.return_type, self.primal_name)
            w = Writer()
            AlongBody(w, forward, self.selection, self.direction).write()
            return self.function(w)
        return self.by_slopes(argtypes, given, names) or self.over_reverse(
            ForwardPass(self.gradient, given, names, self.selection.positions, 1, [vector])
        )

    def by_slopes(self, argtypes: tuple, given: tuple, names: list[str]) -> Callable | None:
        """The function which computes no gradient beside; None where its shadows would be asked for values."""
        if self.by is not None or not SlopeBody.may_serve(argtypes, self.selection):
            return None
        body = SlopeBody(self.f, given, names, self.selection, self.direction)
        if not body.serves:
            return None
        w = Writer()
        body.write(w)
        function = self.function(w)
        return function if compiles(function, argtypes) else None

    def pullback(self, count):
        product, along = partial(hvp, self.f, self.argnums), partial(along_of_gradient, self.f, self.argnums)
        return pullback_by(PulledProduct(self.f, count, self.selection, product, along))

    def observe(self, args):
        self.columns = size_seen((args[0], *args[2:]), self.selection)

    def choice(self, argtypes):
        return (lanes_seen(self.columns),)

    def direction(self, k: int) -> str:
        """The expression of what belongs to the selected argument number ``k``."""
        return self.vector if self.selection.single else f"{self.vector}[{k}]"

    def over_reverse(self, forward: ForwardPass) -> Callable:
        """The function that computes the gradient's derivative along the vector."""
        w = Writer()
        forward.check_aliases(w)
        forward.call(w, along(w, forward, self.selection, self.direction, forward.dual_type), "_dj_answer")
        w(f"return {tangent_of(w, '_dj_answer', forward.return_type, forward.level)}")
        return self.function(w)


def along_of_gradient(f: Callable, argnums, by: tuple[int, ...]) -> Derivative:
    """The gradient's derivative along a vector of ``argnums``, where the gradient is that by other arguments."""
    return ProductDriver(f, argnums, "fwdrev", by).derivative(along_of_gradient, f, argnums, by)


def with_second(signature: inspect.Signature, name: str, function: str) -> inspect.Signature:
    """The signature with a parameter more, in the second place."""
    first, *rest = signature.parameters.values()
    if first.kind is first.VAR_POSITIONAL:
        raise StructureError(f"{function}(*{first.name}) has no first parameter, behind which the vector goes: name it")
    second = inspect.Parameter(name, first.POSITIONAL_OR_KEYWORD)
    return inspect.Signature([first.replace(default=first.empty), second, *rest])


def along(w: Writer, forward: ForwardPass, selection: Selection, direction: Callable, dual_type: Callable) -> dict:
    """Write the selected arguments with the vector as their partials; expressions by position."""
    return {
        i: with_tangent(w, forward.names[i], forward.given[i], direction(k), dual_type(forward.given[i]))
        for k, i in enumerate(selection.positions)
    }


class AlongBody(Columns):
    """The body of a driver with hyper-dual numbers: one partial along the vector, and columns for each set of lanes.

    Its names: ``_dj_n`` columns in all, ``_dj_c`` the first of the pass.
    """

    forward: PairPass

    def __init__(self, w: Writer, forward: PairPass, selection: Selection, direction: Callable[[int], str]):
        super().__init__(w, forward, selection)
        self.direction = direction

    def write(self) -> None:
        w, forward = self.w, self.forward
        forward.check_aliases(w)
        self.leaves = self.number_columns()
        w("_dj_c = 0")
        with w.block("while True:"):
            forward.call(w, self.seeded(self.copies()), "_dj_answer")
            y, t = without_none(w, "_dj_answer", forward.return_type, forward.name)
            with w.block("if _dj_c == 0:"):
                below = base_of(t, forward.level + 1)
                w(f"_dj_slopes = {w.bind('zeros', np.zeros)}(_dj_n, {w.bind('T', below)})")
            if carries(t, forward.level + 1):
                w(f"{w.bind('store_columns', blocks.store_columns)}({y}, _dj_slopes, _dj_n, -_dj_c)")
            w(f"_dj_c += {forward.outer}")
            with w.block("if _dj_c >= _dj_n:"):
                w("break")
        product = tangent_of(w, "_dj_slopes", types.Array(below, 1, "C"), forward.level)
        pieces = [self.piece(product, leaf) for leaf in self.leaves]
        w(f"return {self.selection.row(forward.given, pieces, w.bind)}")

    def copies(self) -> dict[int, str]:
        """Copies of the selected arguments, with the vector on the lower level."""
        forward = self.forward
        lower = along(self.w, forward, self.selection, self.direction, forward.first_type)
        return {
            i: dual_copy(self.w, d, forward.first_type(forward.given[i]), forward.wanted[i]) for i, d in lower.items()
        }

    def seed_number(self, leaf: Leaf, copy: str, wanted: types.Type) -> str:
        bind = self.w.bind
        return f"{bind('seed', seed)}({bind('T', wanted)}, {bind('value', value)}({copy}), {leaf.first} - _dj_c)"

    def seed_array(self, leaf: Leaf, copy: str, wanted: types.Type, position: int) -> None:
        self.w(f"{self.w.bind('seed_columns', blocks.seed_columns)}({copy}, {leaf.first} - _dj_c, 1.0)")
