"""The linear step and the affine encoder of interventional autoencoders."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from causalrep.neural.interventional_autoencoder_latents import disentangle
from causalrep.neural.interventional_autoencoder_networks import (
    PolynomialDecoder,
    SkipMLP,
    fit_affine_encoder,
    missed_share,
)
from causalrep.neural.interventional_autoencoder_rows import held_latents
from causalrep.neural.interventional_autoencoder_support import independent_supports, volume
from causalrep.neural.monomials import monomials, n_monomials
from causalrep.neural.patience import Patience
from causalrep.neural.rows import evaluated

RNG = np.random.default_rng(0)


def held_samples(n=40, values=(2.0, -1.0, 0.0)):
    """Dependent latents, each held at a value in an environment of its own."""
    parts = [RNG.normal(size=(n, 3)) @ [[1, 0.8, 0], [0, 1, -0.5], [0, 0, 1]] for _ in range(4)]
    for place, value in enumerate(values):
        parts[place + 1][:, place] = value
    return np.vstack(parts), np.repeat(np.arange(4), n)


def test_affine_codes_give_the_held_latents_to_eight_digits():
    Z, contexts = held_samples()
    codes = Z @ RNG.normal(size=(3, 3)) + RNG.normal(size=3)
    answer = disentangle(
        codes, contexts, intervention="do", n_restarts=1, rng=np.random.RandomState(0)
    )
    found, reference = codes @ answer.matrix + answer.offset, Z[contexts == 0]
    expected = (Z - reference.mean(axis=0)) / reference.std(axis=0)
    signs = np.sign([expected[contexts == k + 1, k][0] for k in range(3)])
    np.testing.assert_allclose(found, expected * signs, atol=1e-8)
    assert answer.targets.tolist() == [0, 1, 2]


def test_environments_with_one_target_share_a_row():
    Z, contexts = held_samples(values=(2.0, -1.0, 0.0))
    spread = [np.cov(Z[contexts == k].T) for k in (1, 2, 1, 3)]
    assert held_latents(np.array(spread)).targets.tolist() == [0, 1, 0, 2]


def test_a_box_is_the_smallest_parallelotope_around_its_corners():
    corners = np.array(np.meshgrid([-1, 2], [0, 1], [-3, 3])).reshape(3, -1).T.astype(float)
    mixing = RNG.normal(size=(3, 3))
    samples = [corners @ mixing.T]
    rows = independent_supports(samples, n_restarts=2, rng=np.random.RandomState(0))
    relation = np.abs(rows @ mixing)
    relation /= relation.max(axis=1, keepdims=True)
    np.testing.assert_allclose(np.sort(relation, axis=1)[:, :2], 0, atol=1e-8)
    assert volume(rows, samples) == pytest.approx(volume(np.linalg.inv(mixing), samples))


def test_the_gradient_of_the_missed_variance_is_its_derivative():
    Y, flat = RNG.normal(size=(60, 5)), RNG.normal(size=10)
    numerical = approx_fprime(flat, lambda flat: missed_share(flat, Y, 3)[0], 1e-7)
    np.testing.assert_allclose(missed_share(flat, Y, 3)[1], numerical, atol=1e-7)


def test_the_affine_encoder_of_a_polynomial_is_found():
    Z = RNG.normal(size=(300, 2))
    Y = monomials(Z, 2)
    Y = Y - Y.mean(axis=0)
    Y = np.linalg.qr(Y)[0] * np.sqrt(300)
    rng, patience = np.random.RandomState(0), Patience(None)
    found = fit_affine_encoder(Y, 2, 2, n_restarts=3, max_iter=300, rng=rng, patience=patience)
    codes = np.column_stack([Y @ found.matrix, np.ones(300)])
    np.testing.assert_allclose(codes @ np.linalg.lstsq(codes, Z)[0], Z, atol=1e-6)
    assert found.missed < 1e-12


@pytest.mark.parametrize(("n_variables", "degree", "count"), [(2, 2, 5), (6, 2, 27), (10, 3, 285)])
def test_monomials_are_counted(n_variables, degree, count):
    assert n_monomials(n_variables, degree) == count
    assert monomials(np.ones((1, n_variables)), degree).shape == (1, count)


def test_a_polynomial_decoder_fits_polynomials():
    Z = RNG.normal(size=(50, 2))
    X = np.column_stack([1 + Z[:, 0] * Z[:, 1], Z[:, 0] ** 2])
    np.testing.assert_allclose(evaluated(PolynomialDecoder.fitted(Z, X, 2), Z), X, atol=1e-10)


def test_maps_before_and_behind_an_encoder_become_part_of_it():
    encoder = SkipMLP.of(RNG.normal(size=(3, 2)), RNG.normal(size=2))
    X, before, shift = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
    behind, offset = RNG.normal(size=(2, 2)), RNG.normal(size=2)
    whole = encoder.then_affine(behind, offset).after_affine(before, shift)
    expected = evaluated(encoder, X @ before + shift) @ behind + offset
    np.testing.assert_allclose(evaluated(whole, X), expected)
