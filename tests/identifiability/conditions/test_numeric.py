"""Conditions on numbers, against brute force and exact ranks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from causalrep import Graph
from causalrep.exceptions import InvalidDataError
from identifiability import Answer, check_structural
from identifiability.conditions import (
    action_rank,
    natural_parameter_rank,
    non_parallel_columns,
    polynomial_rank,
    row_deletion,
)


def two_disjoint_bases(rows: np.ndarray) -> bool:
    """Whether two disjoint sets of rows have full rank, by trying all."""
    size = rows.shape[1]
    full = {
        chosen
        for chosen in combinations(range(len(rows)), size)
        if np.linalg.matrix_rank(rows[list(chosen)]) == size
    }
    return any(not set(a) & set(b) for a, b in combinations(full, 2))


@pytest.mark.parametrize("seed", range(40))
def test_row_deletion_is_what_the_definition_says(seed):
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(6, 2)) * (rng.random((6, 2)) < 0.6)
    loadings[4] = 2 * loadings[5]
    expected = all(two_disjoint_bases(np.delete(loadings, row, axis=0)) for row in range(6))
    assert bool(row_deletion(loadings)) is expected


@pytest.mark.parametrize("n_factors", [1, 2, 3])
def test_where_rows_may_be_deleted_the_rotated_loadings_are_finitely_many(n_factors):
    """Loadings above the diagonal are zero, which fixes the rotation."""
    latent = [f"F{number}" for number in range(n_factors)]
    for n_features in (2 * n_factors + 1, 2 * n_factors + 2):
        names = [f"x{number}" for number in range(n_features)]
        edges = [
            (factor, name)
            for column, factor in enumerate(latent)
            for row, name in enumerate(names)
            if row >= column
        ]
        loadings = np.random.default_rng(0).normal(size=(n_features, n_factors))
        assert row_deletion(loadings)
        assert check_structural(Graph([*latent, *names], edges, latent=latent)).finite


def test_nothing_is_left_of_a_single_row():
    assert row_deletion([[1.0]]).answer is Answer.NO


def test_row_deletion_ignores_scale_and_order_of_rows():
    rng = np.random.default_rng(3)
    loadings = rng.normal(size=(7, 3))
    loadings[:4, 2] = 0
    answers = [
        bool(row_deletion(changed))
        for changed in (loadings, loadings[::-1], loadings * np.arange(1, 8)[:, None])
    ]
    assert len(set(answers)) == 1


def test_finds_parallel_and_empty_columns():
    mixing = np.array([[1.0, -2.0, 1.0], [1.0, -2.0, 0.0]])
    assert non_parallel_columns(mixing).witnesses == ("0", "1")
    assert non_parallel_columns(np.array([[1.0, 0.0], [1.0, 0.0]])).witnesses == ("1",)
    assert non_parallel_columns(np.array([[1.0, 1.0], [1.0, 1.0 + 1e-4]]))


def test_actions_must_reach_all_latents_and_vary_in_all_directions():
    effects = np.eye(2)
    line = np.arange(40.0)[:, None] * np.ones(2)
    levels = np.random.default_rng(0).integers(0, 3, size=(60, 2)).astype(float)
    assert action_rank(np.ones((3, 2))).answer is Answer.NO
    assert action_rank(effects, line).answer is Answer.NO
    assert action_rank(effects, levels).answer is Answer.INCONCLUSIVE
    assert action_rank(effects, np.random.default_rng(0).normal(size=(60, 2)))


def test_the_condition_number_tells_of_weak_actions():
    weak = action_rank(np.diag([1.0, 1e-6]))
    assert weak
    assert weak.condition_number == pytest.approx(1e6)


def test_monomials_need_as_many_features():
    coefficients = np.random.default_rng(0).normal(size=(5, 5))
    assert polynomial_rank(coefficients)
    assert polynomial_rank(coefficients[:4]).answer is Answer.NO
    coefficients[:, 4] = coefficients[:, 0] + coefficients[:, 1]
    assert polynomial_rank(coefficients).reason == (
        "The coefficients have rank 4 for 5 monomials."
    )


def test_gaussian_latents_need_two_values_each_beside_the_first():
    rng = np.random.default_rng(0)
    means, variances = rng.normal(size=(2, 5, 2)) ** 2 + 0.5
    natural = np.hstack([means / variances, -0.5 / variances])
    assert natural_parameter_rank(natural)
    assert natural_parameter_rank(natural[:4]).answer is Answer.NO
    same_variance = np.hstack([means, np.full((5, 2), -0.5)])
    assert natural_parameter_rank(same_variance).answer is Answer.NO


@pytest.mark.parametrize(
    ("check", "value", "sentence"),
    [
        (row_deletion, np.ones(3), "of 2 dimension"),
        (non_parallel_columns, np.array([[np.nan]]), "wants mixing to be finite"),
        (polynomial_rank, np.empty((0, 0)), "an array with entries"),
        (natural_parameter_rank, np.ones((2, 2, 2)), "of 2 dimension"),
    ],
)
def test_refuses_what_is_no_matrix_of_numbers(check, value, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        check(value)


def test_refuses_actions_of_other_number():
    with pytest.raises(InvalidDataError, match="Give both for the same actions"):
        action_rank(np.eye(2), np.ones((5, 3)))
