"""Kernels written by hand: what the same derivatives cost without automatic differentiation, and the floor below it.

The axis of points is the last one.  Source: the geometric Jacobian, Siciliano et al., Robotics (2009), section 3.1.
"""

from __future__ import annotations

import math

import numpy as np

from dualjit.cuda.bench.scenarios import JOINTS, OFFSETS, SOFTENING, TWISTS


def fill_kernel(cuda):
    """Reads and writes as many bytes as a derivative does, and computes nothing."""

    @cuda.jit
    def fill(x, y, reads, writes, points):
        i = cuda.grid(1)
        if i < points:
            total = x[i]
            for k in range(1, reads):
                total += x[k * points + i]
            for k in range(writes):
                y[k * points + i] = total

    return fill


def poison_kernel(cuda):
    """Writes NaN everywhere."""

    @cuda.jit
    def poison(x):
        i = cuda.grid(1)
        if i < x.size:
            x[i] = math.nan

    return poison


def gather_kernel(cuda):
    """Copies some columns of a matrix."""

    @cuda.jit
    def gather(x, at, found):
        i = cuda.grid(1)
        if i < found.size:
            found[i // at.size, i % at.size] = x[i // at.size, at[i % at.size]]

    return gather


def arm_kernel(cuda, dtype):
    """Joint k turns all that follows about its axis: its column is the axis times what follows."""
    real = np.dtype(dtype).type
    zero, one = real(0), real(1)
    offsets = tuple(map(real, OFFSETS))
    cosines, sines = tuple(real(math.cos(a)) for a in TWISTS), tuple(real(math.sin(a)) for a in TWISTS)

    @cuda.jit
    def by_hand(q, y, J):
        i = cuda.grid(1)
        if i < q.shape[1]:
            axes, origins = cuda.local.array((JOINTS, 3), dtype), cuda.local.array((JOINTS, 3), dtype)
            xx, xy, xz, yx, yy, yz, zx, zy, zz = one, zero, zero, zero, one, zero, zero, zero, one
            px = py = pz = zero
            for k in range(JOINTS):
                axes[k, 0], axes[k, 1], axes[k, 2] = xz, yz, zz
                origins[k, 0], origins[k, 1], origins[k, 2] = px, py, pz
                c, s = math.cos(q[k, i]), math.sin(q[k, i])
                ct, st, d = cosines[k], sines[k], offsets[k]
                px, py, pz = px + d * xz, py + d * yz, pz + d * zz
                ax, ay, az = xy * c - xx * s, yy * c - yx * s, zy * c - zx * s
                xx, yx, zx = xx * c + xy * s, yx * c + yy * s, zx * c + zy * s
                xy, yy, zy = ct * ax + st * xz, ct * ay + st * yz, ct * az + st * zz
                xz, yz, zz = ct * xz - st * ax, ct * yz - st * ay, ct * zz - st * az
            y[0, i], y[1, i], y[2, i], y[3, i] = xx, xy, xz, px
            y[4, i], y[5, i], y[6, i], y[7, i] = yx, yy, yz, py
            y[8, i], y[9, i], y[10, i], y[11, i] = zx, zy, zz, pz
            for k in range(JOINTS):
                u, v, w = axes[k, 0], axes[k, 1], axes[k, 2]
                dx, dy, dz = px - origins[k, 0], py - origins[k, 1], pz - origins[k, 2]
                J[0, k, i], J[4, k, i], J[8, k, i] = v * zx - w * yx, w * xx - u * zx, u * yx - v * xx
                J[1, k, i], J[5, k, i], J[9, k, i] = v * zy - w * yy, w * xy - u * zy, u * yy - v * xy
                J[2, k, i], J[6, k, i], J[10, k, i] = v * zz - w * yz, w * xz - u * zz, u * yz - v * xz
                J[3, k, i], J[7, k, i], J[11, k, i] = v * dz - w * dy, w * dx - u * dz, u * dy - v * dx

    return by_hand


def pairs_kernel(cuda, dtype):
    """The force between two bodies."""
    real = np.dtype(dtype).type
    softening, one = real(SOFTENING), real(1)

    @cuda.jit
    def by_hand(q, y, g):
        i = cuda.grid(1)
        if i < q.shape[1]:
            dx, dy, dz = q[0, i] - q[3, i], q[1, i] - q[4, i], q[2, i] - q[5, i]
            inverse = one / math.sqrt(dx * dx + dy * dy + dz * dz + softening)
            pull = inverse * inverse * inverse
            y[i] = -inverse
            g[0, i], g[1, i], g[2, i] = pull * dx, pull * dy, pull * dz
            g[3, i], g[4, i], g[5, i] = -pull * dx, -pull * dy, -pull * dz

    return by_hand


KERNELS = {"arm": arm_kernel, "pairs": pairs_kernel}
