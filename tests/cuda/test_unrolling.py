"""Loops of kernels ask to be unrolled, and partials that are zero take no registers then."""

import numpy as np
import pytest

import dualjit as dj
from dualjit.cuda.bench.scenarios import ARM, SCENARIOS
from dualjit.cuda.unrolling import unrolled, unrolling

LOOP = """define void @"f"(i64 %n)
{
entry:
  br label %"B8"
B8:
  %i = phi i64 [0, %entry], [%j, %B8]
  %j = add i64 %i, 1
  %c = icmp slt i64 %j, 7
  br i1 %c, label %"B8", label %B20
B20:
  ret void
}
define void @g()
{
entry:
  br label %B8
B8:
  ret void
}
!0 = !{i32 1}
"""


def test_branches_back_ask_for_it_and_no_others():
    asking = [line.strip() for line in unrolled(LOOP).splitlines() if "!llvm.loop" in line]
    assert asking == ['br i1 %c, label %"B8", label %B20, !llvm.loop !1']
    assert unrolled(LOOP).endswith('!1 = distinct !{!1, !2}\n!2 = !{!"llvm.loop.unroll.full"}\n')


def test_what_is_compiled_outside_is_left_alone():
    class Nvvm:
        @staticmethod
        def compile_ir(texts, **options):
            return texts

    with unrolling(Nvvm):
        (text,) = Nvvm.compile_ir(LOOP, opt=3)
        assert "!llvm.loop" in text
    assert Nvvm.compile_ir(LOOP) is LOOP


def test_zeros_of_the_arm_take_no_registers(target):
    taken = ARM.transform(ARM.function(np.float64)).inspect(*ARM.arguments(2, np.float64))
    assert taken.lanes == (7,)  # which took more than 255 registers in a loop
    assert taken.taken.registers <= 210
    assert taken.ptx.count("fma.rn.f64") < 900  # of 1700 with all products


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_pass_is_enough_for_every_scenario(name, target):
    scenario = SCENARIOS[name]
    choice = scenario.transform(scenario.function(np.float64)).inspect(*scenario.arguments(2, np.float64))
    assert (choice.passes, choice.taken.spill_bytes) == (1, 0)


def test_long_loops_and_those_of_unknown_length_stay(target):
    def long(x, n):
        total = x[0]
        for k in range(n):
            total = total * x[1] + k
        for _ in range(100_000):
            total = total * x[0] + x[1]
        return total

    choice = dj.cuda.batch_gradient(long).inspect(np.ones((2, 3)), 5)
    assert choice.ptx.count("fma.rn.f64") < 200
