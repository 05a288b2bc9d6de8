"""``dualjit bench``: compile, verify, time, and print ratios.

The problems are a part of this package when it is installed.  In a checkout they stand in
``bench/`` at its top, so this package looks for its modules there too.
"""

from pathlib import Path

if not (Path(__file__).parent / "problems").is_dir():
    __path__.append(str(Path(__file__).parents[3] / "bench"))
