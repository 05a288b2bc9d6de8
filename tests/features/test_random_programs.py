"""Programs drawn at random differentiate rightly: values bit for bit, derivatives against differences."""

import numpy as np
import pytest

from .case import Case, judge
from .random_programs import Program

POINT = np.array([0.31, -0.82, 1.27, 0.55, -0.44])


@pytest.mark.parametrize("seed", range(12))
def test_program(seed):
    judge(Case(Program(seed).build(), (POINT,), (0,)))
