"""Can a compiled function raise, as far as its author says: by ``raise`` or ``assert``, or where it unpacks or slices?

What Numba's own code may raise, such as for an index beyond a tuple, is not counted: a check that never fails costs
registers.

Relies on the annotation of a compiled function: its blocks, and the types of its variables.  Packages with a Numba of
their own have other classes of the same names.
"""

from __future__ import annotations

from dualjit.numbers.points import Point

RAISES = {"Raise", "StaticRaise", "DynamicRaise", "TryRaise", "StaticTryRaise", "DynamicTryRaise"}


def may_raise(compiled, known: frozenset = frozenset()) -> bool:
    """Does it, or a function that it calls, raise?  ``known`` are signatures that are being looked at."""
    annotation, key = compiled.type_annotation, compiled.fndesc.mangled_name
    if key in known:
        return False
    if not hasattr(annotation, "blocks"):  # of a function from a cache there is a text
        return True
    statements = [s for block in annotation.blocks.values() for s in block.body]
    if any(type(s).__name__ in RAISES or _may_not_fit(s, annotation.typemap) for s in statements):
        return True
    called = [t.dispatcher for t in annotation.typemap.values() if hasattr(t, "dispatcher")]
    return any(may_raise(o, known | {key}) for dispatcher in called for o in dispatcher.overloads.values())


def _may_not_fit(statement, typemap) -> bool:
    """Does it unpack a point, or slice one by steps, which may be zero?"""
    value = getattr(statement, "value", None)
    op = getattr(value, "op", None)
    if op not in ("exhaust_iter", "getitem", "static_getitem") or not isinstance(typemap[value.value.name], Point):
        return False
    if op == "exhaust_iter":
        return True
    index = value.index if op == "getitem" else value.index_var
    return index is not None and getattr(typemap[index.name], "has_step", False)
