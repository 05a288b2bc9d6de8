"""What each instruction of PTX is in LLVM's language; ``t`` is the `Translation`, ``i`` the `Instruction`."""

from __future__ import annotations

from tests.cuda.emulator.ptx import width

LANES = 32
VALUE, DISTANCE, CLAMP, MASK, TAKEN = range(1, 6)
"""Words at the beginning of a frame, by which threads give each other numbers; the first says where a thread waits."""
EXCHANGE = 6
FLOATS = {"f64": "double", "f32": "float"}
COMPARISONS = {"eq": "oeq", "ne": "one", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "num": "ord", "nan": "uno"}
COMPARISONS |= {"equ": "ueq", "neu": "une", "ltu": "ult", "leu": "ule", "gtu": "ugt", "geu": "uge"}
UNSIGNED = {"lo": "ult", "ls": "ule", "hi": "ugt", "hs": "uge", "eq": "eq", "ne": "ne"}
ROUNDED = {"rni": "rint", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}


def llvm(type_: str) -> str:
    """LLVM's name of a type of PTX."""
    return FLOATS.get(type_) or f"i{width(type_)}"


def is_float(type_: str) -> bool:
    return type_ in FLOATS


def operands(t, i) -> list[str]:
    """The values of all operands but the first, where the result goes."""
    return [t.read(operand, llvm(i.type)) for operand in i.operands[1:]]


def intrinsic(t, name: str, type_: str, values: list[str]) -> str:
    """A call of one of LLVM's functions, all of one type."""
    given = ", ".join(f"{type_} {v}" for v in values)
    suffix = {"double": "f64", "float": "f32"}.get(type_, type_)
    return t.value(f"call {type_} @llvm.{name}.{suffix}({given})")


def result(t, i, value: str) -> None:
    t.write(i.operands[0], value, llvm(i.type), i.type.startswith("s"))


# ---- arithmetic


def arithmetic(floating: str, signed: str, unsigned: str = ""):
    """An operation of two operands."""

    def translate(t, i):
        if {"cc"} & set(i.opcode) or i.opcode[0] in ("addc", "subc"):
            return carrying(t, i)
        if is_float(i.type):
            return rounded(t, i, operands(t, i))
        name = signed if i.type[0] == "s" or not unsigned else unsigned
        a, b = operands(t, i)
        return result(t, i, t.value(f"{name} {llvm(i.type)} {a}, {b}"))

    def rounded(t, i, values):
        mode = {"rm", "rp", "rz"} & set(i.opcode)
        if mode:
            return directed(t, i, mode.pop(), lambda wide: t.value(f"{floating} double {wide[0]}, {wide[1]}"))
        value = t.value(f"{floating} {llvm(i.type)} {values[0]}, {values[1]}")
        return result(t, i, saturated(t, i, value))

    return translate


def saturated(t, i, value: str) -> str:
    """Between zero and one where the instruction says ``sat``."""
    if "sat" not in i.opcode:
        return value
    type_ = llvm(i.type)
    positive = t.value(f"fcmp ogt {type_} {value}, 0.0")
    value = t.value(f"select i1 {positive}, {type_} {value}, {type_} 0.0")
    small = t.value(f"fcmp olt {type_} {value}, 1.0")
    return t.value(f"select i1 {small}, {type_} {value}, {type_} 1.0")


def directed(t, i, mode: str, compute) -> None:
    """Single precision, rounded down or to zero: what double precision says, moved back where it was rounded up."""
    if i.type != "f32" or mode == "rp":
        raise NotImplementedError(".".join(i.opcode))
    exact = compute([t.value(f"fpext float {v} to double") for v in operands(t, i)])
    near = t.value(f"fptrunc double {exact} to float")
    found, step = t.value(f"fpext float {near} to double"), "-1"
    if mode == "rz":
        found, exact = (intrinsic(t, "fabs", "double", [v]) for v in (found, exact))
    else:
        positive = t.value(f"fcmp ogt float {near}, 0.0")
        step = t.value(f"select i1 {positive}, i32 -1, i32 1")
    above = t.value(f"fcmp ogt double {found}, {exact}")
    bits = t.value(f"bitcast float {near} to i32")
    moved = t.value(f"add i32 {bits}, {step}")
    back = t.value(f"bitcast i32 {moved} to float")
    result(t, i, t.value(f"select i1 {above}, float {back}, float {near}"))


