"""The drivers: derivatives of a function of few inputs at many points, or of many inputs at one, on the GPU."""

from __future__ import annotations

from collections.abc import Callable

from dualjit.cuda.batch import Batch
from dualjit.cuda.modes import AutoBatch, checked_tape, in_mode
from dualjit.cuda.request import request
from dualjit.cuda.reverse import ReverseBatch
from dualjit.numbers.points import ALONG, UNIT


def batch_jacobian(
    f: Callable,
    argnums=0,
    *,
    shared: tuple = (),
    layout: str = "soa",
    outputs: int | None = None,
    value: bool = False,
    chunk: int | None = None,
    mode: str = "forward",
    tape: int | None = None,
) -> Batch | ReverseBatch | AutoBatch:
    """Jacobians of ``f`` at many points, one GPU thread for each point.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``.  Its parameters are numbers and vectors, which it
        indexes; it returns a number or a tuple of numbers, or, with ``outputs=m``, writes ``m`` of them to its last
        parameter.
    argnums : int, str, or tuple of these
        Which arguments are differentiated.
    shared : tuple of int or str
        Arguments that are arrays which all points have in common.
    layout : {"soa", "aos"}
        Where the axis of points is in all arrays: last (neighbouring threads read neighbouring memory), or first.
    outputs : int, optional
        How many components ``f`` writes to its last parameter; all of them have to be written.
    value : bool
        Return ``(y, J)``.
    chunk : int, optional
        In forward mode: partials in a number; by default as many as registers hold.
    mode : {"forward", "reverse", "auto"}
        Forward mode keeps nothing and computes the function once for every few columns; reverse mode computes it, and
        its adjoint, once for each row, whatever the number of columns.  "auto": see the notes.
    tape : int, optional
        In reverse mode: bytes that each thread has for what the adjoint keeps of the rounds of a loop.  Not needed
        where the most it can be is known when the kernel is compiled: where nothing is kept, and in loops whose number
        of rounds follows from constants and from lengths of arguments.

    Returns
    -------
    Batch, ReverseBatch or AutoBatch
        To be called with arrays over all points: shape ``(n, points)`` for a vector, ``(points,)`` for a number ("soa";
        ``(points, n)`` for "aos").  Jacobians have shape ``(m, n, points)`` (``(points, m, n)``), without ``m`` where
        ``f`` returns one number and without ``n`` for an argument that is one.  ``.inspect(*args)`` tells registers
        and spills without a GPU, ``.on_cpu(*args)`` computes the same without one.

    Raises
    ------
    CudaError
        When it is called: there is no GPU, no driver or no compiler.
    UnsupportedError
        When it is called: ``f`` does not compile for a kernel; in reverse mode, a loop keeps something, and how much is
        not known.
    TapeError
        When it is called: the tape is too small.
    ShapeError, DTypeError, DeviceArrayError
        Arguments or ``out=`` that do not fit.

    Notes
    -----
    Cost in forward mode: one evaluation of ``f`` with dual numbers for each pass; a point has one pass where all
    columns fit the registers.  In reverse mode a thread has one row.  With ``mode="auto"`` the sizes of a call say:
    reverse mode where there are more than 8 inputs for each component of ``f``, which are returned, and where the most
    that a thread keeps of loops is known and at most 4096 bytes; else forward mode.

    A float literal in ``f`` is double precision, as always in Numba.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def f(x):
    ...     return x[0] * x[1], x[0] + 5 * x[1]
    >>> J = dj.cuda.batch_jacobian(f).on_cpu(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> J[:, :, 1]
    array([[4., 2.],
           [1., 5.]])
    """
    return in_mode(request("batch_jacobian", f, (UNIT,), argnums, shared, layout, outputs, value, chunk), mode, tape)


def jacobian(
    f: Callable,
    argnums=0,
    *,
    outputs: int | None = None,
    value: bool = False,
    chunk: int | None = None,
) -> Batch:
    """The Jacobian of ``f`` at one point of many inputs, by forward mode, its columns spread over GPU threads.

    Parameters
    ----------
    f : callable
        As for `batch_jacobian`.
    argnums : int, str, or tuple of these
        Which arguments are differentiated: vectors.
    outputs : int, optional
        How many components ``f`` writes to its last parameter; all of them have to be written.
    value : bool
        Return ``(y, J)``.
    chunk : int, optional
        Columns of one thread; see the notes.

    Returns
    -------
    Batch
        To be called with ``f``'s arguments: vectors of shape ``(n,)``, and what is not differentiated, numbers and
        arrays of any shape.  ``J`` has shape ``(m, n)``; ``(n,)``, a gradient, where ``f`` returns one number.

    Raises
    ------
    CudaError
        When it is called: there is no GPU, no driver or no compiler.
    UnsupportedError
        ``f`` does not compile for a kernel.
    ShapeError, DTypeError, DeviceArrayError
        Arguments or ``out=`` that do not fit.

    Notes
    -----
    Cost: each thread evaluates ``f`` once, as one thread.  A thread has one column while columns are fewer than the
    threads that fill a GPU (16384), and beyond that as many as leave so many threads and spill nothing.  A kernel is
    compiled for each ``n``.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def f(x, a, out):
    ...     for i in range(len(x)):
    ...         out[i] = a[i] * x[i] * x[i - 1]
    >>> dj.cuda.jacobian(f, outputs=3).on_cpu(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 10.0]))
    array([[ 3.,  0.,  1.],
           [ 2.,  1.,  0.],
           [ 0., 30., 20.]])
    """
    return Batch(request("jacobian", f, (UNIT,), argnums, (), "aos", outputs, value, chunk, one_point=True))


