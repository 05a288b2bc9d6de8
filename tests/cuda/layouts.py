"""Arrays as the two layouts have them."""

import numpy as np

LAYOUTS = ["soa", "aos"]


def moved(x, layout):
    """An array with the axis of points last as the layout has it; what has no such axis as it is."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 0)) if layout == "aos" else x


def back(x, layout):
    """The same the other way."""
    return np.moveaxis(x, 0, -1) if layout == "aos" else x
