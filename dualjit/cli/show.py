"""``dualjit show module:function``: what is compiled for a derivative, in a form that a person can read.

Reverse mode shows the adjoint program and its storage plan; forward mode the driver's source.
"""

import argparse

from numba import typeof

import dualjit as dj

from ..adjoint.compiled import Adjoint
from ..errors import DualjitError
from ..program.printer import short, show
from ..transforms.reverse import active
from ..transforms.structure import is_real, leaves, scalar_type
from .check import evaluate
from .target import load
from .usage import UsageError

MODES = ("reverse", "forward")


def add_parser(commands) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser(
        "show",
        help="print what is compiled for a derivative of your own function",
        description="Print the adjoint program (or the forward driver) of a function by its float arguments.",
    )
    parser.add_argument("target", metavar="module:function", help="the function; also path/to/file.py:function")
    parser.add_argument("--args", metavar="EXPR", help='its arguments in Python, e.g. "np.ones(3), 2.0"')
    parser.add_argument("--mode", choices=MODES, default="reverse", help="reverse (default) or forward")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print; 1 when the function can't be differentiated."""
    function = load(arguments.target)
    args = evaluate(arguments.args, function)
    floats = [i for i, a in enumerate(args) if is_differentiable(typeof(a))]
    if not floats:
        raise UsageError("none of the arguments is made of floats", "give floats or arrays of floats")
    try:
        text = reverse(function, args, floats) if arguments.mode == "reverse" else forward(function, args, floats)
    except DualjitError as error:
        print(f"refused: {error}")
        return 1
    print(text, end="")
    return 0


def is_differentiable(t) -> bool:
    """Is a type made of floats?"""
    return all(is_real(scalar_type(leaf)) for _, leaf in leaves(t, ""))


def forward(function, args: tuple, floats: list[int]) -> str:
    """The source of the driver of ``jacfwd``."""
    return dj.jacfwd(function, argnums=tuple(floats)).source(*args)


def reverse(function, args: tuple, floats: list[int]) -> str:
    """The adjoint program of ``grad``, and what it keeps."""
    types = tuple(active(typeof(a)) if i in floats else typeof(a) for i, a in enumerate(args))
    name = getattr(function, "__name__", "function")
    adjoint = Adjoint(function, types, name if name.isidentifier() else "function")
    return show(adjoint.program) + plan(adjoint)


def plan(adjoint: Adjoint) -> str:
    """The storage plan in words."""
    frames = {r: frame for r, frame in adjoint.plan.frames.items() if frame}
    if not frames:
        return "\nkept: nothing\n"
    lines = [
        f"  each round of the loop at {region.header}: {', '.join(sorted(short(name) for name in frame))}"
        for region, frame in sorted(frames.items(), key=lambda item: item[0].header)
    ]
    return "\nkept:\n" + "\n".join(lines) + "\n"
