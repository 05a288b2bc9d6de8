"""Rows of products of arrays and of linear algebra.

Sources: M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation
(2008); S. P. Smith, Differentiation of the Cholesky algorithm (1995); J. R. Magnus and H. Neudecker, Matrix
Differential Calculus (1999).
"""

import operator

import numpy as np

from dualjit.rules.arrays.table import Effect, inactive, row

_GILES = "Giles 2008"


@row(np.dot, operator.matmul, methods="dot", writes="out", shares="out", source=f"{_GILES}, 2.2.1: dC = dA B + A dB")
def dot(a, b, out=None): ...


@row(np.vdot, effect=Effect.PURE, source="bilinear")
def vdot(left, right): ...


@row(np.outer, writes="out", shares="out", source="bilinear")
def outer(a, b, out=None): ...


@row(np.kron, source="bilinear")
def kron(a, b): ...


@row(np.cross, source="bilinear")
def cross(a, b): ...


@row(np.convolve, source="bilinear")
def convolve(a, v, mode="full"): ...


@row(np.correlate, source="bilinear")
def correlate(a, v, mode="valid"): ...


@row(np.vander, source="powers by repeated products")
def vander(x, N=None, increasing=False): ...


@row(np.linalg.solve, source=f"{_GILES}, 2.3.1: dx = A^-1 (db - dA x)")
def solve(a, b): ...


@row(np.linalg.inv, source=f"{_GILES}, 2.2.3: dC = -C dA C")
def inv(a): ...


@row(
    np.linalg.det,
    effect=Effect.PURE,
    source="Jacobi's formula (Magnus and Neudecker, 8.3), through triangular factors: right at rank n-1",
)
def det(a): ...


@row(np.linalg.slogdet, effect=Effect.PURE, source=f"{_GILES}, 2.2.4: d log|A| = trace(A^-1 dA)")
def slogdet(a): ...


@row(
    np.linalg.norm, effect=Effect.PURE, source="Magnus and Neudecker, 8; 0 at the origin, the subgradient of least norm"
)
def norm(x, ord=None): ...


@row(np.linalg.cholesky, source="Smith 1995: the algorithm differentiated statement by statement")
def cholesky(a): ...


@row(np.linalg.eigh, source=f"{_GILES}, 3.1; NaN where eigenvalues are equal")
def eigh(a): ...


@row(np.linalg.eigvalsh, source=f"{_GILES}, 3.1")
def eigvalsh(a): ...


@row(np.linalg.matrix_power, source="product rule, by the primal's repeated squaring")
def matrix_power(a, n): ...


@inactive(np.linalg.matrix_rank, effect=Effect.PURE)
def matrix_rank(A, tol=None): ...
