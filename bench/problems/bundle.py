"""Bundle adjustment: reprojection residuals of many observations, and each one's small Jacobian.

The weights' own residuals, 1 - w^2, have a derivative of -2 w and are left out.

Source: ADBench's objective (Srajer, Kukelova and Fitzgibbon, Optim. Methods Softw. 33 (2018) 889, section 4.2).
The reference uses the derivative of a rotation by its vector: Gallego and Yezzi, J. Math. Imaging Vis. 51 (2015) 378.
"""

import math

import numpy as np
from numba import njit

from .forms import form
from .scenario import Bound, Scenario

# A camera: rotation vector 0:3, centre 3:6, focal length 6, principal point 7:9, radial distortion 9:11.
CAMERA, POINT = 11, 3


@njit
def rotate(camera, x, y, z):
    """The vector (x, y, z) turned about the camera's rotation vector r by the angle |r|: Rodrigues' formula."""
    u, v, w = camera[0], camera[1], camera[2]
    angle2 = u * u + v * v + w * w
    if angle2 == 0.0:
        return x + v * z - w * y, y + w * x - u * z, z + u * y - v * x
    angle = math.sqrt(angle2)
    c, s = math.cos(angle), math.sin(angle)
    u, v, w = u / angle, v / angle, w / angle
    along = (u * x + v * y + w * z) * (1.0 - c)
    return (
        x * c + (v * z - w * y) * s + u * along,
        y * c + (w * x - u * z) * s + v * along,
        z * c + (u * y - v * x) * s + w * along,
    )


@njit
def residuals(camera, point, weight, feature):
    """Weighted distance, across and down, of a point's image from where it was seen.

    A pair, not an array: allocating one would more than double the time of this function.
    """
    x, y, z = rotate(camera, point[0] - camera[3], point[1] - camera[4], point[2] - camera[5])
    across, down = x / z, y / z
    radius2 = across * across + down * down
    zoom = camera[6] * (1.0 + camera[9] * radius2 + camera[10] * radius2 * radius2)
    return (
        weight * (camera[7] + zoom * across - feature[0]),
        weight * (camera[8] + zoom * down - feature[1]),
    )


@njit
def bundle(cameras, points, weights, features):
    """Residuals of all observations, one row each."""
    answer = np.empty((weights.size, 2))
    for i in range(weights.size):
        answer[i, 0], answer[i, 1] = residuals(cameras[i], points[i], weights[i], features[i])
    return answer


@njit
def store(row, by_camera, by_point, by_weight):
    """A residual's gradients side by side."""
    for k in range(CAMERA):
        row[k] = by_camera[k]
    for k in range(POINT):
        row[CAMERA + k] = by_point[k]
    row[CAMERA + POINT] = by_weight


def blocks(transform):
    """A compiled loop over the observations which stores each one's 2 x 15 Jacobian."""
    jacobian = transform(residuals, argnums=(0, 1, 2))

    @njit
    def bundle_blocks(cameras, points, weights, features):
        answer = np.empty((weights.size, 2, CAMERA + POINT + 1))
        for i in range(weights.size):
            across, down = jacobian(cameras[i], points[i], weights[i], features[i])
            store(answer[i, 0], *across)
            store(answer[i, 1], *down)
        return answer

    return bundle_blocks


def blocks_reference(cameras, points, weights, features):
    """The chain rule from the weight back to the rotation, for all observations at once."""
    relative = points - cameras[:, 3:6]
    R, by_rotation = rotations(cameras[:, :3], relative)
    seen = (R @ relative[:, :, None])[:, :, 0]
    image = seen[:, :2] / seen[:, 2:]
    radius2 = (image**2).sum(axis=1)
    k1, k2 = cameras[:, 9], cameras[:, 10]
    zoom = 1.0 + k1 * radius2 + k2 * radius2**2
    f = cameras[:, 6, None]

    by_zoom = (k1 + 2.0 * k2 * radius2)[:, None, None] * 2.0 * image[:, :, None] * image[:, None, :]
    by_image = f[:, :, None] * (by_zoom + zoom[:, None, None] * np.eye(2))
    by_seen = np.concatenate([by_image, -by_image @ image[:, :, None]], axis=2) / seen[:, 2, None, None]

    answer = np.zeros((len(points), 2, CAMERA + POINT + 1))
    answer[:, :, 0:3] = by_seen @ by_rotation
    answer[:, :, 3:6] = -by_seen @ R
    answer[:, :, 6] = zoom[:, None] * image
    answer[:, :, 7:9] = np.eye(2)
    answer[:, :, 9] = f * radius2[:, None] * image
    answer[:, :, 10] = f * (radius2**2)[:, None] * image
    answer[:, :, 11:14] = by_seen @ R
    answer *= weights[:, None, None]
    answer[:, :, 14] = cameras[:, 7:9] + f * zoom[:, None] * image - features
    return answer


def rotations(r, x):
    """Rotation matrices R of the vectors r, and the derivatives of R x by r."""
    angle2 = (r**2).sum(axis=1)[:, None, None]
    angle = np.sqrt(angle2)
    K = cross_matrices(r)
    R = np.eye(3) + np.sin(angle) / angle * K + (1.0 - np.cos(angle)) / angle2 * (K @ K)
    turned = r[:, :, None] * r[:, None, :] + (R.transpose(0, 2, 1) - np.eye(3)) @ K
    return R, -R @ cross_matrices(x) @ turned / angle2


