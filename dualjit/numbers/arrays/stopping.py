"""``stop_gradient``: the primal's values, in memory of their own."""

from __future__ import annotations

from numba.core import types
from numba.extending import overload

from dualjit.numbers.arrays.levels import primals
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.types import marker_of
from dualjit.rules.stop import stop_gradient


@implements(stop_gradient)
@overload(stop_gradient)
def stopped(x):
    """Without duals there is nothing to stop, but an array is copied all the same: values must not depend on duals."""
    if isinstance(x, types.BaseTuple):
        items = ", ".join(f"stop_gradient(x[{i}])" for i in range(len(x.types)))
        namespace = {"stop_gradient": stop_gradient, "make": getattr(x, "instance_class", None)}
        made = f"make({items})" if namespace["make"] else f"({items},)"
        exec(f"def impl(x): return {made}", namespace)
        return namespace["impl"]
    if marker_of(x) is not None:
        return lambda x: primals(x)
    return (lambda x: x.copy()) if isinstance(x, types.Array) else lambda x: x
