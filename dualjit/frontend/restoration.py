"""Puts the original call back where a row's stub met no active value, or where Numba's own code is right for duals."""

from __future__ import annotations

from numba.core import ir
from numba.core.compiler_machinery import FunctionPass, register_pass

from dualjit.frontend.definitions import expressions, rebuild_definitions
from dualjit.frontend.refusal import refuse
from dualjit.numbers.types import marker_of


@register_pass(mutates_CFG=False, analysis_only=False)
class RestoreOriginals(FunctionPass):
    """Typed IR in, typed IR out: only the callee and the signature of a call change."""

    _name = "dualjit_restore_originals"

    def __init__(self):
        FunctionPass.__init__(self)

    def run_pass(self, state):
        originals = state.metadata["dualjit_originals"]
        stubs = {name: o for name, o in originals.items() if name in state.typemap}
        for assign, call in list(expressions(state.func_ir, "call")):
            original = stubs.get(call.func.name)
            if original is not None and (original.row.generic or not is_active(state.typemap, call)):
                restore(state, assign, call, original)
        drop_unused(state.func_ir, stubs)
        rebuild_definitions(state.func_ir)
        return True


def is_active(typemap, call) -> bool:
    operands = [*call.args, *(v for _, v in call.kws)]
    return marker_of(*(typemap[v.name] for v in operands)) is not None


def restore(state, assign, call, original) -> None:
    typemap, context = state.typemap, state.typingctx
    types_of = lambda variables: tuple(typemap[v.name] for v in variables)  # noqa: E731
    if original.form == "binop":
        back = ir.Expr.binop(original.func, *call.args, call.loc)
        callee, args = context.resolve_value_type(original.func), types_of(call.args)
    else:
        args = call.args[1:] if original.form == "method" else call.args
        back = ir.Expr.call(original.func, args, call.kws, call.loc, vararg=call.vararg)
        callee, args = typemap[original.func.name], types_of(args)
    signature = context.resolve_function_type(callee, args, {k: typemap[v.name] for k, v in call.kws})
    if signature.return_type != typemap[assign.target.name]:
        kinds = f"{typemap[assign.target.name]} and {signature.return_type}"
        raise refuse(call.loc, f"the call of {original.row.name}", f"it has two types, {kinds}", "please report it")
    state.calltypes.pop(call)
    state.calltypes[back] = signature
    assign.value = back


def drop_unused(func_ir, stubs) -> None:
    """Remove function variables that nothing calls any more, on either side of the exchange."""
    candidates = set(stubs) | {o.func.name for o in stubs.values() if o.form != "binop"}
    used = {c.func.name for _, c in expressions(func_ir, "call")}
    used |= {v.name for _, e in expressions(func_ir, "build_tuple", "phi") for v in e.list_vars()}
    for block in func_ir.blocks.values():
        block.body = [
            s
            for s in block.body
            if not (isinstance(s, ir.Assign) and s.target.name in candidates - used and not isinstance(s.value, ir.Var))
        ]