def cross_matrices(a):
    """The matrices that take x to a x x."""
    zero = np.zeros(len(a))
    rows = [[zero, -a[:, 2], a[:, 1]], [a[:, 2], zero, -a[:, 0]], [-a[:, 1], a[:, 0], zero]]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def blocks_jax(transform):
    """One observation's Jacobian, mapped over all of them; written in numbers, twice as fast as in short vectors."""
    import jax
    import jax.numpy as jnp

    def rotate(camera, x, y, z):
        u, v, w = camera[0], camera[1], camera[2]
        angle = jnp.sqrt(u * u + v * v + w * w)
        c, s = jnp.cos(angle), jnp.sin(angle)
        u, v, w = u / angle, v / angle, w / angle
        along = (u * x + v * y + w * z) * (1.0 - c)
        return (
            x * c + (v * z - w * y) * s + u * along,
            y * c + (w * x - u * z) * s + v * along,
            z * c + (u * y - v * x) * s + w * along,
        )

    def residuals(camera, point, weight, feature):
        x, y, z = rotate(camera, point[0] - camera[3], point[1] - camera[4], point[2] - camera[5])
        across, down = x / z, y / z
        radius2 = across * across + down * down
        zoom = camera[6] * (1.0 + camera[9] * radius2 + camera[10] * radius2 * radius2)
        return weight * jnp.stack([camera[7] + zoom * across - feature[0], camera[8] + zoom * down - feature[1]])

    def block(camera, point, weight, feature):
        by_camera, by_point, by_weight = transform(residuals)(camera, point, weight, feature)
        return jnp.concatenate([by_camera, by_point, by_weight[:, None]], axis=1)

    return jax.vmap(block)


def sums(xp):
    """Sums of the residuals in one direction of all observations at once."""

    def rotate(cameras, x, y, z):
        u, v, w = cameras[:, 0], cameras[:, 1], cameras[:, 2]
        angle = xp.sqrt(u * u + v * v + w * w)
        c, s = xp.cos(angle), xp.sin(angle)
        u, v, w = u / angle, v / angle, w / angle
        along = (u * x + v * y + w * z) * (1.0 - c)
        return (
            x * c + (v * z - w * y) * s + u * along,
            y * c + (w * x - u * z) * s + v * along,
            z * c + (u * y - v * x) * s + w * along,
        )

    def residuals(cameras, points, weights, features, direction):
        x, y, z = rotate(cameras, *(points[:, k] - cameras[:, 3 + k] for k in range(3)))
        across, down = x / z, y / z
        radius2 = across * across + down * down
        zoom = cameras[:, 6] * (1.0 + cameras[:, 9] * radius2 + cameras[:, 10] * radius2 * radius2)
        seen = cameras[:, 7 + direction] + zoom * (across, down)[direction]
        return xp.sum(weights * (seen - features[:, direction]))

    return residuals


def by_sums(gradient, xp):
    """Blocks from the gradients of both sums, since each observation has parameters of its own."""

    def row(*args):
        by_camera, by_point, by_weight = gradient(*args)
        return xp.concatenate((by_camera, by_point, by_weight[:, None]), 1)

    return lambda *args: xp.stack([row(*args, direction) for direction in range(2)], 1)


def blocks_torch(transform):
    """All observations at once: the gradients of two sums are all Jacobians."""
    import torch

    return by_sums(torch.func.grad(sums(torch), (0, 1, 2)), torch)


def blocks_autograd(transform):
    """All observations at once: the gradients of two sums are all Jacobians."""
    import autograd

    return by_sums(autograd.grad(sums(autograd.numpy), (0, 1, 2)), np)


def blocks_casadi(transform):
    """One observation's Jacobian as a graph of numbers, mapped over all of them, by way of C."""
    import casadi

    def residuals(camera, point, weight, feature):
        turn, relative = camera[:3], point - camera[3:6]
        angle = casadi.norm_2(turn)
        axis, c, s = turn / angle, casadi.cos(angle), casadi.sin(angle)
        along = axis * casadi.dot(axis, relative) * (1.0 - c)
        turned = relative * c + casadi.cross(axis, relative) * s + along
        image = turned[:2] / turned[2]
        radius2 = casadi.sumsqr(image)
        zoom = camera[6] * (1.0 + camera[9] * radius2 + camera[10] * radius2**2)
        return weight * (camera[7:9] + zoom * image - feature)

    return transform(residuals, mapped=True)


def observations(size, rng):
    """``size`` observations, each by a camera and of a point of its own, so that no two blocks are alike."""
    camera = np.array([0.1, -0.2, 0.3, 0.0, 0.0, -4.0, 500.0, 320.0, 240.0, -0.05, 0.01])
    cameras = camera * (1.0 + 0.05 * rng.normal(size=(size, CAMERA)))
    points = rng.uniform(-1.0, 1.0, (size, POINT))
    features = rng.uniform((0.0, 0.0), (640.0, 480.0), (size, 2))
    return cameras, points, rng.uniform(0.5, 1.0, size), features


BUNDLE = Scenario(
    name="bundle",
    title="bundle adjustment, 2 x 15 Jacobian of every observation",
    function=bundle,
    make_inputs=observations,
    reference=blocks_reference,
    size=5000,
    tiny=3,
    argnums=(0, 1, 2),
    transform="jacrev",
    assemble=blocks,
    peers={
        "jax": form(blocks_jax),
        "torch": form(blocks_torch),
        "autograd": form(blocks_autograd),
        "casadi": form(blocks_casadi),
    },
    bound=Bound("per primal", 3.0),
)
