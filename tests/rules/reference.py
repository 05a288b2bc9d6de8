"""The exact functions, in mpmath, and their derivatives by differences of very high precision.

One idea: a reference knows values alone.  With steps far below the argument, and more bits than two differences lose,
central differences are exact to many more than the digits of a float; so no formula for a derivative is written down
twice.
"""

import math
from functools import cache

import mpmath as mp


def _log_of_sum(a, b):
    if abs(a - b) > 2000:  # the lesser share is no float
        return max(a, b)
    return max(a, b) + mp.log1p(mp.exp(-abs(a - b)))


def _mod(a, b):
    return a - b * mp.floor(a / b)


def _fmod(a, b):
    q = a / b
    return a - b * (mp.floor(q) if q > 0 else mp.ceil(q))


def _sinc(x):
    return mp.sin(mp.pi * x) / (mp.pi * x) if x else mp.mpf(1)


def _length(a, b):
    return mp.sqrt(a * a + b * b)


def _lgamma(x):
    return mp.log(abs(mp.gamma(x))) if x < 0 or x > 1e-3 else mp.log(mp.gamma(x))


def _tail(x):
    return mp.sign(x) * mp.erfc(abs(x))  # erfc up to a constant, which would need a thousand bits and has no derivative


def _polygamma(n, x):
    return mp.psi(int(n), x)


def _sinc_derivative(x, n):
    return mp.diff(_sinc, x, int(n)) if x else mp.taylor(_sinc, 0, int(n))[-1] * mp.factorial(int(n))


FUNCTIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "conjugate": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "radians": lambda x: x * mp.pi / 180,
    "degrees": lambda x: x * 180 / mp.pi,
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": mp.log1p,
    "log_slope": lambda x: 1 / x,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "asin_slope": lambda x: 1 / mp.sqrt(1 - x * x),
    "atan_slope": lambda x: 1 / (1 + x * x),
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech2": lambda x: 1 / mp.cosh(x) ** 2,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "asinh_slope": lambda x: 1 / mp.sqrt(1 + x * x),
    "acosh_slope": lambda x: 1 / mp.sqrt(x * x - 1),
    "atanh_slope": lambda x: 1 / (1 - x * x),
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "pow": mp.power,
    "cbrt_slope": lambda x: 1 / (3 * mp.cbrt(x * x)),
    "powi": lambda x, n: x ** int(n),
    "power_log": lambda x, n: mp.power(x, n) * mp.log(x),
    "power_below": lambda x, n: mp.power(x, n - 1),
    "hypot": _length,
    "direction": lambda a, b: a / _length(a, b),
    "atan2": mp.atan2,
    "inversion": lambda a, b: a / (a * a + b * b),
    "abs": abs,
    "copysign": lambda a, b: abs(a) * mp.sign(b),
    "min": min,
    "max": max,
    "minimum": min,
    "maximum": max,
    "fmin": min,
    "fmax": max,
    "heaviside": lambda a, b: (mp.sign(a) + 1) / 2 if a else b,
    "mod": _mod,
    "fmod": _fmod,
    "remainder": lambda a, b: a - b * mp.nint(a / b),
    "nextafter": lambda a, b: a + 0 * b,
    "ldexp": lambda x, n: x * mp.mpf(2) ** int(n),
    "frexp_mantissa": lambda x: x / mp.mpf(2) ** (1 + mp.floor(mp.log(abs(x), 2))),
    "modf_fraction": lambda x: x - (mp.floor(x) if x > 0 else mp.ceil(x)),
    "gaussian": lambda x: mp.exp(-x * x),
    "erf": lambda x: mp.erf(x) if abs(x) < 1 else -_tail(x),
    "erfc": lambda x: mp.erfc(x) if abs(x) < 1 else _tail(x),
    "share": lambda a, b: 1 / (1 + mp.exp(b - a)),
    "share2": lambda a, b: 1 / (1 + mp.mpf(2) ** (b - a)),
    "logaddexp": _log_of_sum,
    "logaddexp2": lambda a, b: _log_of_sum(a * mp.log(2), b * mp.log(2)) / mp.log(2),
    "gamma": mp.gamma,
    "lgamma": _lgamma,
    "digamma": mp.digamma,
    "trigamma": lambda x: mp.psi(1, x),
    "polygamma": _polygamma,
    "sinc": _sinc,
    "sinc_derivative": _sinc_derivative,
}


@cache
def derivatives(name, args, orders):
    """Exact value (orders ``()``), first (``(i,)``) or second (``(i, j)``) derivative, as an mpf.

    The precision is doubled, and the step made shorter, until two answers agree to 70 bits; what never agrees, or is 0
    in all, is 0.
    """
    bits, before = 300, mp.mpf(0)
    while bits < 24000:
        with mp.workprec(bits):
            exact = _difference(FUNCTIONS[name], [mp.mpf(a) for a in args], orders)
            if isinstance(exact, mp.mpc):  # the step left the domain
                exact = mp.nan
            if exact and abs(exact - before) <= abs(exact) * mp.mpf(2) ** -70:
                return exact
        bits, before = 2 * bits, exact
    return mp.nan if mp.isnan(exact) else mp.mpf(0)


def _difference(f, point, orders):
    if not orders:
        return mp.mpmathify(f(*point))
    i, rest = orders[0], orders[1:]
    h = min(mp.mpf(1), *(abs(a) for a in point if a)) * mp.mpf(0.7) * mp.mpf(2) ** -(mp.mp.prec // 6)
    if rest == (i,):
        sides = [_difference(f, _moved(point, i, k * h), ()) for k in (1, 0, -1)]
        return (sides[0] - 2 * sides[1] + sides[2]) / (h * h)
    return (_difference(f, _moved(point, i, h), rest) - _difference(f, _moved(point, i, -h), rest)) / (2 * h)


def _moved(point, i, h):
    return [a + h if k == i else a for k, a in enumerate(point)]


def _equal(a, b):
    return a == b


def _whole_or_huge(a, b):
    return abs(a / b) > 2.0**50 or math.remainder(a, b) in (0.0, b / 2, -b / 2)


# where the derivative is a matter of convention, and tested as such
KINKS = dict.fromkeys(("min", "max", "minimum", "maximum", "fmin", "fmax"), _equal)
KINKS |= {"modf_fraction": lambda x: x == math.floor(x)}
KINKS |= dict.fromkeys(("mod", "fmod", "remainder"), _whole_or_huge)
