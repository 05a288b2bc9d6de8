"""Adds the shadows to a program: after every operation that makes active memory, one that makes its shadow.

One idea: a shadow follows its primal: the shadow of a view is the same view of the shadow, fresh memory has a fresh
shadow of zeros, a rebinding rebinds both.  From then on shadows are variables like others, and whether they are kept
or made again is decided like that of any value.  Old contents of memory that is written to are read before the write,
in case the reverse sweep has to put them back.
"""

from __future__ import annotations

from dataclasses import replace

from dualjit.adjoint.cotangents import ZERO, cotangent, is_shadow, leaves, shadows, zero_like
from dualjit.adjoint.memory import bound, shared_operands, written_by
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.runtime import writable_broadcast
from dualjit.program import nodes as p
from dualjit.program.naming import Names
from dualjit.program.types import Arr, Lst, Other, Tup, holds_memory, is_active, is_complex, passive
from dualjit.rules.arrays import ArrayRow
from dualjit.rules.arrays.table import Effect
from dualjit.rules.table import ScalarRow

SHADOW, SAVED, CONTENT = p.Routine("shadow"), p.Routine("saved"), p.Routine("content")


class Shadowed:
    """A program with shadows.

    Attributes
    ----------
    blocks : dict
        Its blocks.
    saved : dict
        Operations that write to memory, to (variable, its content before).
    mirrored : set of operations
        Methods done to shadow lists, which the adjoints of the methods take back.
    """

    def __init__(self, blocks: dict[int, p.Block], names: Names):
        self.names = names
        self.saved: dict[p.Op, list[tuple[p.Var, p.Var]]] = {}
        self.mirrored: set[p.Op] = set()
        self.blocks = {}
        for label, block in blocks.items():
            ops = [made for op in block.ops for made in (*self.before(op), op, *self.after(op))]
            params = tuple(v for param in block.params for v in (param, *shadows(param)))
            end = block.end.rerouted(lambda e: p.Edge(e.to, tuple(self.arguments(e, blocks[e.to].params))))
            self.blocks[label] = replace(block, params=params, ops=tuple(ops), end=end)

    def arguments(self, edge: p.Edge, params):
        """The arguments of an edge with their shadows."""
        for param, value in zip(params, edge.args, strict=True):
            yield value
            wanted = shadows(param)
            given = shadows(value) if isinstance(value, p.Var) else []
            yield from given if len(given) == len(wanted) else [None] * len(wanted)

    # ---- old contents

    def before(self, op: p.Op) -> list[p.Op]:
        """Reads what the operation is going to overwrite."""
        if isinstance(op, p.Store) and isinstance(op.array, p.Var):
            return self.save_stored(op)
        if isinstance(op, p.Method):
            return []
        made = []
        for v in written_by(op):
            if isinstance(v.type, Arr):
                old = self.names.var("old", passive(v.type))
                made.append(p.Do(old, SAVED, (v,), loc=op.loc))
                self.saved.setdefault(op, []).append((v, old))
        return made

    def save_stored(self, op: p.Store) -> list[p.Op]:
        t = op.array.type
        if isinstance(t, Arr) and not p.is_element(t, op.index):
            old = self.names.var(
                "old", Arr(passive(t.elem), 1)
            )  # of whatever dimension; only its being an array matters
            self.saved[op] = [(op.array, old)]
            return [p.Do(old, CONTENT, (op.array, op.index), loc=op.loc)]
        if not isinstance(t, Arr | Lst):
            return []
        old = self.names.var("old", t.elem if holds_memory(t.elem) else passive(t.elem))
        self.saved[op] = [(op.array, old)]
        made = [p.Load(old, op.array, op.index, loc=op.loc)]
        if holds_memory(t.elem) and is_active(t.elem):
            made += self.copied(shadows(old), [p.Load(None, s, op.index, loc=op.loc) for s in shadows(op.array)])
        return made

    def copied(self, targets, ops) -> list[p.Op]:
        return [replace(op, target=v) for v, op in zip(targets, ops, strict=True)]

    # ---- shadows

    def after(self, op: p.Op) -> list[p.Op]:
        """Makes the shadows of what the operation has made."""
        if (
            isinstance(op, p.Store)
            and isinstance(op.value, p.Var)
            and shadows(op.value)
            and isinstance(op.array.type, Lst)
        ):
            mirrored = p.Store(None, cotangent(op.array), op.index, cotangent(op.value), loc=op.loc)
            ((_, old),) = self.saved[op]
            self.saved[mirrored] = [(cotangent(op.array), cotangent(old))]
            return [mirrored]
        if isinstance(op, p.Method) and isinstance(op.receiver, p.Var) and isinstance(op.receiver.type, Lst):
            return self.of_method(op)
        if op.target is None or not shadows(op.target):
            return []
        return self.of(op)

    def of(self, op: p.Op) -> list[p.Op]:
        bar = cotangent(op.target)
        match op:
            case p.View() | p.Attr():
                source = op.array if isinstance(op, p.View) else op.value
                field = "array" if isinstance(op, p.View) else "value"
                return [replace(op, target=bar, **{field: cotangent(source)})]
            case p.Update():
                return [p.Copy(bar, cotangent(op.array), loc=op.loc)]
            case p.Cast() | p.Copy():
                return self.paired(bar, cotangent(op.source), op.loc)
            case p.Item():
                return self.paired(bar, cotangent(op.value)[op.index], op.loc)
            case p.Unpack():
                return self.paired(bar, cotangent(op.value), op.loc)
            case p.Pack(kind="tuple"):
                parts = tuple(cotangent(v) if isinstance(v, p.Var) else None for v in op.items)
                return self.paired(bar, parts, op.loc)
            case p.Pack():
                return [replace(op, target=bar, items=tuple(self.in_container(v, bar) for v in op.items))]
            case p.Load():
                return self.of_load(op, bar)
            case p.Apply(row=ArrayRow()) if shares_memory(op):
                return [self.same_view(op, bar)]
        return self.fresh(op)

    def paired(self, targets, sources, loc) -> list[p.Op]:
        """Copies between the shadows of two cotangents of one structure."""
        if targets is None or sources is None:
            return []
        if isinstance(targets, p.Var):
            return [p.Copy(targets, sources, loc=loc)] if is_shadow(targets) else []
        return [op for a, b in zip(targets, sources, strict=True) for op in self.paired(a, b, loc)]

    def in_container(self, item, shadow: p.Var):
        """What stands in a shadow list for an item of the list."""
        bar = cotangent(item) if isinstance(item, p.Var) else None
        return bar if isinstance(bar, p.Var) and is_shadow(bar) else zero_like(shadow.type.elem)

    def of_load(self, op: p.Load, bar) -> list[p.Op]:
        source = cotangent(op.array)
        if isinstance(source, tuple):
            whole = self.names.var("shadows", Tup(tuple(s.type for s in source)))
            return [p.Pack(whole, source, loc=op.loc), p.Load(bar, whole, op.index, loc=op.loc)]
        return [replace(op, target=bar, array=source)]

    def same_view(self, op: p.Apply, bar) -> p.Op:
        """The row that makes the view, of the shadow."""
        shared = {v.name for v in shared_operands(op)}
        if not all(holds_memory(v.type) for v in shared_operands(op)):
            raise refuse(op.loc, f"{op.row.name} of a number", "reverse mode has no view of it", "pass an array")

        def shadow_of(v):
            return cotangent(v) if v.name in shared else v

        made = replace(op.mapped(shadow_of), target=bar)
        return replace(made, function=writable_broadcast) if op.row.name == "broadcast_to" else made

    def fresh(self, op: p.Op) -> list[p.Op]:
        return self.zeros(shaped_like(op), cotangent(op.target), op.loc)

    def zeros(self, value: p.Var, bar, loc) -> list[p.Op]:
        if isinstance(bar, p.Var):
            return [p.Do(bar, SHADOW, (value, ZERO), loc=loc)] if is_shadow(bar) else []
        made = []
        for i, part in enumerate(bar):
            if any(map(is_shadow, leaves(part))):
                item = p.Var(f"{value.name}.{i}", value.type.items[i])
                made += [p.Item(item, value, i, loc=loc), *self.zeros(item, part, loc)]
        return made

    def of_method(self, op: p.Method) -> list[p.Op]:
        """What a method does to a list, done to its shadow."""
        if cotangent(op.receiver) is None or op.name in ("index", "count"):
            return []
        bar = cotangent(op.target) if op.target is not None else None
        target = bar if isinstance(bar, p.Var) and is_shadow(bar) else self.names.var("done", Other("none"))
        args = tuple(
            self.in_container(v, cotangent(op.receiver))
            if isinstance(v, p.Var) and v.active
            else self.position(op, k, v, cotangent(op.receiver))
            for k, v in enumerate(op.args)
        )
        made = replace(op, target=target, receiver=cotangent(op.receiver), args=args)
        self.mirrored.add(made)
        return [made]

    @staticmethod
    def position(op: p.Method, k: int, v, shadow: p.Var):
        """An argument that is no item of the list: it stands as it is, a constant item is a zero."""
        is_item = (op.name, k) in (("append", 0), ("insert", 1))
        return zero_like(shadow.type.elem) if is_item else v