def carrying(t, i) -> None:
    """Sums, differences and products of long numbers, by words and a carry."""
    bits = width(i.type)
    name = i.opcode[0]
    t.registers.setdefault("%.carry", "i128")
    values = [t.value(f"zext i{bits} {v} to i128") for v in operands(t, i)]
    if name.startswith("mad"):
        product = t.value(f"mul i128 {values[0]}, {values[1]}")
        part = t.value(f"lshr i128 {product}, {bits if 'hi' in i.opcode else 0}")
        values = [t.value(f"and i128 {part}, {(1 << bits) - 1}"), values[2]]
    how = "sub" if name.startswith("sub") else "add"
    value = t.value(f"{how} i128 {values[0]}, {values[1]}")
    if name.endswith("c"):
        value = t.value(f"{how} i128 {value}, {t.read('%.carry', 'i128')}")
    if "cc" in i.opcode:
        upper = t.value(f"lshr i128 {value}, {bits}")
        t.write("%.carry", t.value(f"and i128 {upper}, 1"), "i128")
    t.write(i.operands[0], t.value(f"trunc i128 {value} to i{bits}"), f"i{bits}")


def multiply(t, i) -> None:
    """``mul`` and ``mad`` of whole numbers: low half, high half, or all of the product."""
    if is_float(i.type):
        return arithmetic("fmul", "mul")(t, i)
    if "cc" in i.opcode or i.opcode[0] == "madc":
        return carrying(t, i)
    bits, signed = width(i.type), i.type[0] == "s"
    extend = "sext" if signed else "zext"
    wide = [t.value(f"{extend} i{bits} {t.read(x, f'i{bits}')} to i{2 * bits}") for x in i.operands[1:3]]
    product = t.value(f"mul i{2 * bits} {wide[0]}, {wide[1]}")
    all_bits = 2 * bits if "wide" in i.opcode else bits
    if "hi" in i.opcode:
        product = t.value(f"lshr i{2 * bits} {product}, {bits}")
    value = product if all_bits == 2 * bits else t.value(f"trunc i{2 * bits} {product} to i{bits}")
    if len(i.operands) == 4:
        value = t.value(f"add i{all_bits} {value}, {t.read(i.operands[3], f'i{all_bits}')}")
    return t.write(i.operands[0], value, f"i{all_bits}", signed)


def fused(t, i) -> None:
    mode = {"rm", "rp", "rz"} & set(i.opcode)
    if mode:
        return directed(t, i, mode.pop(), lambda wide: intrinsic(t, "fma", "double", wide))
    return result(t, i, saturated(t, i, intrinsic(t, "fma", llvm(i.type), operands(t, i))))


def divide(t, i) -> None:
    arithmetic("fdiv", "sdiv", "udiv")(t, i)


def approximate(name: str):
    """A function of the device's special unit; in double precision only its upper half is computed."""

    def translate(t, i):
        type_ = llvm(i.type)
        (x,) = operands(t, i)
        wide = x if type_ == "double" else t.value(f"fpext float {x} to double")
        if name in ("rcp", "rsqrt"):
            root = wide if name == "rcp" else intrinsic(t, "sqrt", "double", [wide])
            value = t.value(f"fdiv double 1.0, {root}")
        else:
            value = intrinsic(t, {"ex2": "exp2", "lg2": "log2"}.get(name, name), "double", [wide])
        if type_ == "float":
            return result(t, i, t.value(f"fptrunc double {value} to float"))
        if "approx" in i.opcode:
            bits = t.value(f"bitcast double {value} to i64")
            upper = t.value(f"and i64 {bits}, {~((1 << 32) - 1)}")
            value = t.value(f"bitcast i64 {upper} to double")
        return result(t, i, value)

    return translate


def square_root(t, i) -> None:
    result(t, i, intrinsic(t, "sqrt", llvm(i.type), operands(t, i)))


def negate(t, i) -> None:
    (x,) = operands(t, i)
    type_ = llvm(i.type)
    result(t, i, t.value(f"fneg {type_} {x}" if is_float(i.type) else f"sub {type_} 0, {x}"))


def absolute(t, i) -> None:
    (x,) = operands(t, i)
    type_ = llvm(i.type)
    if is_float(i.type):
        return result(t, i, intrinsic(t, "fabs", type_, [x]))
    return result(t, i, t.value(f"call {type_} @llvm.abs.{type_}({type_} {x}, i1 false)"))


