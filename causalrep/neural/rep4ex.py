"""Latents that actions move linearly, behind a nonlinear mixing: Z = M A + V and X = g(Z)."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions

from causalrep.exceptions import IdentifiabilityWarning, InvalidDataError
from causalrep.neural.actions import (
    LinearEffects,
    check_actions,
    effect_rank_test,
    not_identifiable,
)
from causalrep.neural.estimator import (
    NeuralEstimator,
    NeuralLatentsMixin,
    checked_n_latents,
    checked_widths,
)
from causalrep.neural.modules import MLP, EnsembleMLP
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.rep4ex_loss import Rep4ExLoss
from causalrep.neural.rows import evaluated, feature_units, held_out, standardisation
from causalrep.progress import reports_progress
from causalrep.results import Identification
from causalrep.validation import check_samples

__all__ = ["Rep4Ex"]

_FLATTEST, _SMALLEST = 1e-9, 1e-12
_ENOUGH = 20
_NO_ERROR = 0.003


class Rep4Ex(NeuralLatentsMixin, NeuralEstimator):
    r"""Latents for intervention extrapolation: an autoencoder with linear invariance.

    .. math:: Z = M A + V, \qquad X = g(Z),

    where the actions ``A`` are observed and exogenous, ``V`` is independent of them, and the
    mixing ``g`` is injective. Encoder and decoder are trained to reconstruct the features while
    what least squares on the actions leaves of the latents keeps independent of the actions.

    Parameters
    ----------
    n_latents : int, default=None
        Number of latents, at most that of the actions; as many as actions where None.
    invariance : {"independence", "mean"}, default="independence"
        What is asked of the residuals: that they are independent of the actions (ours, by a
        Hilbert-Schmidt criterion), or that their mean given the actions is zero (the maximum
        moment restriction of [1]_). Both hold in the model; the first uses more of it.
    penalties : sequence of float, default=(0.0, 30.0)
        Weights of the penalty to try, all in one ensemble. The largest is chosen whose
        reconstruction error on held-out samples is within ``slack`` of the smallest's, or below
        .003 of the variance: of errors so small the ratio says nothing.
    slack : float, default=1.5
        Factor by which the reconstruction error may grow for a larger penalty.
    hidden_widths : sequence of int, default=(64, 64)
        Hidden units of the encoder; the decoder has them in reverse.
    first_chart : {"actions", "reconstruction"}, default="actions"
        With what training begins, see the notes; "reconstruction" is a plain autoencoder until
        the penalty sets in.
    n_restarts : int, default=1
        Trainings from different weights for each penalty; the best one is kept.
    max_epochs : int, default=None
        Passes over the samples. None makes one step of gradient descent a sample, at least
        20 and at most 3000.
    batch_size : int, default=500
        Samples a step. Small ones make the penalty noisy.
    learning_rate : float, default=0.01
        Step size of Adam, which falls to zero along a cosine.
    validation_fraction : float, default=0.1
        Share of the samples held out to choose the penalty and to test the actions' effect.
    alpha : float, default=0.05
        Level of the test that the actions move all latents.
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
    effects_ : ndarray of shape (n_latents, n_actions)
        Effects of the actions on the latents, by least squares.
    penalty_ : float
        The weight that was chosen.
    reconstruction_errors_ : ndarray of shape (n_penalties,)
        Held-out mean squared error of standardised features by penalty, ascending.
    n_latents_, n_actions_ : int
        Numbers of latents and actions.
    identification_ : Identification
        What is identified.
    test_log_ : tuple of StatisticalTest
        The test that the actions move every direction of the latents.
    history_ : TrainingHistory
        Curves of all members: the restarts of the smallest penalty first.
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
        If no effect of the actions is seen on some direction of the latents.

    Notes
    -----
    The latents are identified up to an affine map, if the actions move them in all directions
    (``M`` has full row rank), ``V`` has full support and the encoder reaches both of its aims
    [1]_; a derivation is in the guide. So a single column means nothing by itself, but every
    affine question has an answer: :class:`InterventionExtrapolator` predicts what actions
    beyond those seen would do. Coordinates are chosen such that the latents of the samples have
    mean zero and the identity for covariance.

    Networks can settle in a bad chart of the features. They begin with one in which the actions
    are as well predicted by a linear function of the latents as can be, for which the penalty
    is then exchanged: for normal ``V`` the mean of the actions given the features is a
    one-to-one function of the latents, and close to a linear one within the actions' range.

    References
    ----------
    .. [1] S. Saengkyongam, E. Rosenfeld, P. Ravikumar, N. Pfister, J. Peters, "Identifying
       representations for intervention extrapolation", ICLR 2024, arXiv:2310.04295.
    .. [2] A. Gretton, O. Bousquet, A. Smola, B. Schoelkopf, "Measuring statistical dependence
       with Hilbert-Schmidt norms", ALT 2005.

    Examples
    --------
    >>> from causalrep.neural import Rep4Ex
    >>> from simulators import extrapolation
    >>> data = extrapolation(random_state=0).sample(500, random_state=0)
    >>> model = Rep4Ex(max_epochs=100, random_state=0).fit(data)
    >>> model.transform(data).shape
    (500, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralEstimator._parameter_constraints,
        "n_latents": [Interval(Integral, 1, None, closed="left"), None],
        "invariance": [StrOptions({"independence", "mean"})],
        "penalties": ["array-like"],
        "slack": [Interval(Real, 1, None, closed="left")],
        "hidden_widths": ["array-like"],
        "first_chart": [StrOptions({"actions", "reconstruction"})],
        "validation_fraction": [Interval(Real, 0, 0.5, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
    }
    encoder_: MLP
    decoder_: MLP
    _STEPS_A_SAMPLE = 1.0
    _MOST_STEPS = 3000

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        invariance: Literal["independence", "mean"] = "independence",
        penalties: Any = (0.0, 30.0),
        slack: float = 1.5,
        hidden_widths: Any = (64, 64),
        first_chart: Literal["actions", "reconstruction"] = "actions",
        n_restarts: int = 1,
        max_epochs: int | None = None,
        batch_size: int = 500,
        learning_rate: float = 1e-2,
        validation_fraction: float = 0.1,
        alpha: float = 0.05,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.invariance = invariance
        self.penalties = penalties
        self.slack = slack
        self.hidden_widths = hidden_widths
        self.first_chart = first_chart
        self.n_restarts = n_restarts
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.alpha = alpha
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn latents from features and actions.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples, n_actions), default=None
            The actions under which each sample came about; those of a Dataset where None.

        Returns
        -------
        Rep4Ex
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError, IdentifiabilityError
            If samples or actions cannot be used; the message says why.
        """
        actions = check_actions(self, X, y)
        X = check_samples(self, X, min_samples=2)
        self.n_actions_ = actions.shape[1]
        self.n_latents_ = self._checked_n_latents(X)
        penalties = _checked_penalties(self.penalties)
        self.mean_, self.scale_ = feature_units(X)
        rows = (X - self.mean_) / self.scale_
        centre, unit = standardisation(actions)
        rng = check_random_state(self.random_state)
        held = held_out(len(X), self.validation_fraction, rng)
        self.encoder_, self.decoder_ = self._fit_networks(
            rows, (actions - centre) / unit, held, penalties, rng
        )
        self._normalise(rows)
        self._describe(evaluated(self.encoder_, rows), actions, held)
        return self

    def _checked_n_latents(self, X: np.ndarray) -> int:
        """Refuse numbers of latents that features, actions or samples do not allow."""
        n_latents = self.n_actions_ if self.n_latents is None else self.n_latents
        if n_latents > self.n_actions_:
            raise not_identifiable(n_latents, self.n_actions_)
        n_latents = checked_n_latents(n_latents, X.shape[1])
        wanted = 3 * (n_latents + self.n_actions_ + 1)
        if len(X) < wanted:
            raise InvalidDataError(
                f"Rep4Ex wants at least {wanted} samples for {n_latents} latents and "
                f"{self.n_actions_} actions, but got n_samples = {len(X)}."
            )
        return n_latents

    def _fit_networks(
        self,
        rows: np.ndarray,
        actions: np.ndarray,
        held: np.ndarray,
        penalties: np.ndarray,
        rng: np.random.RandomState,
    ) -> tuple[MLP, MLP]:
        """Train all penalties in one ensemble, and return the networks of the one chosen."""
        axes = PrincipalCoordinates.turned(rows)
        rows, actions = rows @ axes.forward, actions @ PrincipalCoordinates.turned(actions).forward
        streams = self._streams(rng, n_copies=len(penalties))
        sizes = [rows.shape[1], *checked_widths(self.hidden_widths), self.n_latents_]
        x, a, weights = self._tensors(
            streams, rows, actions, np.repeat(penalties, self.n_restarts)
        )
        loss = Rep4ExLoss(
            EnsembleMLP(sizes, streams),
            EnsembleMLP(sizes[::-1], streams),
            weights,
            invariance=self.invariance,
            chart=self.first_chart == "actions",
            rng=rng,
        )
        f = loss.action_features(a)
        loss.hold_out(x[held], (x, a, f))
        self._train(
            loss.networks,
            loss,
            (x[~held], a[~held], f[~held]),
            streams,
            validation=loss.validation,
            on_epoch=loss.anneal,
            clip_norm=1.0,
        )
        member = self._chosen(penalties, loss.held_out_errors())
        encoder, decoder = loss.encoder.member(member), loss.decoder.member(member)
        return axes.before(encoder), axes.undone_after(decoder)

    def _chosen(self, penalties: np.ndarray, errors: np.ndarray) -> int:
        """Choose the best restart of every penalty, then the largest penalty that costs little."""
        best = self.history_.best.reshape(len(penalties), -1).argmin(axis=1)
        members = np.arange(len(penalties)) * self.n_restarts + best
        self.reconstruction_errors_ = errors[members]
        most = max(self.slack * self.reconstruction_errors_[0], _NO_ERROR)
        allowed = self.reconstruction_errors_ <= most
        place = int(np.flatnonzero(allowed).max(initial=0))
        self.penalty_ = float(penalties[place])
        return int(members[place])

    def _normalise(self, rows: np.ndarray) -> None:
        """Choose coordinates in which the latents have mean zero and are white."""
        phi = evaluated(self.encoder_, rows)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(phi.T, bias=True)))
        spread = np.sqrt(np.maximum(values, _FLATTEST * values[-1]) + _SMALLEST)
        mean, to_white, from_white = phi.mean(axis=0), vectors / spread, (vectors * spread).T
        self.encoder_ = self.encoder_.then_affine(to_white, -mean @ to_white)
        self.decoder_ = self.decoder_.after_affine(from_white, mean)

    def _describe(self, phi: np.ndarray, actions: np.ndarray, held: np.ndarray) -> None:
        """Estimate the effects, and say what is identified."""
        self.effects_ = LinearEffects.of(phi, actions).effects
        enough = held.sum() > _ENOUGH * (self.n_latents_ + self.n_actions_)
        tested = held if enough else np.ones(len(phi), dtype=bool)
        names = self._latent_names
        test = effect_rank_test(phi[tested], actions[tested], names, self.alpha)
        self.test_log_ = (test,)
        reason = "an affine map of all latents" if test.rejected else "the actions may not move it"
        self.identification_ = Identification(
            rows=tuple((name, test.rejected, reason) for name in names),
            edges=(),
            summary=f"The {len(names)} latents are identified up to an affine map, if the actions "
            f"move all {len(names)} directions of them (p = {test.p_value:.2g} that they do not).",
        )
        if not test.rejected:
            warnings.warn(
                f"The {len(names)} latents may not be identifiable: you need actions that move "
                f"them in all {len(names)} directions, but the data do not show it "
                f"(p = {test.p_value:.2g}). Lower n_latents, or vary the actions more.",
                IdentifiabilityWarning,
                stacklevel=4,
            )


def _checked_penalties(penalties: Any) -> np.ndarray:
    """Return the weights to try, ascending."""
    try:
        found = np.asarray(penalties, dtype=float)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 1 or not len(found) or not (np.isfinite(found) & (found >= 0)).all():
        raise InvalidParameterError(
            f"penalties wants finite weights that are not negative, but got {penalties!r}."
        )
    return np.unique(found)
