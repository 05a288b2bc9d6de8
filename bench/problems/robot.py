"""Forward kinematics of two robot arms: a planar one with two links, a spatial one with seven joints.

And one of them at many points at once, its Jacobians in two threads.

Source: Siciliano, Sciavicco, Villani and Oriolo, Robotics (2009), sections 2.8 and 3.1.
"""

import math

import numpy as np
from numba import njit

from dualjit import jacfwd

from .forms import form
from .scenario import Bound, Scenario

UPPER, LOWER = 0.8, 0.6

# Denavit-Hartenberg parameters of a seven-joint arm with a spherical shoulder and wrist:
# offset along the joint's axis and twist to the next axis; the links have no length across.
OFFSETS = (0.36, 0.0, 0.42, 0.0, 0.4, 0.0, 0.126)
TWISTS = (-math.pi / 2, math.pi / 2, math.pi / 2, -math.pi / 2, -math.pi / 2, math.pi / 2, 0.0)


@njit
def two_link_arm(q):
    """Position of the hand in the plane at joint angles q."""
    x = UPPER * math.cos(q[0]) + LOWER * math.cos(q[0] + q[1])
    y = UPPER * math.sin(q[0]) + LOWER * math.sin(q[0] + q[1])
    return np.array([x, y])


def two_link_jacobian(q):
    """Both columns from the textbook."""
    outer_x, outer_y = LOWER * math.cos(q[0] + q[1]), LOWER * math.sin(q[0] + q[1])
    inner_x, inner_y = UPPER * math.cos(q[0]), UPPER * math.sin(q[0])
    return np.array([[-inner_y - outer_y, -outer_y], [inner_x + outer_x, outer_x]])


@njit
def two_link_arms(points):
    """Positions of the hand at many points, one row each."""
    answer = np.empty((points.shape[0], 2))
    for i in range(points.shape[0]):
        answer[i] = two_link_arm(points[i])
    return answer


def two_link_jacobians(points):
    """``two_link_jacobian`` of all points."""
    upper, both = points[:, 0], points.sum(axis=1)
    outer_x, outer_y = LOWER * np.cos(both), LOWER * np.sin(both)
    inner_x, inner_y = UPPER * np.cos(upper), UPPER * np.sin(upper)
    return np.stack([-inner_y - outer_y, -outer_y, inner_x + outer_x, outer_x], axis=1).reshape(-1, 2, 2)


def two_link_arms_jax(vmap):
    """Columns; rows are a little slower."""
    import jax
    import jax.numpy as jnp

    def two_link_arm(q):
        both = q[0] + q[1]
        x = UPPER * jnp.cos(q[0]) + LOWER * jnp.cos(both)
        y = UPPER * jnp.sin(q[0]) + LOWER * jnp.sin(both)
        return jnp.stack([x, y])

    return jax.vmap(jax.jacfwd(two_link_arm))


@njit
def joint_transform(angle, offset, twist):
    """The 3 x 4 transform across one joint."""
    c, s = math.cos(angle), math.sin(angle)
    ct, st = math.cos(twist), math.sin(twist)
    T = np.zeros((3, 4))
    T[0, 0], T[0, 1], T[0, 2] = c, -s * ct, s * st
    T[1, 0], T[1, 1], T[1, 2] = s, c * ct, -c * st
    T[2, 1], T[2, 2], T[2, 3] = st, ct, offset
    return T


@njit
def chain(A, B):
    """Transform A followed by transform B."""
    C = np.zeros((3, 4))
    for i in range(3):
        for j in range(4):
            for k in range(3):
                C[i, j] += A[i, k] * B[k, j]
        C[i, 3] += A[i, 3]
    return C


@njit
def seven_joint_arm(q):
    """The hand's transform (rotation and position, row by row) at joint angles q."""
    T = joint_transform(q[0], OFFSETS[0], TWISTS[0])
    for joint in range(1, q.size):
        T = chain(T, joint_transform(q[joint], OFFSETS[joint], TWISTS[joint]))
    return T.reshape(12)


def seven_joint_jacobian(q):
    """The geometric Jacobian: joint i turns all that follows about its own axis z through its origin p."""
    frame = np.eye(4)
    axes, origins = [], []
    for angle, offset, twist in zip(q, OFFSETS, TWISTS, strict=True):
        axes.append(frame[:3, 2])
        origins.append(frame[:3, 3])
        frame = frame @ rotation_z(angle, offset) @ rotation_x(twist)
    columns = []
    for z, p in zip(axes, origins, strict=True):
        lever = frame[:3].copy()
        lever[:, 3] -= p
        columns.append(np.cross(z, lever, axisb=0, axisc=0).reshape(12))
    return np.stack(columns, axis=1)


def rotation_z(angle, offset):
    """Homogeneous rotation about z with a shift along it."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, offset], [0, 0, 0, 1]])


def rotation_x(angle):
    """Homogeneous rotation about x."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])


def joint_angles(size, rng):
    """Angles in a working range."""
    return (rng.uniform(-1.5, 1.5, size),)


TWO_LINK_ARM = Scenario(
    name="two-link-arm",
    title="planar arm with two links, position of the hand",
    function=two_link_arm,
    make_inputs=joint_angles,
    reference=two_link_jacobian,
    size=2,
    tiny=2,
)

SEVEN_JOINT_ARM = Scenario(
    name="seven-joint-arm",
    title="arm with seven joints, rotation and position of the hand",
    function=seven_joint_arm,
    make_inputs=joint_angles,
    reference=seven_joint_jacobian,
    size=7,
    tiny=7,
)

TWO_LINK_ARMS = Scenario(
    name="two-link-arms",
    title="planar arm with two links, Jacobians at 1e5 points in two threads",
    function=two_link_arms,
    make_inputs=lambda size, rng: (rng.uniform(-1.5, 1.5, (size, 2)),),
    reference=two_link_jacobians,
    size=100_000,
    tiny=3,
    transform="vmap",
    assemble=lambda vmap: vmap(jacfwd(two_link_arm), parallel=True),
    peers={"jax": form(two_link_arms_jax)},
    baseline="one thread",
    threads=2,
    bound=Bound("over one thread", 1 / 1.7),
)
