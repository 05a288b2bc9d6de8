"""Functions that move, choose and join elements."""

import numpy as np

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9]])
cases = Cases(X)


@cases
def choice(x):
    return (
        np.where(x > 1.2, x, 0.0),
        np.where(x > 1.2, x, x * 2),
        np.where(x > 1.2, 1.0, x * x),
        np.where(x[0] > 1, x, -x),
    )


@cases
def clipping(x):
    return np.clip(x, 1.2, 2.0), np.clip(x, x[1], 2.0), np.minimum(np.maximum(x, 1.0), x[2]), x.clip(1.2, 2.0)


@cases
def joining(x):
    return np.concatenate((x, x * 2)), np.concatenate((np.zeros(2), x)), np.append(x, 1.0), np.append(x, x * x)


@cases
def stacking(x):
    return (
        np.stack((x, x * 2)),
        np.vstack((x, np.ones(4))),
        np.hstack((x, x[:2])),
        np.column_stack((x, x * x)),
        np.stack((x, x), 1),
    )


@cases.at(M)
def joining_along_axes(a):
    return (
        np.concatenate((a, a * a), axis=1),
        np.concatenate((a[0:1], np.ones((1, 3))), axis=0),
        np.vstack((a, a[0:1])),
        np.dstack((a, a)),
    )


@cases
def turning(x):
    return (
        np.roll(x, 1),
        np.roll(x, -2),
        np.flip(x),
        np.flipud(x.reshape(2, 2)),
        np.fliplr(x.reshape(2, 2)),
        np.rot90(x.reshape(2, 2)),
    )


@cases
def sorting(x):
    y = x.copy()
    y.sort()
    return np.sort(x), y, x[np.argsort(x)] * x, np.partition(x, 2)[2]


@cases
def sorting_in_place_the_argument(x):
    x.sort()
    return x * np.arange(4.0)


@cases
def repeating(x):
    return np.repeat(x, 2), np.repeat(x.reshape(2, 2), 2), np.broadcast_to(x, (2, 4)) * 1.0


@cases
def diagonals(x):
    m = x.reshape((2, 2))
    return np.diag(x), np.diag(m), np.trace(m), np.triu(m), np.tril(m) * m, (np.eye(4) * x)[1:3]


@cases
def filling_diagonal(x):
    y = np.zeros((2, 2))
    np.fill_diagonal(y, x[0] * x[1])
    return y


@cases
def dimensions(x):
    return np.atleast_1d(x), np.atleast_2d(x), np.swapaxes(x.reshape(2, 2), 0, 1), np.ravel(x.reshape(2, 2))


@cases
def unique_and_delete(x):
    return np.delete(x, 1), np.extract(x > 1.0, x), np.compress(x > 1.0, x) if False else x


@cases
def polynomials(x):
    return np.vander(x, 3), x[0] + x[1] * x[2] + x[3] ** 3


@cases
def convolution(x):
    return np.convolve(x, np.array([1.0, -0.5])), np.convolve(x, x[:2]), np.correlate(x, np.array([0.5, 2.0]))


@cases.at(M)
def copies(a):
    b = np.copy(a)
    b[0] = a[1]
    return b * a, np.asarray(a) * a[0]


@cases.at(M)
def copies_in_another_layout(a):
    """Columns made contiguous are copies, as is ravel of what is not."""
    filled = np.zeros((2, 3))
    for i in range(2):
        filled[i] = a[i] * a[0]
    column, flat = np.ascontiguousarray(filled[:, 1]), a.T.ravel()
    flat[0] = a[1, 1]
    joined = np.ascontiguousarray(a.T) @ a, np.asfortranarray(a[:, :2]) @ a
    return column * a[0, :2], flat * 2.0, a[::2, 1].ravel(), joined


@cases.at(M, forward_only="a view or a copy, which is written to")
def made_contiguous_and_written(a):
    b = np.exp(a)
    column = np.ascontiguousarray(b[:, 1])
    column[0] = a[0, 1]
    return column * b[0, :2]


@cases.parametrize
def test_rearranging(case):
    judge(case)
