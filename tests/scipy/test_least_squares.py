"""``least_squares`` on problems of Moré, Garbow and Hillstrom, to their published minima.

Formulas, starting points and minima: ACM Transactions on Mathematical Software 7 (1981), 17-41; numbers are theirs.
"""

import numpy as np
import pytest
import scipy.optimize as sp

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, OutputError, ShapeError
from dualjit.scipy.residuals import once_jacobian


def numbers(text):
    return np.array([float(word) for word in text.split()])


def rosenbrock(x):  # 1
    return np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])


def freudenstein_roth(x):  # 2
    return [-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1], -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]]


def powell_badly_scaled(x):  # 3
    return np.array([1e4 * x[0] * x[1] - 1.0, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001])


def beale(x):  # 5
    y = np.array([1.5, 2.25, 2.625])
    f = np.empty(3)
    for i in range(3):
        f[i] = y[i] - x[0] * (1.0 - x[1] ** (i + 1))
    return f


def jennrich_sampson(x):  # 6
    i = np.arange(1.0, 11.0)
    return 2.0 + 2.0 * i - (np.exp(i * x[0]) + np.exp(i * x[1]))


def helical_valley(x):  # 7
    angle = np.arctan(x[1] / x[0]) / (2.0 * np.pi)
    if x[0] < 0.0:
        angle += 0.5
    return (10.0 * (x[2] - 10.0 * angle), 10.0 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1.0), x[2])


def bard(x):  # 8
    y = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])
    u = np.arange(1.0, 16.0)
    v = 16.0 - u
    w = np.minimum(u, v)
    return y - (x[0] + u / (v * x[1] + w * x[2]))


def gaussian(x):  # 9
    half = np.array([0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521])
    f = np.empty(15)
    for i in range(15):
        t = (7.0 - i) / 2.0
        y = 0.3989 if i == 7 else half[min(i, 14 - i)]
        f[i] = x[0] * np.exp(-x[1] * (t - x[2]) ** 2 / 2.0) - y
    return f


MEYER = numbers(
    "34780.0 28610.0 23650.0 19630.0 16370.0 13720.0 11540.0 9744.0 8261.0 7030.0 6005.0 5147.0 4427.0 "
    "3820.0 3307.0 2872.0"
)


def meyer(x):  # 10
    t = 45.0 + 5.0 * np.arange(1.0, 17.0)
    return x[0] * np.exp(x[1] / (t + x[2])) - MEYER


def box(x):  # 12
    t = 0.1 * np.arange(1.0, 11.0)
    return np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10.0 * t))


def powell_singular(x):  # 13
    f = np.zeros(4)
    f[0] = x[0] + 10.0 * x[1]
    f[1] = np.sqrt(5.0) * (x[2] - x[3])
    f[2] = (x[1] - 2.0 * x[2]) ** 2
    f[3] = np.sqrt(10.0) * (x[0] - x[3]) ** 2
    return f


def wood(x):  # 14
    return np.array(
        [
            10.0 * (x[1] - x[0] ** 2),
            1.0 - x[0],
            np.sqrt(90.0) * (x[3] - x[2] ** 2),
            1.0 - x[2],
            np.sqrt(10.0) * (x[1] + x[3] - 2.0),
            (x[1] - x[3]) / np.sqrt(10.0),
        ]
    )


def kowalik_osborne(x):  # 15
    y = np.array([0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
    u = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
    return y - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])


def brown_dennis(x):  # 16
    t = np.arange(1.0, 21.0) / 5.0
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


OSBORNE = numbers(
    "0.844 0.908 0.932 0.936 0.925 0.908 0.881 0.850 0.818 0.784 0.751 0.718 0.685 0.658 0.628 0.603 "
    "0.580 0.558 0.538 0.522 0.506 0.490 0.478 0.467 0.457 0.448 0.438 0.431 0.424 0.420 0.414 0.411 "
    "0.406"
)


def osborne(x):  # 17
    t = 10.0 * np.arange(33.0)
    return OSBORNE - (x[0] + x[1] * np.exp(-t * x[3]) + x[2] * np.exp(-t * x[4]))


def watson(x):  # 20
    f = np.empty(31)
    for i in range(29):
        t = (i + 1.0) / 29.0
        slope, value = 0.0, 0.0
        for j in range(x.size):
            if j > 0:
                slope += j * x[j] * t ** (j - 1)
            value += x[j] * t**j
        f[i] = slope - value**2 - 1.0
    f[29] = x[0]
    f[30] = x[1] - x[0] ** 2 - 1.0
    return f


def chebyquad(x):  # 35
    n = x.size
    f = np.zeros(n)
    for j in range(n):
        before, now, argument = 1.0, 2.0 * x[j] - 1.0, 2.0 * (2.0 * x[j] - 1.0)
        for i in range(n):
            f[i] += now / n
            before, now = now, argument * now - before
    for i in range(1, n, 2):
        f[i] += 1.0 / ((i + 1.0) ** 2 - 1.0)
    return f


