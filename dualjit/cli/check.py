"""``dualjit check module:function``: is the derivative of your own function right at a point you choose?

One idea: the verdict is that of ``check_grads``; the error that is printed beside it compares one directional
derivative with extrapolated differences (Ridders, Adv. Eng. Softw. 4 (1982) 75).
"""

import argparse
import copy
import inspect
import math
from collections.abc import Callable

import numba
import numpy as np

import dualjit as dj

from ..errors import DualjitError, WrongDerivativeError
from ..transforms.check import ridders
from .target import load
from .usage import UsageError

SEED = 2026
TOLERANCE = 1e-6


def add_parser(commands) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser(
        "check",
        help="check the derivative of your own function",
        description="Compare the derivative of a function with differences, with respect to all its float arguments.",
    )
    parser.add_argument("target", metavar="module:function", help="the function; also path/to/file.py:function")
    parser.add_argument("--args", metavar="EXPR", help='its arguments in Python, e.g. "np.ones(3), 2.0"')
    parser.add_argument("--order", type=int, default=1, help="check derivatives up to this order (default 1)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and report; 1 when the derivative is wrong or refused, 0 when it is right."""
    function = load(arguments.target)
    args = evaluate(arguments.args, function)
    print(f"function   {arguments.target}{inspect.signature(python_function(function))}")
    function, args = of_floats_alone(function, args)
    try:
        print(f"value      {shown(function(*copy.deepcopy(args)))}")  # it may write into its arguments
    except Exception as error:  # the user's own code may raise anything
        raise UsageError(f"the function itself fails there: {error!r}", "choose arguments it accepts") from error
    try:
        error = largest_error(function, args)
        print(f"max error  {error:.1e}, relative, along a random direction")
        dj.check_grads(function, args, order=arguments.order, modes=("fwd",))
    except WrongDerivativeError as error:
        print(f"verdict    WRONG: {error}")
        return 1
    except DualjitError as error:
        print(f"verdict    refused: {error}")
        return 1
    if not error <= TOLERANCE:  # check_grads allows for differences which do not settle; they confirm nothing
        print("verdict    not confirmed: differences do not settle; look for a jump or a kink near this point")
        return 1
    print(f"verdict    right, up to order {arguments.order}")
    return 0


def python_function(function: Callable) -> Callable:
    """The Python function under a dispatcher."""
    return getattr(function, "py_func", function)


def evaluate(expression: str | None, function: Callable) -> tuple:
    """The arguments an expression stands for, as a tuple that fits the function's parameters."""
    signature = inspect.signature(python_function(function))
    example = 'for instance --args "np.ones(3), 2.0"'
    if expression is None:
        raise UsageError(f"no point to check at: the function takes {signature}", f"give its arguments, {example}")
    try:
        args = eval(expression, {"np": np, "numpy": np, "math": math})
    except Exception as error:  # an expression may fail in every way
        raise UsageError(f"--args {expression!r} fails: {error!r}", f"write a Python expression, {example}") from error
    args = args if isinstance(args, tuple) else (args,)
    try:
        return signature.bind(*args).args
    except TypeError as error:
        raise UsageError(f"--args does not fit the function, which takes {signature}: {error}", example) from error


def of_floats_alone(function: Callable, args: tuple) -> tuple[Callable, tuple]:
    """The function of its float arguments alone, everything else bound as a constant; and these arguments."""
    active = [k for k, a in enumerate(args) if is_float(a)]
    if not active:
        raise UsageError(f"none of the arguments {args} is a float or an array of floats", "write 2.0 for 2")
    if len(active) == len(args):
        return function, args
    if inspect.isfunction(function):
        function = numba.njit(function)
    names = [f"a{k}" for k in range(len(args))]
    constants = {names[k]: a for k, a in enumerate(args) if k not in active}
    scope: dict = {}
    source = f"lambda {', '.join(names[k] for k in active)}: function({', '.join(names)})"
    exec(f"def bind(function, {', '.join(constants)}): return {source}", scope)
    return numba.njit(scope["bind"](function, **constants)), tuple(args[k] for k in active)


def is_float(argument) -> bool:
    """Whether an argument carries a derivative: a float, or an array of floats."""
    return isinstance(argument, float) or (isinstance(argument, np.ndarray) and argument.dtype.kind == "f")


def largest_error(function: Callable, args: tuple) -> float:
    """Largest disagreement, over the largest entry, of a directional derivative with differences."""
    _, jacobian = dj.linearize(function, *args)
    direction = np.random.default_rng(SEED).standard_normal(jacobian.shape[1])
    expected, _ = ridders(lambda h: flat(function(*moved(args, h * direction))))
    difference = np.abs(jacobian @ direction - expected)
    return float(np.max(difference, initial=0.0) / max(1.0, np.max(np.abs(expected), initial=0.0)))


def moved(args: tuple, step: np.ndarray) -> tuple:
    """The arguments plus the pieces of a flat vector."""
    pieces = np.split(step, np.cumsum([np.size(a) for a in args])[:-1])
    return tuple(
        a + piece.reshape(a.shape) if isinstance(a, np.ndarray) else a + float(piece[0])
        for a, piece in zip(args, pieces, strict=True)
    )


def flat(answer) -> np.ndarray:
    """All numbers of an answer in one vector."""
    if isinstance(answer, tuple | list):
        return np.concatenate([flat(v) for v in answer])
    return np.ravel(answer).astype(float)


def shown(answer) -> str:
    """An answer on one line."""
    return np.array2string(flat(answer), threshold=8, precision=8) if np.size(flat(answer)) > 1 else repr(answer)
