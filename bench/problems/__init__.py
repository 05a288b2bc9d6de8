"""The scenarios: ONE list of functions with inputs and independent derivatives, for benchmarks and tests alike.

One idea: whatever measures or checks the library asks this list, so a problem that is timed
is also a problem that is tested.  The idea is DifferentiationInterface.jl's scenario list.
"""

from .brusselator import BRUSSELATOR
from .bundle import BUNDLE
from .call import CALL
from .dense import DENSE_DOT, DENSE_LOOP, LAYER_DOT, LAYER_LOOP, TWO_LAYERS
from .gmm import GMM
from .kepler import KEPLER, KEPLER_GRAD
from .lorenz import LORENZ
from .lotka_volterra import EULER
from .mixture import MIXTURE
from .nbody import NBODY, NBODY_ENERGY
from .reaction import RK4
from .robot import SEVEN_JOINT_ARM, TWO_LINK_ARM
from .rosenbrock import ROSENBROCK, ROSENBROCK_GRAD, ROSENBROCK_GRAD_LARGE
from .scenario import Bound, Scenario

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
    GMM,
    NBODY_ENERGY,
    BUNDLE,
    TWO_LAYERS,
)

SCENARIOS = FORWARD + REVERSE

__all__ = ["SCENARIOS", "Bound", "Scenario"]
