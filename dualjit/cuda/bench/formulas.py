"""The scenarios for JAX and PyTorch: the same formulas, on their arrays of numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace

from dualjit.cuda.bench.large import CONVERSION, DIFFUSION, FEED
from dualjit.cuda.bench.scenarios import COMPONENTS, DIMENSION, JOINTS, OFFSETS, SOFTENING, TWISTS


def functions(xp) -> SimpleNamespace:
    """Functions of one point by scenario; ``xp`` is ``jax.numpy`` or ``torch``."""

    def arm(q):
        one = q[0] * 0 + 1
        zero = q[0] * 0
        xx, xy, xz, yx, yy, yz, zx, zy, zz = one, zero, zero, zero, one, zero, zero, zero, one
        px = py = pz = zero
        for k in range(JOINTS):
            c, s = xp.cos(q[k]), xp.sin(q[k])
            ct, st, d = math.cos(TWISTS[k]), math.sin(TWISTS[k]), OFFSETS[k]
            px, py, pz = px + d * xz, py + d * yz, pz + d * zz
            ax, ay, az = xy * c - xx * s, yy * c - yx * s, zy * c - zx * s
            xx, yx, zx = xx * c + xy * s, yx * c + yy * s, zx * c + zy * s
            xy, yy, zy = ct * ax + st * xz, ct * ay + st * yz, ct * az + st * zz
            xz, yz, zz = ct * xz - st * ax, ct * yz - st * ay, ct * zz - st * az
        return xp.stack([xx, xy, xz, px, yx, yy, yz, py, zx, zy, zz, pz])

    def pairs(q):
        dx, dy, dz = q[0] - q[3], q[1] - q[4], q[2] - q[5]
        return -1 / xp.sqrt(dx * dx + dy * dy + dz * dz + SOFTENING)

    def mixture(x, weights, means, factors):
        terms = []
        for k in range(COMPONENTS):
            distance = 0
            for j in range(DIMENSION):
                scaled = sum(factors[k, j, i] * (x[i] - means[k, i]) for i in range(j + 1))
                distance = distance + scaled * scaled
            terms.append(weights[k] - distance / 2)
        return xp.log(xp.sum(xp.exp(xp.stack(terms)), 0))

    def camera(columns, feature):
        u, v, w = columns[0], columns[1], columns[2]
        x, y, z = (columns[11 + k] - columns[3 + k] for k in range(3))
        angle = xp.sqrt(u * u + v * v + w * w)
        c, s = xp.cos(angle), xp.sin(angle)
        u, v, w = u / angle, v / angle, w / angle
        along = (u * x + v * y + w * z) * (1 - c)
        across = x * c + (v * z - w * y) * s + u * along
        down = y * c + (w * x - u * z) * s + v * along
        ahead = z * c + (u * y - v * x) * s + w * along
        across, down = across / ahead, down / ahead
        radius2 = across * across + down * down
        zoom = columns[6] * (1 + columns[9] * radius2 + columns[10] * radius2 * radius2)
        weight = columns[14]
        return xp.stack(
            [
                weight * (columns[7] + zoom * across - feature[0]),
                weight * (columns[8] + zoom * down - feature[1]),
            ]
        )

    def large(y):
        u, v = y[: len(y) // 2], y[len(y) // 2 :]
        rate = DIFFUSION * (len(u) + 1) ** 2

        def spread(c, wall):
            end = wall + 0 * c[:1]
            around = xp.concatenate((end, c, end))
            return rate * (around[:-2] - 2 * c + around[2:])

        reaction = u * u * v
        of_u = FEED + reaction - (CONVERSION + 1) * u + spread(u, FEED)
        return xp.concatenate((of_u, CONVERSION * u - reaction + spread(v, CONVERSION)))

    return SimpleNamespace(arm=arm, pairs=pairs, mixture=mixture, camera=camera, large=large)
