"""Rows of the parts and the angle of complex numbers (those of `numpy.real` and conjugation are among the shapes)."""

import numpy as np

from dualjit.rules.arrays.table import row, view


@view(np.imag, shares="val", generic=False)
def imag(val): ...


@row(np.angle, source="DLMF 1.9.6")
def angle(z, deg=False): ...
