"""The scenarios: ONE list of functions with inputs and independent derivatives, for benchmarks and tests alike.

One idea: whatever measures or checks the library asks this list, so a problem that is timed
is also a problem that is tested.  The idea is DifferentiationInterface.jl's scenario list.
"""

from .brusselator import BRUSSELATOR
from .bundle import BUNDLE
from .call import CALL, CALL_GRAD
from .dense import DENSE_DOT, DENSE_LOOP, LAYER_DOT, LAYER_LOOP, TWO_LAYERS
from .forecast import (
    FORECAST,
    FORECAST_HESSIAN,
    TALL_BY_COLUMNS,
    TALL_BY_ROWS,
    WIDE_BY_COLUMNS,
    WIDE_BY_ROWS,
)
from .gmm import GMM
from .kepler import KEPLER, KEPLER_GRAD
from .lorenz import LORENZ
from .lotka_volterra import EULER
from .lstm import LSTM, LSTM_ARRAYS
from .mixture import MIXTURE, MIXTURE_GRAD
from .nbody import NBODY, NBODY_ENERGY, NBODY_HESSIAN, NBODY_HVP
from .plate import PLATE
from .product import JACOBIAN_PRODUCT, JACOBIAN_PRODUCT_UNJITTED
from .reaction import RK4, RK4_HVP
from .robot import SEVEN_JOINT_ARM, TWO_LINK_ARM, TWO_LINK_ARMS
from .rosenbrock import ROSENBROCK, ROSENBROCK_GRAD, ROSENBROCK_GRAD_LARGE, ROSENBROCK_HESSIAN, ROSENBROCK_HVP
from .scenario import Bound, Scenario
from .sines import SINES_HVP

FORWARD = (
    ROSENBROCK,
    BRUSSELATOR,
    NBODY,
    DENSE_LOOP,
    DENSE_DOT,
    LORENZ,
    KEPLER,
    TWO_LINK_ARM,
    SEVEN_JOINT_ARM,
    MIXTURE,
    CALL,
)

REVERSE = (
    ROSENBROCK_GRAD,
    ROSENBROCK_GRAD_LARGE,
    KEPLER_GRAD,
    EULER,
    RK4,
    LAYER_LOOP,
    LAYER_DOT,
    MIXTURE_GRAD,
    GMM,
    NBODY_ENERGY,
    PLATE,
    BUNDLE,
    LSTM,
    LSTM_ARRAYS,
    CALL_GRAD,
    TWO_LAYERS,
)

SECOND_ORDER = (
    ROSENBROCK_HESSIAN,
    NBODY_HESSIAN,
    FORECAST_HESSIAN,
    ROSENBROCK_HVP,
    NBODY_HVP,
    RK4_HVP,
    SINES_HVP,
)

COMPOSITION = (
    FORECAST,
    TALL_BY_COLUMNS,
    TALL_BY_ROWS,
    WIDE_BY_COLUMNS,
    WIDE_BY_ROWS,
    JACOBIAN_PRODUCT,
    JACOBIAN_PRODUCT_UNJITTED,
    TWO_LINK_ARMS,
)

SCENARIOS = FORWARD + REVERSE + SECOND_ORDER + COMPOSITION

__all__ = ["SCENARIOS", "Bound", "Scenario"]
