"""Inlines every call of the user's own jitted functions, so that one typing run sees the whole program.

A callee that can't be inlined (recursion, ``*args``, generators, other floating-point options than its caller's) is
compiled on its own under the same pipeline: the call is redirected to its *twin* (:mod:`dualjit.frontend.twin`).

Relies on ``InlineInlinables`` and ``InlineWorker.inline_function`` of ``numba.core``: ``inline_function`` returns
the blocks it made, the first of which is the rest of the caller's block.
"""

from __future__ import annotations

import inspect

from numba.core import ir
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.untyped_passes import InlineInlinables

from dualjit.frontend.definitions import assignments, is_expr, rebuild_definitions, static_value
from dualjit.frontend.vectorized import elementwise, is_vectorized

# Options that change the meaning of arithmetic: a callee that differs in one keeps its own compilation.
ARITHMETIC_OPTIONS = ("fastmath", "error_model", "boundscheck")


def is_user_function(value) -> bool:
    """Is ``value`` a function the user jitted (and not a derivative made by dualjit)?"""
    return type(value) is CPUDispatcher


def arithmetic_options(dispatcher) -> dict:
    """Those options of a jitted function that its derivative has to keep."""
    return {k: v for k, v in dispatcher.targetoptions.items() if k in ARITHMETIC_OPTIONS and v}


def is_plain(py_func) -> bool:
    """Can the inliner take this function: no ``*args``, no generator?"""
    kinds = {p.kind for p in inspect.signature(py_func).parameters.values()}
    return not (inspect.isgeneratorfunction(py_func) or inspect.Parameter.VAR_POSITIONAL in kinds)


@register_pass(mutates_CFG=True, analysis_only=False)
class InlineCallees(InlineInlinables):
    """Inline the user's functions; redirect what is left of them to twins."""

    _name = "dualjit_inline_callees"

    def run_pass(self, state):
        # Which functions' bodies enclose a block: a callee among them is recursive.
        self.enclosing = dict.fromkeys(state.func_ir.blocks, (state.func_id.func,))
        self.options = arithmetic_options(state.pipeline.twin)
        ssa = state.flags.enable_ssa
        super().run_pass(state)
        state.flags.enable_ssa = ssa  # the worker switches it off on the flags it was lent
        redirect_to_twins(state.func_ir, state.pipeline.twin)
        return True

    def _do_work(self, state, work_list, block, i, expr, inline_worker):
        callee = static_value(state.func_ir, expr.func)
        if not is_user_function(callee) or not self.may_inline(state, callee, block, expr):
            return False
        label = next(k for k, b in state.func_ir.blocks.items() if b is block)
        *_, new_blocks = inline_worker.inline_function(state.func_ir, block, i, callee.py_func)
        around = self.enclosing[label]
        (rest, _), *body = new_blocks
        self.enclosing[rest] = around
        self.enclosing.update((k, (*around, callee.py_func)) for k, _ in body)
        work_list.extend(new_blocks)
        return True

    def may_inline(self, state, callee, block, expr):
        label = next(k for k, b in state.func_ir.blocks.items() if b is block)
        return (
            callee.py_func not in self.enclosing[label]
            and expr.vararg is None
            and is_plain(callee.py_func)
            and arithmetic_options(callee) == self.options
        )


def redirect_to_twins(func_ir: ir.FunctionIR, caller) -> None:
    """Calls of jitted functions that were not inlined go to the functions' twins."""
    for assign in assignments(func_ir):
        value = assign.value
        if isinstance(value, (ir.Global, ir.FreeVar)) or is_expr(value, "getattr"):
            found = static_value(func_ir, assign.target)
            if is_user_function(found):
                assign.value = ir.Global(found.__name__, caller.of(found), value.loc)
            elif is_vectorized(found):
                assign.value = ir.Global(found.__name__, elementwise(found, caller.of), value.loc)
    rebuild_definitions(func_ir)
