"""Runs kernels: translates and compiles them for the CPU, and goes through blocks, warps and threads."""

from __future__ import annotations

import ctypes
from functools import cached_property
from itertools import product

import llvmlite.binding as llvm
import numpy as np

from tests.cuda.emulator.instructions import CLAMP, DISTANCE, EXCHANGE, LANES, MASK, TAKEN, VALUE
from tests.cuda.emulator.ptx import Variable, packed, parsed
from tests.cuda.emulator.routine import Translation

ALL_THREADS = """
define i32 @all_threads(ptr %frame, ptr %given, ptr %launch, i32 %threads) {{
  br label %loop
loop:
  %k = phi i32 [0, %0], [%next, %loop]
  %status = call i32 @{kernel}(ptr %frame, ptr %given, ptr %launch, i32 %k)
  %next = add i32 %k, 1
  %more = icmp ult i32 %next, %threads
  br i1 %more, label %loop, label %end
end:
  ret i32 0
}}
"""
TYPE = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 3, ctypes.c_int32)
POISON = 0xFF


class Machine:
    """One module of PTX with one kernel."""

    def __init__(self, ptx: str):
        variables, routines = parsed(ptx)
        shared = [s for r in routines for s in r.body if isinstance(s, Variable) and s.space == "shared"]
        translations = [Translation(r, variables) for r in routines]
        functions = [t.text() for t in translations]
        (self.kernel,) = [t for t in translations if t.routine.entry]
        loop = ALL_THREADS.format(kernel=self.kernel.routine.name)
        self.text = "\n".join([*map(memory, [*variables, *shared]), *functions, loop])

    @cached_property
    def engine(self):
        """The compiled module."""
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1
        )
        module = llvm.parse_assembly(self.text)
        module.verify()
        passes = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=1))
        passes.getModulePassManager().run(module, passes)
        engine = llvm.create_mcjit_compiler(module, target)
        engine.finalize_object()
        return engine

    def function(self, name: str):
        return TYPE(self.engine.get_function_address(name))

    def launch(self, grid: tuple[int, ...], threads: int, values: list) -> None:
        """Run the kernel for ``values``, numbers and addresses as its parameters take them."""
        given = packed(self.kernel.routine.given, values)
        grid = (*grid, 1, 1)[:3]
        for z, y, x in product(*map(range, reversed(grid))):
            launch = np.array([threads, 1, 1, *grid, x, y, z], np.int32)
            if self.kernel.waits:
                Block(self, threads, given, launch).run()
            else:
                self.function("all_threads")(None, given, launch.ctypes.data, threads)


class Block:
    """The threads of a block, which wait for each other."""

    def __init__(self, machine: Machine, threads: int, given: bytes, launch: np.ndarray):
        self.run_thread = machine.function(machine.kernel.routine.name)
        self.frames = np.full((threads, -(-machine.kernel.size // 16) * 16), POISON, np.uint8)
        self.words = self.frames.view(np.int32)[:, :EXCHANGE]
        self.words[...] = 0
        self.given, self.launch = given, launch

    def run(self) -> None:
        places = self.advance()
        while places != {0}:
            if len(places) != 1:
                raise RuntimeError(f"threads of a block wait at different places: {places}")
            self.give()
            places = self.advance()

    def advance(self) -> set[int]:
        """Run all threads until they wait; where that is."""
        first, stride, launch = self.frames.ctypes.data, self.frames.strides[0], self.launch.ctypes.data
        threads = range(len(self.frames))
        return {self.run_thread(first + k * stride, self.given, launch, k) for k in threads}

    def give(self) -> None:
        """What each thread gives, to the one that asks for it; beyond the warp a thread has its own."""
        words = self.words
        if words[:, MASK].any() and not ((words[:, MASK] == -1) & (words[:, CLAMP] == LANES - 1)).all():
            raise NotImplementedError("shuffles of some threads of a warp")
        lanes = np.arange(len(words))
        inside = lanes % LANES + words[:, DISTANCE] < LANES
        words[:, TAKEN] = words[np.where(inside, lanes + words[:, DISTANCE], lanes), VALUE]


def memory(v: Variable) -> str:
    """A variable of the module."""
    if v.data is None:
        return f"@{v.name} = internal global [{v.size} x i8] zeroinitializer, align {v.align}"
    data = "".join(f"\\{byte:02X}" for byte in v.data)
    return f'@{v.name} = internal global [{len(v.data)} x i8] c"{data}", align {v.align}'
