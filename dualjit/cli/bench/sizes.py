"""A problem at several sizes.

One idea: sizes grow fourfold up to the problem's own, until a row takes too long to wait for a larger one.
"""

from collections.abc import Sequence

STEP = 4
TOO_LONG = 60.0  # seconds for a row, after which no larger size is tried


def has_sizes(scenario) -> bool:
    """Whether there is more than one."""
    return scenario.tiny != scenario.size


def automatic(scenario, largest: int) -> list[int]:
    """From the largest down to the smallest that runs."""
    answer = [largest]
    while has_sizes(scenario) and answer[0] // STEP >= scenario.tiny:
        answer.insert(0, answer[0] // STEP)
    return answer


def parsed(text: str) -> Sequence[int]:
    """Sizes as they are written on the command line: ``10,100,1e4``."""
    sizes = sorted({round(float(word)) for word in text.split(",")})
    if sizes[0] < 1:
        raise ValueError(text)
    return sizes
