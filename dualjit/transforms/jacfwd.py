"""``jacfwd``: Jacobians by columns, N of them in one pass.

The driver seeds N columns at a time: element k of the arguments gets a unit partial in lane ``k - c``, the twin runs
once, the partials of the answer are N columns of the Jacobian, stored as contiguous pieces of its rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types

from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.numbers.registers import most_lanes
from dualjit.transforms.chunks import check_chunk
from dualjit.transforms.columns import JacobianBody
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import ForwardPass
from dualjit.transforms.parts import pulled_jacobian
from dualjit.transforms.selection import Selection, select, selected_arguments
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, differentiated, is_list, leaves
from dualjit.transforms.transposed import pullback_by

FEW_LANES, UNKNOWN_LANES = 8, 16


def jacfwd(
    f: Callable, argnums=0, has_aux: bool = False, chunk: int | None = None, *, cache: bool | None = None
) -> Derivative:
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
        Columns per pass: 1, 2, 4, 8, 16 or 32.  By default the least power of two that holds all of them, at most what
        pays on the processor (16, or 32 with 512-bit vectors).
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

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
    f = as_function(f)
    selection = select(f, argnums)
    check_chunk(chunk, "columns per pass")
    driver = ColumnDriver(f, "jacfwd", selection, has_aux, chunk)
    doc = f"Jacobian of {driver.primal_name} by forward mode."
    return driver.derivative(jacfwd, f, argnums, has_aux, chunk, doc=doc, cache=cache)


class ColumnDriver(Driver):
    """Writes the driver for given argument types."""

    body = JacobianBody

    def __init__(self, f, transform: str, selection: Selection, has_aux: bool, chunk: int | None):
        super().__init__(f, transform)
        self.selection, self.has_aux, self.chunk = selection, has_aux, chunk
        self.hint: int | None = None

    def __call__(self, argtypes: tuple) -> Callable:
        names, given = selected_arguments(self.f, argtypes, self.selection, self.name)
        lanes = self.chunk or lanes_for(columns_of([given[i] for i in self.selection.positions]), self.hint)
        forward = ForwardPass(self.f, given, names, self.selection.positions, lanes)
        w = Writer()
        self.body(w, forward, self.selection, self.answer_types(forward)).write()
        return self.function(w)

    def pullback(self, count):
        return pullback_by(pulled_jacobian(self.f, count, self.selection, self.has_aux))

    def observe(self, args):
        """The first sizes seen are the best guess at those to come: a dual wider than needed only carries zeros."""
        self.hint = size_seen(args, self.selection)

    def choice(self, argtypes):
        return (lanes_for(None, self.hint),)

    def answer_types(self, forward: ForwardPass):
        """Types of the differentiated answer and of ``aux`` (None without)."""
        answer = differentiated(forward.return_type, self.has_aux, forward.name)
        check_output(answer, forward.name)
        return answer, forward.return_type.types[1] if self.has_aux else None


def columns_of(ts: list[types.Type]) -> int | None:
    """Number of columns where the types tell it: with numbers alone."""
    found = [leaf for t in ts for _, leaf in leaves(t, "")]
    sized = any((isinstance(leaf, types.Array) and leaf.ndim) or is_list(leaf) for leaf in found)
    return None if sized else len(found)


def size_seen(args: tuple, selection: Selection) -> int | None:
    """Number of columns of a call from Python; None where it can't be seen at once."""
    chosen = [args[i] for i in selection.positions if i < len(args)]
    plain = len(chosen) == len(selection.positions) and all(isinstance(a, (float, np.ndarray)) for a in chosen)
    return sum(map(np.size, chosen)) if plain else None


def lanes_for(columns: int | None, hint: int | None) -> int:
    """All columns in one pass where that many lanes pay; for arrays of unknown size 16, at least one register."""
    if columns is not None:
        return min(most_lanes(), power_of_two(columns))
    return min(most_lanes(), max(FEW_LANES, power_of_two(UNKNOWN_LANES if hint is None else hint)))


def power_of_two(n: int) -> int:
    """The least power of two that is not below ``n``."""
    return 1 << max(n - 1, 0).bit_length()