def extreme(name: str):
    def translate(t, i):
        kind = f"{name}num" if is_float(i.type) else f"{i.type[0]}{name}"
        result(t, i, intrinsic(t, kind, llvm(i.type), operands(t, i)))

    return translate


def copysign(t, i) -> None:
    sign, magnitude = operands(t, i)
    result(t, i, intrinsic(t, "copysign", llvm(i.type), [magnitude, sign]))


# ---- bits


def invert(t, i) -> None:
    (x,) = operands(t, i)
    result(t, i, t.value(f"xor {llvm(i.type)} {x}, -1"))


def shift(name: str):
    """Shifts by more than all bits shift all out."""

    def translate(t, i):
        type_, bits = llvm(i.type), width(i.type)
        how = "shl" if name == "shl" else "ashr" if i.type[0] == "s" else "lshr"
        x, n = t.read(i.operands[1], type_), t.read(i.operands[2], "i32")
        most = bits - 1 if how == "ashr" else bits
        n = intrinsic(t, "umin", "i32", [n, str(most)])
        wide = t.value(f"{'sext' if how == 'ashr' else 'zext'} {type_} {x} to i128")
        by = t.value(f"zext i32 {n} to i128")
        moved = t.value(f"{how} i128 {wide}, {by}")
        result(t, i, t.value(f"trunc i128 {moved} to {type_}"))

    return translate


def funnel(t, i) -> None:
    """``shf``: the upper (left) or lower (right) word of two words shifted."""
    low, high, n = operands(t, i)
    if "wrap" not in i.opcode:
        raise NotImplementedError(".".join(i.opcode))
    name = "fshl" if "l" in i.opcode else "fshr"
    result(t, i, intrinsic(t, name, "i32", [high, low, n]))


def insert(t, i) -> None:
    """``bfi d, a, b, position, length``: the lowest bits of a in b."""
    type_, bits = llvm(i.type), width(i.type)
    a, b = (t.read(x, type_) for x in i.operands[1:3])
    position, ones = field(t, i.operands[3:5])
    wide = [t.value(f"zext {type_} {v} to i128") for v in (a, b)]
    cut = t.value(f"and i128 {wide[0]}, {ones}")
    moved = t.value(f"shl i128 {cut}, {position}")
    mask = t.value(f"shl i128 {ones}, {position}")
    others = t.value(f"xor i128 {mask}, -1")
    kept = t.value(f"and i128 {wide[1]}, {others}")
    both = t.value(f"or i128 {moved}, {kept}")
    result(t, i, t.value(f"trunc i128 {both} to i{bits}"))


def field(t, operands) -> tuple[str, str]:
    """Of position and length: the position, and as many ones as the length says."""
    position, length = (t.value(f"zext i32 {x} to i128") for x in [t.read(x, "i32") for x in operands])
    power = t.value(f"shl i128 1, {length}")
    return position, t.value(f"sub i128 {power}, 1")


def extract(t, i) -> None:
    """``bfe.u d, a, position, length``."""
    if i.type[0] != "u":
        raise NotImplementedError(".".join(i.opcode))
    type_ = llvm(i.type)
    a = t.value(f"zext {type_} {t.read(i.operands[1], type_)} to i128")
    position, ones = field(t, i.operands[2:4])
    moved = t.value(f"lshr i128 {a}, {position}")
    cut = t.value(f"and i128 {moved}, {ones}")
    result(t, i, t.value(f"trunc i128 {cut} to {type_}"))


def permute(t, i) -> None:
    """``prmt``: four bytes out of eight, chosen by nibbles."""
    a, b, chosen = operands(t, i)
    low, high = (t.value(f"zext i32 {x} to i64") for x in (a, b))
    upper = t.value(f"shl i64 {high}, 32")
    both = t.value(f"or i64 {upper}, {low}")
    total = "0"
    for k in range(4):
        nibble = t.value(f"lshr i32 {chosen}, {4 * k}")
        which = t.value(f"and i32 {nibble}, 7")
        bits = t.value(f"shl i32 {which}, 3")
        by = t.value(f"zext i32 {bits} to i64")
        moved = t.value(f"lshr i64 {both}, {by}")
        word = t.value(f"trunc i64 {moved} to i32")
        byte = t.value(f"and i32 {word}, 255")
        placed = t.value(f"shl i32 {byte}, {8 * k}")
        total = t.value(f"or i32 {total}, {placed}")
    result(t, i, total)


