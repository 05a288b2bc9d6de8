"""Reading, writing and viewing elements: indices, slices, strides, masks, axes, iteration."""

import numpy as np

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9], [1.5, 0.8, 4.2]])
cases = Cases(X)


@cases
def element_overwritten(x):
    x[0] = x[1] * 2
    return x[0] * x[2]


@cases
def element_becomes_constant(x):
    x[0] = 3.0
    x[1] = 2
    return x[0] * x[2] + x[1] * x[3]


@cases
def from_the_end_and_in_steps(x):
    return x[-1] * x[-2], x[1:][0] * x[2], x[::2][1] * x[0], x[::-1][1] * x[3], x[1:][1:][0]


@cases
def view_is_the_same_memory(x):
    v = x[1:]
    v[0] = x[0] * x[0]
    x[2] = v[2] * 3.0
    return x[1] * v[1]


@cases
def slices_assigned(x):
    y = x.copy()
    y[1:] = x[:-1] * x[1:]
    z = x.copy()
    z[:] = x[1]
    z[2:] = 1.0
    w = x.copy()
    w[:] = np.arange(4.0)
    w[:2] = x[2:]
    return y, z, w


@cases
def ellipsis_that_stands_for_nothing(x):
    """As in code which turns one vector, or many."""
    a, b, c = 1, 2, np.cos(x[0])
    r = np.zeros(np.asarray(x[0]).shape + (3, 3))  # noqa: RUF005 (as the code is found)
    r[..., a, a] = c
    r[..., a, b] = -x[1]
    r[..., 0, 1] = x[2] * r[1, 1, ...]
    r[0, 0, ...] += c * x[3]
    r[..., 2] = x[1:]
    return r


@cases
def arrays_without_axes(x):
    """A scalar function of one gives a number, and one that is stored is a number."""
    z, w, held = np.asarray(x[0]), np.array(x[1]), np.zeros(())
    held[()] = x[2] * 2.0
    y, r = np.zeros(4), np.zeros((2, 2))
    y[0] = z
    y[1:3] = held
    y[3] = np.hypot(w, 3.0) * np.arctan2(z, x[1]) + z * w
    r[..., 1, 1] = np.cos(w)
    r[..., 0] = held
    r += z
    return y * z, r, np.maximum(z, w) * z.item(), z**2 / x, np.where(x > 1.0, z, w)


@cases
def slices_updated(x):
    y = x.copy()
    y[1:] += x[:-1]
    y[::2] *= x[::2]
    y[3:] -= 2.0
    y /= x[0]
    return y


@cases
def element_updated(x):
    y = x.copy()
    y[0] += x[1] * x[1]
    y[1] *= y[0]
    y[2] **= 2
    y[3] /= y[1]
    return y


@cases
def loops_over_elements(x):
    a = 0.0
    for v in x:
        a += v * v
    b = 0.0
    for i, v in enumerate(x):
        b += v * v * i
    c = 0.0
    for u, v in zip(x, x[1:]):  # noqa: B905, RUF007
        c += u * v
    return a, b, c


@cases.forward_only("iteration over .flat")
def flat_iteration(x):
    total = 0.0
    for v in x.reshape(2, 2).T.flat:
        total = total * 0.5 + v * v
    return total


@cases.forward_only("the attribute .flat")
def flat_assignment(x):
    y = np.zeros((2, 2))
    y.flat[1] = x[0] * x[1]
    return y[0, 1] * x.reshape(2, 2).flat[3]


@cases.forward_only("ndenumerate")
def indexed_iteration(x):
    total = 0.0
    for (i, j), v in np.ndenumerate(x.reshape((2, 2))):
        total += v * v * (i + 2 * j)
    y = np.zeros((2, 2))
    for at in np.ndindex(2, 2):
        y[at] = x[at[0]] * x[at[1]]
    return total, y


@cases.forward_only("nditer")
def nditer_items(x):
    total = 0.0
    for v in np.nditer(x):
        total += v.item() * x[0]
    return total


@cases
def shapes_made_over(x):
    return (
        x.reshape((2, 2)) * 1.0,
        x.reshape(2, 2).T * x[0],
        np.reshape(x, (4, 1)) * 2.0,
        x.reshape(2, -1).ravel() * x,
        x.reshape((2, 2)).transpose().copy(),
        np.transpose(x.reshape((2, 2))).flatten(),
    )


@cases
def shape_is_inactive(x):
    return x[x.shape[0] - 1] * x.size * x.ndim * len(x)


@cases
def new_axes(x):
    return (
        x[:, None] * x[None, :],
        x[:, np.newaxis][1, 0] * x[2],
        np.expand_dims(x, 0)[0, 1] * 1.0,
        np.atleast_2d(x)[0, 2] * 2.0,
    )


@cases
def masks_and_lists_of_indices(x):
    return x[x > 1.2] * 2.0, x[np.array([2, 0, 2])] * x[1], np.take(x, np.array([1, 3])) * 1.0


@cases
def masked_assignment(x):
    y = x * x
    y[x > 1.5] = 0.5
    z = np.zeros(4)
    z[np.array([3, 1])] = x[:2]
    return y, z


@cases
def fancy_index_is_a_copy(x):
    y = x[np.array([0, 1])]
    y[0] = 7.0
    z = x[x > 1.0]
    z[0] = 5.0
    return x[0] * y[1] * z[1]


@cases
def views_unpacked(x):
    a, b = x[:2], x[2:]
    pair = (a, b)
    c, d = pair
    p, q, r, s = x
    return c[0] * d[1], p * q * r * s


@cases.at(M)
def rows_and_columns(a):
    y = np.zeros((3, 3))
    y[0] = a[1]
    y[:, 1] = a[:, 2] * a[0, 0]
    y[1:, ::2] += a[:2, ::2]
    y[2, :] *= 2.0
    return y, a[:, 1] * 2.0 + a[1, :], a[1:, 1:][0, 1] * a[-1, -1]


@cases.at(M)
def every_layout(a):
    b = a.T * 2.0
    c = b + a.T
    d = np.asfortranarray(a) * 2.0
    return c, d.T.reshape(9)[1], a.T.copy(), np.exp(a.T * 0.1), np.ascontiguousarray(a.T)[0] * a[0]


@cases.at(np.asfortranarray(M), np.arange(1.0, 12.0, 1.0)[::2] / 3)
def fortran_and_strided_arguments(a, x):
    y = np.empty_like(a)
    for i in range(3):
        y[i] = a[:, i] * x[i]
    return y, a.ravel() * 2.0, x[::-1] * x


@cases.at(np.arange(24.0).reshape(2, 3, 4) / 7 + 0.3)
def three_axes(t):
    y = np.zeros((2, 4))
    for i in range(2):
        for k in range(4):
            y[i, k] = (t[i, :, k] * t[1, :, 0]).sum()
    return y, t[..., 0] * t[..., 1], t[1, 1:, ::2] * 2.0, t.transpose(2, 0, 1)[1] * t[0, 0, 0]


@cases
def no_axes(x):
    y = np.zeros(())
    y[()] = x[0] * x[1]
    z = np.array(x[2])
    return y[()] * 2.0, z[()] * x[0]


@cases
def index_from_a_value(x):
    return x[int(x[0])] * 1.0, x[np.argmax(x)] * x[np.argmin(x)]


@cases
def index_array_filled_in_place(x):
    k = np.zeros(4, np.int64)
    k[1] = 2
    return x[k[1]] * x[k[0]]


@cases.parametrize
def test_indexing(case):
    judge(case)