# The published minima of the sum of squares; where two are published, both.
PROBLEMS = [
    (rosenbrock, [-1.2, 1.0], [0.0]),
    (freudenstein_roth, [0.5, -2.0], [0.0, 48.9842]),
    (powell_badly_scaled, [0.0, 1.0], [0.0]),
    (beale, [1.0, 1.0], [0.0]),
    (jennrich_sampson, [0.3, 0.4], [124.362]),
    (helical_valley, [-1.0, 0.0, 0.0], [0.0]),
    (bard, [1.0, 1.0, 1.0], [8.21487e-3]),
    (gaussian, [0.4, 1.0, 0.0], [1.12793e-8]),
    (meyer, [0.02, 4000.0, 250.0], [87.9458]),
    (box, [0.0, 10.0, 20.0], [0.0]),
    (powell_singular, [3.0, -1.0, 0.0, 1.0], [0.0]),
    (wood, [-3.0, -1.0, -3.0, -1.0], [0.0]),
    (kowalik_osborne, [0.25, 0.39, 0.415, 0.39], [3.07505e-4]),
    (brown_dennis, [25.0, 5.0, -5.0, -1.0], [85822.2]),
    (osborne, [0.5, 1.5, -1.0, 0.01, 0.02], [5.46489e-5]),
    (watson, [0.0] * 6, [2.28767e-3]),
    (chebyquad, list(np.arange(1.0, 9.0) / 9.0), [3.51687e-3]),
]


@pytest.mark.parametrize(("problem", "x0", "minima"), PROBLEMS, ids=lambda v: getattr(v, "__name__", None))
def test_published_minima(problem, x0, minima):
    found = dj.scipy.least_squares(problem, x0, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=2000)
    assert any(2.0 * found.cost == pytest.approx(least, rel=1e-5, abs=1e-12) for least in minima)
    assert found.derivatives["jac"] > 0
    assert len(once_jacobian(problem).signatures) <= 1


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_methods(method):
    found = dj.scipy.least_squares(bard, [1, 1, 1], method=method)
    assert 2.0 * found.cost == pytest.approx(8.21487e-3, rel=1e-5)
    # njev of lm is MINPACK's count; the others' is exact.
    assert found.derivatives["jac"] == found.njev or method == "lm"


def test_goes_the_way_of_a_jacobian_by_hand():
    def by_hand(x):
        return np.array([[-20.0 * x[0], 10.0], [-1.0, 0.0]])

    ours = dj.scipy.least_squares(rosenbrock, [-1.2, 1.0])
    theirs = sp.least_squares(rosenbrock, [-1.2, 1.0], jac=by_hand)
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-12)
    assert (ours.nfev, ours.njev) == (theirs.nfev, theirs.njev)


def decay(x, t, y, power=1):
    return x[0] * np.exp(-x[1] * t**power) - y


def test_extra_arguments_by_position_and_by_name():
    t = np.linspace(0.0, 3.0, 30)
    y = 2.0 * np.exp(-0.7 * t**2)
    by_name = dj.scipy.least_squares(decay, [1.0, 1.0], args=(t,), kwargs={"power": 2, "y": y})
    by_position = dj.scipy.least_squares(decay, [1.0, 1.0], args=(t, y, 2))
    np.testing.assert_allclose(by_name.x, [2.0, 0.7], rtol=1e-8)
    np.testing.assert_array_equal(by_name.x, by_position.x)


def test_loss_bounds_and_scale_go_through():
    options = {"bounds": ([-2.0, 1.5], np.inf), "loss": "cauchy", "x_scale": "jac"}
    found = dj.scipy.least_squares(rosenbrock, [2.0, 2.0], **options)
    reference = sp.least_squares(rosenbrock, [2.0, 2.0], jac="3-point", **options)
    np.testing.assert_allclose(found.x, reference.x, rtol=1e-6)


def test_many_unknowns_and_few_residuals_go_backwards():
    def few(x):
        return np.array([np.sum(x) - 1.0, np.sum(x * x) - 2.0])

    found = dj.scipy.least_squares(few, np.linspace(0.0, 0.3, 300))
    assert found.cost < 1e-15
    assert once_jacobian(few).mode == "rev"


def test_derivatives_that_are_given_are_used():
    found = dj.scipy.least_squares(rosenbrock, [-1.2, 1.0], jac="3-point")
    assert "derivatives" not in found


# Bad input


def test_answers_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"\(2, 2\).*least_squares\(method='trf'\)"):
        dj.scipy.least_squares(lambda x: np.outer(x, x), [1.0, 2.0])
    with pytest.raises(OutputError, match="complex128"):
        dj.scipy.least_squares(lambda x: x * 1j, [1.0, 2.0])


def test_starts_that_do_not_fit():
    with pytest.raises(DTypeError, match="x0 is complex"):
        dj.scipy.least_squares(rosenbrock, [1j, 1.0])
    with pytest.raises(NonFiniteError, match=r"x0 is NaN at \(1,\)"):
        dj.scipy.least_squares(rosenbrock, [1.0, np.nan])
    with pytest.raises(NonFiniteError, match=r"returns at the starting point is NaN at \(0,\)"):
        dj.scipy.least_squares(lambda x: np.log(x), [-1.0])
