"""Hyper-dual numbers: a value, two sets of first derivatives, and each second derivative of one by the other.

Source: Fike and Alonso 2011, AIAA 2011-886.
"""

from __future__ import annotations

from numba.core import types

from dualjit.numbers.types import Dual


def HyperDual(base: types.Type, n: int, m: int, level: int = 1) -> Dual:
    """The type of numbers with ``n`` first derivatives, ``m`` others, and the ``n * m`` second derivatives.

    It is ``Dual(Dual(base, n), m)``: with ``e_i e_k = 0`` in each of the sets ``e`` and ``d``, a dual number over dual
    numbers is ``x + Σ x_i e_i + Σ y_j d_j + Σ z_ij e_i d_j``, which is the hyper-dual number, and arithmetic of the one
    is that of the other, operation by operation.  So hyper-dual numbers need no rules beside those of dual numbers,
    and mean the same at every order and under every transform.

    Parameters
    ----------
    base : numba type
        Float, or a Dual of a lower level.
    n, m : int
        Derivatives in the lower and in the upper set; powers of two.
    level : int
        That of the lower set; the upper one has the next.

    Notes
    -----
    Of a number ``z``: ``value(value(z))`` is the value, ``partial(value(z), i)`` and ``value(partial(z, j))`` are the
    first derivatives, ``partial(partial(z, j), i)`` the second ones.
    """
    return Dual(Dual(base, n, level), m, level + 1)
