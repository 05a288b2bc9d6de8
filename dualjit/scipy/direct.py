"""Radau and BDF with linear algebra that knows the Jacobian: LAPACK called directly, banded where the Jacobian is.

In exact Jacobians zeros are exact, so the bands of each are seen, and its systems factorized in O(n) operations where
they are narrow.  Other systems go to the routines which SciPy calls too, past ``lu_factor`` and ``lu_solve``, which for
systems of moderate size take longer than these.

Relies on the attributes ``jac``, ``I``, ``lu`` and ``solve_lu`` of SciPy's solvers: they factorize ``lu(c * I - J)`` or
``lu(I - c * J)``, and solve by ``solve_lu``.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import BDF, Radau
from scipy.linalg import bandwidth
from scipy.linalg.lapack import dgbtrf, dgbtrs, dgetrf, dgetrs, zgbtrf, zgbtrs, zgetrf, zgetrs
from scipy.sparse import issparse

from dualjit.errors import NonFiniteError
from dualjit.scipy.bands import packed

NARROW = 8  # banded where the bands, with room for fill-in, take up no more than one in so many of the elements


class _Direct:
    """What the two solvers have in common."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not issparse(self.J):
            self._given_jac = self.jac
            self._bands = seen(self.J, self.t)
            self.jac, self.I, self.lu, self.solve_lu = self._seen_jac, _Identity(), self._factor, _solve

    def _seen_jac(self, t, y, *f) -> np.ndarray:
        jacobian = self._given_jac(t, y, *f)
        self._bands = seen(jacobian, t)
        return jacobian

    def _factor(self, system: tuple) -> tuple:
        """The routine that solves with a factorization, and its arguments."""
        self.nlu += 1
        scale, matrix = system
        real = not isinstance(scale, complex)
        if self._bands is None:
            dense = np.array(matrix, float if real else complex, order="F")
            np.negative(dense, out=dense)
            np.einsum("ii->i", dense)[:] += scale
            factors, pivots, _ = (dgetrf if real else zgetrf)(dense, overwrite_a=True)
            return dgetrs if real else zgetrs, (factors, pivots)
        lower, upper = self._bands
        banded = -packed(matrix, lower, upper, above=lower)  # room for fill-in
        if not real:
            banded = banded.astype(complex)
        banded[lower + upper] += scale
        factors, pivots, _ = (dgbtrf if real else zgbtrf)(banded, lower, upper, overwrite_ab=True)
        return dgbtrs if real else zgbtrs, (factors, lower, upper, pivots)


class _Identity:
    """A multiple of one from which a matrix is subtracted: the two, of which a dense difference need not be made."""

    __array_ufunc__ = None  # NumPy's numbers leave the product to it

    def __init__(self, scale=1.0):
        self.scale = scale

    def __rmul__(self, scale):
        return _Identity(scale)

    def __sub__(self, matrix: np.ndarray) -> tuple:
        return self.scale, matrix


def _solve(factorization: tuple, b: np.ndarray) -> np.ndarray:
    solve, (*factors, pivots) = factorization
    if len(factors) == 1:
        return solve(*factors, pivots, b, overwrite_b=True)[0]
    return solve(*factors, b, pivots, overwrite_b=True)[0]


def seen(jacobian: np.ndarray, t: float) -> tuple[int, int] | None:
    """How many diagonals there are below and above the main one; None where there are many."""
    if not np.isfinite(jacobian).all():
        raise NonFiniteError(
            f"the Jacobian at t = {t} has NaN or infinite elements: look at the right-hand side there for divisions by "
            "zero and roots of zero"
        )
    lower, upper = bandwidth(jacobian)
    return (lower, upper) if NARROW * (2 * lower + upper + 1) <= len(jacobian) else None


class DirectRadau(_Direct, Radau):
    """SciPy's Radau."""


class DirectBDF(_Direct, BDF):
    """SciPy's BDF."""


DIRECT = {"Radau": DirectRadau, "BDF": DirectBDF}
