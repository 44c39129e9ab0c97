"""Single-cell protein signalling under nine stimuli and inhibitors (Sachs et al. 2005)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalrep.data import Dataset, Truth
from causalrep.datasets.bundled import read_table
from causalrep.graphs import Graph

__all__ = ["SachsCondition", "load_sachs", "sachs_conditions"]


@dataclass(frozen=True)
class SachsCondition:
    """One experiment of Sachs et al.

    Parameters
    ----------
    label : str
        Label in ``Dataset.environments``.
    n_samples : int
        Number of cells.
    target : str or None
        The measured molecule that the reagent is meant to act on; None where there is none, or
        none that was measured.
    reagent : str
        What was added, and what it is meant to do.
    """

    label: str
    n_samples: int
    target: str | None
    reagent: str


# The order is that of the rows of the file.
_CONDITIONS = (
    SachsCondition("cd3cd28", 853, None, "anti-CD3 and anti-CD28: general stimulation"),
    SachsCondition("cd3cd28+icam2", 902, None, "ICAM-2 beside it: general stimulation"),
    SachsCondition("cd3cd28+aktinhib", 911, "Akt", "Akt inhibitor: inhibits Akt"),
    SachsCondition("cd3cd28+g0076", 723, "PKC", "G06976: inhibits PKC"),
    SachsCondition("cd3cd28+psitect", 810, "PIP2", "Psitectorigenin: inhibits PIP2"),
    SachsCondition("cd3cd28+u0126", 799, "Mek", "U0126: inhibits Mek"),
    SachsCondition("cd3cd28+ly", 848, "Akt", "LY294002: inhibits PI3K, and by it Akt"),
    SachsCondition("pma", 913, "PKC", "PMA: activates PKC"),
    SachsCondition("b2camp", 707, "PKA", "beta-2-cAMP: activates PKA"),
)
_PROTEINS = {
    "praf": "Raf",
    "pmek": "Mek",
    "plcg": "Plcg",
    "PIP2": "PIP2",
    "PIP3": "PIP3",
    "p44/42": "Erk",
    "pakts473": "Akt",
    "PKA": "PKA",
    "PKC": "PKC",
    "P38": "P38",
    "pjnk": "Jnk",
}


def sachs_conditions() -> tuple[SachsCondition, ...]:
    """Return the nine experiments in the order of the rows.

    Examples
    --------
    >>> from causalrep.datasets import sachs_conditions
    >>> [condition.label for condition in sachs_conditions() if condition.target == "PKC"]
    ['cd3cd28+g0076', 'pma']
    """
    return _CONDITIONS


def load_sachs() -> Dataset:
    """Load 11 signalling molecules in 7466 human T cells under nine conditions.

    Returns
    -------
    Dataset
        ``X`` of shape (7466, 11): fluorescence intensities of Raf, Mek, Plcg, PIP2, PIP3, Erk,
        Akt, PKA, PKC, P38 and Jnk as measured by flow cytometry, in raw units; they are positive
        and far from Gaussian, ``np.log`` is the usual transformation. ``environments`` holds
        the condition of every cell; ``"cd3cd28"``, general stimulation alone, is the usual
        reference. ``truth.graph`` is the consensus graph of 18 edges; ``truth`` holds no
        targets, for these are of measured molecules: see :func:`sachs_conditions`.

    Notes
    -----
    Several graphs of these data circulate as "the truth", with 17, 18 and 20 edges, so say
    which one a score refers to. The one here is the list of 18 edges that the Causal Discovery
    Toolbox ships beside the data. It says what was believed, not what was verified, and it is
    no acyclic graph: it holds the cycle PIP2 -> PIP3 -> Plcg -> PIP2, so scores that want a
    DAG refuse it. The list of 17 edges is in other packages that ship the network learned in
    the paper; that of 20 adds expected edges which were not learned.

    Reagents act on activity, while the intensities measure how much of a molecule is
    phosphorylated: where Mek is inhibited (``cd3cd28+u0126``), phosphorylated Mek rises and its
    product Erk falls. Do not take an intervention for a shift of its own target.

    The files come from the Python package cdt 0.6.0 (MIT licence, beside the data); columns
    ``praf``, ``pmek``, ``plcg``, ``p44/42``, ``pakts473`` and ``pjnk`` carry the names of their
    proteins here.

    References
    ----------
    K. Sachs, O. Perez, D. Pe'er, D. A. Lauffenburger, G. P. Nolan, "Causal protein-signaling
    networks derived from multiparameter single-cell data", Science 308 (2005) 523-529,
    doi:10.1126/science.1105809.

    Examples
    --------
    >>> from causalrep.datasets import load_sachs
    >>> data = load_sachs()
    >>> data
    <Dataset: 7466 samples, 11 features, 9 environments, with truth>
    >>> data[data.environments == "pma"].shape
    (913, 11)
    >>> data.truth.graph.parents("Erk")
    ('Mek', 'PKA')
    """
    header, rows = read_table("sachs.csv.gz")
    names = tuple(_PROTEINS[name] for name in header)
    _, edges = read_table("sachs_consensus.csv")
    graph = Graph(names, [(_PROTEINS[cause], _PROTEINS[effect]) for cause, effect in edges])
    return Dataset(
        X=np.array(rows, dtype=np.float64),
        environments=np.repeat(
            [condition.label for condition in _CONDITIONS],
            [condition.n_samples for condition in _CONDITIONS],
        ),
        names=names,
        truth=Truth(graph=graph),
    )
