"""How many partials a dual number should have on this processor.

Measured on Rosenbrock, n-body, brusselator, dense layers and a mixture (AMD EPYC with 512-bit vectors): up to four
registers of partials a pass is bound by the latency of sums, so more lanes are nearly free; beyond that live duals no
longer fit the registers.
"""

from __future__ import annotations

from functools import cache

from llvmlite import binding

REGISTERS_PER_DUAL = 4
FLOATS_PER_REGISTER = 8  # float64 in 512 bits


@cache
def most_lanes() -> int:
    """Partials of the widest dual number worth its registers: 32 with 512-bit vectors, else 16."""
    features = binding.get_host_cpu_features()
    wide = REGISTERS_PER_DUAL * FLOATS_PER_REGISTER
    return wide if features.get("avx512f") else wide // 2
