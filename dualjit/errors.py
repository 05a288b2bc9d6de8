"""Every exception dualjit raises on purpose, with the remedy in its docstring.

Each is a subclass of :class:`DualjitError` and of the builtin exception a NumPy user would expect, so
``except ValueError`` keeps working.  Messages say what was given, what was expected and what to do.
"""

from __future__ import annotations

import linecache


class DualjitError(Exception):
    """Base of all errors of this package."""


class UnsupportedError(DualjitError, NotImplementedError):
    """A construct that active data reaches has no known derivative.

    dualjit never guesses: what it does not understand on values that depend on the differentiated arguments is
    refused.  Remedy: the message names one; usually to write the operation with supported functions, to move it
    to data that does not depend on the arguments, or to cut the dependence with ``dualjit.stop_gradient``.

    Parameters
    ----------
    construct : str
        Name of what is not supported.
    reason : str
        Why it matters: which active value reaches it.
    remedy : str
        The way out.
    filename, line : str, int
        Where it stands.
    """

    def __init__(self, construct: str, reason: str = "", remedy: str = "", filename: str = "", line: int = 0):
        self.construct, self.reason, self.remedy = construct, reason, remedy
        self.filename, self.line = filename, line
        super().__init__(construct, reason, remedy, filename, line)

    def __str__(self):
        where = f"\n  at {self.filename}:{self.line}" if self.filename else ""
        source = linecache.getline(self.filename, self.line).strip() if self.filename else ""
        parts = [f"cannot differentiate {self.construct}{where}"]
        if source:
            parts.append(f"      {source}")
        if self.reason:
            parts.append(f"  why: {self.reason}")
        if self.remedy:
            parts.append(f"  what to do: {self.remedy}")
        return "\n".join(parts)


class ArgnumsError(DualjitError, ValueError):
    """``argnums`` does not select arguments of the function.

    Raised for positions out of range, unknown names, duplicates and empty selections.  Remedy: give an
    int, a negative int, a parameter name, or a tuple of these.
    """


class ArgumentCountError(DualjitError, TypeError):
    """A function was called with too many or too few arguments.  Remedy: the message shows its signature."""


class DTypeError(DualjitError, TypeError):
    """A number that must be real floating point is an integer, boolean or complex.

    Remedy: convert with ``float(x)`` or ``x.astype(float)``, or leave the argument out of ``argnums``.
    """


class StructureError(DualjitError, TypeError):
    """Tangents or outputs are nested differently from what they belong to.

    Remedy: give one tangent for each primal, nested in the same tuples and lists.
    """


class ShapeError(DualjitError, ValueError):
    """An array has another shape than the array it belongs to.  Remedy: the message gives both shapes."""

    def __str__(self):
        # Compiled code raises with the parts, since it cannot format a message.
        if len(self.args) == 3:
            what, given, expected = self.args
            return f"{what} has shape {tuple(given)}, expected {tuple(expected)}: reshape it to {tuple(expected)}"
        return super().__str__()


class AliasingError(DualjitError, ValueError):
    """Two arguments share memory, and the function writes to one of them.

    Derivatives work on private copies, in which the write would not be seen through the other argument.
    Remedy: pass a copy of one of them.
    """


class OutputError(DualjitError, TypeError):
    """The function returns something which has no derivative, such as None, an integer or a string.

    Remedy: return floats, arrays of floats, or tuples of these; return the rest as ``aux`` with ``has_aux=True``.
    """


class WrongDerivativeError(DualjitError, AssertionError):
    """``check_grads`` found a derivative which differs from finite differences.

    Remedy: look for discontinuities at the point; if there are none, please report the function.
    """


class ModeError(DualjitError, ValueError):
    """A mode that isn't there.  Remedy: the message names those there are."""


class OptionError(DualjitError, ValueError):
    """An option was set to something it can't be.  Remedy: the message says what it can be."""


class MethodError(DualjitError, ValueError):
    """A method of a solver was asked to use a derivative that it does not take.

    Remedy: the message names the methods which do.
    """


class CudaError(DualjitError, RuntimeError):
    """CUDA code can't be compiled or run here: no GPU, no driver, no compiler, or too old a device.

    Remedy: the message says what is missing.  Compiling, ``inspect`` and ``on_cpu`` need no GPU.
    """


class TapeError(DualjitError, MemoryError):
    """What the reverse of a function keeps at one point does not fit the tape that a thread has.

    Remedy: a larger one, ``tape=BYTES``, or forward mode, which keeps nothing.
    """


class DeviceArrayError(DualjitError, TypeError):
    """Arrays on the host were mixed with arrays on the device.

    Remedy: move all to the device, ``numba.cuda.to_device(x)``, or pass NumPy arrays alone.
    """


class NonFiniteError(DualjitError, ValueError):
    """A starting point, or the function or its derivative there, is not a number.

    Remedy: start where the function and its derivatives are finite.
    """


class CacheWarning(UserWarning):
    """A compiled derivative could not be kept on disk, or not be read; it is compiled anew in each process.

    Remedy: the message names the cause: a global object whose content can't be told (hand it over as an argument), a
    directory that can't be written to (set ``dualjit.options.cache_dir``), a damaged file (it is written again).
    """
