"""Pullbacks of the parts of real numbers: the imaginary part and the angle are constants."""

from __future__ import annotations

from dualjit.adjoint.pullbacks.registry import pullback


@pullback("imag", val="")
def imag(y_bar, val_bar):
    pass


@pullback("angle", z="")
def angle(y_bar, z_bar):
    pass
