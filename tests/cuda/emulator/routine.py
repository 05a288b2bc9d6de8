"""Translates one routine of PTX to LLVM's language.

Registers are memory, which LLVM makes registers again.  A kernel that waits for other threads returns to whom runs it,
with the number of the place where it waits; its registers are in a frame that the caller keeps, and calling it again
goes on there.
"""

from __future__ import annotations

import re
import struct

from tests.cuda.emulator.instructions import EXCHANGE, FLOATS, INSTRUCTIONS, LANES, llvm
from tests.cuda.emulator.ptx import Instruction, Label, Registers, Routine, Variable, offsets

_REGISTER = re.compile(r"(%[A-Za-z_$]+?)(\d*)$")
_ADDRESS = re.compile(r"\[\s*([^\s+\]]+)\s*(?:\+\s*(-?\d+))?\s*\]")
SPECIAL = ("%ntid.x", "%ntid.y", "%ntid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z")
ZERO = ("%tid.y", "%tid.z")  # blocks have one axis here
WAITING = ("shfl", "bar")


class Translation:
    """LLVM's code of a routine, being written."""

    def __init__(self, routine: Routine, variables: list[Variable]):
        self.routine = routine
        self.registers: dict[str, str] = {}
        self.symbols = {v.name: f"@{v.name}" for v in variables}
        self.prologue: list[str] = []
        self.lines: list[str] = []
        self.places: dict[str, str] = {}
        self.resumed: list[str] = []
        self.count = 0
        self.size = 4 * EXCHANGE
        self.waits = routine.entry and any(isinstance(s, Instruction) and s.opcode[0] in WAITING for s in routine.body)

    def text(self) -> str:
        """The function."""
        routine = self.routine
        for offset, p in offsets(routine.given) if routine.entry else ():
            self.symbols[p.name] = self.named(f"getelementptr i8, ptr %given, i64 {offset}")
        for p in () if routine.entry else (*routine.returned, *routine.given):
            self.symbols[p.name] = f"%{p.name}"
        for statement in routine.body:
            self.statement(statement)
        self.line("ret i32 0")
        given = "ptr %frame, ptr %given, ptr %launch, i32 %tid"
        if not routine.entry:
            given = ", ".join(f"ptr %{p.name}" for p in (*routine.returned, *routine.given))
        places = " ".join(f"i32 {k}, label %{name}" for k, name in enumerate(self.resumed, 1))
        begin = [f"switch i32 %again, label %begin [{places}]"] if self.waits else ["br label %begin"]
        again = ["%again = load i32, ptr %frame"] if self.waits else []
        body = [*self.prologue, *again, *begin, "begin:", *self.lines]
        return "\n".join([f"define i32 @{routine.name}({given}) {{", *body, "}"])

    # ---- writing

    def line(self, text: str) -> None:
        self.lines.append(text)

    def value(self, text: str) -> str:
        """The name of a new value."""
        self.count += 1
        self.line(f"%v{self.count} = {text}")
        return f"%v{self.count}"

    def named(self, text: str) -> str:
        """The name of a value which is computed first."""
        self.count += 1
        self.prologue.append(f"%v{self.count} = {text}")
        return f"%v{self.count}"

    def label(self) -> str:
        """The name of a new block."""
        self.count += 1
        return f"b{self.count}"

    def memory(self, size: int, align: int) -> str:
        """Memory of the thread's own: in its frame where it may be left."""
        if not self.waits:
            place = self.named(f"alloca [{size} x i8], align {align}")
            self.prologue.append(f"call void @llvm.memset.p0.i64(ptr {place}, i8 -1, i64 {size}, i1 false)")
            return place
        self.size = -(-self.size // align) * align
        offset, self.size = self.size, self.size + size
        return self.named(f"getelementptr i8, ptr %frame, i64 {offset}")

    def statement(self, statement) -> None:
        if isinstance(statement, Registers):
            self.registers[statement.name] = llvm(statement.type)
        elif isinstance(statement, Variable):
            shared = statement.space == "shared"
            self.symbols[statement.name] = (
                f"@{statement.name}" if shared else self.memory(statement.size, statement.align)
            )
        elif isinstance(statement, Label):
            name = self.block(statement.name)
            self.line(f"br label %{name}")
            self.line(f"{name}:")
        else:
            self.instruction(statement)

    def instruction(self, i: Instruction) -> None:
        name = i.opcode[0]
        if name not in INSTRUCTIONS:
            raise NotImplementedError(".".join(i.opcode))
        if not i.guard:
            INSTRUCTIONS[name](self, i)
            return
        do, after = self.label(), self.label()
        self.line(f"br i1 {self.read(i.guard, 'i1')}, label %{do}, label %{after}")
        self.line(f"{do}:")
        INSTRUCTIONS[name](self, i)
        self.line(f"br label %{after}")
        self.line(f"{after}:")

    @staticmethod
    def block(name: str) -> str:
        return name.replace("$", "L")

    def leave(self, text: str) -> None:
        """End a block."""
        self.line(text)
        self.line(f"{self.label()}:")

    def wait(self) -> None:
        """Return, and go on from here when called again."""
        again = self.label()
        self.resumed.append(again)
        self.line(f"store i32 {len(self.resumed)}, ptr %frame")
        self.line(f"ret i32 {len(self.resumed)}")
        self.line(f"{again}:")

    # ---- operands

    def register(self, name: str) -> tuple[str, str]:
        """Type and place of a register."""
        type_ = self.registers.get(name) or self.registers[_REGISTER.match(name)[1]]
        if name not in self.places:
            size = {"double": 8, "float": 4, "i1": 1}.get(type_) or int(type_[1:]) // 8
            self.places[name] = self.memory(size, size)
        return type_, self.places[name]

    def read(self, operand: str, type_: str) -> str:
        """An operand as a value of a type of LLVM's."""
        if operand.startswith("!"):
            return self.value(f"xor i1 {self.read(operand[1:], 'i1')}, true")
        if operand in SPECIAL:
            place = self.value(f"getelementptr i32, ptr %launch, i64 {SPECIAL.index(operand)}")
            return self.value(f"load i32, ptr {place}")
        if operand == "%tid.x":
            return "%tid"
        if operand in ZERO:
            return "0"
        if operand == "%laneid":
            return self.value(f"urem i32 %tid, {LANES}")
        if operand.startswith("%") or operand in self.registers:
            kept, place = self.register(operand)
            return self.converted(self.value(f"load {kept}, ptr {place}"), kept, type_)
        if operand in self.symbols:
            return self.value(f"ptrtoint ptr {self.symbols[operand]} to {type_}")
        return constant(operand, type_)

    def converted(self, value: str, kept: str, type_: str, signed: bool = False) -> str:
        """The bits of a value as another type: cut off, or filled up."""
        if kept == type_:
            return value
        if kept in FLOATS.values():
            whole = "i64" if kept == "double" else "i32"
            return self.converted(self.value(f"bitcast {kept} {value} to {whole}"), whole, type_, signed)
        if type_ in FLOATS.values():
            whole = "i64" if type_ == "double" else "i32"
            return self.value(f"bitcast {whole} {self.converted(value, kept, whole, signed)} to {type_}")
        narrower = int(type_[1:]) < int(kept[1:])
        how = "trunc" if narrower else "sext" if signed else "zext"
        return self.value(f"{how} {kept} {value} to {type_}")

    def write(self, operand: str, value: str, type_: str, signed: bool = False) -> None:
        """Store a value of a type in a register."""
        if operand == "_":
            return
        kept, place = self.register(operand)
        self.line(f"store {kept} {self.converted(value, type_, kept, signed)}, ptr {place}")

    def address(self, operand: str) -> str:
        """The pointer that ``[base+offset]`` stands for."""
        base, offset = _ADDRESS.match(operand).groups()
        if base in self.symbols:
            pointer = self.symbols[base]
        else:
            pointer = self.value(f"inttoptr i64 {self.read(base, 'i64')} to ptr")
        return self.value(f"getelementptr i8, ptr {pointer}, i64 {offset}") if offset else pointer

    def exchange(self, word: int) -> str:
        """A place in the frame for what threads give each other."""
        return self.value(f"getelementptr i32, ptr %frame, i64 {word}")


def constant(text: str, type_: str) -> str:
    """A literal as one of LLVM's."""
    if text.startswith(("0d", "0D")):
        return whole_or_float(int(text[2:], 16), type_)
    if text.startswith(("0f", "0F")):
        bits = int(text[2:], 16)
        return whole_or_float(bits, type_)
    return whole_or_float(int(text.rstrip("U"), 0), type_)


def whole_or_float(bits: int, type_: str) -> str:
    """A constant of these bits."""
    if type_ == "double":
        return f"0x{bits & (1 << 64) - 1:016X}"
    if type_ == "float":  # LLVM writes it as the double of the same value
        (single,) = struct.unpack("<f", struct.pack("<I", bits & (1 << 32) - 1))
        return f"bitcast (i32 {bits & (1 << 32) - 1} to float)" if single != single else f"0x{as_double(single):016X}"
    return str(bits) if type_ != "i1" else str(bool(bits)).lower()


def as_double(x: float) -> int:
    return struct.unpack("<Q", struct.pack("<d", x))[0]
