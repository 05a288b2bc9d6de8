"""Loops of constant length are unrolled, so that the compiler sees which partials are zero.

One idea: the first of seven seeds has one partial that is not zero; in straight code the others are constants, and a
product with one vanishes.  In a loop they are variables, all of which take registers and time.  libNVVM unrolls such
loops, however long their bodies are (up to its limit of 16384 instructions), where their branches back ask for it.

Relies on Numba's order of blocks, that of the bytecode: a branch to a block that stands before it, or to its own, goes
back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

_LABEL = re.compile(r'^"?([^"\s;:]+)"?:')
_TARGET = re.compile(r'label %"?([^",\s]+)"?')


def unrolled(llvm: str) -> str:
    """A module in LLVM's language whose loops ask to be unrolled."""
    number = max(map(int, re.findall(r"^!(\d+) =", llvm, re.M)), default=-1) + 1
    lines, before = [], set()
    for line in llvm.splitlines():
        if line.startswith("define"):
            before = set()
        if label := _LABEL.match(line):
            before.add(label[1])
        if line.lstrip().startswith("br ") and "!llvm.loop" not in line and before.intersection(_TARGET.findall(line)):
            line += f", !llvm.loop !{number}"
        lines.append(line)
    wish = [f"!{number} = distinct !{{!{number}, !{number + 1}}}", f'!{number + 1} = !{{!"llvm.loop.unroll.full"}}']
    return "\n".join([*lines, *wish, ""])


@contextmanager
def unrolling(nvvm, wanted: bool = True) -> Iterator[None]:
    """What libNVVM compiles inside has its loops unrolled if wanted; ``nvvm`` is the target's module of that name."""
    compile_ir = nvvm.compile_ir

    def compiled(modules, **options):
        texts = [modules] if isinstance(modules, str) else modules
        return compile_ir([unrolled(text) if wanted else text for text in texts], **options)

    nvvm.compile_ir = compiled
    try:
        yield
    finally:
        nvvm.compile_ir = compile_ir