def counted(name: str):
    """``clz``, ``popc``: of 32 bits, whatever the operand's."""

    def translate(t, i):
        type_ = llvm(i.type)
        x = t.read(i.operands[1], type_)
        more = ", i1 false" if name == "ctlz" else ""
        t.write(i.operands[0], t.value(f"call {type_} @llvm.{name}.{type_}({type_} {x}{more})"), type_)

    return translate


# ---- choices


def compare(t, i) -> None:
    """``setp.cmp``, also combined with another predicate."""
    type_, name = llvm(i.type), i.opcode[1]
    a, b = (t.read(x, type_) for x in i.operands[1:3])
    if is_float(i.type):
        value = t.value(f"fcmp {COMPARISONS[name]} {type_} {a}, {b}")
    else:
        signed = {k: f"s{k}" for k in ("lt", "le", "gt", "ge")} if i.type[0] == "s" else {}
        how = signed.get(name) or UNSIGNED.get(name) or f"u{name}"
        value = t.value(f"icmp {how} {type_} {a}, {b}")
    if len(i.opcode) == 4 and i.opcode[2] in ("and", "or", "xor"):
        value = t.value(f"{i.opcode[2]} i1 {value}, {t.read(i.operands[3], 'i1')}")
    target, _, opposite = i.operands[0].partition("|")
    t.write(target, value, "i1")
    if opposite:
        t.write(opposite, t.value(f"xor i1 {value}, true"), "i1")


def select(t, i) -> None:
    type_ = llvm(i.type)
    a, b = (t.read(x, type_) for x in i.operands[1:3])
    result(t, i, t.value(f"select i1 {t.read(i.operands[3], 'i1')}, {type_} {a}, {type_} {b}"))


def convert(t, i) -> None:
    """``cvt.to.from``."""
    to, source = i.opcode[-2:]
    x = t.read(i.operands[1], llvm(source))
    if is_float(to) and is_float(source):
        value = between_floats(t, i, to, source, x)
    elif is_float(to):
        value = t.value(f"{'si' if source[0] == 's' else 'ui'}tofp {llvm(source)} {x} to {llvm(to)}")
    elif is_float(source):
        rounded = intrinsic(t, ROUNDED[i.opcode[1]], llvm(source), [x])
        how = "fptosi" if to[0] == "s" else "fptoui"
        name = f"llvm.{how}.sat.{llvm(to)}.{source}"
        value = t.value(f"call {llvm(to)} @{name}({llvm(source)} {rounded})")
    else:
        value = t.converted(x, llvm(source), llvm(to), source[0] == "s")
    t.write(i.operands[0], value, llvm(to), to[0] == "s")


def between_floats(t, i, to, source, x) -> str:
    if to != source:
        return t.value(f"{'fptrunc' if to == 'f32' else 'fpext'} {llvm(source)} {x} to {llvm(to)}")
    how = ROUNDED.get(i.opcode[1])
    return saturated(t, i, intrinsic(t, how, llvm(to), [x]) if how else x)


# ---- memory


def parts(operand: str) -> list[str]:
    """The registers of ``{a, b}``, or the operand itself."""
    return [x.strip() for x in operand.strip("{}").split(",")]


def load(t, i) -> None:
    type_ = llvm(i.type)
    pointer = t.address(i.operands[1])
    for k, register in enumerate(parts(i.operands[0])):
        place = t.value(f"getelementptr {type_}, ptr {pointer}, i64 {k}") if k else pointer
        t.write(register, t.value(f"load {type_}, ptr {place}"), type_, i.type[0] == "s")


def store(t, i) -> None:
    type_ = llvm(i.type)
    pointer = t.address(i.operands[0])
    for k, register in enumerate(parts(i.operands[1])):
        place = t.value(f"getelementptr {type_}, ptr {pointer}, i64 {k}") if k else pointer
        t.line(f"store {type_} {t.read(register, type_)}, ptr {place}")


def move(t, i) -> None:
    """``mov``, also from and to the two halves of a register."""
    type_ = llvm(i.type)
    target, source = i.operands
    if target.startswith("{"):
        names, bits = parts(target), width(i.type)
        part, x = bits // len(names), t.read(source, f"i{bits}")
        for k, name in enumerate(names):
            moved = t.value(f"lshr i{bits} {x}, {k * part}")
            t.write(name, t.value(f"trunc i{bits} {moved} to i{part}"), f"i{part}")
    elif source.startswith("{"):
        names, bits = parts(source), width(i.type)
        part, total = bits // len(names), "0"
        for k, name in enumerate(names):
            wide = t.value(f"zext i{part} {t.read(name, f'i{part}')} to i{bits}")
            moved = t.value(f"shl i{bits} {wide}, {k * part}")
            total = t.value(f"or i{bits} {total}, {moved}")
        t.write(target, total, f"i{bits}")
    else:
        t.write(target, t.read(source, type_), type_)


