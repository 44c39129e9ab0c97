"""Certificates of fitted estimators."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

import causalrep
import causalrep.neural
import causalrep.overcomplete
import discovery
from causalrep import (
    CumulantICA,
    Identification,
    LinearCausalDisentanglement,
    ReconstructionICA,
)
from causalrep.base import CertifiedMixin
from causalrep.exceptions import (
    IdentifiabilityError,
    IdentifiabilityWarning,
    ModelMismatchWarning,
)
from discovery import GIN, PC, CumulantRanks, OneFactorClusters
from identifiability import Answer, Evidence, GraphClass, IdentifiabilityClass, certify
from simulators import extrapolation, linear_disentanglement

SCENE = linear_disentanglement(n_latents=3, n_features=6, random_state=1)
DATA = SCENE.sample(1500, random_state=1)


def two_factors(n_samples: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    causes = rng.exponential(size=(n_samples, 2)) - 1
    causes[:, 1] += 0.8 * causes[:, 0]
    loadings = np.repeat(np.eye(2), 4, axis=1) * rng.uniform(0.8, 1.4, size=8)
    return causes @ loadings + 0.5 * (rng.exponential(size=(n_samples, 8)) - 1)


def skewed_sources(n_samples: int) -> np.ndarray:
    sources = np.random.default_rng(0).exponential(size=(n_samples, 3))
    return sources @ np.array([[1.0, 0.4, 0.2], [0.3, 1.0, 0.1], [0.0, 0.5, 1.0]])


def test_perfect_interventions_are_cited_with_their_theorem():
    certificate = certify(LinearCausalDisentanglement(n_latents=3).fit(DATA))
    assert certificate.answer is Answer.YES
    assert certificate.citation == "Squires et al. 2023, Theorem 2"
    assert certificate.graph is GraphClass.EXACT


def test_soft_interventions_claim_ancestors_alone():
    model = LinearCausalDisentanglement(n_latents=3, intervention="soft").fit(DATA)
    certificate = certify(model)
    assert certificate.graph is GraphClass.TRANSITIVE_CLOSURE
    assert certificate.up_to <= IdentifiabilityClass.ANCESTORS
    for name in certificate.names:
        assert set(certificate.contaminants(name)) <= set(model.graph_.ancestors(name))


def test_a_latent_without_an_environment_may_contain_all():
    data = DATA[DATA.environments != DATA.labels[-1]]
    with pytest.warns(IdentifiabilityWarning):
        model = LinearCausalDisentanglement(n_latents=3).fit(data)
    lost = [name for name, found, _ in model.identification_.rows if not found]
    certificate = certify(model)
    assert lost
    assert not certificate.identified
    assert all(len(certificate.contaminants(name)) == 2 for name in lost)
    assert any(text.startswith(lost[0]) for text in certificate.missing)


def test_sources_are_cited_by_their_number():
    model = CumulantICA(n_components=3, random_state=0)
    certificate = certify(model.fit(skewed_sources(1500)))
    assert certificate.citation == "Comon 1994"
    assert certificate.names == ("L1", "L2", "L3")


def test_a_graph_without_latents_is_a_graph():
    X = np.random.default_rng(0).normal(size=(300, 3))
    certificate = certify(PC().fit(X))
    assert certificate.names == ()
    assert certificate.graph is GraphClass.MARKOV_EQUIVALENCE
    assert str(certificate).startswith("There are no latents; the graph: its Markov equivalence")


def test_clusters_say_nothing_of_the_values_of_latents():
    certificate = certify(OneFactorClusters().fit(two_factors(1500)))
    assert certificate.graph is GraphClass.CLUSTERS
    assert certificate.claims_nothing


def test_a_graph_over_latents_says_nothing_of_their_values():
    certificate = certify(GIN().fit(two_factors(600)))
    assert certificate.evidence is Evidence.PROOF
    assert certificate.graph is GraphClass.EXACT
    assert certificate.claims_nothing


@pytest.mark.parametrize(
    ("settings", "source", "nothing"),
    [
        ({"decoder": "polynomial"}, "Ahuja et al. 2023", False),
        ({"decoder": "mlp"}, "Ahuja et al. 2023", True),
        ({"intervention": "imperfect"}, "Ahuja et al. 2023", True),
    ],
)
def test_settings_decide_which_theorem_holds(settings, source, nothing):
    """What a fit says of itself is all that a certificate asks for."""
    from causalrep.neural import InterventionalAutoencoder

    model = InterventionalAutoencoder(2, **settings)
    rows = (("L1", True, "up to scale"), ("L2", False, "no environment holds it"))
    model.identification_ = Identification(rows=rows, edges=(), summary="")
    certificate = certify(model)
    assert certificate.citation == source
    assert certificate.claims_nothing is nothing
    assert certificate.missing == ("L2: no environment holds it",)


def test_fits_carry_their_certificate():
    model = LinearCausalDisentanglement(n_latents=3)
    with pytest.raises(NotFittedError):
        _ = model.identifiability_
    assert str(model.fit(DATA).identifiability_) == str(certify(model))


def test_one_latent_of_which_no_theorem_speaks_is_not_called_identified():
    with pytest.warns(ModelMismatchWarning):
        certificate = certify(CumulantRanks().fit(skewed_sources(1000)))
    assert len(certificate.names) == 1
    assert not certificate.identified
    assert str(certificate).startswith("Nothing is known of the values of the latents.")


def test_rivals_that_do_not_find_what_is_identified_certify_nothing():
    certificate = certify(ReconstructionICA(random_state=0).fit(skewed_sources(500)))
    assert certificate.claims_nothing
    assert not certificate.citation
    assert "more samples do not take its error away" in str(certificate)


def test_an_extrapolation_is_as_good_as_its_latents():
    from causalrep.neural import InterventionExtrapolator, Rep4Ex

    data = extrapolation(random_state=0).sample(200, random_state=0)
    settings = {"max_epochs": 2, "random_state": 0}
    latents = Rep4Ex(max_epochs=100, random_state=0)
    model = InterventionExtrapolator(latents, **settings).fit(data)
    assert certify(model).citation == "Saengkyongam et al. 2024"
    with pytest.warns(IdentifiabilityWarning, match="Without observations"):
        blind = InterventionExtrapolator(**settings).fit(data.actions, data.outcome)
    assert certify(blind).claims_nothing
    assert str(certify(blind)).startswith("Nothing is known to be identified.")


@pytest.mark.parametrize(
    "package", [causalrep, causalrep.overcomplete, causalrep.neural, discovery]
)
def test_every_estimator_has_a_card(package):
    public = [getattr(package, name) for name in package.__all__]
    for thing in filter(inspect.isclass, public):
        if hasattr(thing, "fit"):
            assert issubclass(thing, CertifiedMixin), thing
            with pytest.raises(NotFittedError):
                certify(thing())


def test_refuses_an_estimator_that_is_not_fitted():
    with pytest.raises(NotFittedError):
        certify(LinearCausalDisentanglement())


def test_refuses_a_class():
    with pytest.raises(IdentifiabilityError, match="but got the class CumulantICA"):
        certify(CumulantICA)


def test_more_sources_than_features_certify_columns_alone():
    scopes = []
    for n_features in (2, 3):
        model = CumulantICA(n_components=3)
        model.n_components_, model.n_features_in_ = 3, n_features
        scopes.append(certify(model).scope)
    assert ["columns" in scope for scope in scopes] == [True, False]


def test_refuses_a_stranger():
    with pytest.raises(IdentifiabilityError, match="no theorem on file for PCA"):
        certify(PCA())
