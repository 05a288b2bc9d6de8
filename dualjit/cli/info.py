"""``dualjit info``: what to put into a bug report."""

import argparse
import textwrap

from . import machine


def add_parser(commands) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser("info", help="versions, processor, SIMD width, threads, CUDA")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report."""
    report = {**machine.describe(), "cuda": machine.cuda()}
    width = max(map(len, report)) + 2
    for key, value in report.items():
        text = " ".join(value) if isinstance(value, list) else str(value)
        print(textwrap.fill(text, 100, initial_indent=key.ljust(width), subsequent_indent=" " * width))
    return 0