def batch_gradient(
    f: Callable,
    argnums=0,
    *,
    shared: tuple = (),
    layout: str = "soa",
    value: bool = False,
    chunk: int | None = None,
    mode: str = "forward",
    tape: int | None = None,
) -> Batch | ReverseBatch | AutoBatch:
    """Gradients of a function that returns one number, at many points; parameters as those of `batch_jacobian`.

    Returns
    -------
    Batch, ReverseBatch or AutoBatch
        Its answers have shape ``(n, points)`` (``(points, n)`` for "aos"); with ``value=True`` they are ``(y, g)``.  In
        reverse mode ``argnums`` may name shared arguments, too: the gradient by one of them is the sum over all points
        and has its shape.

    Notes
    -----
    Threads of a GPU add up sums over points in no particular order: their last digits differ from run to run.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> gradient = dj.cuda.batch_gradient(lambda x: x[0] * x[1])
    >>> gradient.on_cpu(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [1., 2.]])

    The gradient of a sum of losses by the parameters of a model:

    >>> def loss(theta, x, y):
    ...     return (theta[0] + theta[1] * x - y) ** 2
    >>> gradient = dj.cuda.batch_gradient(loss, "theta", shared=("theta",), mode="reverse")
    >>> gradient.on_cpu(np.array([1.0, 0.0]), np.array([1.0, 2.0]), np.array([0.0, 5.0]))
    array([ -6., -14.])
    """
    given = request("batch_gradient", f, (UNIT,), argnums, shared, layout, None, value, chunk, scalar_only=True)
    return in_mode(given, mode, tape)


def batch_vjp(
    f: Callable,
    argnums=0,
    *,
    shared: tuple = (),
    layout: str = "soa",
    value: bool = False,
    tape: int | None = None,
) -> ReverseBatch:
    """Products of transposed Jacobians with cotangents of ``f``'s answer, at many points, by reverse mode.

    ``f`` returns a number or a tuple of numbers; other parameters as those of `batch_gradient` in reverse mode.

    Returns
    -------
    ReverseBatch
        Called as ``(x, u, *args)``: cotangents, of the shape and precision of the values ``(m, points)``, come second.
        Its answers have the shapes of what is differentiated; with ``value=True`` they are ``(y, x_bar)``.  Products by
        shared arguments are sums over all points.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> vjp = dj.cuda.batch_vjp(lambda x, a: (a * x, x * x))
    >>> vjp.on_cpu(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 10.0]]), 3.0)
    array([ 3., 43.])
    """
    given = request("batch_vjp", f, (UNIT,), argnums, shared, layout, value=value, pulled=True)
    return ReverseBatch(given, checked_tape(tape))


def batch_jvp(f: Callable, argnums=0, *, shared: tuple = (), layout: str = "soa", outputs: int | None = None) -> Batch:
    """Values and products of Jacobians with directions, at many points; parameters as those of `batch_jacobian`.

    Returns
    -------
    Batch
        Called as ``(x, v, *args)``: directions (a tuple of them where ``argnums`` is one) come second.  It returns
        ``(y, y_dot)``.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> jvp = dj.cuda.batch_jvp(lambda x, a: a * x * x)
    >>> jvp.on_cpu(np.array([1.0, 2.0]), np.array([1.0, 10.0]), 3.0)
    (array([ 3., 12.]), array([  6., 120.]))
    """
    return Batch(request("batch_jvp", f, (ALONG,), argnums, shared, layout, outputs, value=True))


def batch_hessian(
    f: Callable,
    argnums=0,
    *,
    shared: tuple = (),
    layout: str = "soa",
    value: bool = False,
    chunk: int | None = None,
) -> Batch:
    """Hessians of a function that returns one number, at many points; parameters as those of `batch_jacobian`.

    Returns
    -------
    Batch
        Its answers have shape ``(n, n, points)`` (``(points, n, n)`` for "aos"), for a tuple of ``argnums`` a tuple of
        tuples, one for each two arguments; with ``value=True`` they are ``(y, H)``.

    Notes
    -----
    By hyper-dual numbers; ``chunk`` is the number of columns in the outer set.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> hessian = dj.cuda.batch_hessian(lambda x: x[0] * x[1] ** 2)
    >>> hessian.on_cpu(np.array([[1.0], [3.0]]))[:, :, 0]
    array([[0., 6.],
           [6., 2.]])
    """
    return Batch(
        request("batch_hessian", f, (UNIT, UNIT), argnums, shared, layout, None, value, chunk, scalar_only=True)
    )


def batch_hvp(f: Callable, argnums=0, *, shared: tuple = (), layout: str = "soa", chunk: int | None = None) -> Batch:
    """Products of Hessians with directions, at many points; parameters as those of `batch_jacobian`.

    Returns
    -------
    Batch
        Called as ``(x, v, *args)``; its answers have the shape of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> product = dj.cuda.batch_hvp(lambda x: x[0] * x[1] ** 2)
    >>> product.on_cpu(np.array([[1.0], [3.0]]), np.array([[1.0], [0.0]]))
    array([[0.],
           [6.]])
    """
    return Batch(request("batch_hvp", f, (ALONG, UNIT), argnums, shared, layout, chunk=chunk, scalar_only=True))


def batch_value(f: Callable, *, shared: tuple = (), layout: str = "soa", outputs: int | None = None) -> Batch:
    """``f`` itself at many points, by the same kernels without derivatives; parameters as those of `batch_jacobian`.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> dj.cuda.batch_value(lambda x: x[0] * x[1]).on_cpu(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 8.])
    """
    return Batch(request("batch_value", f, (), (), shared, layout, outputs))
