"""Pullbacks of variances and standard deviations: every element gets its distance from the mean.

Where all elements are equal nothing is added: that is what forward mode finds, for the variance has no slope there.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.reductions import how_many
from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("var", a="a")
def var(a, y_bar, a_bar):
    if a.size:
        add_distances(a_bar, a, np.mean(a), 2.0 * y_bar / a.size)


@pullback("std", a="a y")
def std(a, y, y_bar, a_bar):
    if a.size and y != 0.0:
        add_distances(a_bar, a, np.mean(a), y_bar / (y * a.size))


@pullback("nanvar", a="a")
def nanvar(a, ddof, y_bar, a_bar):
    count = how_many(a)
    if count > ddof:
        add_distances_of_numbers(a_bar, a, np.nanmean(a), 2.0 * y_bar / (count - ddof))


@pullback("nanstd", a="a y")
def nanstd(a, ddof, y, y_bar, a_bar):
    count = how_many(a)
    if count > ddof and y != 0.0:
        add_distances_of_numbers(a_bar, a, np.nanmean(a), y_bar / (y * (count - ddof)))


@inner
def add_distances(a_bar, a, mean, factor):
    for at in np.ndindex(a.shape):
        a_bar[at] += factor * (a[at] - mean)


@inner
def add_distances_of_numbers(a_bar, a, mean, factor):
    for at in np.ndindex(a.shape):
        if not np.isnan(a[at]):
            a_bar[at] += factor * (a[at] - mean)
