"""What does not compile for a device, or must not, refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dualjit.errors import DualjitError, UnsupportedError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.inference import first_reason
from dualjit.transforms.arguments import python_function

REMEDY = (
    "in kernels there are numbers, tuples, loops and branches, math.* and NumPy's functions of numbers, reading x[i], "
    "slices of it, for v in x, a, b = x, and jitted functions of these; no arrays are made, and x is not written to"
)


@contextmanager
def refused(function: Callable) -> Iterator[None]:
    """Errors of the compiler inside become `UnsupportedError`."""
    try:
        yield
    except DualjitError:
        raise
    except Exception as error:
        behind = refusal_behind(error)
        if behind is not None:
            raise behind from error
        code = python_function(function).__code__
        line = _line(error, code.co_filename) or code.co_firstlineno
        raise UnsupportedError(
            f"{python_function(function).__name__} in a kernel", first_reason(error), REMEDY, code.co_filename, line
        ) from error


def refusal_behind(error: BaseException | None) -> UnsupportedError | None:
    """A refusal that led to an error."""
    while error is not None and not isinstance(error, UnsupportedError):
        error = error.__cause__ or error.__context__
    return error


def _line(error: Exception, filename: str) -> int | None:
    """The line of the user's file that a Numba error names; its paths are relative ones where that is shorter."""
    found = re.findall(r'File "([^"]+)", line (\d+)', str(error))
    return next((int(line) for path, line in found if filename.endswith(path.lstrip("./"))), None)


def refuse_derivatives() -> None:
    """Calls of derivatives and of functions with rules in kernels are errors.

    Numba's CUDA targets compile the Python function behind any dispatcher of the CPU, once, and keep what they made as
    an attribute of it; behind a derivative there is none, and behind a function with a rule one without the rule.
    Relies on the name of that attribute.
    """

    def no_kernel(derivative):
        raise UnsupportedError(
            f"the call of {derivative.__name__} in a kernel",
            "derivatives, and functions with rules of their own, are compiled for the CPU alone",
            "use dual numbers in the kernel (dualjit.Dual), or the drivers of dualjit.cuda",
        )

    Derivative._CUDATypingContext__dispatcher = property(no_kernel)
