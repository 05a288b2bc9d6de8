"""Functions of ``math``, ``operator`` and NumPy's ufuncs which are no scalar rows, each with the reason.

One idea: nothing is forgotten; a function is a row or stands here.
"""

_WHOLE_NUMBERS = "of whole numbers, which have no derivative"
_ARRAYS = "of whole arrays: a row of the table of array functions, or refused"
_NO_NUMBA = "Numba does not compile it"
_CONTAINERS = "of containers and objects, not of numbers"

EXEMPT = {
    **dict.fromkeys(("math.comb", "math.factorial", "math.gcd", "math.isqrt", "math.lcm", "math.perm"), _WHOLE_NUMBERS),
    **dict.fromkeys(("math.dist", "math.prod", "math.fsum", "math.sumprod", "math.fma"), _NO_NUMBA),
    **dict.fromkeys(
        ("operator.and_", "operator.or_", "operator.xor", "operator.inv", "operator.invert", "operator.index"), _WHOLE_NUMBERS
    ),
    **dict.fromkeys(("operator.iand", "operator.ior", "operator.ixor"), _WHOLE_NUMBERS),
    **dict.fromkeys(("operator.lshift", "operator.rshift", "operator.ilshift", "operator.irshift"), _WHOLE_NUMBERS),
    **dict.fromkeys(("operator.matmul", "operator.imatmul"), _ARRAYS),
    **dict.fromkeys(
        ("operator.concat", "operator.iconcat", "operator.contains", "operator.countOf", "operator.indexOf"), _CONTAINERS
    ),
    **dict.fromkeys(("operator.getitem", "operator.setitem", "operator.delitem", "operator.length_hint"), _CONTAINERS),
    **dict.fromkeys(("operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "operator.call"), _CONTAINERS),
    **dict.fromkeys(("operator.is_", "operator.is_not", "operator.is_none", "operator.is_not_none"), _CONTAINERS),
    **dict.fromkeys(("numpy.matmul", "numpy.vecdot", "numpy.matvec", "numpy.vecmat"), _ARRAYS),
}
