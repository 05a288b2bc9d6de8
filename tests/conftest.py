"""What all tests share: hypothesis profiles and a generator of numbers."""

import gc
import os

import hypothesis
import numpy as np
import pytest

import dualjit

# A first example compiles, which no deadline allows for.  In CI every run draws the same examples.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True, scope="module")
def _frozen():
    """What compilation leaves lives as long as the process: looking at it again and again takes a tenth of the time."""
    yield
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _nothing_in_the_users_cache(tmp_path_factory):
    """Compiled derivatives that tests keep on disk lie with the tests' other files."""
    dualjit.options.cache_dir = tmp_path_factory.mktemp("cache")


@pytest.fixture
def rng():
    """Random numbers, the same ones in every run."""
    return np.random.default_rng(20260)
