"""Elements of arrays with what is known of their memory: shadows and the tape overlap nothing else.

One idea: LLVM has to assume that any two arrays overlap; then it guards each loop with checks at run time, or gives
up.  Accesses to a shadow are in a *scope* of its own, and every access says which scopes it has nothing to do with.

Scopes hold within one call of a function: the functions they are used in must not be inlined.

Source: LLVM Language Reference, "noalias and alias.scope Metadata".  Relies on ``resolve_function_type``,
``get_function`` and on llvmlite's instructions being in their blocks' lists, new blocks behind the others.
"""

from __future__ import annotations

import operator
from functools import cache
from weakref import WeakKeyDictionary

from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic

TAPE = "tape"
_STORES: set[int] = set()


# Lists of scopes by their names, for each module.
_written: WeakKeyDictionary = WeakKeyDictionary()


def _scopes(module, names: tuple[str, ...]):
    known = _written.setdefault(module, {})
    if names not in known:
        domain = module.add_metadata(["dualjit"])
        known[names] = module.add_metadata([module.add_metadata([name, domain]) for name in names])
    return known[names]


def in_scope(builder, instruction, own: str | None, others: tuple[str, ...]) -> None:
    """Say of a load or a store which scope it is in, and with which ones it has nothing to do."""
    if own is not None:
        instruction.set_metadata("alias.scope", _scopes(builder.module, (own,)))
    if others:
        instruction.set_metadata("noalias", _scopes(builder.module, others))


def _accesses(builder, write):
    """The loads and stores of arrays' memory that ``write`` generates, and its answer."""
    first, written, blocks = builder.block, len(builder.block.instructions), len(builder.function.blocks)
    answer = write()
    found = []
    for block in (first, *builder.function.blocks[blocks:]):
        for instruction in block.instructions[written if block is first else 0 :]:
            if isinstance(instruction, (ir.LoadInstr, ir.StoreInstr)):
                pointer = instruction.operands[-1]
                if not isinstance(pointer, (ir.AllocaInstr, ir.GlobalVariable)):
                    found.append(instruction)
    return found, answer


def _generated(function, resolved, own, others):
    def generate(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        operands = [context.cast(builder, v, t, u) for v, t, u in zip(args, sig.args, resolved.args, strict=True)]
        implementation = context.get_function(function, resolved)
        found, answer = _accesses(builder, lambda: implementation(builder, operands))
        for instruction in found:
            in_scope(builder, instruction, own, others)
        return answer

    return generate


@cache
def load_in(own: str | None, others: tuple[str, ...]):
    """The intrinsic ``array[index]`` for an element in the scope ``own``."""

    @intrinsic(prefer_literal=False)
    def load(typingctx, array, index):
        resolved = typingctx.resolve_function_type(operator.getitem, (array, index), {})
        if resolved is None:
            return None
        return signature(resolved.return_type, array, index), _generated(operator.getitem, resolved, own, others)

    return load


@cache
def store_in(own: str | None, others: tuple[str, ...]):
    """The intrinsic ``array[index] = value`` for an element in the scope ``own``."""

    @intrinsic(prefer_literal=False)
    def store(typingctx, array, index, value):
        resolved = typingctx.resolve_function_type(operator.setitem, (array, index, value), {})
        if resolved is None:
            return None
        return signature(types.none, array, index, value), _generated(operator.setitem, resolved, own, others)

    _STORES.add(id(store))  # the cache keeps it alive
    return store


def is_store(function) -> bool:
    """Is this an intrinsic that :func:`store_in` made?"""
    return id(function) in _STORES
