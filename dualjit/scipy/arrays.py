"""Arrays as SciPy sends them, as the one type that was compiled for."""

from __future__ import annotations

import numpy as np

from dualjit.errors import DTypeError

FLOAT = np.dtype(float)


def dense(x) -> np.ndarray:
    """``x`` in double precision, in C order, aligned and writable; itself where it is all that.

    SciPy sends directions in int8 (trust-constr), columns of matrices (Radau), lists, and what users give it.
    """
    if type(x) is np.ndarray and x.dtype is FLOAT and x.flags.carray:
        return x
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise DTypeError("the solver sent complex numbers: derivatives need real ones; use another scheme than 'cs'")
    return np.array(x, FLOAT, order="C")


def same(given: tuple, known: tuple) -> bool:
    """Are these the same extra arguments, the objects and not their values?"""
    return len(given) == len(known) and all(a is b for a, b in zip(given, known, strict=True))
