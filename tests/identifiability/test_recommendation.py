"""Which estimator is recommended for what, and what is refused."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from causalrep import Dataset, Graph
from causalrep.exceptions import (
    GraphError,
    IdentifiabilityError,
    InterventionError,
    InvalidDataError,
)
from identifiability import DataFacts, recommend
from identifiability.estimator_cards import ESTIMATORS
from identifiability.theorems import theorem

RNG = np.random.default_rng(0)
GAUSSIAN = RNG.normal(size=(900, 4))
SKEWED = RNG.exponential(size=(900, 4))
REGIMES = np.repeat([0, 1, 2], 300)
MEASURED = Graph.from_text(
    "L --> a, L --> b, L --> c, M --> d, M --> e, M --> f, L --> M; latent L, M"
)


@pytest.mark.parametrize("card", ESTIMATORS, ids=lambda card: card.name)
def test_every_estimator_can_be_imported_and_rests_on_theorems(card):
    module, _, name = card.name.rpartition(".")
    assert hasattr(importlib.import_module(module), name)
    assert all(theorem(key) for key in card.theorems)


def test_names_no_estimator_twice():
    names = [card.name for card in ESTIMATORS]
    assert len(set(names)) == len(names)


def first_of(*arguments, **words) -> str:
    return recommend(*arguments, **words).options[0].estimator


@pytest.mark.parametrize(
    ("data", "words", "expected"),
    [
        (
            Dataset(X=GAUSSIAN, environments=REGIMES),
            {"mixing": "linear", "goal": "latents"},
            "causalrep.LinearCausalDisentanglement",
        ),
        (SKEWED, {"mixing": "linear", "goal": "latents"}, "causalrep.CumulantICA"),
        (SKEWED, {"mixing": "overcomplete", "goal": "latents"}, "causalrep.CumulantICA"),
        (GAUSSIAN, {"mixing": "measurement", "goal": "graph"}, "discovery.RLCD"),
        (GAUSSIAN, {"mixing": "identity", "goal": "graph", "hidden": False}, "discovery.PC"),
        (GAUSSIAN, {"mixing": "identity", "goal": "graph", "hidden": True}, "discovery.FCI"),
        (GAUSSIAN, {"graph": MEASURED, "goal": "effects"}, "causalrep.fit_structural"),
    ],
)
def test_recommends_by_goal_and_data(data, words, expected):
    answer = recommend(data, **words)
    assert answer.best is not None
    assert answer.options[0].estimator == expected


def test_reads_environments_actions_and_gaussianity():
    data = Dataset(X=SKEWED, environments=REGIMES, actions=REGIMES[:, None])
    facts = DataFacts.of(data)
    assert (facts.n_environments, facts.n_actions) == (3, 1)
    assert facts.few_valued_actions
    assert facts.non_gaussian
    assert not DataFacts.of(GAUSSIAN).non_gaussian


def test_environments_of_other_scales_do_not_look_like_skewed_noise():
    scales = np.where(REGIMES == 1, 10.0, 1.0)[:, None]
    assert not DataFacts.of(Dataset(X=GAUSSIAN * scales, environments=REGIMES)).non_gaussian


def test_gaussian_tests_are_rarely_wrong():
    """At the level .001 that is used, skewness and kurtosis summed up reject .02."""
    rng = np.random.default_rng(0)
    found = np.array([DataFacts.of(rng.normal(size=(100, 3))).p_value for _ in range(300)])
    assert np.mean(found < 0.05) < 0.1
    assert np.mean(found < 0.001) < 0.007


def test_says_that_nothing_identifies_and_what_it_would_take():
    answer = recommend(GAUSSIAN, mixing="linear", goal="latents")
    assert not answer
    assert "Nothing here identifies this. The least that you would need" in str(answer)
    wanted = {text for option in answer.options for text in option.missing}
    assert "non-gaussian noise, which these samples do not show" in wanted


def test_what_is_unknown_is_assumed_and_what_is_known_is_not():
    unknown, known = (
        recommend(GAUSSIAN, goal="graph", mixing="identity", hidden=hidden)
        for hidden in (None, False)
    )
    assert "no hidden common causes" in unknown.options[0].assumed
    assert "no hidden common causes" not in known.options[0].assumed


def test_a_known_graph_decides_the_conditions():
    fewer = MEASURED.subgraph([node for node in MEASURED.nodes if node != "f"])
    for graph, is_met in ((MEASURED, True), (fewer, False)):
        options = recommend(GAUSSIAN, goal="graph", mixing="measurement", graph=graph).options
        clusters = next(o for o in options if o.estimator == "discovery.OneFactorClusters")
        assert clusters.identified is is_met


def test_too_few_environments_are_told():
    data = Dataset(X=GAUSSIAN, environments=REGIMES)
    answer = recommend(data, mixing="linear", goal="latents", n_latents=3)
    assert not answer.options[0].identified
    assert "3 environments beside the observational one, not 2" in answer.options[0].missing


def test_an_unverified_theorem_never_identifies():
    data = Dataset(X=GAUSSIAN, environments=np.arange(900) % 9)
    words = {"mixing": "diffeomorphism", "mechanism": "polynomial", "goal": "graph"}
    options = recommend(data, **words).options
    found = next(option for option in options if option.estimator.endswith("LatentPolynomialVAE"))
    assert found.theorem.key == "liu-polynomial"
    assert not found.missing
    assert not found.identified


def test_names_theorems_without_an_estimator():
    answer = recommend(
        Dataset(X=GAUSSIAN, environments=np.arange(900) % 9),
        mixing="diffeomorphism",
        interventions="perfect",
        goal="latents",
    )
    keys = {option.theorem.key for option in answer.in_theory}
    assert keys & {"varici-general", "kuegelgen-pairs", "kuegelgen-two"}


def test_order_of_columns_and_rows_does_not_matter():
    turned = SKEWED[::-1, ::-1]
    first, second = (recommend(X, mixing="linear") for X in (SKEWED, turned))
    assert [o.estimator for o in first.options] == [o.estimator for o in second.options]
    assert first.facts.p_value == pytest.approx(second.facts.p_value)


def test_what_asks_for_nonlinear_mechanisms_is_not_met_by_linear_ones():
    data = Dataset(X=GAUSSIAN, environments=REGIMES)
    words = {"mixing": "linear", "interventions": "soft", "goal": "graph"}
    for mechanism, expected in (("linear", False), ("nonparametric", False), ("nonlinear", True)):
        in_theory = recommend(data, mechanism=mechanism, **words).in_theory
        keys = {option.theorem.key for option in in_theory}
        assert ("varici-linear-soft-nonlinear" in keys) is expected


def test_an_injective_mixing_has_no_more_latents_than_features():
    options = {n: recommend(SKEWED, goal="latents", n_latents=n).options[0] for n in (4, 5)}
    assert options[4].theorem.key == "comon"
    assert options[5].theorem.key == "eriksson-koivunen"


@pytest.mark.parametrize(("n_latents", "is_met"), [(2, True), (3, False)])
def test_a_theorem_on_two_latents_is_met_by_two(n_latents, is_met):
    data = Dataset(X=GAUSSIAN, environments=np.arange(900) % 4)
    words = {"mixing": "diffeomorphism", "interventions": "perfect", "goal": "latents"}
    in_theory = recommend(data, n_latents=n_latents, **words).in_theory
    assert ("kuegelgen-two" in {option.theorem.key for option in in_theory}) is is_met


def test_effects_are_asked_of_theorems_on_effects():
    answer = recommend(SKEWED, goal="effects", mixing="identity")
    assert "up to finitely many values" in str(answer).splitlines()[1]
    assert all(option.theorem.effects for option in (*answer.options, *answer.in_theory))


def test_non_gaussian_features_do_not_show_that_all_noises_are():
    option = recommend(SKEWED, goal="latents", mixing="linear").options[0]
    assert "non-gaussian noise everywhere; these samples show some" in option.assumed


def test_what_is_known_of_targets_is_listed_where_a_theorem_wants_it():
    graph = Graph(["L1", "L2"], [("L1", "L2")])
    words = {"mixing": "diffeomorphism", "mechanism": "nonparametric", "noise": "any"}
    answer = recommend(interventions="perfect", graph=graph, goal="latents", **words)
    known = next(option for option in answer.in_theory if option.theorem.key == "liang-perfect")
    assert "known targets of the interventions" in known.assumed


def test_says_it_in_a_notebook():
    html = recommend(GAUSSIAN, goal="graph")._repr_html_()
    assert "discovery.PC" in html
    assert "assumes" in html
    assert "needs" in recommend(GAUSSIAN, goal="latents", mixing="linear")._repr_html_()


@pytest.mark.parametrize(
    ("data", "words", "error", "message"),
    [
        (GAUSSIAN, {"goal": "fame"}, IdentifiabilityError, "goal must be one of 'latents'"),
        (GAUSSIAN, {"interventions": "perfect"}, IdentifiabilityError, "without environments"),
        (GAUSSIAN, {"interventions": "odd"}, InterventionError, "one of the kinds"),
        (GAUSSIAN, {"n_latents": 0}, IdentifiabilityError, "at least 1"),
        (GAUSSIAN, {"n_latents": "3"}, IdentifiabilityError, "must be an integer"),
        (GAUSSIAN, {"graph": "a --> b"}, GraphError, "causalrep.Graph with nodes, but is str"),
        (np.array([["a", "b"]]), {}, InvalidDataError, "data holds text"),
        (GAUSSIAN, {"hidden": False, "graph": MEASURED}, IdentifiabilityError, "L is latent"),
        (np.full((4, 2), np.nan), {}, InvalidDataError, "finite numbers"),
    ],
)
def test_refuses_what_contradicts_itself(data, words, error, message):
    with pytest.raises(error, match=message):
        recommend(data, **words)
