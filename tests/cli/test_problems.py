"""The scenarios, each of which is a test of the library before it is a benchmark."""

from dataclasses import replace

import numpy as np
import pytest

import dualjit as dj
from dualjit.cli.bench import peers, verify
from dualjit.cli.bench.problems import SCENARIOS
from dualjit.cli.check import of_floats_alone
from dualjit.transforms.check import ridders


def scenarios(condition):
    return pytest.mark.parametrize("scenario", [s for s in SCENARIOS if condition(s)], ids=lambda s: s.name)


every_scenario = scenarios(lambda s: True)
FIRST_ORDER = ("jacfwd", "grad", "jacrev")
SLOW_COMPILERS = ("torch", "casadi")  # their forms are tried without


def chosen(scenario):
    return scenario.argnums if isinstance(scenario.argnums, tuple) else (scenario.argnums,)


@scenarios(lambda s: s.assemble is None and s.transform in FIRST_ORDER)
def test_reference_agrees_with_differences(scenario, rng):
    args = scenario.inputs(scenario.tiny)
    reference = scenario.reference(*args)
    blocks = reference if isinstance(scenario.argnums, tuple) else (reference,)
    for k, block in zip(chosen(scenario), blocks, strict=True):
        direction = rng.standard_normal(np.shape(args[k]))

        def along(h, k=k, direction=direction):
            moved = args[k] + h * direction
            return np.asarray(scenario.function(*args[:k], moved, *args[k + 1 :]))

        expected, _ = ridders(along)
        np.testing.assert_allclose(np.tensordot(block, direction, np.ndim(direction)), expected, rtol=1e-7, atol=1e-8)


@scenarios(lambda s: s.assemble is not None and s.transform in FIRST_ORDER)
def test_reference_blocks_agree_with_differences(scenario, rng):
    args = scenario.inputs(scenario.tiny)
    directions = [rng.standard_normal(np.shape(args[k])) for k in scenario.argnums]

    def along(h):
        moved = [args[k] + h * d for k, d in zip(scenario.argnums, directions, strict=True)]
        return scenario.function(*moved, *args[len(moved) :])

    expected, _ = ridders(along)
    answer = np.einsum("nij,nj->ni", scenario.reference(*args), np.column_stack(directions))
    np.testing.assert_allclose(answer, expected, rtol=1e-7, atol=1e-8)


@scenarios(lambda s: s.transform in ("hessian", "hvp"))
def test_second_reference_agrees_with_differences(scenario, rng):
    """Twice along the same direction: d H d, for one number or all outputs."""
    args = scenario.inputs(scenario.tiny)
    reference, point, k = scenario.reference(*args), scenario.point(args), scenario.argnums
    direction = args[1] if scenario.transform == "hvp" else rng.standard_normal(np.shape(point[k]))

    def along(h):
        return np.asarray(scenario.function(*point[:k], point[k] + h * direction, *point[k + 1 :]))

    expected, _ = ridders(lambda h: ridders(lambda t: along(h + t))[0])
    for _ in range(np.ndim(reference) - np.ndim(expected), 0, -np.ndim(direction)):
        reference = np.tensordot(reference, direction, np.ndim(direction))
    np.testing.assert_allclose(reference, expected, rtol=1e-6, atol=1e-7)


@scenarios(lambda s: s.transform == "vmap")
def test_reference_of_many_points_agrees_with_differences(scenario, rng):
    (points,) = scenario.inputs(scenario.tiny)
    direction = rng.standard_normal(points.shape)
    expected, _ = ridders(lambda h: scenario.function(points + h * direction))
    np.testing.assert_allclose(np.einsum("pij,pj->pi", scenario.reference(points), direction), expected, rtol=1e-9)


@scenarios(lambda s: s.transform in FIRST_ORDER)
def test_forward_derivative_agrees_with_reference(scenario):
    args = scenario.inputs(scenario.tiny)
    assert verify.error(scenario.derivative(dj.jacfwd)(*args), scenario.reference(*args)) < 1e-11


@scenarios(lambda s: s.transform != "jacfwd")
def test_derivative_agrees_with_reference(scenario):
    args = scenario.inputs(scenario.tiny)
    derivative = scenario.derivative(getattr(dj, scenario.transform))
    assert verify.error(derivative(*args), scenario.reference(*args)) < 1e-11


@pytest.mark.parametrize(
    ("name", "scenario"),
    [pytest.param(n, s, id=f"{n}-{s.name}") for n in peers.NAMES for s in SCENARIOS if peers.form(n, s) is not None],
)
def test_form_of_a_peer_agrees_with_reference(name, scenario):
    pytest.importorskip(name, reason="a peer to compare with, in the extra bench-peers")
    args = scenario.inputs(scenario.tiny)
    form = peers.form(name, scenario)
    if name in SLOW_COMPILERS:
        form = replace(form, jit=False)
    call, as_numpy = peers.build(name, form, scenario, args)
    limit = peers.tolerance(name) if name == "scipy" else 1e-11
    assert verify.error(as_numpy(call()), scenario.reference(*args)) < limit


def test_every_form_says_what_it_is():
    assert all(form.text for scenario in SCENARIOS for form in scenario.peers.values())
    assert all(set(scenario.peers) <= set(peers.NAMES) for scenario in SCENARIOS)


@every_scenario
def test_value_beside_a_derivative_is_bit_identical(scenario):
    function, args = of_floats_alone(scenario.function, scenario.point(scenario.inputs(scenario.tiny)))
    value, _ = dj.jvp(function, args, tuple(np.ones_like(a) if np.ndim(a) else 1.0 for a in args))
    assert np.asarray(value).tobytes() == np.asarray(function(*args)).tobytes()


@scenarios(lambda s: s.bound is not None and s.bound.quantity in ("per gradient", "over one thread", "over jax"))
def test_what_a_promise_compares_with_is_there(scenario):
    assert {
        "per gradient": scenario.baseline == "gradient",
        "over one thread": scenario.baseline == "one thread" and scenario.threads > 1,
        "over jax": "jax" in scenario.peers,
    }[scenario.bound.quantity]


@every_scenario
def test_bare_returns_the_shape_of_the_jacobian(scenario):
    if scenario.bare is not None:
        args = scenario.inputs(scenario.tiny)
        assert np.shape(scenario.bare(*args)) == np.shape(scenario.reference(*args))


def test_names_are_different():
    names = [s.name for s in SCENARIOS]
    assert len(set(names)) == len(names)


def test_same_seed_same_inputs():
    first, again = SCENARIOS[0].inputs(seed=3), SCENARIOS[0].inputs(seed=3)
    np.testing.assert_array_equal(first[0], again[0])
