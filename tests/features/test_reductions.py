"""Functions that gather or scan: sums, products, extrema, statistics, with and without axis."""

import numpy as np

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9]])
T = np.arange(24.0).reshape(2, 3, 4) / 7 + 0.3
cases = Cases(X)


@cases
def totals(x):
    return x.sum() * x[0], np.sum(x * x), sum(x), x.mean() * x[1], np.mean(x * x)


@cases
def products_of_all(x):
    return np.prod(x), x.prod() * x[0]


@cases
def extrema(x):
    return np.max(x), x.min(), max(x), min(x), np.amax(x) * x[0], x.max() - x.min(), np.ptp(x)


@cases
def positions_of_extrema(x):
    return x[np.argmax(x)] * 1.0, x[x.argmin()] * x[0], x[np.argsort(x)[1]] * 2.0


@cases
def scans(x):
    return np.cumsum(x), np.cumprod(x), x.cumsum()[2] * x[3]


@cases
def neighbours(x):
    return np.diff(x), np.diff(x * x, 2), np.ediff1d(x)


@cases
def statistics(x):
    return (
        np.std(x),
        np.var(x),
        x.std() * x[0],
        x.var() * x[1],
        np.median(x),
        np.average(x, weights=np.arange(1.0, 5.0)),
    )


@cases
def quadrature(x):
    return np.trapezoid(x), np.trapezoid(x * x, dx=0.5)


@cases.at(M)
def along_an_axis(a):
    return a.sum(axis=0), np.sum(a, axis=1), a.sum(1) * a[:, 0], np.sum(a * a, 0)


@cases.at(M)
def along_a_negative_axis(a):
    return a.sum(axis=-1), np.sum(a, -2)


@cases.at(T)
def axes_of_three(t):
    return t.sum(axis=1), np.sum(t, axis=2), t.sum(0).sum(1)


@cases.at(M)
def two_dimensional_totals(a):
    return a.sum(), a.mean() * a[0, 0], np.max(a), a.T.sum() * a[1, 2], np.prod(a), np.cumsum(a), np.var(a)


@cases
def sums_of_generators(x):
    return sum([x[0], x[1]]), sum([v * v for v in x])


@cases
def interpolation(x):
    grid = np.arange(5.0)
    return (
        np.interp(x[0], grid, grid**2),
        np.interp(x, grid, grid**2),
        np.interp(1.5, grid[:4], x),
        np.interp(x[:2], grid[:4], x),
    )


@cases
def searches(x):
    grid = np.array([0.5, 1.0, 2.0, 3.0])
    i = np.searchsorted(grid, x[0])
    return (
        grid[i] * x[0],
        x[np.nonzero(x > 1.0)[0]] * 2.0,
        x[np.where(x > 2.0)[0][0]] * x[1],
        np.count_nonzero(x > 1.0) * x[0],
    )


@cases
def not_a_number_aware(x):
    return np.nansum(x * x), np.nanmax(x), np.nanmean(x), np.nanmin(x) * x[0]


@cases.parametrize
def test_reductions(case):
    judge(case)
