"""What actions beyond those seen would do, by latents that actions move linearly."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import RegressorMixin, _fit_context, clone
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted
from torch import nn

from causalrep.base import CertifiedMixin
from causalrep.data import Dataset
from causalrep.exceptions import IdentifiabilityWarning, InvalidDataError
from causalrep.neural.actions import LinearEffects, actions_of, check_observations, check_outcome
from causalrep.neural.estimator import NeuralEstimator, checked_widths
from causalrep.neural.modules import MLP, EnsembleMLP
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.rep4ex import Rep4Ex
from causalrep.neural.rows import evaluated, held_out, standardisation
from causalrep.progress import reports_progress
from causalrep.validation import check_samples

__all__ = ["InterventionExtrapolator"]

_HELD_OUT = 0.1
_MOST_NODES, _COVERAGE_NODES, _WARNING_NODES = 4000, 200, 25
_NEIGHBOURS, _USUAL_SHARE = 10, 0.95
_TOO_LITTLE = 0.5
_POINTS_AT_ONCE = 50


class InterventionExtrapolator(CertifiedMixin, RegressorMixin, NeuralEstimator):
    r"""Predict an outcome under actions outside the range in which they were seen.

    .. math:: Z = M A + V, \qquad X = g(Z), \qquad Y = l(Z) + U,

    where the actions ``A`` are independent of ``(U, V)``, while ``U`` and ``V`` may depend on
    one another: latents and outcome are confounded. The regression of the outcome on the
    actions says nothing outside their support. But latents found by :class:`Rep4Ex` move
    linearly with the actions, also there, and their noise has seen much of where they will go.

    Parameters
    ----------
    representation : transformer, default=None
        Finds latents from observations; ``fit`` gets observations and actions. None is
        ``Rep4Ex()`` with a seed from ``random_state``.
    hidden_widths : sequence of int, default=(32, 32)
        Hidden units of the networks of latents and of their noise.
    n_restarts : int, default=4
        Networks from different weights whose predictions are averaged.
    max_epochs : int, default=None
        Passes over the samples. None makes one step of gradient descent a sample, at least
        20 and at most 2000.
    batch_size : int, default=500
        Samples a step.
    learning_rate : float, default=0.01
        Step size of Adam, which falls to zero along a cosine.
    max_time : float, default=None
        Seconds after which training stops with the best so far, the representation not counted.
    checkpoint : str or path-like, default=None
        File from which training goes on after it was stopped; wants an integer random_state.
    device : str, default=None
        As torch names it; None is CUDA where there is one, and else the CPU.
    random_state : int, RandomState or None, default=None
        Source of randomness.

    Attributes
    ----------
    representation_ : transformer or None
        The fitted representation; None where there were no observations.
    effects_ : ndarray of shape (n_latents, n_actions)
        Effects of the actions on the latents, by least squares.
    intercept_ : ndarray of shape (n_latents,)
        Latents under actions of zero, without noise.
    noise_ : ndarray of shape (n_nodes, n_latents)
        Noise of the latents in the samples, over which predictions are averaged.
    outcome_models_ : tuple of MLP
        Standardised outcome as a function of the latents, one for each restart.
    outcome_scale_, baseline_ : float
        The unit of the standardised outcome, and what is added to it.
    seen_ : ndarray of shape (n_nodes, n_latents)
        Latents of the samples, to which :meth:`coverage` compares.
    spacing_ : float
        How far the tenth neighbour among them is for 95 percent of them, in standard deviations.
    history_ : TrainingHistory
        Curves of all members.
    n_iter_ : int
        Epochs that were trained.
    converged_ : bool
        Whether training ended by itself, and not by ``max_time`` or Ctrl-C.
    n_features_in_ : int
        Number of actions seen in fit.
    feature_names_in_ : ndarray of shape (n_actions,)
        Names of the actions, where they have any.

    Warns
    -----
    IdentifiabilityWarning
        If there are no observations, or where predictions are asked for that rest on latents
        that were hardly ever seen.

    Notes
    -----
    The prediction averages, over the noise :math:`V_i` of the samples,

    .. math:: E[Y \mid do(A = a)] = \frac{1}{n} \sum_i \nu(W a + \alpha + V_i)
              - \frac{1}{n} \sum_i \nu(\phi_i) + \bar Y,

    where :math:`\nu` comes from the additive regression of the outcome on latents
    :math:`\phi_i` and noise: the noise is a control function, which takes the confounding out of
    :math:`\nu`. This is the same for all affine maps of the latents, so that their
    identification up to such a map is enough; a derivation is in the guide. What
    :meth:`coverage` says of an action, is how much of the average lies where there were samples.

    Without observations this is the regression of the outcome on the actions, and nothing is
    identified outside their support.

    References
    ----------
    .. [1] S. Saengkyongam, E. Rosenfeld, P. Ravikumar, N. Pfister, J. Peters, "Identifying
       representations for intervention extrapolation", ICLR 2024, arXiv:2310.04295.
    .. [2] W. K. Newey, J. L. Powell, F. Vella, "Nonparametric estimation of triangular
       simultaneous equations models", Econometrica 67 (1999) 565-603.

    Examples
    --------
    >>> from causalrep.neural import InterventionExtrapolator, Rep4Ex
    >>> from simulators import extrapolation
    >>> data = extrapolation(random_state=0).sample(500, random_state=0)
    >>> model = InterventionExtrapolator(
    ...     Rep4Ex(max_epochs=100, random_state=0), max_epochs=20, random_state=0
    ... ).fit(data)
    >>> model.predict([[0.0, 0.0], [1.2, 0.0]]).shape
    (2,)
    >>> bool((model.coverage([[0.0, 0.0], [9.0, 9.0]]).round() == [1.0, 0.0]).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralEstimator._parameter_constraints,
        "representation": [HasMethods(["fit", "transform"]), None],
        "hidden_widths": ["array-like"],
    }
    _STEPS_A_SAMPLE = 1.0
    _MOST_STEPS = 2000

    def __init__(
        self,
        representation: Any = None,
        *,
        hidden_widths: Any = (32, 32),
        n_restarts: int = 4,
        max_epochs: int | None = None,
        batch_size: int = 500,
        learning_rate: float = 1e-2,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.representation = representation
        self.hidden_widths = hidden_widths
        self.n_restarts = n_restarts
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    @reports_progress
    def fit(self, X: Any, y: Any = None, observations: Any = None) -> Self:
        """Learn what actions do to latents, and latents to the outcome.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_actions)
            The actions; of a Dataset that has actions these, its outcome and its features.
        y : array-like of shape (n_samples,), default=None
            The outcome; that of the Dataset where None.
        observations : Dataset, array-like or frame of shape (n_samples, n_features), default=None
            The features that latents are found from; those of the Dataset where None.

        Returns
        -------
        InterventionExtrapolator
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError
            If there is no outcome, or numbers of samples differ.
        """
        if isinstance(X, Dataset) and X.actions is not None:
            y = X.outcome if y is None else y
            observations = X if observations is None else observations
        actions = check_samples(self, actions_of(X), min_samples=2)
        y = check_outcome(self, actions, y)
        rng = check_random_state(self.random_state)
        phi = self._latents(actions, observations, rng)
        alone = self.representation_ is None
        linear = LinearEffects.itself(actions) if alone else LinearEffects.of(phi, actions)
        self.effects_, self.intercept_ = linear.effects, linear.intercept
        self._fit_outcome(phi, linear.residuals, y, rng)
        self._remember_noise(phi, linear.residuals, y, rng)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the mean outcome if the actions were set.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_points, n_actions)
            Actions; of a Dataset that has actions these.

        Returns
        -------
        ndarray of shape (n_points,)
            Estimates of E[Y | do(A = a)].
        """
        check_is_fitted(self)
        actions = check_samples(self, actions_of(X), reset=False)
        self._warn_far_outside(actions)
        means = self._averaged(self._outcome_of, actions)[:, 0]
        return self.baseline_ + self.outcome_scale_ * means

    def predict_observations(self, X: Any) -> np.ndarray:
        """Predict the mean features if the actions were set.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_points, n_actions)
            Actions; of a Dataset that has actions these.

        Returns
        -------
        ndarray of shape (n_points, n_features)
            Estimates of E[X | do(A = a)], by the decoder of the representation.

        Raises
        ------
        InvalidDataError
            If there were no observations.
        """
        check_is_fitted(self)
        if self.representation_ is None:
            raise InvalidDataError(
                "predict_observations wants a fit with observations, but there were none. Fit a "
                "Dataset with actions and outcome, or pass observations."
            )
        actions = check_samples(self, actions_of(X), reset=False)
        self._warn_far_outside(actions)
        return self._averaged(self.representation_.inverse_transform, actions)

    def coverage(self, X: Any) -> np.ndarray:
        """Say how much of what actions would do was seen in the samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_points, n_actions)
            Actions; of a Dataset that has actions these.

        Returns
        -------
        ndarray of shape (n_points,)
            Share of the latents under each action whose tenth neighbour among the latents of
            the samples is not farther than it is for 95 percent of these: .95 in the middle
            of the samples, 0 far away from all of them.
        """
        check_is_fitted(self)
        actions = check_samples(self, actions_of(X), reset=False)
        return self._coverage(actions, _COVERAGE_NODES)

    def _latents(
        self, actions: np.ndarray, observations: Any, rng: np.random.RandomState
    ) -> np.ndarray:
        """Return latents of the samples; the actions themselves where nothing was observed."""
        seed = rng.randint(np.iinfo(np.int32).max)
        if observations is None:
            warnings.warn(
                "Without observations the outcome is regressed on the actions, and effects of "
                "actions outside their support are not identified. Fit a Dataset with actions and "
                "outcome, or pass observations.",
                IdentifiabilityWarning,
                stacklevel=4,
            )
            self.representation_ = None
            return actions
        check_observations(self, actions, observations)
        if self.representation is None:
            self.representation_ = Rep4Ex(device=self.device, random_state=seed)
        else:
            self.representation_ = clone(self.representation)
        return np.asarray(self.representation_.fit(observations, actions).transform(observations))

    def _fit_outcome(
        self, phi: np.ndarray, noise: np.ndarray, y: np.ndarray, rng: np.random.RandomState
    ) -> None:
        """Regress the outcome on a function of the latents plus one of their noise."""
        streams = self._streams(rng)
        centre, unit = standardisation(y[:, np.newaxis])
        mean, scale = standardisation(phi)
        noise_scale = standardisation(noise)[1]
        sizes = [phi.shape[1], *checked_widths(self.hidden_widths), 1]
        latent, control = EnsembleMLP(sizes, streams), EnsembleMLP(sizes, streams)
        z, target = (phi - mean) / scale, (y[:, np.newaxis] - centre) / unit
        confounded = self.representation_ is not None
        # Latents have axes of their own; actions get some that do not depend on their order.
        axes = np.eye(len(scale)) if confounded else PrincipalCoordinates.turned(z).forward
        tensors = self._tensors(streams, z @ axes, noise / noise_scale, target)
        held = held_out(len(y), _HELD_OUT, rng)

        def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
            z, v, target = batch
            fitted = latent(z) + control(v) if confounded else latent(z)
            return (fitted - target).square().mean(dim=(1, 2))

        held_rows = [some[held].expand(len(streams), -1, -1) for some in tensors]
        self._train(
            nn.ModuleList([latent, control] if confounded else [latent]),
            loss,
            tuple(some[~held] for some in tensors),
            streams,
            validation=lambda: loss(tuple(held_rows)),
        )
        members = [latent.member(place) for place in range(len(streams))]
        into = axes / scale[:, np.newaxis], -mean / scale @ axes
        self.outcome_models_: tuple[MLP, ...] = tuple(one.after_affine(*into) for one in members)
        self.outcome_scale_ = float(unit[0])

    def _remember_noise(
        self, phi: np.ndarray, noise: np.ndarray, y: np.ndarray, rng: np.random.RandomState
    ) -> None:
        """Keep what predictions are averaged over and compared with."""
        nodes = rng.permutation(len(phi))[:_MOST_NODES]
        self.noise_, self.seen_ = noise[nodes], phi[nodes]
        self.baseline_ = float(y.mean() - self.outcome_scale_ * self._outcome_of(phi).mean())
        self.spacing_ = float(np.quantile(self._distances(self.seen_, itself=True), _USUAL_SHARE))

    def _outcome_of(self, phi: np.ndarray) -> np.ndarray:
        return np.mean([evaluated(model, phi) for model in self.outcome_models_], axis=0)

    def _averaged(self, function: Any, actions: np.ndarray) -> np.ndarray:
        """Average a function of the latents over their noise, under each action."""
        noise = self.noise_ if self.representation_ is not None else self.noise_[:1]
        means = [
            function((centres[:, np.newaxis] + noise).reshape(-1, noise.shape[1]))
            .reshape(len(centres), len(noise), -1)
            .mean(axis=1)
            for centres in self._centres(actions)
        ]
        return np.concatenate(means)

    def _centres(self, actions: np.ndarray) -> list[np.ndarray]:
        centres = actions @ self.effects_.T + self.intercept_
        return np.array_split(centres, max(1, len(centres) // _POINTS_AT_ONCE))

    def _coverage(self, actions: np.ndarray, n_nodes: int) -> np.ndarray:
        noise = self.noise_[:n_nodes]
        near = [
            self._distances((centres[:, np.newaxis] + noise).reshape(-1, noise.shape[1])).reshape(
                len(centres), len(noise)
            )
            <= self.spacing_
            for centres in self._centres(actions)
        ]
        return np.concatenate(near).mean(axis=1)

    def _distances(self, points: np.ndarray, *, itself: bool = False) -> np.ndarray:
        """Return the distance of points to the tenth of the latents seen."""
        n_neighbours = min(_NEIGHBOURS + itself, len(self.seen_))
        mean, unit = standardisation(self.seen_)
        tree = NearestNeighbors(n_neighbors=n_neighbours).fit((self.seen_ - mean) / unit)
        return tree.kneighbors((points - mean) / unit)[0][:, -1]

    def _warn_far_outside(self, actions: np.ndarray) -> None:
        if self.representation_ is None:
            return
        far = self._coverage(actions, _WARNING_NODES) < _TOO_LITTLE
        if far.any():
            warnings.warn(
                f"For {far.sum()} of {len(far)} actions less than half of the latents are where "
                "samples were, so that the prediction rests on the shape of the networks; "
                "coverage(actions) has the shares. Ask for actions closer to those seen.",
                IdentifiabilityWarning,
                stacklevel=3,
            )
