"""Rosenbrock's valley in n dimensions: a scalar function with neighbouring couplings.

Source: H. H. Rosenbrock, Comput. J. 3 (1960) 175; gradient, Hessian and its product with a vector are SciPy's.
"""

from dataclasses import replace

from numba import njit
from scipy.optimize import rosen_der, rosen_hess, rosen_hess_prod

from .forms import arrays, form
from .scenario import Bound, Scenario


@njit
def rosenbrock(x):
    """Sum of squares along the chain x[0], x[1], ..."""
    total = 0.0
    for i in range(x.size - 1):
        valley = x[i + 1] - x[i] ** 2
        slope = 1.0 - x[i]
        total += 100.0 * valley * valley + slope * slope
    return total


def rosenbrock_arrays(xp):
    """The chain as shifted vectors."""

    def rosenbrock(x):
        return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return rosenbrock


def rosenbrock_numbers(transform):
    """Number by number, by way of C."""
    return transform(valley_casadi)


def rosenbrock_vectors(transform):
    """The chain as shifted vectors, not taken apart into numbers."""
    return transform(valley_casadi, "MX")


def valley_casadi(x):
    """In CasADi's words."""
    import casadi

    return 100.0 * casadi.sumsqr(x[1:] - x[:-1] ** 2) + casadi.sumsqr(1.0 - x[:-1])


ROSENBROCK = Scenario(
    name="rosenbrock",
    title="Rosenbrock's function, gradient by columns",
    function=rosenbrock,
    make_inputs=lambda size, rng: (rng.uniform(-1.5, 1.5, size),),
    reference=rosen_der,
    size=100,
    tiny=5,
    bound=Bound("per input", 0.15),
)

ROSENBROCK_GRAD = replace(
    ROSENBROCK,
    name="rosenbrock-grad",
    title="Rosenbrock's function, gradient, 1e3 variables",
    size=1000,
    transform="grad",
    peers={**arrays(rosenbrock_arrays), "casadi": form(rosenbrock_numbers)},
    bound=Bound("per primal", 2.2),
)

ROSENBROCK_GRAD_LARGE = replace(
    ROSENBROCK_GRAD,
    name="rosenbrock-grad-large",
    title="Rosenbrock's function, gradient, 1e6 variables",
    size=1_000_000,
    peers={**arrays(rosenbrock_arrays), "casadi": form(rosenbrock_vectors)},
)

ROSENBROCK_HESSIAN = replace(
    ROSENBROCK_GRAD,
    name="rosenbrock-hessian",
    title="Rosenbrock's function, Hessian, 20 variables",
    reference=rosen_hess,
    size=20,
    transform="hessian",
    bound=Bound("per primal", 20.0),
)

ROSENBROCK_HVP = replace(
    ROSENBROCK_GRAD,
    name="rosenbrock-hvp",
    title="Rosenbrock's function, Hessian times a vector, 1e4 variables",
    make_inputs=lambda size, rng: (rng.uniform(-1.5, 1.5, size), rng.normal(size=size)),
    reference=rosen_hess_prod,
    size=10_000,
    transform="hvp",
    peers={**arrays(rosenbrock_arrays), "casadi": form(rosenbrock_vectors)},
    baseline="gradient",
    bound=Bound("per gradient", 1.8),
)
