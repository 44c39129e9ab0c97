"""Reports: sections of a fit, the page, its files."""

import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from sklearn.base import BaseEstimator

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from causalrep.report import (
    Picture,
    Report,
    Section,
    Table,
    fit_sections,
    pictures,
    score_section,
    show,
)
from causalrep.report.abouts import about_sachs, about_simulation
from causalrep.report.findings import identification_section, pairs_sentence
from causalrep.report.words import listed, number, p_value
from causalrep.results import ContextDiagnosis, EdgeEstimate, Identification
from identifiability import ScoreReport, align_by_rows

HOSTILE = "<script>alert('$title')</script>"


class Fitted(BaseEstimator):
    def fit(self, X, y=None):
        return self


def fitted(**changes):
    """Return what the report reads from a fitted estimator."""
    edge = EdgeEstimate(
        source="L1",
        target="L2",
        weight=0.8,
        standard_error=0.05,
        lower=0.7,
        upper=0.9,
        p_value=1e-40,
    )
    contexts = [
        ContextDiagnosis(
            environment=label,
            n_samples=20,
            target=target,
            statistic=3.5,
            degrees_of_freedom=2,
            p_value=0.2 if fits else 0.0,
            fits=fits,
            statement=f"{label}: {'fits' if fits else 'a second mechanism changes'}.",
        )
        for label, target, fits in [("drug", "L1", True), (HOSTILE, "L2", False)]
    ]
    state = {
        "method": "likelihood",
        "intervention": "perfect",
        "n_latents": None,
        "n_latents_": 2,
        "converged_": True,
        "graph_": Graph.from_text("L1 --> L2; latent L1, L2"),
        "edges_": (edge,),
        "contexts_": tuple(contexts),
        "environments_": np.array(["control", "drug", HOSTILE]),
        "targets_": np.array([-1, 0, 1]),
        "mixing_": np.arange(6.0).reshape(3, 2),
        "identification_": Identification(
            rows=(("L1", True, "up to sign"), ("L2", False, "no context acts on it")),
            edges=(("L1, L2", False, "needs L2 identified"),),
            summary="1 of 2 latents is identified.",
        ),
    }
    estimator = Fitted()
    vars(estimator).update(state | changes)
    return estimator


def samples():
    rng = np.random.default_rng(0)
    return Dataset(
        X=rng.standard_normal((60, 3)),
        environments=np.repeat(["control", "drug", HOSTILE], 20),
        names=("a", "b <i>", "c"),
    )


def texts(sections):
    """Gather everything that the sections say."""
    found = []
    for block in (block for section in sections for block in section.blocks):
        if isinstance(block, str):
            found.append(block)
        elif isinstance(block, Table):
            found += ["|".join(row) for row in block.rows]
    return "\n".join(found)


def test_a_report_says_what_fits_and_what_does_not():
    said = texts(fit_sections(samples(), fitted(), prefix="x", notes=["Note: beware."]))
    assert "60 samples of 3 features: a, b <i>, c." in said
    assert "Beside the reference control there are 2 contexts." in said
    assert "each fits 1 and is contradicted by 1, so what rests on them is doubtful" in said
    assert "1 of 2 latents is identified." in said
    assert "L2|no|no context acts on it" in said
    assert "No pair of latents (1) is identified." in said
    assert "a second mechanism changes" in said
    assert "1 of 1 pair considered is an edge: L1→L2." in said
    assert "L1 → L2|0.800|0.050|0.700 to 0.900|< 1e-16|yes" in said
    assert "with 2 latents (chosen by BIC); the search settled." in said
    assert "Note: beware." in said


def test_all_contexts_that_fit_are_one_sentence():
    estimator = fitted(contexts_=fitted().contexts_[:1], n_latents=2, converged_=False)
    said = texts(fit_sections(samples(), estimator, prefix="x"))
    assert "there is 1 context, and none contradicts the model" in said
    assert "with 2 latents; the search did not settle." in said
    assert "the numbers below are not those of a best fit" in said


