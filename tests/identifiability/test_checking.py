"""What `check` says: known answers, near misses, laws, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from causalrep import Change, Edge, Graph
from causalrep.exceptions import GraphError, IdentifiabilityError, InterventionError
from identifiability import Answer, Evidence, Form, GraphClass, IdentifiabilityClass, check
from identifiability.theorems import Kind, theorem
from simulators import Perfect

CHAIN = Graph(["L1", "L2", "L3"], [("L1", "L2"), ("L2", "L3")])
PERFECT = [(), *(Change(name) for name in CHAIN.nodes)]
MEASURED = Graph.from_text(
    "L --> a, L --> b, L --> c, M --> d, M --> e, M --> f, L --> M; latent L, M"
)


def test_perfect_interventions_identify_under_a_linear_mixing():
    certificate = check(CHAIN, PERFECT).certificate
    assert certificate.answer is Answer.YES
    assert certificate.citation == "Squires et al. 2023, Theorem 2"
    assert certificate.evidence is Evidence.ALGEBRA


def test_a_polynomial_mixing_is_linear_after_the_affine_step():
    certificate = check(CHAIN, PERFECT, mixing="polynomial", mechanism="additive").certificate
    assert certificate.identified
    assert certificate.citation == "Varıcı et al. 2025"
    assert any("degree" in text for text in certificate.assumptions)


def test_two_perfect_interventions_identify_up_to_functions_under_any_mixing():
    words = {"mixing": "diffeomorphism", "mechanism": "nonparametric"}
    certificate = check(CHAIN, [*PERFECT, *PERFECT[1:]], **words).certificate
    assert certificate.up_to is IdentifiabilityClass.SCALING
    assert certificate.form is Form.NONLINEAR
    assert "an invertible function of its own" in str(certificate)


def test_one_observational_distribution_identifies_nothing_under_any_mixing():
    report = check(CHAIN, mixing="diffeomorphism", mechanism="nonparametric")
    assert report.certificate.answer is Answer.NO
    assert theorem("locatello-impossibility") in report.impossible


def test_sufficiently_nonlinear_does_not_fire_for_what_may_be_linear():
    soft = [(), *(Change(name, "soft") for name in CHAIN.nodes)]
    row = theorem("varici-linear-soft-nonlinear")
    fires = {
        word: row in check(CHAIN, soft, mechanism=word).applicable
        for word in ("linear", "nonparametric", "polynomial", "nonlinear")
    }
    expected = {"linear": False, "nonparametric": False, "polynomial": False, "nonlinear": True}
    assert fires == expected


def test_names_the_intervention_that_is_missing():
    report = check(CHAIN, PERFECT[:-1])
    assert report.near_misses[0].wanted == "one more perfect intervention on L3"
    assert report.near_misses[0].theorem is theorem("squires-perfect")
    assert report.certificate.missing == ("one more perfect intervention on L3",)
    assert check(CHAIN, [*PERFECT[:-1], Change("L3")])


def test_limits_are_for_settings_that_allow_what_they_are_about():
    linear = check(CHAIN)
    assert linear.impossible == (theorem("squires-necessity"),)
    assert not check(CHAIN, noise="non-gaussian").impossible
    diffeomorphism = check(CHAIN, PERFECT[:-1], mixing="diffeomorphism").impossible
    assert not [row for row in diffeomorphism if row.kind is Kind.IMPOSSIBILITY]


def test_a_single_latent_is_by_itself():
    assert check(Graph(["L"]), mixing="diffeomorphism").certificate.identified


def test_a_missing_intervention_makes_the_worst_case_a_limit():
    report = check(CHAIN, PERFECT[:-1])
    assert theorem("squires-necessity") in report.impossible


def test_exact_ranks_are_asked_where_targets_are_known():
    mixed = [(), Change("L1"), Change("L2", "soft"), Change("L3")]
    certificate = check(CHAIN, mixed, targets_known=True).certificate
    assert certificate.contaminants("L2") == ("L1",)
    assert certificate.contaminants("L3") == ()
    assert certificate.graph is GraphClass.TRANSITIVE_CLOSURE


def test_unknown_targets_of_several_kinds_leave_open_which_is_which():
    mixed = [*PERFECT, Change("L2", "soft")]
    unknown, known = (check(CHAIN, mixed, targets_known=flag) for flag in (False, True))
    assert not unknown
    assert "knowing the targets" in [miss.wanted for miss in unknown.near_misses]
    assert known


def test_independent_sets_of_targets_suffice():
    sets = [(), *([Change(a), Change(b)] for a, b in ((0, 1), (1, 2), (0, 2)))]
    assert check(CHAIN, sets).certificate.citation == "Varıcı et al. 2024"
    assert not check(CHAIN, sets[:-1])


def test_independent_sources_are_found_without_interventions():
    sources = Graph(["a", "b"])
    assert check(sources, noise="non-gaussian")
    assert not check(sources, noise="gaussian")
    assert not check(CHAIN, noise="non-gaussian")


def test_measured_latents_show_their_graph_but_not_their_values():
    report = check(MEASURED, mixing="measurement", graph_known=True)
    assert not report
    assert report.graph is not None
    assert report.effects is theorem("dong-parameters")
    assert "Nothing is known of the values of the latents." in str(report)


def test_observed_nodes_are_asked_for_their_effects():
    instrument = Graph.from_text("z --> x, x --> y, x <-> y")
    assert check(instrument, mixing="identity", graph_known=True)
    bow = check(Graph.from_text("x --> y, x <-> y"), mixing="identity", graph_known=True)
    assert not bow
    assert str(bow).startswith("Not all effects are identified.")


def test_cycles_among_observed_nodes_leave_few_theorems():
    cyclic = Graph(["a", "b"], [("a", "b"), ("b", "a")])
    report = check(cyclic, mixing="identity", noise="non-gaussian", graph_known=True)
    assert not report
    assert report.graph is None


def test_reads_the_interventions_of_a_simulator():
    assert check(CHAIN, [(), *map(Perfect, range(3))])


def test_known_blocks_that_meet_in_single_latents_identify():
    words = {"data": "paired", "mixing": "diffeomorphism", "mechanism": "nonparametric"}
    once, perfect = (
        [[Change(place, kind) for place in pair] for pair in ((0, 1), (1, 2), (0, 2))]
        for kind in ("shift", "perfect")
    )
    fires = [
        theorem("ahuja-sparse") in check(CHAIN, blocks, **words).applicable
        for blocks in (once * 2, once, once[:1] * 2, perfect * 2)
    ]
    assert fires == [True, False, False, False]


def test_new_noise_alone_shows_no_graph():
    """Independent latents, which are the noises, explain such environments just as well."""
    noisy = [(), *(Change(name, "noise") for name in CHAIN.nodes)]
    unknown, known = (check(CHAIN, noisy, targets_known=flag) for flag in (False, True))
    assert unknown.graph is known.graph is None
    assert unknown.certificate.pattern.all()
    assert known.certificate.assumptions == ("the causal order of the latents is known",)


def test_new_noise_is_all_that_can_change_without_parents():
    mixed = [(), Change("L1", "noise"), Change("L2", "soft"), Change("L3", "soft")]
    assert check(CHAIN, mixed).graph is theorem("squires-soft")


def test_what_is_necessary_in_the_worst_case_decides_no_single_case():
    report = check(CHAIN, PERFECT[:-1])
    assert report.impossible
    assert report.certificate.answer is Answer.INCONCLUSIVE
    soft = [(), *(Change(name, "soft") for name in CHAIN.nodes)]
    assert not check(CHAIN, soft).impossible


def test_more_sources_than_features_are_said_to_show_columns_alone():
    sources = Graph(["a", "b", "c"])
    scopes = [
        check(sources, mixing=word, noise="non-gaussian").certificate.scope
        for word in ("overcomplete", "linear")
    ]
    assert ["columns" in scope for scope in scopes] == [True, False]


def test_pure_features_that_cause_others_fit_no_theorem_on_graphs():
    chained = Graph(MEASURED.nodes, [*MEASURED.edges, ("c", "d")], latent=MEASURED.latent)
    words = {"mixing": "measurement", "noise": "non-gaussian"}
    assert check(MEASURED, **words).graph is theorem("gin")
    assert check(chained, **words).graph is not theorem("gin")


def test_effects_that_are_one_of_several_are_not_all_identified():
    report = check(Graph.from_text("x --> y"), mixing="identity", noise="non-gaussian")
    assert report.effects is theorem("lingam")
    hidden = Graph.from_text("L --> x, L --> y, x --> y; latent L")
    several = check(hidden, mixing="identity", noise="non-gaussian")
    assert several.effects is theorem("salehkaleybar")
    assert report
    assert not several


def test_full_rank_shows_effects_up_to_finitely_many_values():
    effects = check(MEASURED, mixing="measurement", graph_known=True).effects
    assert effects.conclusion == "all effects up to finitely many values"


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_order_of_the_latents_permutes_the_answer(order):
    environments = [(), Change("L1"), Change("L2", "soft"), Change("L3")]
    names = [CHAIN.nodes[place] for place in order]
    turned = Graph(names, CHAIN.edges)
    first, second = (
        check(graph, environments, targets_known=True).certificate for graph in (CHAIN, turned)
    )
    assert np.array_equal(second.pattern, first.pattern[np.ix_(order, order)])
    assert second.up_to is first.up_to


def test_names_of_the_latents_are_only_names():
    new = {"L1": "age", "L2": "sex", "L3": "education"}
    renamed = [(), *(Change(new[change.target]) for change in PERFECT[1:-1])]
    first, second = check(CHAIN, PERFECT[:-1]), check(CHAIN.rename(new), renamed)
    assert second.certificate.names == tuple(new.values())
    assert np.array_equal(first.certificate.pattern, second.certificate.pattern)
    assert second.near_misses[0].wanted == "one more perfect intervention on education"


def test_order_of_the_environments_does_not_matter():
    assert str(check(CHAIN, PERFECT)) == str(check(CHAIN, PERFECT[::-1]))


def test_more_interventions_never_say_less():
    for kind in ("perfect", "soft", "do"):
        each = [(), *(Change(name, kind) for name in CHAIN.nodes)]
        found = [
            check(CHAIN, each[:size], targets_known=True).certificate.up_to for size in range(2, 5)
        ]
        assert found == sorted(found, reverse=True)


def test_says_it_in_a_notebook():
    html = check(CHAIN, PERFECT[:-1])._repr_html_()
    assert "Would say more" in html
    assert "->" not in html
    assert "Squires" in html


@pytest.mark.parametrize(
    ("graph", "interventions", "words", "error", "message"),
    [
        (Graph(["a", "b"], [("a", "b"), ("b", "a")]), [()], {}, GraphError, "directed cycle"),
        (Graph(["a", "b"], [Edge.from_text("a <-> b")]), [()], {}, GraphError, "must form a DAG"),
        (CHAIN, [(), Change("M")], {}, InterventionError, "'M' is no latent"),
        (CHAIN, [], {}, InterventionError, "There is no environment"),
        (CHAIN, PERFECT, {"data": "observational"}, IdentifiabilityError, "contradict each"),
        (CHAIN, [()], {"data": "interventional"}, IdentifiabilityError, "but got none"),
        (CHAIN, [()], {"mechanism": "independent"}, IdentifiabilityError, "have no edges"),
        (CHAIN, [()], {"mixing": "cubic"}, IdentifiabilityError, "mixing must be one of"),
        (CHAIN, [()], {"noise": "loud"}, IdentifiabilityError, "noise must be one of"),
        (CHAIN, [()], {"mixing": "measurement"}, GraphError, "wants a graph of latent and obs"),
        ("a --> b", [()], {}, GraphError, "must be a causalrep.Graph with nodes, but is str"),
        (Graph([]), [()], {}, GraphError, "but is empty"),
    ],
)
def test_refuses_what_it_cannot_compare(graph, interventions, words, error, message):
    with pytest.raises(error, match=message):
        check(graph, interventions, **words)
