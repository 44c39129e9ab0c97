"""The whole score: perfect answers, wrong answers, and truths that know little."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from causalrep.data import Dataset, Truth
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from identifiability import ScoreReport
from identifiability import score as score_all

D, P, N = 4, 6, 200


def score(estimate, truth, **settings):
    """Score without the metrics of disentanglement, which take a second."""
    return score_all(estimate, truth, disentanglement=False, **settings)


@dataclass
class Answer:
    """What the scores read from a fitted estimator."""

    components_: np.ndarray
    weights_: np.ndarray
    targets_: np.ndarray
    environments_: np.ndarray
    graph_: Graph
    edges_: tuple = ()
    intervention: str = "perfect"

    @property
    def n_latents(self):
        return len(self.components_)

    def transform(self, X):
        return X @ self.components_.T


@dataclass
class Interval:
    source: str
    target: str
    lower: float
    upper: float
    identified: bool = True


def problem(seed=0):
    """Draw data with their truth; environment 0 is observational, k intervenes on k - 1."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.uniform(0.4, 1.0, (D, D)) * rng.choice([-1, 1], (D, D)), 1)
    weights[0, 2] = 0.0
    noise = rng.standard_normal((N * (D + 1), D))
    Z = np.linalg.solve(np.eye(D) - weights.T, noise.T).T
    mixing = rng.standard_normal((P, D))
    truth = Truth(
        graph=Graph.from_weights(weights, names=["a", "b", "c", "d"], latent=True),
        weights=weights,
        mixing=mixing,
        Z=Z,
        environments=tuple(range(D + 1)),
        targets=((), *((k,) for k in range(D))),
    )
    environments = np.repeat(np.arange(D + 1), N)
    return Dataset(X=Z @ mixing.T, environments=environments, truth=truth)


def reference_spreads(data):
    """Return the standard deviations of the latents by the noises of untouched environments."""
    total = np.linalg.inv(np.eye(D) - data.truth.weights)
    noises = data.truth.Z @ np.linalg.inv(total)
    kept = [data.environments != latent + 1 for latent in range(D)]
    variances = [noises[rows, latent].var() for latent, rows in enumerate(kept)]
    return np.sqrt(np.diag(total.T @ np.diag(variances) @ total))


def perfect_answer(data, seed=1, **changes):
    """Return the truth, standardised by environment 0, in a random order with random signs."""
    truth = data.truth
    rng = np.random.default_rng(seed)
    order, signs = rng.permutation(D), rng.choice([-1.0, 1.0], D)
    spreads = reference_spreads(data) * signs
    weights = (truth.weights * spreads[:, None] / spreads[None, :])[np.ix_(order, order)]
    answer = Answer(
        components_=(np.linalg.pinv(truth.mixing) / spreads[:, None])[order],
        weights_=weights,
        targets_=np.array([-1, *np.argsort(order)]),
        environments_=np.arange(D + 1),
        graph_=Graph.from_weights(weights, latent=True),
        edges_=tuple(
            Interval(f"L{i + 1}", f"L{j + 1}", weights[i, j] - 0.1, weights[i, j] + 0.1)
            for i, j in np.argwhere(weights)
        ),
    )
    return replace(answer, **changes)


@pytest.mark.parametrize("seed", range(5))
def test_a_perfect_answer_has_perfect_scores_whatever_order_and_signs(seed):
    data = problem(seed)
    report = score(perfect_answer(data, seed), data)
    assert not report.skipped
    for row in report.rows():
        assert row.best is None or row.value == pytest.approx(row.best, abs=1e-10), row.score
    assert report.interval_coverage == 1.0
    np.testing.assert_allclose(report.true_weights, perfect_answer(data, seed).weights_)
    assert len(report.rows()) == 21
    assert report.alignment.basis == "the environments they are intervened on in"


def test_a_noisy_answer_scores_the_same_in_any_order_and_signs():
    data = problem()
    noise = 0.1 * np.random.default_rng(2).standard_normal((D, P))
    scrambled = perfect_answer(data, seed=3)
    order = np.argsort(scrambled.targets_[1:])
    signs = score(scrambled, data).alignment
    scrambled.components_ = scrambled.components_ + (signs.factors[:, None] * noise)[order]
    plain = perfect_answer(data, seed=3)
    plain.components_ = signs.components(plain.components_) + noise
    plain.weights_ = signs.weights(plain.weights_)
    plain.graph_ = Graph.from_weights(plain.weights_, latent=True)
    plain.targets_, plain.edges_ = np.arange(-1, D), ()
    first, second = score(scrambled, data), score(plain, data)
    assert first.rms_row_angle > 0.05
    for row in second.rows():
        twin = next(other for other in first.rows() if other.score == row.score)
        assert twin.value == pytest.approx(row.value, rel=1e-9, abs=1e-12), row.score