def same_address(t, i) -> None:
    """``cvta``: all memory is one here."""
    t.write(i.operands[0], t.read(i.operands[1], "i64"), "i64")


def atomic(t, i) -> None:
    """``atom`` and ``red``: threads run one after the other, so nothing has to be done at once."""
    type_ = llvm(i.type)
    returns = i.opcode[0] == "atom"
    pointer = t.address(i.operands[returns])
    given = [t.read(x, type_) for x in i.operands[returns + 1 :]]
    before = t.value(f"load {type_}, ptr {pointer}")
    how = next(name for name in i.opcode if name in ("add", "exch", "cas", "max", "min"))
    if how == "add":
        after = t.value(f"{'fadd' if is_float(i.type) else 'add'} {type_} {before}, {given[0]}")
    elif how == "exch":
        (after,) = given
    elif how == "cas":
        equal = t.value(f"icmp eq {type_} {before}, {given[0]}")
        after = t.value(f"select i1 {equal}, {type_} {given[1]}, {type_} {before}")
    else:
        after = intrinsic(t, f"{'s' if i.type[0] == 's' else 'u'}{how}", type_, [before, given[0]])
    t.line(f"store {type_} {after}, ptr {pointer}")
    if returns:
        t.write(i.operands[0], before, type_)


# ---- control


def branch(t, i) -> None:
    t.leave(f"br label %{t.block(i.operands[0])}")


def leave(t, i) -> None:
    t.leave("ret i32 0")


def call(t, i) -> None:
    returned, name, given = i.operands if len(i.operands) == 3 else ("", *i.operands)
    places = [x for operand in (returned, given) for x in parts(operand.strip("()")) if x]
    t.line(f"call i32 @{name}({', '.join(f'ptr {t.symbols[x]}' for x in places)})")


def shuffle(t, i) -> None:
    """``shfl.sync.down``: what the thread some lanes further gives."""
    if "down" not in i.opcode:
        raise NotImplementedError(".".join(i.opcode))
    for place, operand in zip((VALUE, DISTANCE, CLAMP, MASK), i.operands[1:], strict=True):
        t.line(f"store i32 {t.read(operand, 'i32')}, ptr {t.exchange(place)}")
    t.wait()
    target, _, inside = i.operands[0].partition("|")
    t.write(target, t.value(f"load i32, ptr {t.exchange(TAKEN)}"), "i32")
    if inside:
        lane = t.value(f"add i32 {t.read('%laneid', 'i32')}, {t.read(i.operands[2], 'i32')}")
        t.write(inside, t.value(f"icmp ult i32 {lane}, {LANES}"), "i1")


def barrier(t, i) -> None:
    t.wait()


def nothing(t, i) -> None:
    """Memory is in order."""


INSTRUCTIONS = {
    "add": arithmetic("fadd", "add"), "addc": carrying, "sub": arithmetic("fsub", "sub"), "subc": carrying,
    "mul": multiply, "mad": multiply, "madc": carrying, "fma": fused, "div": divide,
    "rem": arithmetic("frem", "srem", "urem"), "neg": negate, "abs": absolute, "sqrt": square_root,
    "min": extreme("min"), "max": extreme("max"), "copysign": copysign,
    **{name: approximate(name) for name in ("rcp", "rsqrt", "ex2", "lg2", "sin", "cos")},
    "and": arithmetic("", "and"), "or": arithmetic("", "or"), "xor": arithmetic("", "xor"), "not": invert,
    "shl": shift("shl"), "shr": shift("shr"), "shf": funnel, "bfi": insert, "bfe": extract, "prmt": permute,
    "clz": counted("ctlz"), "popc": counted("ctpop"), "setp": compare, "selp": select, "cvt": convert,
    "ld": load, "ldu": load, "st": store, "mov": move, "cvta": same_address, "atom": atomic, "red": atomic,
    "bra": branch, "ret": leave, "exit": leave, "call": call, "shfl": shuffle, "bar": barrier, "barrier": barrier,
    "membar": nothing, "fence": nothing,
}  # fmt: skip
"""By the first part of the opcode."""
