"""Functions of ``math``, ``operator`` and NumPy's ufuncs which are no scalar rows, each with the reason.

One idea: nothing is forgotten; a function is a row or stands here.
"""

_REASONS = {
    "of whole numbers, which have no derivative": """
        math.comb math.factorial math.gcd math.isqrt math.lcm math.perm
        operator.and_ operator.or_ operator.xor operator.inv operator.invert operator.index operator.iand operator.ior
        operator.ixor operator.lshift operator.rshift operator.ilshift operator.irshift""",
    "Numba does not compile it": "math.dist math.prod math.fsum math.sumprod math.fma",
    "of whole arrays: a row of the table of array functions, or refused": """
        operator.matmul operator.imatmul numpy.matmul numpy.vecdot numpy.matvec numpy.vecmat""",
    "of containers and objects, not of numbers": """
        operator.concat operator.iconcat operator.contains operator.countOf operator.indexOf operator.getitem
        operator.setitem operator.delitem operator.length_hint operator.attrgetter operator.itemgetter
        operator.methodcaller operator.call operator.is_ operator.is_not operator.is_none operator.is_not_none""",
}

EXEMPT = {name: reason for reason, names in _REASONS.items() for name in names.split()}
