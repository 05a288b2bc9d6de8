"""Checks that a program is one: after every pass, so that a mistake shows where it was made.

Of an adjoint program, whose variables have several definitions, it is only required that what is read is written
somewhere.

Source: the checks of LLVM's verifier, as far as they apply.
"""

from __future__ import annotations

from dualjit.program import nodes as p
from dualjit.program.flow import dominates, immediate_dominators, reverse_postorder
from dualjit.program.types import Arr


class Malformed(Exception):
    """A program that is none; a mistake of ours."""


def verify(function: p.Function, single: bool = True) -> p.Function:
    """The function itself, or Malformed.  ``single``: every variable has one definition, which dominates its uses."""
    check_edges(function)
    if single:
        check_definitions(function)
    else:
        check_written(function)
    return function


def need(condition: bool, function: p.Function, *message) -> None:
    if not condition:
        raise Malformed(f"{function.name}: {' '.join(map(str, message))}")


def check_edges(function: p.Function) -> None:
    blocks = function.blocks
    need(function.entry in blocks, function, "no entry", function.entry)
    for label, block in blocks.items():
        need(block.label == label, function, "block", block.label, "under label", label)
        need(isinstance(block.end, p.End), function, "block", label, "has no end")
        for edge in block.end.edges:
            need(edge.to in blocks, function, "block", label, "leads to", edge.to, "which is not there")
            count = len(blocks[edge.to].params)
            need(len(edge.args) == count, function, f"{label} -> {edge.to}: {len(edge.args)} arguments for {count}")
        for op in block.ops:
            if isinstance(op, p.View):
                need(isinstance(op.target.type, Arr), function, "a view that is no array:", op.target)


def defined_in(block: p.Block):
    """Names a block defines."""
    for v in block.params:
        yield v.name
    for op in block.ops:
        targets = op.target if isinstance(op.target, tuple) else (op.target,)
        for v in targets:
            if v is not None:
                yield v.name


def check_written(function: p.Function) -> None:
    written = {v.name for v in function.params}
    for block in function.blocks.values():
        written.update(defined_in(block))
    for block in function.blocks.values():
        for op in (*block.ops, block.end):
            for v in op.uses():
                need(v.name in written, function, f"'{v.name}' is read in block {block.label} and written nowhere")


def check_definitions(function: p.Function) -> None:
    home = {v.name: function.entry for v in function.params}
    for label in reverse_postorder(function.blocks, function.entry):
        for name in defined_in(function.blocks[label]):
            need(name not in home, function, f"'{name}' is defined twice")
            home[name] = label
    idom = immediate_dominators(function.blocks, function.entry)
    for label in reverse_postorder(function.blocks, function.entry):
        block = function.blocks[label]
        here = {v.name for v in (*function.params, *block.params)}
        for op in (*block.ops, block.end):
            for v in op.uses():
                known = v.name in here or (
                    v.name in home and home[v.name] != label and dominates(idom, home[v.name], label)
                )
                need(known, function, f"'{v.name}' is read in block {label} before it is defined")
            target = getattr(op, "target", None)
            if target is not None:
                here.add(target.name)
