"""Inlines every call of the user's own jitted functions, so that one typing run sees the whole program.

A callee that can't be inlined (recursion, ``*args``, generators, other floating-point options than its caller's, serial
code in a parallel caller) is compiled on its own under the same pipeline: the call is redirected to its *twin*
(:mod:`dualjit.frontend.twin`).

Relies on ``InlineInlinables`` and ``InlineWorker.inline_ir`` of ``numba.core``: it returns the blocks it made, the
first of which is the rest of the caller's block, and copies a callee's blocks by ``copy.deepcopy``.
"""

from __future__ import annotations

import inspect

from numba.core import ir
from numba.core.analysis import rewrite_semantic_constants
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.untyped_passes import InlineInlinables

from dualjit.frontend.definitions import assignments, expressions, is_expr, rebuild_definitions, static_value
from dualjit.frontend.dispatcher import ARITHMETIC_OPTIONS
from dualjit.frontend.overloaded import is_overloaded, is_plain_python, is_program, redirected
from dualjit.frontend.registered import registered
from dualjit.frontend.vectorized import elementwise, is_vectorized
from dualjit.numbers.types import Active, marker_of


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


class _Unshared(ir.Block):
    """A block that nobody else has: the inliner need not copy it, each time with all variables of its function."""

    def __deepcopy__(self, memo):
        return self


@register_pass(mutates_CFG=True, analysis_only=False)
class InlineAlways(InlineInlinables):
    """Numba's own inlining of functions with ``inline=``; its worker switches SSA off on the flags it was lent."""

    _name = "dualjit_inline_always"

    def run_pass(self, state):
        ssa = state.flags.enable_ssa
        changed = super().run_pass(state)
        state.flags.enable_ssa = ssa
        return changed


@register_pass(mutates_CFG=True, analysis_only=False)
class InlineCallees(InlineAlways):
    """Inline the user's functions; redirect what is left of them to twins."""

    _name = "dualjit_inline_callees"

    def run_pass(self, state):
        # Which functions' bodies enclose a block: a callee among them is recursive.
        self.enclosing = dict.fromkeys(state.func_ir.blocks, (state.func_id.func,))
        self.options = arithmetic_options(state.pipeline.twin)
        # Under reverse mode nothing but types is inferred here, and adjoints are serial.
        self.parallel = bool(state.flags.auto_parallel.enabled) and not isinstance(marker_of(*state.args), Active)
        super().run_pass(state)
        redirect_to_twins(state.func_ir, state.pipeline.twin)
        # Callees that ask their arguments for ``ndim`` were pruned by it when they were functions of their own.
        rewrite_semantic_constants(state.func_ir, state.args)
        return True

    def _do_work(self, state, work_list, block, i, expr, inline_worker):
        callee = static_value(state.func_ir, expr.func)
        known = registered(callee) is not None or is_program(callee)
        if known or not (is_user_function(callee) or is_plain_python(callee)):
            return False
        label = next(k for k, b in state.func_ir.blocks.items() if b is block)
        around, py_func = self.enclosing[label], getattr(callee, "py_func", callee)
        if py_func in around or not self.may_inline(callee, py_func, expr):
            return False
        callee_ir = inline_worker.run_untyped_passes(py_func)
        for body in callee_ir.blocks.values():
            body.__class__ = _Unshared
        freevars = py_func.__code__.co_freevars
        *_, new_blocks = inline_worker.inline_ir(state.func_ir, block, i, callee_ir, freevars)
        (rest, _), *body = new_blocks
        self.enclosing[rest] = around
        self.enclosing.update((k, (*around, py_func)) for k, _ in body)
        work_list.extend(new_blocks)
        return True

    def may_inline(self, callee, py_func, expr):
        same = callee is py_func or (arithmetic_options(callee) == self.options and not self.stays_serial(callee))
        return expr.vararg is None and is_plain(py_func) and same

    def stays_serial(self, callee) -> bool:
        """Would inlining hand a function to Numba's parallel passes that its author has not?

        These take for granted that arrays in one expression have one shape, unless they see that an axis has length 1.
        """
        options = callee.targetoptions
        return self.parallel and not options.get("parallel") and options.get("inline") != "always"


def redirect_to_twins(func_ir: ir.FunctionIR, caller) -> None:
    """Calls of jitted functions that were not inlined go to the functions' twins."""
    called = {call.func.name for _, call in expressions(func_ir, "call")}
    for assign in assignments(func_ir):
        value = assign.value
        if isinstance(value, (ir.Global, ir.FreeVar)) or is_expr(value, "getattr"):
            found = static_value(func_ir, assign.target)
            custom = registered(found)
            if custom is not None:
                assign.value = ir.Global(custom.__name__, custom, value.loc)
            elif is_user_function(found) or is_plain_python(found):
                assign.value = ir.Global(found.__name__, caller.of(found), value.loc)
            elif is_overloaded(found) and assign.target.name in called:
                assign.value = ir.Global(found.__name__, redirected(found, caller.of), value.loc)
            elif is_vectorized(found):
                assign.value = ir.Global(found.__name__, elementwise(found, caller.of), value.loc)
    rebuild_definitions(func_ir)