def test_wrong_rows_and_swapped_targets_are_seen():
    data = problem()
    answer = perfect_answer(data)
    answer.targets_[[1, 2]] = answer.targets_[[2, 1]]
    report = score(answer, data)
    assert report.target_accuracy == 1.0  # a relabelling, but of the wrong rows:
    assert report.rms_row_angle > 0.3
    assert report.graph.distance > 0
    assert report.weight_error > 0.1
    assert report.pearson.value == pytest.approx(1.0)


def test_missing_latents_lower_every_score():
    data = problem()
    answer = perfect_answer(data)
    kept = answer.targets_[[1, 2, 3]]
    answer.components_ = answer.components_[kept]
    answer.weights_ = answer.weights_[np.ix_(kept, kept)]
    answer.graph_ = Graph.from_weights(answer.weights_, latent=True)
    answer.targets_, answer.edges_ = np.array([-1, 0, 1, 2, -1]), ()
    report = score(answer, data)
    assert (report.n_latents, report.n_true_latents) == (3, 4)
    assert report.alignment.missing == (3,)
    assert report.row_angles[3] == np.pi / 2
    assert report.target_accuracy == 0.75
    assert report.pearson.value == pytest.approx(0.75)
    assert report.graph.skeleton.recall == pytest.approx(2 / 5)


def test_extra_latents_add_their_edges_to_the_distance():
    data = problem()
    answer = perfect_answer(data, seed=5)
    answer.components_ = np.vstack([answer.components_, np.ones(P)])
    answer.weights_ = np.pad(answer.weights_, (0, 1))
    answer.weights_[0, D] = 0.3
    answer.graph_ = Graph.from_weights(answer.weights_, latent=True)
    report = score(answer, data)
    assert (report.graph.distance, report.graph.skeleton.recall) == (1, 1.0)
    assert report.rms_row_angle == pytest.approx(0.0, abs=1e-12)


def test_soft_interventions_are_scored_by_noise_rows_and_closure():
    data = problem()
    answer = perfect_answer(data, intervention="soft")
    answer.components_ = (np.eye(D) - answer.weights_.T) @ answer.components_
    answer.weights_ = np.full((D, D), np.nan)
    report = score(answer, data)
    assert report.level == "transitive-closure"
    assert report.rms_noise_row_angle < 1e-12
    assert report.graph.distance == 0
    assert report.row_angles is report.pearson is report.weight_error is None
    assert "Soft interventions do not identify single latents" in str(report)


def test_the_level_asked_for_wins():
    data = problem()
    report = score(perfect_answer(data, intervention="soft"), data, level="permutation-scaling")
    assert report.rms_row_angle < 1e-12
    report = score(perfect_answer(data), data, level="transitive-closure")
    assert report.rms_noise_row_angle < 1e-12


def test_coefficients_that_were_left_open_count_as_zero():
    data = problem()
    answer = perfect_answer(data)
    answer.weights_ = np.full((D, D), np.nan)
    report = score(answer, data)
    assert report.weight_error == pytest.approx(report.weight_size)
    assert report.rms_noise_row_angle == np.pi / 2


def test_a_truth_without_samples_still_scores_rows_graph_and_targets():
    data = problem()
    report = score(perfect_answer(data), replace(data.truth, Z=None))
    assert report.rms_row_angle < 1e-12
    assert report.target_accuracy == 1.0
    assert report.graph.distance == 0
    reasons = {item.score: item.reason for item in report.skipped}
    assert reasons["correlations"] == "The truth has no latents Z."
    assert reasons["weights"].startswith("Without the true latents Z their units")


def test_a_truth_with_latents_but_no_samples_says_to_pass_the_dataset():
    data = problem()
    report = score(perfect_answer(data), data.truth)
    reasons = {item.score: item.reason for item in report.skipped}
    assert "pass the Dataset instead of its truth" in reasons["correlations"]
    assert "pass a Dataset with environments" in reasons["weights"]


@pytest.mark.parametrize(
    ("known", "basis"),
    [
        (("mixing",), "the smallest angles between unmixing rows"),
        (("Z",), "the largest absolute correlations"),
        (("graph",), "the relabelling of smallest distance"),
    ],
)
def test_latents_are_matched_by_the_best_that_is_known(known, basis):
    data = problem()
    truth = Truth(**{field: getattr(data.truth, field) for field in known})
    report = score(perfect_answer(data), replace(data, truth=truth))
    assert report.alignment.basis == basis
    assert all(row.value == pytest.approx(row.best, abs=1e-10) for row in report.rows())


def test_observed_nodes_of_equal_names_are_compared_by_name():
    @dataclass
    class Found:
        graph_: Graph

    truth = Truth(graph=Graph.from_text("X1 --> X2, X2 --> X3"))
    report = score(Found(Graph.from_text("X3 --> X2, X2 --> X1")), truth)
    assert report.alignment.basis == "their names"
    assert report.graph.distance == 2


