"""The primal's own implementations: how a value is computed exactly as Numba computes it without derivatives.

One idea: resolve the same key on the stripped types, once for each typing context, and call what Numba would call.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from numba.core import errors, types
from numba.core.compiler import Flags
from numba.core.targetconfig import ConfigStack

_SIGNATURES = WeakKeyDictionary()
_IMPLEMENTATIONS = WeakKeyDictionary()


def signature_of(typing_context, key, args):
    """The signature with which Numba types ``key`` on (unmarked) ``args``; None when it does not."""
    known = _SIGNATURES.setdefault(typing_context, {})
    question = (key, args)
    if question not in known:
        try:
            function = typing_context.resolve_value_type(key)
            known[question] = typing_context.resolve_function_type(function, args, {})
        except errors.TypingError:
            known[question] = None
    return known[question]


def call(context, builder, key, sig, args):
    """The value of ``key`` with a signature that `signature_of` gave."""
    function = context.typing_context.resolve_value_type(key)
    if isinstance(function, types.Function):
        _know_implementation(context, key, function, sig.args)
    return context.get_function(function, sig)(builder, args)


def _know_implementation(context, key, function, args) -> None:
    """Let a function's type have this context's implementation for ``args``.

    Its get_impl_key gives what its last get_call_type found, which may have been for another target: types are shared.
    """
    known = _IMPLEMENTATIONS.setdefault(context, {})
    if (key, args) not in known:
        function.get_call_type(context.typing_context, args, {})
        known[key, args] = function._impl_keys[args]
    function._impl_keys[args] = known[key, args]


def real_function(typing_context, row, args):
    """A function of the row, and its signature, which maps ``args`` to a float and never raises.

    Operators are passed over: ``x % 0.0`` raises under Numba's default error model, where ``np.remainder`` does not.
    """
    for function in row.functions:
        if getattr(function, "__module__", "") != "_operator":
            sig = signature_of(typing_context, function, args)
            if sig is not None and isinstance(sig.return_type, types.Float):
                return function, sig
    raise NotImplementedError(f"Numba has no implementation of {row.name} on {args}")


def compiled(context, builder, function, sig, args):
    """The value of a Python function, compiled such that division by zero gives infinity or NaN."""
    flags = (ConfigStack().top_or_none() or Flags()).copy()
    flags.error_model = "numpy"
    result = context.compile_subroutine(builder, function, sig, flags=flags)
    return context.call_internal(builder, result.fndesc, sig, args)
