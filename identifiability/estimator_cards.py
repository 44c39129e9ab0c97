"""Which estimator rests on which theorems; estimators are named, never imported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ESTIMATORS", "EstimatorCard", "Goal"]


class Goal(Enum):
    """What is wanted.

    Attributes
    ----------
    LATENTS
        Values of latents, or how they mix.
    GRAPH
        Who causes whom.
    EFFECTS
        How much, in a graph that is known; or what actions do to an outcome.

    Examples
    --------
    >>> from identifiability import Goal
    >>> Goal("graph")
    <Goal.GRAPH: 'graph'>
    """

    LATENTS = "latents"
    GRAPH = "graph"
    EFFECTS = "effects"


@dataclass(frozen=True, kw_only=True)
class EstimatorCard:
    """An estimator, and the theorems behind it.

    Parameters
    ----------
    name : str
        Where it is imported from.
    theorems : tuple of str
        Their keys, the strongest first; empty for rivals that do not find what is identified.
    goals : tuple of Goal
        What it is for.
    note : str, default=""
        What a user should know before choosing it.

    Examples
    --------
    >>> from identifiability.estimator_cards import ESTIMATORS
    >>> [card.name for card in ESTIMATORS if "rlcd" in card.theorems]
    ['discovery.RLCD']
    """

    name: str
    theorems: tuple[str, ...]
    goals: tuple[Goal, ...]
    note: str = ""


_VALUES = (Goal.LATENTS, Goal.GRAPH)

ESTIMATORS: tuple[EstimatorCard, ...] = (
    EstimatorCard(
        name="causalrep.LinearCausalDisentanglement",
        theorems=("squires-perfect", "squires-soft"),
        goals=_VALUES,
    ),
    EstimatorCard(
        name="causalrep.CumulantICA",
        theorems=("comon", "eriksson-koivunen"),
        goals=(Goal.LATENTS,),
        note="Of more latents than features, columns of the mixing are found, not values.",
    ),
    EstimatorCard(
        name="causalrep.ReconstructionICA",
        theorems=(),
        goals=(Goal.LATENTS,),
        note="A rival for comparisons: more samples do not take its error away.",
    ),
    EstimatorCard(
        name="causalrep.neural.Rep4Ex",
        theorems=("rep4ex",),
        goals=(Goal.LATENTS,),
        note="An affine map stays open, which is enough to predict what unseen actions do.",
    ),
    EstimatorCard(
        name="causalrep.neural.InterventionExtrapolator",
        theorems=("rep4ex",),
        goals=(Goal.EFFECTS,),
        note="What unseen actions do to an outcome; says how well the data cover each action.",
    ),
    EstimatorCard(
        name="causalrep.neural.InterventionalAutoencoder",
        theorems=("ahuja-do", "ahuja-imperfect"),
        goals=(Goal.LATENTS,),
    ),
    EstimatorCard(
        name="causalrep.neural.ContrastiveCRL",
        theorems=("buchholz-perfect",),
        goals=_VALUES,
    ),
    EstimatorCard(
        name="causalrep.neural.LatentPolynomialVAE",
        theorems=("ivae-gaussian", "liu-polynomial"),
        goals=_VALUES,
        note="Degree 0 is the model of independent latents.",
    ),
    EstimatorCard(
        name="discovery.RLCD",
        theorems=("rlcd",),
        goals=(Goal.GRAPH,),
        note="Latents anywhere, also below features.",
    ),
    EstimatorCard(name="discovery.GIN", theorems=("gin",), goals=(Goal.GRAPH,)),
    EstimatorCard(
        name="discovery.OneFactorClusters", theorems=("pure-clusters",), goals=(Goal.GRAPH,)
    ),
    EstimatorCard(
        name="discovery.CorrelationThresholding",
        theorems=("correlation-cliques",),
        goals=(Goal.GRAPH,),
        note="Thousands of features, and clusters that overlap.",
    ),
    EstimatorCard(name="discovery.PC", theorems=("separations",), goals=(Goal.GRAPH,)),
    EstimatorCard(name="discovery.FCI", theorems=("ancestral-separations",), goals=(Goal.GRAPH,)),
    EstimatorCard(
        name="discovery.CumulantDiscovery",
        theorems=("salehkaleybar",),
        goals=(Goal.GRAPH,),
        note="Few features; undecided pairs are told.",
    ),
    EstimatorCard(
        name="discovery.LvLiNGAM",
        theorems=("salehkaleybar",),
        goals=(Goal.GRAPH,),
    ),
    EstimatorCard(
        name="discovery.CumulantRanks",
        theorems=("salehkaleybar",),
        goals=(Goal.GRAPH,),
        note="A rival for comparisons: ranks by thresholds, not by tests.",
    ),
    EstimatorCard(
        name="discovery.OneLatentComponent",
        theorems=("cai-cumulants",),
        goals=(Goal.GRAPH,),
    ),
    EstimatorCard(
        name="discovery.CumulantEffect",
        theorems=("salehkaleybar",),
        goals=(Goal.EFFECTS,),
        note="Effects are one of finitely many; equivalent_weights_ lists them.",
    ),
    EstimatorCard(
        name="causalrep.fit_structural",
        theorems=("half-treks", "dong-parameters"),
        goals=(Goal.EFFECTS,),
    ),
)
