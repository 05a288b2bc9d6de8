"""What is computed at each point, in the benchmark and in the tests.

Functions are made for a precision: in Numba a literal ``0.5`` is double and makes all that it meets double.

Sources: the arm as in :mod:`bench.problems.robot`; the mixture and the camera are ADBench's (Srajer, Kukelova and
Fitzgibbon, Optim. Methods Softw. 33 (2018) 889).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from dualjit.cuda.batch import Batch
from dualjit.cuda.chunks import lanes_to_try
from dualjit.cuda.problem import Problem
from dualjit.cuda.transforms import batch_gradient, batch_jacobian

TRIED = 4  # numbers of partials
JOINTS = 7
OFFSETS = (0.36, 0.0, 0.42, 0.0, 0.4, 0.0, 0.126)
TWISTS = (-math.pi / 2, math.pi / 2, math.pi / 2, -math.pi / 2, -math.pi / 2, math.pi / 2, 0.0)
SOFTENING = 0.01
COMPONENTS, DIMENSION = 8, 4  # of the mixture
CAMERA, POINT = 11, 3  # rotation vector, centre, focal length, principal point, distortion


@dataclass(frozen=True)
class Scenario:
    """A function of one point, and its points.

    Attributes
    ----------
    name, title : str
    function : callable
        Precision to function.
    inputs : callable
        ``(points, rng)`` to float64 arguments, the axis of points last.
    transform : callable
        Function to `Batch`.
    outputs : int
        How many components the function has.
    columns : int
        How many inputs are differentiated.
    """

    name: str
    title: str
    function: Callable
    inputs: Callable
    transform: Callable[..., Batch]
    outputs: int
    columns: int

    one_point = False
    log2_points = (14, 16, 18, 20, 22, 24)  # that are timed

    def arguments(self, points: int, dtype, seed: int = 0) -> list[np.ndarray]:
        """Random arguments of so many points."""
        return [np.asarray(x, dtype) for x in self.inputs(points, np.random.default_rng(seed))]

    def driver(self, dtype, points: int, chunk: int | None = None) -> Batch:
        """What computes so many points: one driver for all numbers of these."""
        return transformed(self, dtype, chunk)

    def few(self, points: int) -> int:
        """Of how many points a kernel is compiled for so many."""
        return 2

    def shapes(self, points: int) -> list[tuple[int, ...]]:
        """Of values and derivatives, the axis of points last."""
        components = (self.outputs,) if self.outputs > 1 else ()
        return [(*components, points), (*components, self.columns, points)]

    def moved(self, points: int) -> tuple[int, int, int]:
        """How many numbers a thread reads and writes at least, arguments, values and derivatives; and the threads."""
        read = sum(x[..., 0].size for x in self.inputs(2, np.random.default_rng(0)) if x.shape[-1] == 2)
        return read, self.outputs * (1 + self.columns), points

    def partials(self, problem: Problem) -> list[int]:
        """Numbers of partials that are timed: those with the least work."""
        return [lanes[-1] for lanes in lanes_to_try(problem)[:TRIED]]

    def around(self, arguments: list[np.ndarray], points: int, at: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Arguments from which the answers at some points are computed, and where these are then."""
        some = [np.ascontiguousarray(x[..., at]) if has_points(x, points) else x for x in arguments]
        return some, np.arange(at.size)


def arm(dtype) -> Callable:
    """Rotation and position of the hand of a seven-joint arm at joint angles q."""
    real = np.dtype(dtype).type
    zero, one = real(0), real(1)
    offsets = tuple(map(real, OFFSETS))
    cosines, sines = tuple(real(math.cos(a)) for a in TWISTS), tuple(real(math.sin(a)) for a in TWISTS)

    def seven_joint_arm(q, out):
        xx, xy, xz, yx, yy, yz, zx, zy, zz = one, zero, zero, zero, one, zero, zero, zero, one
        px = py = pz = zero
        for k in range(JOINTS):
            c, s = math.cos(q[k]), math.sin(q[k])
            ct, st, d = cosines[k], sines[k], offsets[k]
            px, py, pz = px + d * xz, py + d * yz, pz + d * zz
            ax, ay, az = xy * c - xx * s, yy * c - yx * s, zy * c - zx * s
            xx, yx, zx = xx * c + xy * s, yx * c + yy * s, zx * c + zy * s
            xy, yy, zy = ct * ax + st * xz, ct * ay + st * yz, ct * az + st * zz
            xz, yz, zz = ct * xz - st * ax, ct * yz - st * ay, ct * zz - st * az
        out[0], out[1], out[2], out[3] = xx, xy, xz, px
        out[4], out[5], out[6], out[7] = yx, yy, yz, py
        out[8], out[9], out[10], out[11] = zx, zy, zz, pz

    return seven_joint_arm


