"""All theorems in one list."""

from __future__ import annotations

from causalrep.arguments import checked
from causalrep.exceptions import IdentifiabilityError
from identifiability.theorems.graphs_from_features import GRAPHS_FROM_FEATURES
from identifiability.theorems.independent_sources import INDEPENDENT_SOURCES
from identifiability.theorems.linear_mixing import LINEAR_MIXING
from identifiability.theorems.nonlinear_mixing import NONLINEAR_MIXING
from identifiability.theorems.theorem import Theorem
from identifiability.theorems.weak_supervision import WEAK_SUPERVISION

__all__ = ["THEOREMS", "theorem"]

THEOREMS: tuple[Theorem, ...] = (
    *INDEPENDENT_SOURCES,
    *LINEAR_MIXING,
    *NONLINEAR_MIXING,
    *WEAK_SUPERVISION,
    *GRAPHS_FROM_FEATURES,
)

_BY_KEY = {row.key: row for row in THEOREMS}


@checked()
def theorem(key: str) -> Theorem:
    """Return a theorem by its key.

    Parameters
    ----------
    key : str

    Raises
    ------
    IdentifiabilityError
        If there is none.

    Examples
    --------
    >>> from identifiability.theorems import theorem
    >>> print(theorem("comon"))
    latents up to permutation and scaling, Comon 1994 (checked against the abstract)
    """
    if key not in _BY_KEY:
        raise IdentifiabilityError(
            f"There is no theorem {key!r} in the catalogue; its keys are {', '.join(_BY_KEY)}."
        )
    return _BY_KEY[key]
