"""Two classical data sets of factor analysis, whose latent factors are known by design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causalrep.data import Dataset, Truth
from causalrep.datasets.bundled import read_table
from causalrep.graphs import Graph

__all__ = ["load_holzinger_swineford", "load_political_democracy"]

_ABILITIES = """
    visual --> x1, visual --> x2, visual --> x3
    textual --> x4, textual --> x5, textual --> x6
    speed --> x7, speed --> x8, speed --> x9
    visual <-> textual, visual <-> speed, textual <-> speed
    latent visual, textual, speed
"""
_DEMOCRACY = """
    ind60 --> x1, ind60 --> x2, ind60 --> x3
    dem60 --> y1, dem60 --> y2, dem60 --> y3, dem60 --> y4
    dem65 --> y5, dem65 --> y6, dem65 --> y7, dem65 --> y8
    ind60 --> dem60, ind60 --> dem65, dem60 --> dem65
    y1 <-> y5, y2 <-> y4, y2 <-> y6, y3 <-> y7, y4 <-> y8, y6 <-> y8
    latent ind60, dem60, dem65
"""


def load_holzinger_swineford() -> Dataset:
    """Load nine mental ability tests of 301 pupils of two schools.

    Returns
    -------
    Dataset
        ``X`` of shape (301, 9): scores ``x1`` to ``x9`` in the units in which textbooks use
        them. ``environments`` holds the school, ``"Grant-White"`` (145 pupils) or ``"Pasteur"``
        (156). ``truth.graph`` is the measurement model the tests were chosen for: visual
        perception (``x1``-``x3``), textual ability (``x4``-``x6``) and speed (``x7``-``x9``),
        latent and correlated, hence joined by bidirected edges.

    Notes
    -----
    The graph is the accepted model, not a verified truth; confirmatory fits of it are good but
    not perfect. The file comes from the Python package semopy 2.3.11 (MIT licence, beside the
    data); its columns on age, sex and grade are left out.

    References
    ----------
    K. J. Holzinger, F. Swineford, "A study in factor analysis: the stability of a bi-factor
    solution", Supplementary Educational Monographs 48, University of Chicago (1939).

    K. G. Jöreskog, "A general approach to confirmatory maximum likelihood factor analysis",
    Psychometrika 34 (1969) 183-202, doi:10.1007/BF02289343.

    Examples
    --------
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> data = load_holzinger_swineford()
    >>> data.shape, data.labels.tolist()
    ((301, 9), ['Grant-White', 'Pasteur'])
    >>> data.truth.graph.children("speed")
    ('x7', 'x8', 'x9')
    """
    header, rows = read_table("holzinger_swineford.csv")
    school = header.index("school")
    return Dataset(
        X=_columns(header, rows, [f"x{number}" for number in range(1, 10)]),
        environments=np.array([row[school] for row in rows]),
        names=tuple(f"x{number}" for number in range(1, 10)),
        truth=Truth(graph=Graph.from_text(_ABILITIES)),
    )


def load_political_democracy() -> Dataset:
    """Load eleven indicators of industrialisation and democracy in 75 developing countries.

    Returns
    -------
    Dataset
        ``X`` of shape (75, 11): ``y1`` to ``y8`` are ratings of press freedom, freedom of
        opposition, fairness of elections and effectiveness of the legislature, in 1960 (first
        four) and 1965; ``x1`` to ``x3`` are gross national product per head, use of inanimate
        energy per head and share of the labour force in industry in 1960, on transformed scales.
        ``truth.graph`` is the model of Bollen: latent industrialisation ``ind60`` causes latent
        democracy ``dem60`` and ``dem65``; indicators measured twice the same way, or by the
        same source, share errors and are joined by bidirected edges.

    Notes
    -----
    The graph is the accepted model, not a verified truth. The file comes from the Python
    package semopy 2.3.11 (MIT licence, beside the data).

    References
    ----------
    K. A. Bollen, "Structural Equations with Latent Variables", Wiley (1989), chapters 7 and 8,
    doi:10.1002/9781118619179.

    Examples
    --------
    >>> from causalrep.datasets import load_political_democracy
    >>> data = load_political_democracy()
    >>> data
    <Dataset: 75 samples, 11 features, with truth>
    >>> data.truth.graph.latent
    ('ind60', 'dem60', 'dem65')
    """
    header, rows = read_table("political_democracy.csv")
    names = tuple(header[1:])  # the first column numbers the rows
    return Dataset(
        X=_columns(header, rows, names),
        names=names,
        truth=Truth(graph=Graph.from_text(_DEMOCRACY)),
    )


def _columns(header: list[str], rows: list[list[str]], names: Sequence[str]) -> np.ndarray:
    positions = [header.index(name) for name in names]
    return np.array([[row[position] for position in positions] for row in rows], dtype=np.float64)
