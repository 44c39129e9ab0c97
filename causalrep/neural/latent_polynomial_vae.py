"""Latents whose laws change between environments, behind a nonlinear mixing."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from causalrep.exceptions import IdentifiabilityWarning, InvalidDataError
from causalrep.neural.estimator import (
    NeuralEstimator,
    NeuralLatentsMixin,
    checked_n_latents,
    checked_widths,
)
from causalrep.neural.latent_polynomial_loss import LatentPolynomialLoss
from causalrep.neural.modules import MLP, EnsembleMLP
from causalrep.neural.monomials import n_monomials
from causalrep.neural.polynomial_prior import PolynomialPrior
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.rows import evaluated, feature_units, held_out
from causalrep.neural.variance_changes import (
    VarianceChanges,
    identified_latents,
    independent_rotation,
    proportional_variances,
)
from causalrep.progress import reports_progress
from causalrep.validation import check_environments

__all__ = ["LatentPolynomialVAE"]

_VALIDATION_SHARE = 0.1
_SMALLEST, _TINY = 1e-9, 1e-12


class LatentPolynomialVAE(NeuralLatentsMixin, NeuralEstimator):
    r"""Latents with normal laws that differ between environments.

    .. math:: z_j = p_{u j}(z_1, \ldots, z_{j-1}) + n_j, \quad
              n_j \sim N(\mu_{u j}, v_{u j}), \qquad x = g(z) + \text{noise},

    where ``u`` is the environment, the polynomials have at most the degree ``degree``, and g is
    injective. Degree 0 has independent latents with means and variances of their own in each
    environment: the model of the identifiable variational autoencoder (iVAE) [1]_. With
    degree 1 they cause one another by weights that change, with more by polynomials [2]_.

    Parameters
    ----------
    n_latents : int, default=None
        Number of latents; as many as features that are not linear combinations of others where
        None.
    degree : int, default=0
        Highest degree of the polynomials.
    hidden_widths : sequence of int, default=(64, 64)
        Hidden units of the encoder; the decoder has them in reverse.
    elbo_weight : float, default=0.01
        Weight of the evidence bound beside the log-probability of the environments.
    noise_scale : float, default=0.1
        Standard deviation of the decoder's noise, in units of the white features.
    alpha : float, default=0.05
        Level of the tests that no two latents' variances change in proportion.
    n_restarts : int, default=2
        Members that differ in their seed only; the best one is kept.
    max_epochs : int, default=None
        Passes over the samples. None makes about a quarter step of gradient descent a sample, at
        least 20 and at most 3000.
    batch_size : int, default=1000
        Samples a step.
    learning_rate : float, default=0.005
        Step size of Adam, which falls to zero along a cosine.
    max_time : float, default=None
        Seconds after which training stops with the best so far.
    checkpoint : str or path-like, default=None
        File from which training goes on after it was stopped; wants an integer random_state.
    device : str, default=None
        As torch names it; None is CUDA where there is one, and else the CPU.
    random_state : int, RandomState or None, default=None
        Source of randomness.

    Attributes
    ----------
    encoder_, decoder_ : MLP
        The networks between standardised features and latents, on the CPU.
    mean_, scale_ : ndarray of shape (n_features,)
        What standardises the features.
    environments_ : ndarray of shape (n_environments,)
        Labels, sorted.
    variances_ : ndarray of shape (n_environments, n_latents)
        Variances of the latents.
    n_latents_ : int
        Number of latents.
    identification_ : Identification
        Which latents are identified.
    test_log_ : tuple of StatisticalTest
        For degree 0, the tests that variances change in proportion, one for every pair of
        latents.
    history_ : TrainingHistory
        Curves of all members.
    n_iter_ : int
        Epochs that were trained.
    converged_ : bool
        Whether training ended by itself, and not by ``max_time`` or Ctrl-C.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Warns
    -----
    IdentifiabilityWarning
        If latents are not identified one by one: there are fewer environments than latents plus
        one, variances may change in proportion, or ``degree`` is not 0.

    Notes
    -----
    With degree 0, latents are identified up to order, sign, scale and offset if their variances
    change enough: in as many environments as latents plus one, whose precisions span all
    directions (a proof is in the guide; [1]_ has more laws).

    With degree 1 and weights that all change freely, any covariance can occur in any environment,
    in whatever linear coordinates, so that latents are identified up to an affine map at best:
    as many environments as there are products of two latents, plus one, suffice. [2]_ has
    conditions under which more is identified; as we could not check them, nothing is claimed
    here for higher degrees, and no graph is drawn. The latents are shown with mean zero and the
    identity for covariance then.

    Training makes the evidence bound large, and the probability of a sample's environment given
    its latents, ``p(u | z)``, which needs no decoder, as the Jacobian of g cancels in it. At the
    truth both are at their largest. The second is what guides the networks; alone it leaves
    signs open, and the first alone often ends in a poor chart (figures in the guide).

    References
    ----------
    .. [1] I. Khemakhem, D. P. Kingma, R. P. Monti, A. Hyvarinen, "Variational autoencoders and
       nonlinear ICA: a unifying framework", AISTATS 2020, arXiv:1907.04809.
    .. [2] Y. Liu, Z. Zhang, D. Gong, M. Gong, B. Huang, A. van den Hengel, K. Zhang, J. Q. Shi,
       "Identifiable latent polynomial causal models through the lens of change", ICLR 2024,
       arXiv:2310.15580.

    Examples
    --------
    >>> from causalrep.neural import LatentPolynomialVAE
    >>> from simulators import segments
    >>> data = segments(2, 2, n_segments=8, random_state=0).sample(100, random_state=0)
    >>> model = LatentPolynomialVAE(max_epochs=20, random_state=0).fit(data)
    >>> model.transform(data).shape
    (800, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralEstimator._parameter_constraints,
        "n_latents": [Interval(Integral, 1, None, closed="left"), None],
        "degree": [Interval(Integral, 0, None, closed="left")],
        "hidden_widths": ["array-like"],
        "elbo_weight": [Interval(Real, 0, None, closed="neither")],
        "noise_scale": [Interval(Real, 1e-100, 1e100, closed="both")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
    }
    encoder_: MLP
    decoder_: MLP
    _STEPS_A_SAMPLE = 0.25
    _MOST_STEPS = 3000

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        degree: int = 0,
        hidden_widths: Any = (64, 64),
        elbo_weight: float = 0.01,
        noise_scale: float = 0.1,
        alpha: float = 0.05,
        n_restarts: int = 2,
        max_epochs: int | None = None,
        batch_size: int = 1000,
        learning_rate: float = 5e-3,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.degree = degree
        self.hidden_widths = hidden_widths
        self.elbo_weight = elbo_weight
        self.noise_scale = noise_scale
        self.alpha = alpha
        self.n_restarts = n_restarts
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn latents and their mechanisms from samples of several environments.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples of all environments.
        y : array-like of shape (n_samples,), default=None
            Environment of every sample; the labels of a Dataset where None.

        Returns
        -------
        LatentPolynomialVAE
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, EnvironmentLabelError, DegenerateDataError
            If samples or labels cannot be used; the message says why.
        """
        X, y = check_environments(self, X, y)
        self.environments_, numbers = np.unique(y, return_inverse=True)
        self.mean_, self.scale_ = feature_units(X)
        rows = (X - self.mean_) / self.scale_
        self._fit_networks(rows, numbers, check_random_state(self.random_state))
        self._describe(self._normalise(rows, numbers), numbers)
        return self

    def _fit_networks(
        self, rows: np.ndarray, numbers: np.ndarray, rng: np.random.RandomState
    ) -> None:
        """Train all restarts on white coordinates of the features, and keep the best."""
        axes = PrincipalCoordinates.of(rows, whitened=1.0)
        n_axes = len(axes.back)
        self.n_latents_ = checked_n_latents(self.n_latents or n_axes, n_axes)
        n_terms = n_monomials(self.n_latents_, self.degree)
        if n_terms >= len(rows):
            raise InvalidDataError(
                f"Polynomials of degree {self.degree} have {n_terms + 1} coefficients, but X has "
                f"{len(rows)} samples. Lower the degree, or collect more."
            )
        held = held_out(len(rows), _VALIDATION_SHARE, rng)
        streams = self._streams(rng)
        (x,) = self._tensors(streams, rows @ axes.forward)
        u = x.new_tensor(numbers).long()
        inner = checked_widths(self.hidden_widths)
        sizes = [x.shape[1], *inner, self.n_latents_]
        loss = LatentPolynomialLoss(
            EnsembleMLP(sizes, streams),
            EnsembleMLP([x.shape[1], *inner[:1], self.n_latents_], streams),
            EnsembleMLP(sizes[::-1], streams),
            PolynomialPrior(len(self.environments_), self.n_latents_, self.degree, streams),
            streams,
            shares=np.bincount(numbers) / len(numbers),
            elbo_weight=self.elbo_weight,
            noise_scale=self.noise_scale,
        )
        best = self._train(
            loss.networks,
            loss,
            (x[~held], u[~held]),
            streams,
            validation=lambda: loss.score(x[held], u[held]),
            clip_norm=1.0,
        )
        self.encoder_ = axes.before(loss.encoder.member(best))
        self.decoder_ = axes.undone_after(loss.decoder.member(best))

    def _normalise(self, rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Choose among the linear maps of the latents, and return the latents."""
        Z = evaluated(self.encoder_, rows)
        groups = [Z] if self.degree else [Z[numbers == u] for u in np.unique(numbers)]
        covariances = np.array([np.atleast_2d(np.cov(some.T, bias=True)) for some in groups])
        unmixing = independent_rotation(covariances + np.diag(_SMALLEST * Z.var(axis=0) + _TINY))
        centre, back = Z.mean(axis=0) @ unmixing.T, np.linalg.inv(unmixing).T
        self.encoder_ = self.encoder_.then_affine(unmixing.T, -centre)
        self.decoder_ = self.decoder_.after_affine(back, centre @ back)
        return Z @ unmixing.T - centre

    def _describe(self, Z: np.ndarray, numbers: np.ndarray) -> None:
        """Say how variances change, and what that identifies."""
        names = self._latent_names
        changes = VarianceChanges.of(Z, numbers)
        self.variances_ = changes.variances
        tests = () if self.degree else proportional_variances(changes, names, self.alpha)
        self.test_log_ = tests
        self.identification_ = identified_latents(
            tests, names, len(self.environments_), self.degree
        )
        if not self.identification_.complete:
            warnings.warn(self.identification_.summary, IdentifiabilityWarning, stacklevel=4)
