"""The table of array functions: one row for each NumPy function, array method or operator on arrays.

Importing the package fills the table.  A row says what a call means for the flow of derivatives (does the answer carry
one, is its memory fresh or shared, what is written); how the derivative is computed is in ``dualjit.numbers.arrays``.
"""

from dualjit.rules.arrays import joining, linear, making, ordering, parts, reductions, shapes  # noqa: F401
from dualjit.rules.arrays.table import (
    REFUSED,
    ArrayRow,
    Effect,
    array_rows,
    refusal_of,
    row_of_function,
    row_of_method,
)

__all__ = ["REFUSED", "ArrayRow", "Effect", "array_rows", "refusal_of", "row_of_function", "row_of_method"]
