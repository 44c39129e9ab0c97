"""All suites by name."""

from __future__ import annotations

from difflib import get_close_matches

from causalrep.cli.suites.cumulants import CONFOUNDED_PAIRS, OVERCOMPLETE
from causalrep.cli.suites.hidden_nodes import LATENT_CONFOUNDING, MEASUREMENT, RLCD
from causalrep.cli.suites.linear import LINEAR_DISENTANGLEMENT, LSCALE
from causalrep.cli.suites.neural import (
    CHANGING_POLYNOMIALS,
    CONTRASTIVE,
    EXTRAPOLATION,
    POLYNOMIAL_DECODER,
    SEGMENTS,
)
from causalrep.cli.suites.suite import Suite
from causalrep.exceptions import InvalidDataError

__all__ = ["SUITES", "find_suite"]

SUITES = {
    suite.name: suite
    for suite in (
        LINEAR_DISENTANGLEMENT,
        LSCALE,
        RLCD,
        MEASUREMENT,
        LATENT_CONFOUNDING,
        CONFOUNDED_PAIRS,
        OVERCOMPLETE,
        POLYNOMIAL_DECODER,
        CONTRASTIVE,
        SEGMENTS,
        CHANGING_POLYNOMIALS,
        EXTRAPOLATION,
    )
}


def find_suite(name: str) -> Suite:
    """Return a suite by its name, or say which ones there are."""
    if name in SUITES:
        return SUITES[name]
    close = get_close_matches(name, SUITES, n=1, cutoff=0.5)
    offered = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(SUITES)}."
    raise InvalidDataError(f"There is no suite {name!r}. {offered}")
