"""Theorems on latents behind a linear mixing, seen under interventions or in environments."""

from __future__ import annotations

from causalrep.interventions import InterventionKind
from identifiability.theorems.terms import Condition, DataRegime, Kind, Mechanism, Mixing, Noise
from identifiability.theorems.theorem import Design, Source, Theorem
from identifiability.verdicts import Evidence, Form, GraphClass, IdentifiabilityClass

__all__ = ["ANY_CHANGE", "CUT", "GENERIC", "LINEAR_MIXING"]

CUT = (InterventionKind.PERFECT, InterventionKind.DO)
_NEW_EFFECTS = (
    InterventionKind.SOFT,
    InterventionKind.PERFECT,
    InterventionKind.DO,
    InterventionKind.MECHANISM,
)
ANY_CHANGE = (*_NEW_EFFECTS, InterventionKind.NOISE)
GENERIC = "parameters are generic: every intervention changes what it may change"
_SQUIRES = ("Squires", "Seigal", "Bhate", "Uhler")
_VARICI = ("Varıcı", "Acarturk", "Shanmugam", "Kumar", "Tajer")
_VARICI_2025 = Source(authors=_VARICI, year=2025, venue="JMLR 26(112)", arxiv="2402.00849")
_MULTI_NODE = Source(
    authors=("Varıcı", "Acarturk", "Shanmugam", "Tajer"),
    year=2024,
    venue="NeurIPS",
    arxiv="2406.05937",
)
_ONE_CHANGE = "what changes in a latent is the same wherever it is intervened on"
_SCORES = "densities are positive and smooth, and interventions change the scores"
_CUMULANTS = Source(
    authors=("Leyes Carreño", "Meroni", "Seigal"), year=2024, venue="preprint", arxiv="2407.04605"
)

LINEAR_MIXING: tuple[Theorem, ...] = (
    Theorem(
        key="squires-perfect",
        source=Source(
            authors=_SQUIRES, year=2023, venue="ICML", arxiv="2211.16467", where="Theorem 2"
        ),
        evidence=Evidence.ALGEBRA,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        design=Design(kinds=CUT),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=(GENERIC,),
        note="Covariances suffice, and targets need not be known.",
    ),
    Theorem(
        key="squires-necessity",
        source=Source(authors=_SQUIRES, year=2023, venue="ICML", arxiv="2211.16467"),
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        noise=Noise.GAUSSIAN,
        design=Design(
            kinds=(*ANY_CHANGE, InterventionKind.SHIFT), single=False, observational=False
        ),
        latents=IdentifiabilityClass.SCALING,
        kind=Kind.NECESSARY,
        note="Where one latent is not intervened on, some models cannot be told apart.",
    ),
    Theorem(
        key="squires-soft",
        source=Source(authors=_SQUIRES, year=2023, venue="ICML", arxiv="2211.16467"),
        evidence=Evidence.ALGEBRA,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        design=Design(kinds=_NEW_EFFECTS),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(GENERIC,),
        note="Nothing finer holds for linear mechanisms. New noise alone does not count: it shows "
        "the noises, which independent latents explain as well.",
    ),
    Theorem(
        key="varici-linear-hard",
        source=_VARICI_2025,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=(InterventionKind.PERFECT,)),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=(_SCORES,),
    ),
    Theorem(
        key="varici-linear-soft",
        source=_VARICI_2025,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(_SCORES,),
    ),
    Theorem(
        key="varici-linear-soft-nonlinear",
        source=_VARICI_2025,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        not_mechanism=Mechanism.LINEAR,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.EXACT,
        assumptions=(_SCORES,),
        note="The abstract says it of the graph.",
    ),
    Theorem(
        key="varici-linear-soft-surrounding",
        source=_VARICI_2025,
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        not_mechanism=Mechanism.LINEAR,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        latents=IdentifiabilityClass.SURROUNDING_PARENTS,
        graph=GraphClass.EXACT,
        assumptions=(_SCORES,),
    ),
    Theorem(
        key="varici-multi-node-hard",
        source=_MULTI_NODE,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=(InterventionKind.PERFECT,), single=False, independent_sets=True),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=(_SCORES, _ONE_CHANGE),
        note="The abstract asks for diverse sets; exact ranks agree that independent ones do.",
    ),
    Theorem(
        key="varici-multi-node-soft",
        source=_MULTI_NODE,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(
            kinds=(InterventionKind.SOFT, InterventionKind.PERFECT),
            single=False,
            independent_sets=True,
        ),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(_SCORES, _ONE_CHANGE),
    ),
    Theorem(
        key="carreno-perfect",
        source=_CUMULANTS,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.OVERCOMPLETE,
        mechanism=Mechanism.LINEAR,
        noise=Noise.NON_GAUSSIAN,
        design=Design(kinds=(InterventionKind.PERFECT,)),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=(GENERIC, "higher cumulants do not vanish"),
        note="More latents than features are allowed: then columns are meant, not values.",
    ),
    Theorem(
        key="carreno-soft",
        source=_CUMULANTS,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.OVERCOMPLETE,
        mechanism=Mechanism.LINEAR,
        noise=Noise.NON_GAUSSIAN,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(GENERIC, "higher cumulants do not vanish"),
        note="Columns of ancestors turn; that of the target stays, with new noise.",
    ),
    Theorem(
        key="bing-multi-node",
        source=Source(
            authors=("Bing", "Ninad", "Wahl", "Runge"),
            year=2024,
            venue="CLeaR",
            arxiv="2311.02695",
        ),
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.ADDITIVE,
        design=Design(kinds=(InterventionKind.DO,), single=False, independent_sets=True),
        latents=IdentifiabilityClass.SCALING,
        assumptions=("targets cover the latents and are diverse enough",),
    ),
    Theorem(
        key="jin-linear",
        source=Source(
            authors=("Jin", "Syrgkanis"), year=2023, venue="preprint", arxiv="2311.12267"
        ),
        evidence=Evidence.ALGEBRA,
        data=DataRegime.ENVIRONMENTS,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        noise=Noise.NON_GAUSSIAN,
        design=Design(
            kinds=(InterventionKind.SOFT,),
            single=False,
            mechanisms_beyond_parents=True,
            observational=False,
        ),
        latents=IdentifiabilityClass.SURROUNDING_PARENTS,
        graph=GraphClass.EXACT,
        assumptions=(GENERIC,),
        note="The abstract says it too, and that nothing finer holds.",
    ),
    Theorem(
        key="sturma-domains",
        source=Source(
            authors=("Sturma", "Squires", "Drton", "Uhler"),
            year=2023,
            venue="NeurIPS",
            arxiv="2302.00993",
        ),
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.DOMAINS,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        noise=Noise.NON_GAUSSIAN,
        conditions=(Condition.TWO_PURE_CHILDREN,),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=("noises differ from one another and are not symmetric",),
    ),
    Theorem(
        key="shift-linear",
        source=Source(
            authors=(
                "Buchholz",
                "Rajendran",
                "Rosenfeld",
                "Aragam",
                "Schölkopf",
                "Ravikumar",
            ),
            year=2023,
            venue="NeurIPS",
            arxiv="2306.02235",
        ),
        evidence=Evidence.ALGEBRA,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.LINEAR,
        mechanism=Mechanism.LINEAR,
        design=Design(kinds=(InterventionKind.SHIFT,)),
        needs_targets=True,
        needs_graph=True,
        latents=IdentifiabilityClass.ANCESTORS,
        form=Form.LINEAR,
        graph=GraphClass.KNOWN,
        assumptions=(GENERIC,),
        note="The linear case, with the order of ancestors known; by means and covariances.",
    ),
)
