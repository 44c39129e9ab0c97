"""Latents behind a nonlinear mixing, found by an autoencoder and interventions that hold them."""

from __future__ import annotations

import warnings
from numbers import Integral
from os import PathLike
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.data import default_names
from causalrep.exceptions import (
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.neural.estimator import (
    NeuralEstimator,
    NeuralLatentsMixin,
    checked_n_latents,
    checked_widths,
    resolved_device,
)
from causalrep.neural.interventional_autoencoder_latents import Disentangled, disentangle
from causalrep.neural.interventional_autoencoder_networks import (
    AffineStart,
    PolynomialDecoder,
    SkipMLP,
    SkipNetwork,
    StartedAutoencoder,
    fit_affine_encoder,
)
from causalrep.neural.monomials import n_monomials
from causalrep.neural.patience import Patience
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.rows import evaluated, feature_units, held_out, numbered_environments
from causalrep.neural.training import TrainingHistory
from causalrep.progress import reports_progress
from causalrep.results import names_of
from causalrep.validation import check_environments

__all__ = ["InterventionalAutoencoder"]

_NOTHING_MISSED = 1e-8
"""Share of the variance left by the affine encoder below which no perceptron is trained."""
_ROWS_A_TERM, _FEWEST_ROWS = 20, 2000
_VALIDATION_SHARE = 0.1


class InterventionalAutoencoder(NeuralLatentsMixin, NeuralEstimator):
    r"""Latents of any distribution behind a polynomial, from interventions on them.

    .. math:: x = g(z), \qquad z_{t(k)} = c_k \text{ in environment } k,

    with an injective polynomial g. An autoencoder with a polynomial decoder finds z up to an
    affine map; of its codes, the direction without variance in environment k is the latent that
    is held there.

    Parameters
    ----------
    n_latents : int, default=None
        Number of latents; that of the environments besides the reference where None, and at
        most that of the features.
    intervention : {"do", "imperfect"}, default="do"
        Whether environments hold a latent at one value, or only make the supports of the latents
        independent of each other.
    decoder : {"polynomial", "mlp"}, default="polynomial"
        A perceptron does not identify the latents up to an affine map, whatever its fit.
    degree : int, default=2
        Degree of the polynomial.
    hidden_widths : sequence of int, default=(100, 100)
        Hidden layers of the part of the encoder that is not affine (and of a perceptron as
        decoder). It is trained only where the affine part leaves something.
    reference : label, default=None
        Label of the reference environment; where None, 0 if it occurs, and else the first in
        sorted order.
    n_restarts : int, default=3
        Random starts of the affine encoder, of the networks and of the search for supports.
    max_epochs : int, default=None
        Passes of the training over the samples; by their number where None.
    batch_size : int, default=256
        Samples a step.
    learning_rate : float, default=0.001
        Step size of Adam at the beginning.
    max_time : float, default=None
        Seconds of the affine start and of training, which then end with the best so far.
    checkpoint : path-like, default=None
        File from which training goes on; wants an integer ``random_state``.
    device : str, default=None
        As torch names it; CUDA where there is one, and else the CPU, where None.
    random_state : int, RandomState or None, default=None
        Source of randomness.

    Attributes
    ----------
    encoder_ : torch.nn.Module
        From standardised features to latents.
    decoder_ : torch.nn.Module
        From latents to standardised features.
    components_ : ndarray of shape (n_latents, n_latents)
        Row i makes latent i of the autoencoder's codes, which are white in the reference.
    mean_, scale_ : ndarray of shape (n_features,)
        Mean and standard deviation of the features.
    n_latents_ : int
        Number of latents.
    environments_ : ndarray of shape (n_environments,)
        Labels, the reference first.
    targets_ : ndarray of shape (n_environments,)
        Position of the latent that each environment acts on; -1 for none.
    held_values_ : ndarray of shape (n_environments,)
        Mean of that latent in the environment: the value of the intervention; NaN for none.
    kept_variances_ : ndarray of shape (n_environments,)
        Variance it keeps there, as a share of that in the reference; NaN for none.
    missed_variance_ : float
        Share of the features' variance (each standardised) that the autoencoder leaves.
    identification_ : Identification
        What is identified, latent by latent.
    history_ : TrainingHistory
        Curves of the training; empty where the affine encoder left nothing to train.
    n_iter_ : int
        Epochs of training, or steps of the affine encoder where nothing was trained.
    converged_ : bool
        Whether training ended by itself.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Latents are identified up to order, shift and scale: those that are held by some environment
    ("do"), or all of them where their supports are independent and bounded ("imperfect"). They
    have mean 0 and variance 1 in the reference, are numbered by the first environment that acts
    on them, and signed so that it raises them. No assumption on their distribution or graph is
    made; the graph is not estimated.

    The samples of a polynomial lie in a space with one dimension for each monomial. The
    decoder's coefficients are solved in closed form for every encoder tried, so that only the
    encoder is searched; where there are as many features as monomials, an affine encoder is
    exact, and is found in seconds. The published method descends on both by stochastic
    gradients. Held directions are generalised eigenvectors instead of regressions on a constant,
    and independent supports come from linear programs; see the guide.

    References
    ----------
    K. Ahuja, D. Mahajan, Y. Wang, Y. Bengio, "Interventional causal representation learning",
    ICML 2023, arXiv:2209.11924. G. Golub and V. Pereyra, "The differentiation of
    pseudo-inverses and nonlinear least squares problems whose variables separate", SIAM Journal
    on Numerical Analysis 10 (1973). Other derivations are in the guide.

    Examples
    --------
    >>> from causalrep.neural import InterventionalAutoencoder
    >>> from simulators import polynomial_decoder
    >>> data = polynomial_decoder(n_latents=3, n_features=20, random_state=0).sample(
    ...     300, random_state=0
    ... )
    >>> model = InterventionalAutoencoder(random_state=0).fit(data)
    >>> model.targets_.tolist(), bool(model.kept_variances_[1:].max() < 1e-9)
    ([-1, 0, 1, 2], True)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeuralEstimator._parameter_constraints,
        "n_latents": [Interval(Integral, 1, None, closed="left"), None],
        "intervention": [StrOptions({"do", "imperfect"})],
        "decoder": [StrOptions({"polynomial", "mlp"})],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "hidden_widths": ["array-like"],
        "reference": "no_validation",
    }
    _MOST_ITERATIONS = 500

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        intervention: Literal["do", "imperfect"] = "do",
        decoder: Literal["polynomial", "mlp"] = "polynomial",
        degree: int = 2,
        hidden_widths: Any = (100, 100),
        reference: Any = None,
        n_restarts: int = 3,
        max_epochs: int | None = None,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.intervention = intervention
        self.decoder = decoder
        self.degree = degree
        self.hidden_widths = hidden_widths
        self.reference = reference
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
        """Learn autoencoder, latents and targets from samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples of all environments.
        y : array-like of shape (n_samples,), default=None
            Environment of every sample; the labels of a Dataset where None.

        Returns
        -------
        InterventionalAutoencoder
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, EnvironmentLabelError
            If samples or labels cannot be used; the message says which.

        Warns
        -----
        IdentifiabilityWarning
            If a latent is not identified, because nothing acts on it.
        ModelMismatchWarning
            If an environment holds no latent, or several.
        ConvergenceWarning
            If training was stopped early.
        """
        X, y = check_environments(self, X, y)
        self.environments_, contexts = numbered_environments(y, self.reference)
        self.mean_, self.scale_ = feature_units(X)
        X = (X - self.mean_) / self.scale_
        rng = check_random_state(self.random_state)
        axes = self._coordinates(X)
        Y = X @ axes.forward
        encoder, decoder = self._autoencoder(Y, rng)
        answer = disentangle(
            evaluated(encoder, Y),
            contexts,
            intervention=self.intervention,
            n_restarts=self.n_restarts,
            rng=rng,
        )
        self._store(answer, encoder, decoder, axes, X)
        self._warn(answer)
        return self

    def _coordinates(self, X: np.ndarray) -> PrincipalCoordinates:
        """Principal coordinates: as many as there are monomials, and white, for a polynomial."""
        wanted = self.n_latents or len(self.environments_) - 1
        if self.decoder == "mlp":
            axes = PrincipalCoordinates.of(X, whitened=0.5)
        else:
            axes = PrincipalCoordinates.of(X, whitened=1.0, most=n_monomials(wanted, self.degree))
        n_axes = len(axes.back)
        self.n_latents_ = checked_n_latents(self.n_latents or min(wanted, n_axes), n_axes)
        n_terms = n_monomials(self.n_latents_, self.degree)
        if self.decoder == "polynomial" and n_terms >= len(X):
            raise InvalidDataError(
                f"A decoder of degree {self.degree} has {n_terms + 1} coefficients a feature, but "
                f"X has {len(X)} samples. Lower the degree, or collect more."
            )
        return axes

    def _autoencoder(
        self, Y: np.ndarray, rng: np.random.RandomState
    ) -> tuple[SkipMLP, SkipMLP | None]:
        """Fit the encoder, and the decoder where it is a perceptron."""
        # Refused also where no perceptron is trained.
        checked_widths(self.hidden_widths)
        resolved_device(self.device)
        patience = Patience(self.max_time)
        start = AffineStart(np.eye(Y.shape[1], self.n_latents_), np.inf, 0)
        if self.decoder == "polynomial":
            n_rows = max(_FEWEST_ROWS, _ROWS_A_TERM * n_monomials(self.n_latents_, self.degree))
            start = fit_affine_encoder(
                Y[rng.permutation(len(Y))[:n_rows]],
                self.n_latents_,
                self.degree,
                n_restarts=self.n_restarts,
                max_iter=self._MOST_ITERATIONS,
                rng=rng,
                patience=patience,
            )
        if start.missed > _NOTHING_MISSED or patience.stopped:
            return self._trained(Y, start, rng, patience)
        none, never = np.zeros((0, self.n_restarts)), np.full(self.n_restarts, -1)
        self.history_ = TrainingHistory(
            loss=none, validation=none, best_epoch=never, stopped="epochs", seconds=0.0
        )
        self.n_iter_, self.converged_ = max(1, start.n_iter), True
        return SkipMLP.of(start.matrix, np.zeros(self.n_latents_)), None

    def _trained(
        self, Y: np.ndarray, start: AffineStart, rng: np.random.RandomState, patience: Patience
    ) -> tuple[SkipMLP, SkipMLP | None]:
        """Train encoder and decoder by gradient descent from the affine start."""
        streams = self._streams(rng)
        degree = self.degree if self.decoder == "polynomial" else 0
        widths = checked_widths(self.hidden_widths)
        network = StartedAutoencoder(Y, start, widths, degree, streams)
        rows = held_out(len(Y), _VALIDATION_SHARE, rng)
        tested, data = self._tensors(streams, Y[rows], Y[~rows])

        def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
            return (network(batch[0]) - batch[0]).square().mean(dim=(1, 2))

        everywhere = tested.expand(self.n_restarts, -1, -1)
        before = float(loss((everywhere,)).detach().min())

        def score() -> torch.Tensor:
            return loss((everywhere,))

        best = self._train(network, loss, (data,), streams, validation=score, before=patience)
        if isinstance(network.decoder, SkipNetwork):
            return network.encoder.member(best), network.decoder.member(best)
        if not self.history_.best[best] < before:
            return SkipMLP.of(start.matrix, np.zeros(self.n_latents_)), None
        return network.encoder.member(best), None

    def _store(
        self,
        answer: Disentangled,
        encoder: SkipMLP,
        decoder: SkipMLP | None,
        axes: PrincipalCoordinates,
        X: np.ndarray,
    ) -> None:
        """Put the autoencoder and the linear step into one function each way."""
        self.components_ = answer.rows
        self.encoder_ = axes.before(encoder.then_affine(answer.matrix, answer.offset))
        Z = evaluated(self.encoder_, X)
        if decoder is None:
            self.decoder_ = PolynomialDecoder.fitted(Z, X, self.degree)
        else:
            undo = np.linalg.inv(answer.matrix)
            decoder = decoder.after_affine(undo, -answer.offset @ undo)
            self.decoder_ = axes.undone_after(decoder)
        missed = ((evaluated(self.decoder_, Z) - X) ** 2).sum()
        self.missed_variance_ = float(missed / max((X**2).sum(), np.finfo(float).tiny))
        self.targets_ = np.r_[-1, answer.targets]
        self.held_values_ = np.r_[np.nan, answer.values]
        self.kept_variances_ = np.r_[np.nan, answer.shares]
        self.identification_ = answer.identification(
            default_names(self.n_latents_, "L"),
            self.environments_,
            polynomial=self.decoder == "polynomial",
        )

    def _warn(self, answer: Disentangled) -> None:
        """Say aloud what should worry the user."""
        misfits = [str(label) for label in self.environments_[1:][answer.misfits]]
        if misfits:
            warnings.warn(
                f"Environment(s) {names_of(misfits)} do not hold exactly one latent constant, so "
                "they are no do interventions on one latent, or the autoencoder has not found "
                "the latents (missed_variance_).",
                ModelMismatchWarning,
                stacklevel=4,
            )
        if self.identification_.doubt:
            warnings.warn(self.identification_.doubt, IdentifiabilityWarning, stacklevel=4)
