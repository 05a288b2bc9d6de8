"""``linearize``: the derivative at a point as a linear map, with no Jacobian in memory."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
from numba import types
from scipy.sparse.linalg import LinearOperator

from dualjit.errors import ShapeError, StructureError
from dualjit.frontend.dispatcher import Derivative, Implementation
from dualjit.frontend.vectorized import as_function
from dualjit.numbers import blocks
from dualjit.transforms.arguments import python_function, signature_of
from dualjit.transforms.forward import ForwardPass, carries, dual_copy, without_none
from dualjit.transforms.jvp import jvp
from dualjit.transforms.source import Writer, build, identifier
from dualjit.transforms.structure import check_differentiable, check_output, children, is_list, is_tuple, leaves, pack

LANES = 16

_drivers: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def linearize(f: Callable, *primals) -> tuple:
    """Value of ``f`` at a point and its derivative there as a reusable linear map.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``.
    *primals
        The point: floats, float arrays and tuples of these.

    Returns
    -------
    y : like the answer of ``f``
    J : LinearMap
        ``J(v)`` is ``J(x) @ v`` with tangents like the primals and an answer like ``y``; ``J @ V`` multiplies a
        matrix with n rows (all inputs, flattened in order), giving m rows.  A ``scipy.sparse.linalg.LinearOperator``.

    Raises
    ------
    StructureError, ShapeError, DTypeError, UnsupportedError
        As :func:`jvp` does.

    Notes
    -----
    Cost: ``J(v)`` one pass, ``J @ V`` one pass for every 16 columns.  Memory never holds the Jacobian.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> y, J = dj.linearize(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    >>> J(np.array([1.0, 0.0, 1.0]))
    array([2., 0., 6.])
    >>> J @ np.eye(3)
    array([[2., 0., 0.],
           [0., 4., 0.],
           [0., 0., 6.]])
    """
    f = as_function(f)
    point = _copied(primals)
    zeros = _map(point, lambda x: np.zeros_like(x) if isinstance(x, np.ndarray) else 0.0)
    y = jvp(f, point, zeros)[0]
    return y, LinearMap(f, point, y)


class LinearMap(LinearOperator):
    """The derivative of a function at a point: ``J(v)``, ``J @ V``; shape ``(m, n)``, flattened."""

    def __init__(self, f: Callable, primals: tuple, y):
        self._f, self._primals = f, primals
        self._input_shapes = [np.shape(x) for x in _leaves(primals)]
        outputs = list(_leaves(y))
        self._output_shapes = [np.shape(v) for v in outputs]
        dtype = np.result_type(*outputs) if outputs else np.dtype(float)
        super().__init__(dtype, (_count(self._output_shapes), _count(self._input_shapes)))

    def __call__(self, *tangents):
        """``J(x) @ tangents``: one tangent per primal, in its shape."""
        if len(tangents) != len(self._primals):
            raise ShapeError(
                f"J was given {len(tangents)} tangents, expected {len(self._primals)}, one per primal: "
                "call J(*tangents)"
            )
        return jvp(self._f, self._primals, tangents)[1]

    def _matmat(self, columns):
        columns = np.ascontiguousarray(columns, dtype=self.dtype)
        return _driver(self._f)(self._primals, columns)

    def _matvec(self, column):
        return self._matmat(np.reshape(column, (-1, 1)))


def _leaves(structure):
    if isinstance(structure, (tuple, list)):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def _map(structure, leaf):
    if isinstance(structure, tuple):
        items = [_map(item, leaf) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    return leaf(structure)


def _copied(primals):
    return _map(primals, lambda x: x.copy() if isinstance(x, np.ndarray) else x)


def _count(shapes) -> int:
    return sum(int(np.prod(s)) for s in shapes)


def _driver(f: Callable) -> Derivative:
    """The dispatcher ``(primals, V) -> J @ V`` of ``f``; one per function."""
    if f not in _drivers:
        name = identifier(f"pushforward_{python_function(f).__name__}")
        skeleton = build(name, f"def {name}(primals, columns):\n    pass\n", {})
        _drivers[f] = Derivative(skeleton, _Body(f, name), f, (_driver, (f,), {}))
    return _drivers[f]


class _Body(Implementation):
    """Writes the driver: rows of V are the partials of the inputs, 16 columns in one pass."""

    def __init__(self, f, name: str):
        self.f, self.name = f, name

    def __call__(self, argtypes: tuple) -> Callable:
        primals, columns = argtypes
        parameters = list(signature_of(self.f).parameters)
        for name, t in zip(parameters, primals.types, strict=False):
            check_differentiable(t, name)
            if any(is_list(leaf) for _, leaf in leaves(t, name)):
                raise StructureError(f"argument '{name}' holds a list: linearize takes numbers, arrays and tuples")
        names = [f"primals[{i}]" for i in range(len(primals.types))]
        forward = ForwardPass(self.f, tuple(primals.types), names, tuple(range(len(names))), LANES)
        check_output(forward.return_type, forward.name)
        w = Writer()
        self.write(w, forward, columns)
        return build(self.name, w.text(f"def {self.name}(primals, columns):"), w.names)

    def write(self, w: Writer, forward: ForwardPass, columns: types.Array) -> None:
        forward.check_aliases(w)
        w("_dj_k = columns.shape[1]")
        duals = {
            i: dual_copy(w, name, t, forward.wanted[i])
            for i, (name, t) in enumerate(zip(forward.names, forward.given, strict=True))
        }
        w("_dj_c = 0")
        with w.block("while True:"):
            w("_dj_row = 0")
            seeded = {}
            for i, (name, t) in enumerate(zip(forward.names, forward.given, strict=True)):
                if forward.renews(i):
                    duals[i] = dual_copy(w, name, t, forward.wanted[i])
                seeded[i] = self.seeded(w, name, t, duals[i], forward.wanted[i])
            forward.call(w, seeded, "_dj_answer")
            y, answer_type = without_none(w, "_dj_answer", forward.return_type, forward.name)
            w(f"_dj_y = {y}")
            with w.block("if _dj_c == 0:"):
                w(f"_dj_m = {' + '.join(_size(e, t) for e, t in leaves(answer_type, '_dj_y'))}")
                w(f"_dj_out = {w.bind('zeros', np.zeros)}((_dj_m, _dj_k), {w.bind('dtype', columns.dtype)})")
            w("_dj_row = 0")
            for expr, t in leaves(answer_type, "_dj_y"):
                self.store(w, expr, t, forward.level)
            w(f"_dj_c += {LANES}")
            with w.block("if _dj_c >= _dj_k:"):
                w("break")
        w("return _dj_out")

    def seeded(self, w: Writer, expr: str, t: types.Type, copy: str, wanted: types.Type) -> str:
        """Write a piece of V into the partials of an argument: a row for each of its elements."""
        if is_tuple(t):
            parts = zip(children(t, expr), children(t, copy), wanted.types, strict=True)
            return pack(t, [self.seeded(w, e, u, own, goal) for (e, u), (own, _), goal in parts], w.bind)
        one = not isinstance(t, types.Array)
        if one:
            number, copy = copy, w.fresh("d")
            w(f"{copy} = {w.bind('empty', np.empty)}(1, {w.bind('T', wanted)})")
            w(f"{copy}[0] = {number}")
        w(f"{w.bind('load_columns', blocks.load_columns)}({copy}, columns, _dj_row, _dj_c)")
        w(f"_dj_row += {copy}.size")
        return f"{copy}[0]" if one else copy

    def store(self, w: Writer, expr: str, t: types.Type, level: int) -> None:
        """The partials of an output into rows of the product."""
        if carries(t, level):
            rows = f"_dj_out[_dj_row:_dj_row + {_size(expr, t)}]"
            w(f"{w.bind('store_columns', blocks.store_columns)}({expr}, {rows}, _dj_k, -_dj_c)")
        w(f"_dj_row += {_size(expr, t)}")


def _size(expr: str, t: types.Type) -> str:
    return f"{expr}.size" if isinstance(t, types.Array) else "1"
