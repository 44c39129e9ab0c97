"""Theorems on latents behind a nonlinear mixing."""

from __future__ import annotations

from causalrep.interventions import InterventionKind
from identifiability.theorems.linear_mixing import ANY_CHANGE, GENERIC
from identifiability.theorems.terms import Condition, DataRegime, Kind, Mechanism, Mixing, Noise
from identifiability.theorems.theorem import Design, Source, Theorem
from identifiability.verdicts import Evidence, Form, GraphClass, IdentifiabilityClass

__all__ = ["NONLINEAR_MIXING"]

_PERFECT = (InterventionKind.PERFECT,)
_AHUJA = Source(
    authors=("Ahuja", "Mahajan", "Wang", "Bengio"), year=2023, venue="ICML", arxiv="2209.11924"
)
_DEGREE = "the degree of the decoder is known, and latents fill a set with interior"
_BUCHHOLZ = Source(
    authors=("Buchholz", "Rajendran", "Rosenfeld", "Aragam", "Schölkopf", "Ravikumar"),
    year=2023,
    venue="NeurIPS",
    arxiv="2306.02235",
)
_KUEGELGEN = Source(
    authors=(
        "von Kügelgen",
        "Besserve",
        "Liang",
        "Gresele",
        "Kekić",
        "Bareinboim",
        "Blei",
        "Schölkopf",
    ),
    year=2023,
    venue="NeurIPS",
    arxiv="2306.00542",
)
_CAUCA = Source(
    authors=(
        "Liang",
        "Kekić",
        "von Kügelgen",
        "Buchholz",
        "Besserve",
        "Gresele",
        "Schölkopf",
    ),
    year=2023,
    venue="NeurIPS",
    arxiv="2305.17225",
)
_SMOOTH = "the mixing has continuous derivatives both ways, and a closed image"
_GAUSSIAN_STEP = "The mixing is found up to an affine map, see the guide; then as for linear ones."
_DISCREPANCY = (
    "densities are positive and smooth, and the ratio of those before and after an intervention "
    "varies with the target wherever it is"
)
_FINE_TUNING = "no fine-tuning between observational and interventional laws"

_UNSUPERVISED: tuple[Theorem, ...] = (
    Theorem(
        key="hyvarinen-pajunen",
        source=Source(authors=("Hyvärinen", "Pajunen"), year=1999, venue="Neural Networks 12(3)"),
        evidence=Evidence.ABSTRACT,
        data=DataRegime.OBSERVATIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.INDEPENDENT,
        kind=Kind.IMPOSSIBILITY,
        note="Later papers cite it so.",
    ),
    Theorem(
        key="locatello-impossibility",
        source=Source(
            authors=("Locatello", "Bauer", "Lucic", "Rätsch", "Gelly", "Schölkopf", "Bachem"),
            year=2019,
            venue="ICML",
            arxiv="1811.12359",
        ),
        evidence=Evidence.ABSTRACT,
        data=DataRegime.OBSERVATIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.INDEPENDENT,
        kind=Kind.IMPOSSIBILITY,
    ),
    Theorem(
        key="ahuja-affine",
        source=_AHUJA,
        evidence=Evidence.PROOF,
        data=DataRegime.OBSERVATIONAL,
        mixing=Mixing.POLYNOMIAL,
        mechanism=Mechanism.NONPARAMETRIC,
        latents=IdentifiabilityClass.MIXED,
        assumptions=(_DEGREE,),
        note="Theorems on linear mixings hold for polynomials after this step.",
    ),
)

