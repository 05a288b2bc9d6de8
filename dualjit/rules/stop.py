"""``stop_gradient``: a value that carries no derivative."""

import numpy as np


def stop_gradient(x):
    """Return ``x`` without its derivatives.

    Parameters
    ----------
    x : float, array, or tuple of these

    Returns
    -------
    like x
        The same value, on which nothing depends: its derivatives of all levels are zero.

    Notes
    -----
    Costs a copy of an array.

    Examples
    --------
    >>> import dualjit as dj
    >>> dj.jacfwd(lambda x: x * dj.stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, tuple):
        items = [stop_gradient(item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    return x.copy() if isinstance(x, np.ndarray) else x
