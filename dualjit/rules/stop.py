"""``stop_gradient``: a value that carries no derivative."""


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
    Costs a copy of an array inside differentiated code, nothing elsewhere.

    Examples
    --------
    >>> import dualjit as dj
    >>> dj.jacfwd(lambda x: x * dj.stop_gradient(x))(3.0)
    3.0
    """
    return x
