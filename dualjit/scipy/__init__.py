"""SciPy's solvers with exact derivatives: drop-ins for ``scipy.optimize`` and ``scipy.integrate``, and callbacks.

Each drop-in has the parameters and the result of SciPy's function of the same name.  Derivatives that are left out are
compiled, in the form that the solver and its method take; the result tells how often SciPy asked for them.
"""

from dualjit.scipy.boundary_value import solve_bvp
from dualjit.scipy.callbacks import Callbacks, callbacks
from dualjit.scipy.curve_fit import curve_fit
from dualjit.scipy.initial_value import odeint, solve_ivp
from dualjit.scipy.krylov import newton_krylov
from dualjit.scipy.least_squares import least_squares
from dualjit.scipy.minimize import minimize
from dualjit.scipy.roots import fsolve, leastsq, root
from dualjit.scipy.scalar_roots import newton, root_scalar

__all__ = [
    "Callbacks",
    "callbacks",
    "curve_fit",
    "fsolve",
    "least_squares",
    "leastsq",
    "minimize",
    "newton",
    "newton_krylov",
    "odeint",
    "root",
    "root_scalar",
    "solve_bvp",
    "solve_ivp",
]