_INTERVENTIONS: tuple[Theorem, ...] = (
    Theorem(
        key="ahuja-do",
        source=_AHUJA,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.POLYNOMIAL,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=(InterventionKind.DO,)),
        latents=IdentifiabilityClass.SCALING,
        assumptions=(_DEGREE,),
        note="The abstract says it too.",
    ),
    Theorem(
        key="ahuja-imperfect",
        source=_AHUJA,
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.POLYNOMIAL,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=ANY_CHANGE),
        latents=IdentifiabilityClass.PARTIAL,
        assumptions=(_DEGREE, "supports of targets and of some others are independent"),
    ),
    Theorem(
        key="zhang-soft",
        source=Source(
            authors=(
                "Zhang",
                "Squires",
                "Greenewald",
                "Srivastava",
                "Shanmugam",
                "Uhler",
            ),
            year=2023,
            venue="NeurIPS",
            arxiv="2307.06250",
        ),
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.POLYNOMIAL,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=ANY_CHANGE),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(_DEGREE, "linear interventional faithfulness"),
    ),
    Theorem(
        key="buchholz-perfect",
        source=_BUCHHOLZ,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.LINEAR,
        noise=Noise.GAUSSIAN,
        design=Design(kinds=_PERFECT),
        latents=IdentifiabilityClass.SCALING,
        graph=GraphClass.EXACT,
        assumptions=(GENERIC, _SMOOTH),
        note=_GAUSSIAN_STEP,
    ),
    Theorem(
        key="buchholz-imperfect",
        source=_BUCHHOLZ,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.LINEAR,
        noise=Noise.GAUSSIAN,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.TRANSITIVE_CLOSURE,
        assumptions=(GENERIC, _SMOOTH),
        note=_GAUSSIAN_STEP,
    ),
    Theorem(
        key="buchholz-shift",
        source=_BUCHHOLZ,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.LINEAR,
        noise=Noise.GAUSSIAN,
        design=Design(kinds=(InterventionKind.SHIFT,)),
        needs_targets=True,
        needs_graph=True,
        latents=IdentifiabilityClass.ANCESTORS,
        graph=GraphClass.KNOWN,
        assumptions=(GENERIC, _SMOOTH),
        note="Shifts show the noises, not the graph. " + _GAUSSIAN_STEP,
    ),
    Theorem(
        key="kuegelgen-two",
        source=_KUEGELGEN,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=_PERFECT),
        conditions=(Condition.TWO_LATENTS,),
        latents=IdentifiabilityClass.SCALING,
        form=Form.NONLINEAR,
        graph=GraphClass.EXACT,
        assumptions=(_FINE_TUNING,),
    ),
    Theorem(
        key="kuegelgen-pairs",
        source=_KUEGELGEN,
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=_PERFECT, times=2, observational=False, pairs_known=True),
        latents=IdentifiabilityClass.SCALING,
        form=Form.NONLINEAR,
        graph=GraphClass.EXACT,
        assumptions=("both interventions of a pair differ", _FINE_TUNING),
    ),
    Theorem(
        key="varici-general",
        source=Source(
            authors=("Varıcı", "Acarturk", "Shanmugam", "Tajer"),
            year=2024,
            venue="AISTATS",
            arxiv="2310.15450",
        ),
        evidence=Evidence.ABSTRACT,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=_PERFECT, times=2),
        latents=IdentifiabilityClass.SCALING,
        form=Form.NONLINEAR,
        graph=GraphClass.EXACT,
        assumptions=("both interventions of a pair differ, and change the scores",),
        note="Which two environments belong together need not be known.",
    ),
    Theorem(
        key="liang-soft",
        source=_CAUCA,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=(InterventionKind.SOFT, InterventionKind.PERFECT)),
        needs_targets=True,
        needs_graph=True,
        latents=IdentifiabilityClass.ANCESTORS,
        form=Form.NONLINEAR,
        graph=GraphClass.KNOWN,
        assumptions=(_SMOOTH, _DISCREPANCY),
    ),
    Theorem(
        key="liang-perfect",
        source=_CAUCA,
        evidence=Evidence.PROOF,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(kinds=_PERFECT),
        needs_targets=True,
        needs_graph=True,
        latents=IdentifiabilityClass.SCALING,
        form=Form.NONLINEAR,
        graph=GraphClass.KNOWN,
        assumptions=(_SMOOTH, _DISCREPANCY),
    ),
    Theorem(
        key="jin-nonparametric",
        source=Source(
            authors=("Jin", "Syrgkanis"), year=2023, venue="preprint", arxiv="2311.12267"
        ),
        evidence=Evidence.UNVERIFIED,
        data=DataRegime.INTERVENTIONAL,
        mixing=Mixing.DIFFEOMORPHISM,
        mechanism=Mechanism.NONPARAMETRIC,
        design=Design(
            kinds=(InterventionKind.SOFT,),
            mechanisms_beyond_parents=True,
            observational=False,
            pairs_known=True,
        ),
        latents=IdentifiabilityClass.SURROUNDING_PARENTS,
        form=Form.NONLINEAR,
        graph=GraphClass.EXACT,
        note="The abstract says that nothing finer holds, not how many interventions it takes.",
    ),
)

NONLINEAR_MIXING: tuple[Theorem, ...] = (*_UNSUPERVISED, *_INTERVENTIONS)
