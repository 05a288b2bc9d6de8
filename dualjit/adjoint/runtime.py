"""What adjoint programs call at run time: shadows, their elements, lists that keep arrays.

One idea: cotangents may be any numbers (floats, or duals with many cotangents in one), so nothing here asks what they
are; ``zero`` is a zero of their type.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from dualjit.errors import UnsupportedError
from dualjit.numbers import blocks, tape
from dualjit.numbers.lifting import plain_copy, plain_list
from dualjit.numbers.overlap import overlap, partly_same
from dualjit.numbers.pulling import (
    add_in_any_order,
    is_nothing,
    minus,
    nothing,
    plain_nothing,
    plain_one,
    plus,
    quotient,
    zero_seen,
)
from dualjit.numbers.shadowing import shadow
from dualjit.numbers.types import Dual, is_complex


@register_jitable
def writable_broadcast(array, shape):
    """``np.broadcast_to`` of a shadow, which is added to."""
    view = np.broadcast_to(array, shape)
    return np.lib.stride_tricks.as_strided(array, view.shape, view.strides)


@register_jitable
def trips(start, stop, step):
    """Rounds of ``range(start, stop, step)``."""
    if step == 0:
        raise ValueError("range() arg 3 must not be zero")
    if step > 0:
        rounds = (stop - start + step - 1) // step
    else:
        rounds = (start - stop - step - 1) // -step
    return rounds if rounds > 0 else 0  # Numba's built-in CUDA target has no max of two numbers


@register_jitable
def accumulate_unless_zero(bar, index, term):
    """For an index that may be out of range when no round has run."""
    if not is_nothing(term):
        bar[index] = plus(bar[index], term)


@register_jitable
def take_sum(bar, index, zero):
    """The sum of a part of a shadow, which is zero afterwards."""
    total = zero
    part = bar[index]
    for v in part.flat:
        total = plus(total, v)
    bar[index] = zero
    return total


def take_into(goal, bar, index, zero):
    """Add a part of a shadow to the shadow of what was stored there; the part is zero afterwards."""
    raise NotImplementedError("compiled code")


@overload(take_into, strict=False)
def _take_into(goal, bar, index, zero):
    if holds(index, types.Array | types.List):
        return _take_gathered(goal, bar, index)

    def impl(goal, bar, index, zero):
        part = bar[index].copy()  # the part and the goal may overlap
        bar[index] = zero
        accumulate_broadcast(goal, part)

    return impl


def holds(t, kinds) -> bool:
    """Is an index of one of these types, or a tuple with one in it?"""
    return isinstance(t, kinds) or (isinstance(t, types.BaseTuple) and any(holds(u, kinds) for u in t.types))


def _take_gathered(goal, bar, index):
    """Where an element was written more than once, the last write counts."""
    if isinstance(index, types.BaseTuple):
        return None  # refused when the program is compiled
    boolean = isinstance(index, types.Array) and isinstance(index.dtype, types.Boolean)
    if boolean:

        def impl(goal, bar, index, zero):
            k = 0
            for i in np.ndindex(index.shape):
                if index[i]:
                    add_row(goal, k, bar, i)
                    bar[i] = zero
                    k += 1

        return impl

    def impl(goal, bar, index, zero):
        for k in range(len(index) - 1, -1, -1):
            add_row(goal, k, bar, index[k])
            bar[index[k]] = zero

    return impl


def add_row(goal, k, bar, i):
    """``goal[k] += bar[i]`` for numbers and for rows; ``goal[0]`` where it was broadcast."""
    raise NotImplementedError("compiled code")


@overload(add_row, strict=False)
def _add_row(goal, k, bar, i):
    if is_complex(bar.dtype) and not is_complex(goal.dtype):
        return lambda goal, k, bar, i: add_row(goal, k, bar.real, i)
    spent = len(i.types) if isinstance(i, types.BaseTuple) else 1
    if bar.ndim == spent:

        def impl(goal, k, bar, i):
            place = k if goal.size > 1 else 0
            goal[place] = plus(goal[place], bar[i])

        return impl
    if goal.ndim == bar.ndim:
        return lambda goal, k, bar, i: accumulate_broadcast(goal[k if goal.shape[0] > 1 else 0], bar[i])
    return lambda goal, k, bar, i: accumulate_broadcast(goal, bar[i])


def accumulate_broadcast(goal, part):
    """Add an array to the shadow of one that was broadcast to its shape."""
    raise NotImplementedError("compiled code")


@overload(accumulate_broadcast, strict=False)
def _accumulate_broadcast(goal, part):
    if is_complex(part.dtype) and not is_complex(goal.dtype):
        return lambda goal, part: accumulate_broadcast(goal, part.real)
    if goal.ndim == 0:

        def impl(goal, part):
            for v in part.flat:
                goal[()] = plus(goal[()], v)

        return impl
    n, extra = part.ndim, part.ndim - goal.ndim
    if extra < 0:
        lead = ", ".join(["0"] * -extra)
        names = [f"i{d}" for d in range(n)]
        place = [f"(0 if goal.shape[{d - extra}] == 1 else i{d})" for d in range(n)]
        target = f"goal[{', '.join([lead, *place])}]"
    else:
        names = [f"i{d}" for d in range(n)]
        target = "goal[" + ", ".join(f"(0 if goal.shape[{d}] == 1 else i{d + extra})" for d in range(goal.ndim)) + "]"
    lines = ["def impl(goal, part):"]
    lines += ["    " * (d + 1) + f"for i{d} in range(part.shape[{d}]):" for d in range(n)]
    lines.append("    " * (n + 1) + f"{target} = plus({target}, part[{', '.join(names) or '()'}])")
    namespace = {"plus": plus}
    exec("\n".join(lines), namespace)
    return namespace["impl"]


def scatter(bar, index, part):
    """Add the cotangent of gathered elements to where they came from."""
    raise NotImplementedError("compiled code")


@overload(scatter, strict=False)
def _scatter(bar, index, part):
    if isinstance(index, types.BaseTuple):
        return _scatter_tuple(bar, index, part)
    if isinstance(index, types.Array) and isinstance(index.dtype, types.Boolean):

        def impl(bar, index, part):
            k = 0
            for i in np.ndindex(index.shape):
                if index[i]:
                    add_gathered(bar, i, part, k)
                    k += 1

        return impl

    def impl(bar, index, part):
        for k in range(len(index)):
            add_gathered(bar, (index[k],), part, k)

    return impl


def _scatter_tuple(bar, index, part):
    """One array among integers and slices: Numba gathers no more than that."""
    k = next(j for j, t in enumerate(index.types) if isinstance(t, types.Array | types.List))
    boolean = isinstance(index.types[k].dtype, types.Boolean)
    before = sum(not isinstance(t, types.Integer) for t in index.types[:k])
    items = [f"index[{j}]" if j != k else "n" for j in range(len(index.types))]
    goal = f"bar[{', '.join(items)}]"
    source = f"part[{', '.join([':'] * before + ['m'] + [':'] * (part.ndim - before - 1))}]"
    whole = part.ndim > 1
    add = f"accumulate_broadcast({goal}, {source})" if whole else f"{goal} = plus({goal}, part[m])"
    if boolean:
        body = "\n".join(
            [
                "    m = 0",
                f"    for n in range(index[{k}].size):",
                f"        if index[{k}][n]:",
                f"            {add}",
                "            m += 1\n",
            ]
        )
    else:
        body = f"    for m in range(len(index[{k}])):\n        n = index[{k}][m]\n        {add}\n"
    namespace = {"plus": plus, "accumulate_broadcast": accumulate_broadcast}
    exec(f"def impl(bar, index, part):\n{body}", namespace)
    return namespace["impl"]


def add_gathered(bar, i, part, k):
    """``bar[i] += part[k]`` for numbers and for rows."""
    raise NotImplementedError("compiled code")


@overload(add_gathered, strict=False)
def _add_gathered(bar, i, part, k):
    if len(i.types) == bar.ndim:

        def impl(bar, i, part, k):
            bar[i] = plus(bar[i], part[k])

        return impl
    return lambda bar, i, part, k: accumulate_broadcast(bar[i], part[k])


@register_jitable
def seed_rows(bar, place, zero):
    """Seed rows of a Jacobian in the lanes of a shadow, the first of which is row ``-place``.

    The place of what follows.
    """
    blocks.seed_columns(bar, place, one_of(zero))
    return place + bar.size


@register_jitable
def seed_row(place, zero):
    """The same for one number."""
    cell = np.full(1, zero)
    blocks.seed_columns(cell, place, one_of(zero))
    return cell[0]


def one_of(zero):
    """1 in the plain number under a cotangent."""
    raise NotImplementedError("compiled code")


@overload(one_of)
def _one_of(zero):
    scalar = zero.scalar if isinstance(zero, Dual) else zero
    return lambda zero: scalar(1.0)


@register_jitable
def one_more(place):
    return place + 1


@register_jitable
def cell(zero):
    """A place for one number, for functions that add to arrays."""
    return np.full((), zero)


@register_jitable
def conjugated(z):
    return np.conjugate(z)


@register_jitable
def complex_shadow(bar, zero):
    """Zeros of the shape of the shadow of real numbers, which can receive complex cotangents."""
    return np.full(bar.shape, complex(zero, zero))


@register_jitable
def add_real(bar, part):
    """What real numbers get of complex cotangents."""
    accumulate_broadcast(bar, part.real)


@register_jitable
def chosen(index, k, term, zero):
    """``term`` for the item ``k`` of a tuple when the index names it."""
    return term if index == k else zero


@register_jitable
def taken(bar, zero):
    """The content of a shadow, which is zero afterwards."""
    content = bar.copy()
    bar[...] = zero
    return content


SHARED_MEMORY = {
    "update": (
        partly_same,
        "an array updated in place by another part of itself",
        "reverse mode can't go back through elements that are read after they were written",
        "update it by a copy: a += a[::-1].copy()",
    ),
    "answer": (
        overlap,
        "this call's answer",
        "it holds memory of an argument, or the same memory twice, which reverse mode takes for memory of its own",
        "return a copy",
    ),
}
"""What is looked at while the adjoint runs: how two arrays must not share memory, and why."""


@cache
def refuse_shared(kind: str, filename: str, line: int):
    """The routine that raises when two arrays share memory as they must not."""
    shared, construct, reason, remedy = SHARED_MEMORY[kind]

    @register_jitable
    def check(a, b):
        if shared(a, b):
            raise UnsupportedError(construct, reason, remedy, filename, line)

    return check


@register_jitable
def saved(a):
    return a.copy()


@register_jitable
def content(a, index):
    return a[index].copy()


@register_jitable
def restore(a, old):
    a[...] = old


@register_jitable
def pop(stack):
    return stack.pop()


@register_jitable
def push_back(stack, value):
    stack.append(value)


@register_jitable
def add_seed(bar, seed):
    """Add a cotangent that the caller gives to a shadow."""
    if bar.shape != seed.shape:
        raise ValueError("the cotangent has not the shape of the answer")
    bar += seed


@register_jitable
def raise_division(failed):
    """Raise what a division by zero in a loop should have raised."""
    if failed:
        raise ZeroDivisionError("division by zero")


ROUTINES = {
    f.__name__: f
    for f in (
        plain_copy, plain_list, trips, accumulate_unless_zero, take_sum, cell, chosen, taken, saved,
        content, restore, pop, push_back, add_seed, raise_division, take_into, scatter, one_more, seed_row, seed_rows,
        conjugated, complex_shadow, add_real,
    )
} | {
    "shadow": shadow,
    "plus": plus,
    "add_in_any_order": add_in_any_order,
    "minus": minus,
    "nothing": nothing,
    "plain_nothing": plain_nothing,
    "plain_one": plain_one,
    "zero_seen": zero_seen,
    "quotient": quotient,
    "tape": tape.tape,
    "reserve": tape.reserve,
    "write": tape.write,
    "read": tape.read,
    "advance": tape.advance,
    "states": tape.states,
    "save_array": tape.save_array,
    "load_array": tape.load_array,
    "advance_if": tape.advance_if,
    "is_due": tape.is_due,
    "still_taping": tape.still_taping,
    "span_of": tape.span_of,
    "end_of_span": tape.end_of_span,
    "retreat": tape.retreat,
}  # fmt: skip
