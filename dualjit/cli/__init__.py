"""The command line: ``dualjit bench``, ``dualjit check``, ``dualjit show``, ``dualjit info``.

One idea: a subcommand is one module with ``add_parser`` and ``run``; ``run`` gives the exit code.
0 means done and right, 1 means a derivative is wrong or a problem failed, 2 means the command was not understood.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from . import check, info, show
from .bench import command as bench
from .usage import UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``dualjit``; those of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:2] == ["bench", "--cuda"]:
        return import_module("dualjit.cuda.bench.command").main(words[2:])  # options of its own, and CUDA to import
    parser = argparse.ArgumentParser(prog="dualjit", description="Derivatives of numeric Python and Numba functions.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="{bench,check,show,info}")
    for command in (bench, check, show, info):
        command.add_parser(commands)
    arguments = parser.parse_args(words)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except UsageError as error:
        print(f"dualjit: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, `head` say, has had enough; nothing is left to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("dualjit: interrupted", file=sys.stderr)
        return 130
