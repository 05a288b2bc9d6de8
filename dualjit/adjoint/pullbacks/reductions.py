"""Pullbacks of sums and means: every element gets the cotangent, times a weight where there is one."""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.products import add
from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("sum", a="")
def sum_(axis, y_bar, a_bar):
    if axis is None or a_bar.ndim <= 1:
        add(a_bar, y_bar)
    elif a_bar.ndim == 2:
        add_in_matrix(a_bar, axes_left(axis, 2), np.ravel(np.asarray(y_bar)))
    else:
        add_along(a_bar, axes_left(axis, a_bar.ndim), np.ravel(np.asarray(y_bar)))


@inner
def axes_left(axis, ndim):
    """Which axes a sum over this one, or over these, leaves."""
    kept = np.ones(ndim, np.bool_)
    for d in np.ravel(np.asarray(axis)):
        kept[d] = False
    return kept


@inner
def add_in_matrix(a_bar, kept, totals):
    for i in range(a_bar.shape[0]):
        for j in range(a_bar.shape[1]):
            a_bar[i, j] += totals[i if kept[0] else j if kept[1] else 0]


@inner
def add_along(a_bar, kept, totals):
    """Each element of the answer goes to all those it is the sum of."""
    for at in np.ndindex(a_bar.shape):
        k = 0
        for d in range(a_bar.ndim):
            if kept[d]:
                k = k * a_bar.shape[d] + at[d]
        a_bar[at] += totals[k]


@pullback("nansum", a="a")
def nansum(a, y_bar, a_bar):
    add_to_numbers(a_bar, a, y_bar)


@inner
def add_to_numbers(a_bar, a, cotangent):
    for at in np.ndindex(a.shape):
        if not np.isnan(a[at]):
            a_bar[at] += cotangent


@pullback("mean", a="")
def mean(y_bar, a_bar):
    if a_bar.size:
        add(a_bar, y_bar / a_bar.size)


@pullback("nanmean", a="a")
def nanmean(a, y_bar, a_bar):
    count = how_many(a)
    if count:
        add_to_numbers(a_bar, a, y_bar / count)


@inner
def how_many(a):
    """Elements that are numbers."""
    count = 0
    for v in a.flat:
        if not np.isnan(v):
            count += 1
    return count


@pullback("average", a="weights", weights="a weights y")
def average(a, weights, y, y_bar, a_bar, weights_bar):
    if weights is None:
        add(a_bar, y_bar / a_bar.size)
    else:
        share = y_bar / np.sum(weights)
        if a_bar is not None:
            for at in np.ndindex(weights.shape):
                a_bar[at] += share * weights[at]
        if weights_bar is not None:
            for at in np.ndindex(weights.shape):
                weights_bar[at] += share * (a[at] - y)


@pullback("trace", a="")
def trace(offset, y_bar, a_bar):
    row, column = max(-offset, 0), max(offset, 0)
    for k in range(min(a_bar.shape[0] - row, a_bar.shape[1] - column)):
        a_bar[row + k, column + k] += y_bar


@pullback("trapezoid", y="x dx", x="y", dx="x y")
def trapezoid(y, x, dx, answer_bar, y_bar, x_bar, dx_bar):
    if y_bar is not None:
        if y_bar.ndim == 1:
            if x is None:
                add_even_steps(y_bar, dx, answer_bar)
            else:
                add_steps(y_bar, x, answer_bar)
        else:
            for at in np.ndindex(answer_bar.shape):
                if x is None:
                    add_even_steps(y_bar[at], dx, answer_bar[at])
                elif x.ndim == 1:
                    add_steps(y_bar[at], x, answer_bar[at])
                else:
                    add_steps(y_bar[at], x[at], answer_bar[at])
    if x_bar is not None:
        if y.ndim == 1:
            add_heights(x_bar, y, answer_bar)
        else:
            for at in np.ndindex(answer_bar.shape):
                if x_bar.ndim == 1:
                    add_heights(x_bar, y[at], answer_bar[at])
                else:
                    add_heights(x_bar[at], y[at], answer_bar[at])
    if dx_bar is not None and x is None:
        if y.ndim == 1:
            dx_bar[()] += answer_bar * area(y)
        else:
            for at in np.ndindex(answer_bar.shape):
                dx_bar[()] += answer_bar[at] * area(y[at])


@inner
def add_even_steps(y_bar, dx, cotangent):
    """Both ends of each step get half of it."""
    for k in range(y_bar.size - 1):
        half = 0.5 * dx * cotangent
        y_bar[k] += half
        y_bar[k + 1] += half


@inner
def add_steps(y_bar, x, cotangent):
    for k in range(y_bar.size - 1):
        half = 0.5 * (x[k + 1] - x[k]) * cotangent
        y_bar[k] += half
        y_bar[k + 1] += half


@inner
def add_heights(x_bar, y, cotangent):
    """The ends of each step get its mean height, with opposite signs."""
    for k in range(y.size - 1):
        height = 0.5 * (y[k] + y[k + 1]) * cotangent
        x_bar[k] -= height
        x_bar[k + 1] += height


@inner
def area(y):
    """With steps of one."""
    s = 0.0
    for k in range(y.size - 1):
        s += 0.5 * (y[k] + y[k + 1])
    return s
