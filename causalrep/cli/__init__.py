"""The command line: ``causalrep demo``, ``causalrep fit FILE``, ``causalrep benchmark SUITE``."""

from causalrep.cli.entry import main

__all__ = ["main"]
