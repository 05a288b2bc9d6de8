"""What a kernel takes of a device: registers and spills, told by NVIDIA's assembler, which needs no device.

The assembler is the library nvJitLink, which comes with ``dualjit[cuda]``, or the program ``ptxas`` of a CUDA toolkit.

Relies on the lines of ptxas's ``-v``: "Used N registers", "N bytes stack frame, N bytes spill stores, N bytes spill
loads", the latter once for each function.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dualjit.cuda.target import INSTALL
from dualjit.errors import CudaError

_USED = re.compile(r"Used (\d+) registers")
_FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
_FUNCTION = re.compile(r"Function properties for '?([\w$.]+)")


@dataclass(frozen=True)
class Resources:
    """What one thread takes.

    Attributes
    ----------
    registers : int
    spill_bytes : int
        Written to local memory for want of registers, and read again.
    local_bytes : int
        Stack of the kernel itself, spills included.
    slow_path_bytes : int
        Stack of functions that were not inlined, such as the reduction of large arguments of sines.
    """

    registers: int
    spill_bytes: int
    local_bytes: int
    slow_path_bytes: int


def resources(ptx: str, cc: tuple[int, int]) -> Resources:
    """Assemble a kernel and read what it takes."""
    return parsed(_log(ptx, f"sm_{cc[0]}{cc[1]}"))


def parsed(log: str) -> Resources:
    """What the assembler's log says."""
    registers = max(map(int, _USED.findall(log)), default=0)
    entry = re.search(r"Compiling entry function '([\w$.]+)'", log)
    kernel = others = spills = 0
    function = None
    for line in log.splitlines():
        named, frame = _FUNCTION.search(line), _FRAME.search(line)
        function = named[1] if named else function
        if frame:
            stack, stores, loads = map(int, frame.groups())
            spills = max(spills, stores, loads)
            if entry and function == entry[1]:
                kernel = stack
            else:
                others = max(others, stack)
    return Resources(registers, spills, kernel, others)


def _log(ptx: str, arch: str) -> str:
    try:
        from cuda.bindings import nvjitlink
    except ImportError:
        return _by_program(ptx, arch)
    return _by_library(nvjitlink, ptx.encode(), arch)


def _by_library(nvjitlink, ptx: bytes, arch: str) -> str:
    handle = nvjitlink.create(2, [f"-arch={arch}", "-verbose"])
    try:
        nvjitlink.add_data(handle, nvjitlink.InputType.PTX, ptx, len(ptx), "kernel.ptx")
        nvjitlink.complete(handle)
        log = bytearray(nvjitlink.get_info_log_size(handle))
        nvjitlink.get_info_log(handle, log)
        return log.decode(errors="replace")
    finally:
        nvjitlink.destroy(handle)


def _by_program(ptx: str, arch: str) -> str:
    program = ptxas()
    if program is None:
        raise CudaError(f"there is no assembler, neither nvJitLink nor ptxas: {INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernel.ptx"
        source.write_text(ptx, encoding="utf-8")
        command = [program, "-v", f"-arch={arch}", str(source), "-o", str(source.with_suffix(".cubin"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CudaError(f"ptxas failed: {done.stderr.strip()}")
    return done.stderr


def ptxas() -> str | None:
    """The program, on the path or in the toolkit that CUDA_HOME names."""
    home = os.environ.get("CUDA_HOME", "")
    return shutil.which("ptxas") or (shutil.which("ptxas", path=str(Path(home) / "bin")) if home else None)
