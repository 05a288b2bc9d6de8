"""Reverse mode: what to keep, the adjoint program, its tape, and the pullbacks of array functions."""
