"""Pullbacks of medians and quantiles: linear in the order statistics that the primal selects.

One idea: sorting the elements by their places gives each order statistic its element.
"""

from __future__ import annotations

import math

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("median", a="a")
def median(a, y_bar, a_bar):
    if has_numbers_alone(a):
        add_rank(a_bar, places_in_order(a), 1 + (a.size - 1) * 0.5, y_bar)


@pullback("nanmedian", a="a")
def nanmedian(a, y_bar, a_bar):
    places = places_in_order(a)
    add_rank(a_bar, places, 1 + (places.size - 1) * 0.5, y_bar)


@pullback("percentile", a="a")
def percentile(a, q, y_bar, a_bar):
    if has_numbers_alone(a):
        add_percentiles(a_bar, places_in_order(a), np.ravel(np.asarray(q)), 1.0, np.ravel(np.asarray(y_bar)))


@pullback("nanpercentile", a="a")
def nanpercentile(a, q, y_bar, a_bar):
    add_percentiles(a_bar, places_in_order(a), np.ravel(np.asarray(q)), 1.0, np.ravel(np.asarray(y_bar)))


@pullback("quantile", a="a")
def quantile(a, q, y_bar, a_bar):
    if has_numbers_alone(a):
        add_percentiles(a_bar, places_in_order(a), np.ravel(np.asarray(q)), 100.0, np.ravel(np.asarray(y_bar)))


@pullback("nanquantile", a="a")
def nanquantile(a, q, y_bar, a_bar):
    add_percentiles(a_bar, places_in_order(a), np.ravel(np.asarray(q)), 100.0, np.ravel(np.asarray(y_bar)))


@inner
def has_numbers_alone(a):
    found = False
    for v in a.flat:
        found = found or np.isnan(v)
    return not found


@inner
def places_in_order(a):
    """Where the elements are, the least first and the first of equals first, without NaN."""
    flat = np.ravel(a)
    order = np.argsort(flat, kind="mergesort")
    answer = np.empty(order.size, np.int64)
    n = 0
    for k in order:
        if not np.isnan(flat[k]):
            answer[n] = k
            n += 1
    return answer[:n]


@inner
def add_percentiles(a_bar, places, q, factor, y_bar):
    """Ranks are counted as Numba counts them: from 1, of percents."""
    for k in range(q.size):
        add_rank(a_bar, places, 1 + (places.size - 1) * ((q[k] * factor) / 100.0), y_bar[k])


@inner
def add_rank(a_bar, places, rank, y_bar):
    """To the elements of the two closest ranks, by their distance."""
    n = places.size
    if n == 1:
        a_bar.flat[places[0]] += y_bar
    elif n > 1:
        below = min(math.floor(rank), n - 1)
        m = rank - below
        a_bar.flat[places[below - 1]] += (1.0 - m) * y_bar
        a_bar.flat[places[below]] += m * y_bar
