"""The scenarios, each of which is a test of the library before it is a benchmark."""

import numpy as np
import pytest

import dualjit as dj
from dualjit.cli.bench import verify
from dualjit.cli.bench.problems import SCENARIOS
from dualjit.cli.check import of_floats_alone
from dualjit.transforms.check import ridders

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)


def chosen(scenario):
    return scenario.argnums if isinstance(scenario.argnums, tuple) else (scenario.argnums,)


@every_scenario
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


@every_scenario
def test_jacobian_agrees_with_reference(scenario):
    args = scenario.inputs(scenario.tiny)
    jacobian = dj.jacfwd(scenario.function, argnums=scenario.argnums)(*args)
    assert verify.error(jacobian, scenario.reference(*args)) < 1e-11


@every_scenario
def test_value_beside_a_derivative_is_bit_identical(scenario):
    function, args = of_floats_alone(scenario.function, scenario.inputs(scenario.tiny))
    value, _ = dj.jvp(function, args, tuple(np.ones_like(a) if np.ndim(a) else 1.0 for a in args))
    assert np.asarray(value).tobytes() == np.asarray(function(*args)).tobytes()


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
