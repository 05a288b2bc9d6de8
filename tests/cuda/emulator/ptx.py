"""Reads PTX: variables, and routines as lists of statements."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_VARIABLE = re.compile(r"\.(\w+)\s+([\w$]+)(?:\[(\d*)\])?$")
_LABEL = re.compile(r"([\w$]+):")
_GUARD = re.compile(r"@(!?%\w+)\s+")
_ROUTINE = re.compile(r"\.(entry|func)\b\s*(?:\((?P<returned>[^)]*)\))?\s*(?P<name>[\w$]+)\s*(?:\((?P<given>[^)]*)\))?")
_LAYOUTS = {"f64": "<d", "f32": "<f"}


@dataclass(frozen=True)
class Variable:
    """Memory with a name; ``data`` are its bytes where it is initialised."""

    space: str
    type: str
    name: str
    size: int
    align: int
    data: bytes | None = None


@dataclass(frozen=True)
class Instruction:
    """``@guard opcode operands``; the opcode is split at its points."""

    guard: str
    opcode: tuple[str, ...]
    operands: tuple[str, ...]

    @property
    def type(self) -> str:
        return self.opcode[-1]


@dataclass(frozen=True)
class Label:
    name: str


@dataclass(frozen=True)
class Registers:
    """Registers ``name0`` to ``name{n}``, or one of this name."""

    name: str
    type: str


Statement = Instruction | Label | Registers | Variable


@dataclass(frozen=True)
class Routine:
    """A kernel (``entry``) or a function."""

    name: str
    entry: bool
    returned: tuple[Variable, ...]
    given: tuple[Variable, ...]
    body: tuple[Statement, ...]


def parsed(text: str) -> tuple[list[Variable], list[Routine]]:
    """The variables and the routines of a module."""
    text = re.sub(r"^\s*\.(version|target|address_size)\b.*$", "", _COMMENT.sub("", text), flags=re.M)
    variables, routines, position = [], [], 0
    while found := re.compile(r"[^\s;{]").search(text, position):
        start = found.start()
        end = re.compile(r"[;{]").search(text, start).start()
        header = text[start:end]
        if text[end] == "{" and "=" in header:
            end = text.index(";", end)
            header = text[start:end]
        if text[end] == "{":
            position = closing(text, end)
            routines.append(routine(header, text[end + 1 : position - 1]))
        else:
            position = end + 1
            if ".func" not in header and ".entry" not in header:
                variables.append(variable(header))
    return variables, routines


def closing(text: str, position: int) -> int:
    """Behind the brace that closes the one at ``position``."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, position):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.end()
    raise ValueError("a brace is not closed")


def variable(text: str) -> Variable:
    """A declaration: ``.local .align 8 .b8 name[16]``, with its initial value where it has one."""
    declared, _, value = text.partition("=")
    type_, name, count = _VARIABLE.search(declared.strip()).groups()
    space = next(s for s in ("global", "const", "shared", "local", "param") if f".{s}" in declared)
    align = re.search(r"\.align\s+(\d+)", declared)
    size = width(type_) // 8
    data = None
    if value:
        items = [int(item, 0) for item in re.findall(r"[^\s{},]+", value)]
        data = b"".join(item.to_bytes(size, "little", signed=item < 0) for item in items)
        count = count or str(len(items))
    return Variable(space, type_, name, size * int(count or 1), int(align[1]) if align else size, data)


def routine(header: str, body: str) -> Routine:
    found = _ROUTINE.search(header)
    returned, given = (
        tuple(variable(x) for x in (found[name] or "").split(",") if x.strip()) for name in ("returned", "given")
    )
    return Routine(found["name"], found[1] == "entry", returned, given, tuple(statements(body)))


def statements(text: str) -> list[Statement]:
    """Those of a body; braces around calls only limit the scope of names, which are declared anew in each."""
    found, position = [], 0
    while start := re.compile(r"[^\s{}]").search(text, position):
        if label := _LABEL.match(text, start.start()):
            found.append(Label(label[1]))
            position = label.end()
            continue
        position = text.index(";", start.start()) + 1
        statement = text[start.start() : position - 1].strip()
        if statement.startswith(".reg"):
            _, type_, names = statement.split(None, 2)
            found += [Registers(re.sub(r"<\d+>$", "", n.strip()), type_[1:]) for n in names.split(",")]
        elif statement.startswith((".local", ".shared", ".param")):
            found.append(variable(statement))
        elif not statement.startswith("."):
            found.append(instruction(statement))
    return found


def instruction(text: str) -> Instruction:
    guard = _GUARD.match(text)
    opcode, _, rest = re.sub(r"\s+", " ", text[guard.end() if guard else 0 :]).partition(" ")
    operands = re.findall(r"\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[^\s,]+", rest)
    return Instruction(guard[1] if guard else "", tuple(opcode.split(".")), tuple(operands))


def width(type_: str) -> int:
    """Bits of a type."""
    return 1 if type_ == "pred" else int(type_[1:])


def packed(parameters: tuple[Variable, ...], values: list) -> bytes:
    """A kernel's arguments as they lie in memory."""
    memory = bytearray(extent(parameters))
    for (offset, parameter), value in zip(offsets(parameters), values, strict=True):
        layout = _LAYOUTS.get(parameter.type)
        whole = None if layout else int(value)
        data = struct.pack(layout, value) if layout else whole.to_bytes(parameter.size, "little", signed=whole < 0)
        memory[offset : offset + parameter.size] = data
    return bytes(memory)


def offsets(parameters: tuple[Variable, ...]) -> list[tuple[int, Variable]]:
    """Where each parameter lies."""
    found, end = [], 0
    for parameter in parameters:
        start = -(-end // parameter.align) * parameter.align
        found.append((start, parameter))
        end = start + parameter.size
    return found


def extent(variables: tuple[Variable, ...]) -> int:
    """Bytes of all."""
    if not variables:
        return 0
    offset, last = offsets(variables)[-1]
    return offset + last.size