def test_as_many_latents_as_features_is_said():
    said = texts(fit_sections(samples(), fitted(n_latents_=3), prefix="x"))
    assert "There are as many latents as features" in said


def test_edges_that_are_not_identified_are_no_findings():
    edge = replace(fitted().edges_[0], identified=False)
    said = texts(fit_sections(samples(), fitted(edges_=(edge,)), prefix="x"))
    assert "Edges that are not identified: 1 of 1." in said
    assert "do not read it as a finding" in said
    assert "< 1e-16|no" in said


FULL, IN_PART = "direction and weight", "paths included"


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([], "With one latent there is no pair."),
        (
            [("L1, L2", False, "x"), ("L1, L3", False, "x")],
            "No pair of latents (2) is identified.",
        ),
        (
            [("L1, L2", True, FULL), ("L1, L3", True, FULL)],
            "Every pair of latents (2) is identified: direction and weight.",
        ),
        (
            [("L1, L2", False, "x"), ("L1, L3", True, IN_PART)],
            "1 of 2 pairs of latents is identified: L1-L3 (paths included).",
        ),
        (
            [("L1, L2", True, FULL), ("L1, L3", True, IN_PART), ("L2, L3", True, FULL)],
            "3 of 3 pairs of latents are identified: L1-L2, L2-L3 (direction and weight); L1-L3 "
            "(paths included).",
        ),
    ],
)
def test_identified_pairs_are_counted_in_a_sentence(pairs, sentence):
    assert pairs_sentence(pairs) == sentence


def test_long_lists_are_cut():
    assert listed([f"L{k}" for k in range(1, 16)]).endswith("L11, L12 and 3 more")


def test_latents_with_the_same_answer_share_a_row():
    rows = (("L1", True, "up to sign"), ("L2", False, "unseen"), ("L3", False, "unseen"))
    identification = Identification(rows=rows, edges=(), summary="")
    assert "L2, L3|no|unseen" in texts([identification_section(identification)])


def test_the_seconds_of_the_fit_are_said():
    assert "settled. It took 0.25 s." in texts(
        fit_sections(samples(), fitted(), prefix="x", seconds=0.25)
    )


def test_edges_of_soft_fits_mean_ancestry_and_may_have_no_interval():
    edge = EdgeEstimate(source="L1", target="L2", weight=0.8)
    said = texts(fit_sections(samples(), fitted(edges_=(edge,), intervention="soft"), prefix="x"))
    assert "Soft interventions tell ancestors, not direct causes" in said
    assert "L1 → L2|0.800|n/a|n/a|n/a|yes" in said


def test_the_terminal_is_spared_the_details_of_a_table():
    table = Table(("a", "b", "c"), (("1", "2", "3"),), numeric=(0, 2), details=(1,))
    assert table.brief() == Table(("a", "c"), (("1", "3"),), numeric=(0, 1))
    assert "<td>2</td>" in table.to_html()


def printed(width, *blocks):
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        show([Section("Title", blocks)], console)
    return capture.get()


def test_a_table_too_wide_for_the_terminal_is_cut_and_explained():
    row = ("1", "something rather long", "3")
    table = Table(("a", "b", "c"), (row,), details=(1,), remarks=("About b.",))
    assert "something rather long" in printed(80, table)
    assert "About b." not in printed(80, table)
    narrow = printed(20, table)
    assert "About b." in narrow
    assert "rather" not in narrow


def test_a_table_of_details_is_never_on_the_terminal():
    table = Table(("a", "b"), (("one", "two"),), details=(0, 1))
    assert printed(200, table).split() == ["Title"]


def test_a_long_table_of_details_is_folded_on_the_page():
    assert "<details>" in Table(("a",), (("1",),) * 30, details=(0,)).to_html()
    assert "<details>" not in Table(("a",), (("1",),) * 3, details=(0,)).to_html()
    assert "<details>" not in Table(("a",), (("1",),) * 30).to_html()