def test_a_model_without_latents_is_scored_by_its_graph():
    graph = Graph.from_text("A --> B")
    data = Dataset(X=np.zeros((3, 2)), truth=Truth(graph=graph, Z=np.zeros((3, 0))))
    assert score(SimpleNamespace(graph_=graph), data).graph.distance == 0


def test_environments_that_the_truth_does_not_know_are_left_out():
    data = problem()
    answer = perfect_answer(data)
    answer.environments_ = np.array([0, 1, 2, 3, 99])
    report = score(answer, data)
    assert report.n_environments == 3
    assert report.target_accuracy == 1.0
    answer.environments_ = np.arange(50, 55)
    reasons = {item.score: item.reason for item in score(answer, data).skipped}
    assert "50, 51, 52, 53, 54, the truth 0, 1, 2, 3, 4: none is in both" in reasons["targets"]


def test_intervals_beside_the_truth_lower_the_coverage():
    data = problem()
    answer = perfect_answer(data)
    first = answer.edges_[0]
    moved = replace(first, lower=first.lower + 1.0, upper=first.upper + 1.0)
    answer.edges_ = (moved, *answer.edges_[1:], replace(moved, identified=False))
    report = score(answer, data)
    assert report.n_intervals == 5
    assert report.interval_coverage == pytest.approx(0.8)


def test_coefficients_need_an_environment_that_leaves_each_latent_alone():
    data = problem()
    always = replace(data.truth, targets=((0,), *data.truth.targets[1:]))
    touched = data[(data.environments < 2)]
    report = score(
        perfect_answer(data), replace(touched, truth=replace(always, Z=touched.truth.Z))
    )
    reasons = {item.score: item.reason for item in report.skipped}
    assert reasons["weights"] == "A true latent is acted on in every environment."


def test_a_cyclic_estimate_has_no_closure():
    data = problem()
    answer = perfect_answer(data, intervention="soft")
    answer.graph_ = Graph.from_text("L1 --> L2, L2 --> L1; nodes L1, L2, L3, L4")
    reasons = {item.score: item.reason for item in score(answer, data).skipped}
    assert reasons["graph"].startswith("Only directed acyclic graphs have a closure")


@pytest.mark.parametrize("truth", [Truth(), Dataset(X=np.ones((3, 2)))])
def test_refuses_a_truth_that_says_nothing(truth):
    with pytest.raises(InvalidDataError, match="Real data have no truth"):
        score(perfect_answer(problem()), truth)


def test_refuses_what_is_no_truth():
    with pytest.raises(TypeError, match="or a Truth, but got ndarray"):
        score(perfect_answer(problem()), np.eye(3))


def test_refuses_an_unfitted_estimator():
    class Estimator(BaseEstimator):
        def fit(self, X, y=None):
            return self

    with pytest.raises(NotFittedError, match="not fitted yet"):
        score(Estimator(), problem())


def test_refuses_what_is_no_estimator():
    with pytest.raises(TypeError, match="but ndarray has none of them"):
        score(np.eye(3), problem())


def test_refuses_an_unknown_level():
    with pytest.raises(
        ValueError, match="'markov-equivalence', a Certificate or None, but is 'affine'"
    ):
        score(perfect_answer(problem()), problem(), level="affine")


def test_refuses_a_truth_that_contradicts_itself():
    data = problem()
    with pytest.raises(InvalidDataError, match=r"number of true latents.*3 by weights"):
        score(perfect_answer(data), replace(data.truth, weights=np.zeros((3, 3))))


def test_refuses_a_truth_about_other_features():
    data = problem()
    with pytest.raises(InvalidDataError, match="fitted to 6 features, but the true mixing has 5"):
        score(perfect_answer(data), replace(data.truth, mixing=data.truth.mixing[:5]))


def test_the_report_prints_as_text_html_and_frame():
    data = problem()
    report = score(perfect_answer(data), replace(data.truth, Z=None))
    assert isinstance(report, ScoreReport)
    lines = str(report).splitlines()
    assert lines[0].startswith("Scored at level 'permutation-scaling': each latent up to")
    assert lines[1].split() == ["score", "value", "best", "baseline", "how", "to", "read", "it"]
    assert lines[-1].startswith("Not computed: weights, intervals. Without the true")
    assert "target accuracy" in report._repr_html_()
    frame = report.to_frame()
    assert frame.loc["target accuracy", "value"] == 1.0
    assert list(frame.columns) == ["value", "best", "baseline", "note"]
    assert repr(report) == "<ScoreReport: 10 scores at level 'permutation-scaling'>"


def test_html_escapes_what_came_from_outside():
    data = problem()
    answer = perfect_answer(data)
    answer.environments_ = np.array(["<b>"] * 5)
    assert "<b>" not in score(answer, data)._repr_html_()