def shaped_like(op: p.Op) -> p.Var:
    """A value of the shape, layout and precision of what the operation makes; one that is there before, if possible.

    So the values of an elementwise function of one array, of which nothing but the shape is wanted, are not computed.
    """
    scalar = isinstance(op, p.Fused) or (isinstance(op, p.Apply) and isinstance(op.row, ScalarRow))
    if scalar and isinstance(op.target.type, Arr):
        arrays = [v for v in op.uses() if isinstance(v.type, Arr)]
        if len(arrays) == 1 and arrays[0].type == op.target.type:
            return arrays[0]
    return op.target


def shares_memory(op: p.Apply) -> bool:
    """Does this call of an array row give a view?  Decided by types, as Numba does."""
    if op.row.effect is not Effect.VIEW:
        return False
    if op.row.name in LOOK_AT_VALUES or (op.row.name == "conj" and is_complex(op.target.type)):
        return False
    operands = bound(op)
    sources = [operands.get(name) for name in op.row.shares]
    layouts = [v.type.layout for v in p.variables(tuple(sources)) if isinstance(v.type, Arr)]
    converts = any(v.type.elem != op.target.type.elem for v in p.variables(tuple(sources)) if isinstance(v.type, Arr))
    if op.row.name == "asarray" and (converts or len(layouts) != 1):
        return False
    copies = COPIES_UNLESS.get(op.row.name)
    return copies is None or all(layout in copies for layout in layouts)


COPIES_UNLESS = {"ravel": "C", "ascontiguousarray": "C", "asfortranarray": "F"}
"""Rows that give a view of arrays of these layouts and copy others."""


LOOK_AT_VALUES = ("trim_zeros", "nan_to_num", "asarray_chkfinite")
"""Rows of which a shadow can't be the same view."""