@pytest.mark.parametrize("width", [80, 120])
def test_no_cell_of_the_contexts_is_broken_on_a_usual_terminal(width):
    statement = "changes several latents (L1 most), or is not comparable with the reference"
    contexts = [
        replace(context, environment="cd3cd28+aktinhib", statement=statement)
        for context in fitted().contexts_
    ]
    sections = fit_sections(samples(), fitted(contexts_=tuple(contexts)), prefix="x")
    [context_section] = [item for item in sections if item.title.startswith("Which contexts")]
    out = printed(width, *context_section.blocks)
    assert out.count("cd3cd28+aktinhib  ") == 2
    assert statement in " ".join(out.split())


def test_the_demo_says_how_to_repeat_it_and_what_was_done_to_the_cells():
    assert "causalrep demo --seed 7 repeats" in " ".join(about_simulation(1000, 7))
    cells = " ".join(about_sachs())
    assert "cd3cd28+u0126 on Mek" in cells
    assert "need not be a change of a single linear latent" in cells


def test_a_graph_without_edges_is_said_in_words():
    estimator = fitted(edges_=(), graph_=Graph(["L1", "L2"], latent=["L1", "L2"]))
    assert "None of the pairs considered (0) is an edge." in texts(
        fit_sections(samples(), estimator, prefix="x")
    )


def test_the_page_escapes_every_text_from_outside_and_stands_alone():
    sections = fit_sections(samples(), fitted(), prefix="x")
    page = Report(HOSTILE, (Section(HOSTILE, (HOSTILE,)), *sections)).to_html()
    assert "<script>" not in page
    assert "<i>" not in page
    assert page.count("&lt;script&gt;") >= 4
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page


def test_writing_makes_the_page_and_one_file_a_picture(tmp_path):
    truth = np.array([[0.0, 0.75], [0.0, 0.0]])
    sections = fit_sections(samples(), fitted(), prefix="x", true_weights=truth)
    page = Report("A fit", sections).write(tmp_path / "new" / "folder")
    written = sorted(path.name for path in page.parent.iterdir())
    assert written == [
        "index.html",
        "x-coefficients.png",
        "x-contexts.png",
        "x-features.png",
        "x-graph.png",
        "x-loadings.png",
        "x-true-graph.png",
    ]
    assert page.with_name("x-graph.png").read_bytes().startswith(b"\x89PNG")


def test_writing_refuses_a_file_for_a_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidDataError, match=r"wants a folder, but .*taken' is a file"):
        Report("A fit", ()).write(tmp_path / "taken")


def test_without_matplotlib_there_are_no_pictures(monkeypatch):
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    sections = fit_sections(samples(), fitted(), prefix="x")
    assert Report("A fit", sections).pictures == ()
    assert "L1 → L2" in texts(sections)


def test_scores_become_a_table_and_a_picture():
    report = ScoreReport(
        level="permutation-scaling",
        n_latents=2,
        n_true_latents=2,
        alignment=align_by_rows(np.eye(2), np.eye(2)),
        row_angles=np.array([0.01, 0.02]),
        target_accuracy=1.0,
        target_rand_index=1.0,
        n_environments=2,
    )
    section = score_section(report, prefix="x")
    assert "target accuracy|1.000|1||over 2 environments beside the reference" in texts([section])
    assert [block.name for block in section.blocks if isinstance(block, Picture)] == [
        "x-row-angles"
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        (2.0, "2"),
        (0.12345, "0.123"),
        (1.5e5 + 0.5, "1.5e+05"),
        (math.nan, "n/a"),
        (None, "n/a"),
    ],
)
def test_numbers_are_written_short(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.250"), (2e-5, "2e-05"), (0.0, "< 1e-16"), (math.nan, "n/a")]
)
def test_p_values_are_never_written_as_zero(value, text):
    assert p_value(value) == text
