"""The table of array rows is complete: every row has code, every NumPy function that Numba compiles is decided on."""

import inspect
import warnings

import numpy as np
import pytest
from numba.core import types
from numba.core.registry import cpu_target

from dualjit.numbers.arrays import implemented
from dualjit.rules.arrays import REFUSED, Effect, array_rows, refusal_of, row_of_function, row_of_method
from dualjit.rules.table import composite_of, row_of

ROWS = list(array_rows().values())
# Their arguments are shapes and types: no active value can reach them.
NEVER_MARKED = {"zeros", "empty", "ones", "eye", "identity"}


def numpy_functions():
    """Name and function of everything in NumPy's namespaces that Numba's typing context knows."""
    context = cpu_target.typing_context
    context.refresh()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for prefix, module in (("", np), ("linalg.", np.linalg)):
            for name in dir(module):
                value = getattr(module, name)
                if not name.startswith("_") and callable(value) and not isinstance(value, (type, np.ufunc)):
                    if context._lookup_global(value) is not None:
                        yield prefix + name, value


IN_NUMPY = {function for _, function in numpy_functions()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_has_code(row):
    if row.name in NEVER_MARKED:
        assert not implemented(row)
    else:
        assert implemented(row) != row.generic, "one implementation: ours, or Numba's own"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_is_consistent(row):
    assert row.functions or row.methods
    assert set(row.writes) | set(row.shares) <= set(row.parameters)
    assert (row.effect is Effect.INPLACE) <= bool(row.writes)
    assert (row.effect is Effect.VIEW) <= bool(row.shares)
    for function in row.functions:
        assert row_of_function(function, 1) is row
        assert row_of(function) is None or row_of_function(function) is None, "a scalar row too: with one argument"
        assert composite_of(function) is None
    for method in row.methods:
        assert row_of_method(method) is row


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.functions and r.functions[0] in IN_NUMPY], ids=lambda row: row.name
)
def test_stub_has_the_parameters_of_numba(row):
    """Positional and keyword calls that Numba understands are calls of the stub."""
    accepted = inspect.signature(row.stub).parameters
    if any(p.kind is p.VAR_POSITIONAL for p in accepted.values()):
        return
    for template in cpu_target.typing_context._lookup_global(row.functions[0]).templates:
        overloaded = getattr(template, "_overload_func", None)
        if overloaded is None:
            continue
        for name, parameter in inspect.signature(overloaded).parameters.items():
            assert parameter.kind is parameter.POSITIONAL_ONLY or name in accepted, (name, template)


@pytest.mark.parametrize(("name", "function"), list(numpy_functions()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_function_is_decided_on(name, function):
    decided = row_of_function(function) or row_of(function) or composite_of(function)
    assert (decided is not None) != (name in REFUSED)


def test_refusals_say_why():
    assert "np.dot" in refusal_of(np.cov)
    assert "np.linalg.eigh" in refusal_of(np.linalg.svd)
    assert refusal_of(np.sum) is None
    assert refusal_of(len) is None


def test_refused_names_are_functions_of_numba():
    assert set(REFUSED) <= {name for name, _ in numpy_functions()}


def test_array_methods_are_decided_on():
    """Methods of arrays that are no rows are refused by the front end's list; here is why each is missing."""
    left_out = {"view": "reinterprets memory", "tobytes": "reinterprets memory", "_zero_fill": "private"}
    array = types.Array(types.float64, 1, "C")
    context = cpu_target.typing_context
    names = {"copy", "view", *left_out}
    for template in context._get_attribute_templates(array):
        attribute = getattr(template, "_attr", None)
        names |= {attribute} if attribute else {n[8:] for n in dir(template) if n.startswith("resolve_")}
    methods = {n for n in names if isinstance(context.resolve_getattr(array, n), types.BoundFunction)}
    undecided = {n for n in methods if row_of_method(n) is None and n not in left_out and not n.startswith("__")}
    assert not undecided