def pair_energy(dtype) -> Callable:
    """Energy of two bodies of unit mass at q[0:3] and q[3:6]."""
    real = np.dtype(dtype).type
    softening, one = real(SOFTENING), real(1)

    def energy(q):
        dx, dy, dz = q[0] - q[3], q[1] - q[4], q[2] - q[5]
        return -one / math.sqrt(dx * dx + dy * dy + dz * dz + softening)

    return energy


def mixture(dtype) -> Callable:
    """Log-density of a point x under a mixture, whose precision factors are lower triangles."""
    real = np.dtype(dtype).type
    zero, half = real(0), real(0.5)

    def log_density(x, weights, means, factors):
        total = zero
        for k in range(COMPONENTS):
            distance = zero
            for j in range(DIMENSION):
                scaled = zero
                for i in range(j + 1):
                    scaled = scaled + factors[k, j, i] * (x[i] - means[k, i])
                distance = distance + scaled * scaled
            total = total + math.exp(weights[k] - half * distance)
        return math.log(total)

    return log_density


def camera(dtype) -> Callable:
    """Weighted distance of a point's image from where it was seen, across and down."""
    one = np.dtype(dtype).type(1)

    def residuals(camera, point, weight, feature):
        u, v, w = camera[0], camera[1], camera[2]
        x, y, z = point[0] - camera[3], point[1] - camera[4], point[2] - camera[5]
        angle = math.sqrt(u * u + v * v + w * w)
        c, s = math.cos(angle), math.sin(angle)
        u, v, w = u / angle, v / angle, w / angle
        along = (u * x + v * y + w * z) * (one - c)
        across = x * c + (v * z - w * y) * s + u * along
        down = y * c + (w * x - u * z) * s + v * along
        ahead = z * c + (u * y - v * x) * s + w * along
        across, down = across / ahead, down / ahead
        radius2 = across * across + down * down
        zoom = camera[6] * (one + camera[9] * radius2 + camera[10] * radius2 * radius2)
        return (
            weight * (camera[7] + zoom * across - feature[0]),
            weight * (camera[8] + zoom * down - feature[1]),
        )

    return residuals


def arm_inputs(points, rng):
    return [rng.uniform(-1.5, 1.5, (JOINTS, points))]


def pair_inputs(points, rng):
    return [rng.normal(size=(6, points))]


def mixture_inputs(points, rng):
    factors = np.tril(0.3 * rng.normal(size=(COMPONENTS, DIMENSION, DIMENSION))) + np.eye(DIMENSION)
    x = rng.normal(size=(DIMENSION, points))
    return [x, rng.normal(size=COMPONENTS), rng.normal(size=(COMPONENTS, DIMENSION)), factors]


def camera_inputs(points, rng):
    typical = np.array([0.1, -0.2, 0.3, 0.0, 0.0, -4.0, 500.0, 320.0, 240.0, -0.05, 0.01])
    cameras = typical[:, None] * (1.0 + 0.05 * rng.normal(size=(CAMERA, points)))
    seen = rng.uniform(0.0, 480.0, (2, points))
    return [cameras, rng.uniform(-1.0, 1.0, (POINT, points)), rng.uniform(0.5, 1.0, points), seen]


ARM = Scenario(
    "arm",
    "seven-joint arm, Jacobian 12 x 7",
    arm,
    arm_inputs,
    lambda f, **more: batch_jacobian(f, outputs=12, value=True, **more),
    outputs=12,
    columns=JOINTS,
)
PAIRS = Scenario(
    "pairs",
    "energies of pairs of bodies, gradient by 6",
    pair_energy,
    pair_inputs,
    lambda f, **more: batch_gradient(f, value=True, **more),
    outputs=1,
    columns=6,
)
MIXTURE = Scenario(
    "mixture",
    "log-densities of points under a mixture, gradient by 4",
    mixture,
    mixture_inputs,
    lambda f, **more: batch_gradient(f, value=True, shared=("weights", "means", "factors"), **more),
    outputs=1,
    columns=DIMENSION,
)
REPROJECTION = Scenario(
    "camera",
    "camera reprojection, Jacobian 2 x 15",
    camera,
    camera_inputs,
    lambda f, **more: batch_jacobian(f, argnums=(0, 1, 2), value=True, **more),
    outputs=2,
    columns=CAMERA + POINT + 1,
)
SCENARIOS = {s.name: s for s in (ARM, PAIRS, MIXTURE, REPROJECTION)}


@cache
def transformed(scenario: Scenario, dtype, chunk: int | None, **more) -> Batch:
    """The driver of a scenario."""
    return scenario.transform(scenario.function(dtype), chunk=chunk, **more)


def has_points(x: np.ndarray, points: int) -> bool:
    """Is the last axis of an argument that of points?"""
    return x.ndim > 0 and x.shape[-1] == points
