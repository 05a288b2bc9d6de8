"""The code that is generated: vector instructions on the CPU, plain arrays where a target registers that layout."""

import numba as nb
import pytest
from llvmlite import ir
from numba import types
from numba.core.datamodel import default_manager
from numba.core.datamodel.manager import DataModelManager
from numba.core.registry import cpu_target

from dualjit.numbers import Dual
from dualjit.numbers.algebra import Algebra
from dualjit.numbers.model import DualArrayModel
from dualjit.rules.table import scalar_rows

INTERNAL = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def rosenbrock(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@pytest.fixture(scope="module")
def compiled():
    number = Dual(types.float64, 8, 1)
    function = nb.njit(**INTERNAL)(rosenbrock)
    function.compile((types.Array(number, 1, "C"),))
    return function


def test_partials_are_one_vector(compiled):
    (code,) = compiled.inspect_llvm().values()
    assert "contract <8 x double>" in code
    assert "alloca" not in code.split("define")[1]


def test_values_have_no_fast_math_flags(compiled):
    (code,) = compiled.inspect_llvm().values()
    for instruction in ("fmul", "fadd", "fsub"):
        assert f" {instruction} double" in code
    for flag in ("nnan", "ninf", "afn", "fast"):
        assert f" {flag} " not in code


def test_loop_has_no_memory_traffic_but_its_loads(compiled):
    (assembly,) = compiled.inspect_asm().values()
    if "zmm" not in assembly:
        pytest.skip("this CPU has no 64-byte vectors")
    instructions = [line.split("#")[0] for line in assembly.splitlines() if line.startswith("\t")]
    stack = [line for line in instructions if "mm" in line and "(%rsp)" in line]
    assert not stack


def emitted(rule):
    """LLVM code of ``rule(algebra, x, y)`` for a target whose duals are ``{double, [4 x double]}``."""
    number = Dual(types.float64, 4, 1)
    manager = DataModelManager()
    manager.register(Dual, DualArrayModel)
    context = cpu_target.target_context.subtarget(data_model_manager=manager.chain(default_manager))
    layout = context.get_value_type(number)
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(layout, [layout, layout]), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    algebra = Algebra(context, builder, number.scalar)
    x, y = (algebra.unpack(number, a) for a in function.args)
    builder.ret(algebra.pack(number, rule(algebra, x, y)))
    return str(module)


@pytest.mark.parametrize("op", ["mul", "div", "sub", "neg"])
def test_another_target_may_have_another_layout(op):
    code = emitted(lambda algebra, x, y: algebra.apply(op, *(x, y)[: 1 if op == "neg" else 2]))
    assert "[4 x double]" in code
    assert "x double>" not in code
    assert "fneg" not in code


def test_the_layout_of_another_target_serves_masks_and_selections():
    def rule(algebra, x, y):
        root = algebra.masked().attach(scalar_rows()["reciprocal"], [x], algebra.leaf(x.value.ir), 1)
        return algebra.select(algebra.apply("lt", x, y), x, root)

    code = emitted(rule)
    assert "x double>" not in code
    assert code.count(" select ") == 4 + 5
