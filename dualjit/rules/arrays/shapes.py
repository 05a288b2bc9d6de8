"""Rows of functions that give elements another shape or another order by position."""

import numpy as np

from dualjit.rules.arrays.table import Effect, inactive, row, view


@view(np.reshape, methods="reshape", shares="a")
def reshape(a, *shape): ...


@view(np.transpose, methods="transpose", shares="a")
def transpose(a, *axes): ...


@view(np.ravel, methods="ravel", shares="a")
def ravel(a): ...


@row(methods="flatten", generic=True)
def flatten(a): ...


@row(methods="item", effect=Effect.PURE, generic=True)
def item(a): ...


@view(np.expand_dims, shares="a")
def expand_dims(a, axis): ...


@view(np.atleast_1d, shares="args")
def atleast_1d(*args): ...


@view(np.atleast_2d, shares="args")
def atleast_2d(*args): ...


@view(np.atleast_3d, shares="args")
def atleast_3d(*args): ...


@view(np.broadcast_to, shares="array")
def broadcast_to(array, shape): ...


@view(np.broadcast_arrays, shares="args", generic=False)
def broadcast_arrays(*args): ...


@view(np.swapaxes, shares="a")
def swapaxes(a, axis1, axis2): ...


@view(np.moveaxis, shares="a")
def moveaxis(a, source, destination): ...


@view(np.flip, shares="m")
def flip(m): ...


@view(np.fliplr, shares="m")
def fliplr(m): ...


@view(np.flipud, shares="m")
def flipud(m): ...


@view(np.rot90, shares="m")
def rot90(m, k=1): ...


@view(np.real, shares="val", generic=False)
def real(val): ...


@view(methods="conj conjugate", shares="arr", generic=False)
def conj(arr): ...


@row(np.roll, generic=True)
def roll(a, shift): ...


@row(np.repeat, methods="repeat", generic=True)
def repeat(a, repeats): ...


@row(np.resize, generic=True)
def resize(a, new_shape): ...


@row(np.diag, generic=True)
def diag(v, k=0): ...


@row(np.diagflat, generic=True)
def diagflat(v, k=0): ...


@row(np.tril)
def tril(m, k=0): ...


@row(np.triu)
def triu(m, k=0): ...


@row(np.delete, generic=True)
def delete(arr, obj): ...


@row(np.diff, generic=True)
def diff(a, n=1): ...


@row(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None): ...


@inactive(np.shape, effect=Effect.PURE, generic=True)
def shape(a): ...


@inactive(np.size, effect=Effect.PURE, generic=True)
def size(a): ...


@inactive(np.tril_indices_from)
def tril_indices_from(arr, k=0): ...


@inactive(np.triu_indices_from)
def triu_indices_from(arr, k=0): ...
