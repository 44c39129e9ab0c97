"""Where the command line starts: arguments in, exit status out."""

from __future__ import annotations

from collections.abc import Sequence

from causalrep.cli.benchmarking import INTERRUPTED
from causalrep.cli.parsing import command_parser
from causalrep.exceptions import (
    BudgetError,
    EnvironmentLabelError,
    GraphError,
    InvalidDataError,
    PersistenceError,
)

__all__ = ["main"]

_OURS = (BudgetError, EnvironmentLabelError, GraphError, InvalidDataError, PersistenceError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; those of the process where None is given.

    Returns
    -------
    int
        0, or 2 where the input was refused, after one sentence on the standard error; 130 where
        Ctrl-C ended it.

    Examples
    --------
    >>> from causalrep.cli import main
    >>> main(["benchmark"])
    2
    """
    from rich.console import Console

    arguments = command_parser().parse_args(argv)
    console = Console(highlight=False, markup=False, emoji=False)
    try:
        arguments.run(arguments, console)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (*_OURS, OSError) as error:
        reason = _in_words(error) if isinstance(error, OSError) else str(error)
        errors = Console(stderr=True, highlight=False, markup=False, emoji=False)
        errors.print(f"causalrep: {reason}", soft_wrap=True)
        return 2
    return 0


def _in_words(error: OSError) -> str:
    place = f"{error.filename!r} cannot be read or written" if error.filename else "A file failed"
    return f"{place}: {error.strerror or error}. Check the name, and your rights to it."
