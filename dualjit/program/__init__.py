"""The typed program form that reverse mode reads, transforms and writes: nodes, printer, verifier, flow, loops.

One idea: a function is blocks with parameters (no phis), every operation has at most one target, constants are
operands, and every callee that the table knows is resolved to its row.  Nothing here knows a compiler.

Source: blocks with parameters instead of phi functions as in Appel 1998, "SSA is functional programming".
"""
