"""The scenarios: ONE list of functions with inputs and independent derivatives, for benchmarks and tests alike.

One idea: whatever measures or checks the library asks this list, so a problem that is timed
is also a problem that is tested.  The idea is DifferentiationInterface.jl's scenario list.
"""

from .brusselator import BRUSSELATOR
from .call import CALL
from .dense import DENSE_DOT, DENSE_LOOP
from .kepler import KEPLER
from .lorenz import LORENZ
from .mixture import MIXTURE
from .nbody import NBODY
from .robot import SEVEN_JOINT_ARM, TWO_LINK_ARM
from .rosenbrock import ROSENBROCK
from .scenario import Bound, Scenario

SCENARIOS = (
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

__all__ = ["SCENARIOS", "Bound", "Scenario"]
