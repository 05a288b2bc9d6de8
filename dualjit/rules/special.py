"""Rows of the error function, the gamma function, sinc and the logarithms of sums of powers.

Source: DLMF chapters 5 and 7; 10.49 and 10.51 (sinc).
"""

import math
from dataclasses import replace

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.gammas import digamma, polygamma
from dualjit.rules.gaussian import gaussian
from dualjit.rules.sinc import sinc_derivative
from dualjit.rules.table import REAL, Accuracy, Interval, active, cancelling, internal

LN2 = math.log(2.0)
_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
_ERF = {"domain": (Interval(-26.0, 26.0),), "source": "DLMF 7.2.1"}
internal("gaussian", lambda x, y: -2.0 * (x * y), value=gaussian, **_ERF)
active("erf", (math.erf,), lambda x: _TWO_OVER_ROOT_PI * fn.gaussian(x), **_ERF)
active("erfc", (math.erfc,), lambda x: -_TWO_OVER_ROOT_PI * fn.gaussian(x), **_ERF)


def _lost(a, b):
    # what a - b lost in rounding (Knuth, TAOCP 2, 4.2.2, theorem B): exp would magnify it
    d = a - b
    shift = d - a
    return fn.select(abs(d) < math.inf, (a - (d - shift)) - (b + shift), 0.0)


def _share(exp, rate):
    """``exp(a)/(exp(a) + exp(b))``."""

    def share(a, b):
        d = fn.select(fn.eq(a, b), 0.0, a - b)
        small = exp(-abs(d)) * (1.0 - fn.copysign(rate, d) * _lost(a, b))
        return fn.select(d < 0.0, small, 1.0) / (1.0 + small)

    return share


_SHARES = {"domain": (REAL, REAL), "edges": "a = b: one half, for infinities too", "source": "DLMF 4.7.1, 4.7.7"}
internal(
    "share",
    lambda a, b, y: y * fn.share(b, a),
    lambda a, b, y: -(y * fn.share(b, a)),
    formula=_share(fn.exp, 1.0),
    **_SHARES,
)
internal(
    "share2",
    lambda a, b, y: LN2 * (y * fn.share2(b, a)),
    lambda a, b, y: -(LN2 * (y * fn.share2(b, a))),
    formula=_share(fn.exp2, LN2),
    **_SHARES,
)
active("logaddexp", (np.logaddexp,), lambda a, b: fn.share(a, b), lambda a, b: fn.share(b, a), **_SHARES)
active("logaddexp2", (np.logaddexp2,), lambda a, b: fn.share2(a, b), lambda a, b: fn.share2(b, a), **_SHARES)

_PSI = {
    "singular": True,
    "domain": (Interval(-150.0, 170.0, near=(1.4616321449683623,)),),
    "edges": "0 and -0: a pole, infinite with the sign of its side; -1, -2, ...: NaN",
    "source": "DLMF 5.2.2, 5.15.1",
}
_PSI_ROOTS = "digamma has a root between any two poles on the negative axis, where it is a difference"
_GAMMA = "the gamma function of the C library and of Numba is off by several ulps itself"


def _reflected(x):
    return fn.select(x < 0.0, 1.0 + fn.log(1.0 + abs(x)), 0.0)


internal(
    "polygamma",
    lambda n, x: 0.0,
    lambda n, x: fn.polygamma(n + 1.0, x),
    value=polygamma,
    accuracy=Accuracy(first=8.0, reason="the power n + 1 is a product of as many factors"),
    **_PSI | {"domain": (Interval(1.0, 6.0, integer=True), Interval(0.0))},
)
internal(
    "trigamma",
    lambda x: fn.polygamma(2.0, x),
    formula=lambda x: fn.polygamma(1.0, x),
    accuracy=cancelling(f"{_PSI_ROOTS}; so have its even derivatives", 1, d0=lambda x: fn.select(x < 0.0, 16.0, 0.0)),
    **_PSI,
)
internal("digamma", lambda x: fn.trigamma(x), value=digamma, accuracy=cancelling(_PSI_ROOTS, 1, d=_reflected), **_PSI)
active("lgamma", (math.lgamma,), lambda x: fn.digamma(x), accuracy=cancelling(_PSI_ROOTS, 1, d0=_reflected), **_PSI)
active(
    "gamma",
    (math.gamma,),
    lambda x, y: y * fn.digamma(x),
    accuracy=replace(
        cancelling(f"{_GAMMA}; {_PSI_ROOTS}", 1, d0=lambda x: abs(fn.gamma(x)) * _reflected(x)), first=12.0
    ),
    **_PSI,
)

_SINC = {"source": "DLMF 10.51.1", "edges": "0: smooth"}
_SINC_ROOTS = "the derivatives of sinc oscillate; away from 0 they are differences of a sine and a cosine over x"


def _oscillation(x, n):
    return fn.select(abs(x) > 0.5, fn.pow(math.pi, n - 1.0) / abs(x), 0.0)


internal(
    "sinc_derivative",
    lambda x, n: fn.sinc_derivative(x, n + 1.0),
    lambda x, n: 0.0,
    value=sinc_derivative,
    domain=(Interval(), Interval(1.0, 4.0, integer=True)),
    accuracy=cancelling(_SINC_ROOTS, 2, d=_oscillation, d0=lambda x, n: _oscillation(x, n + 1.0)),
    **_SINC,
)
active(
    "sinc",
    (np.sinc,),
    lambda x: fn.sinc_derivative(x, 1.0),
    accuracy=cancelling(_SINC_ROOTS, 1, d0=lambda x: _oscillation(x, 1.0), d00=lambda x: _oscillation(x, 2.0)),
    **_SINC,
)
