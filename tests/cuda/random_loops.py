"""Random functions of a vector of three, of nested loops whose numbers of rounds follow from constants and lengths."""

import linecache
import math

import numpy as np

INTEGERS = ["3", "len(x)", "x.size - 1", "2 * len(x) - {k}", "max({k}, 2)", "min(3, {k} + 1)", "{k} * 2"]
RANGES = [*INTEGERS, "{k}, 4", "{k} + 1", "x.shape[0], {k} - 1, -1", "0, 7, 3", "1, x.shape[0] + 1", "5, 0, -2"]


def random_function(seed):
    """A function, the same for each seed."""
    rng = np.random.default_rng(seed)
    lines = ["def f(x):", "    u, v = x[0], x[1]"]
    while not any("for" in line for line in lines):
        block(lines, rng, [])
    text = "\n".join([*lines, "    return u * v + u", ""])
    filename, names = f"<random loops {seed}>", {"math": math}
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), names)
    return names["f"]


def block(lines, rng, counters):
    """Some statements inside the loops with these counters."""
    indent = "    " * (len(counters) + 1)
    for _ in range(rng.integers(1, 3)):
        kind = rng.integers(7)
        if kind <= 2 and len(counters) < 3:
            counter = f"k{len(lines)}"
            rounds = rng.choice(RANGES).format(k=counters[-1] if counters else 1)
            lines.append(f"{indent}for {counter} in range({rounds}):")
            lines.append(f"{indent}    u = math.sin(u * v) + x[{counter} % 3] * 0.5")
            if rng.random() < 0.4:
                lines.append(f"{indent}    if u > 0.8: {rng.choice(['break', 'continue'])}")
            block(lines, rng, [*counters, counter])
            if rng.random() < 0.3:
                lines.append(f"{indent}    if v * u < -0.7: break")
        elif kind == 3:
            lines.append(f"{indent}if u > v:\n{indent}    u, v = v * 0.9, math.cos(u)")
            lines.append(f"{indent}else:\n{indent}    v = v * u + 0.3")
        else:
            statements = ["v = math.exp(-v * v) + u * 0.1", "u = u * u * 0.5 - v", "u, v = v, math.sin(u) + 0.2"]
            lines.append(indent + rng.choice(statements))
