"""Settings with exogenous actions that move latents linearly, behind a nonlinear mixing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special
from scipy.stats import qmc

from causalrep.data import Dataset, Truth
from simulators.checks import (
    SimulatorError,
    checked_array,
    checked_count,
    checked_generator,
    checked_positive,
    checked_real,
    checked_values,
)
from simulators.mechanisms import Mechanism, MLPMechanism
from simulators.mixing import Mixing, with_condition_number
from simulators.nonlinear_mixing import MLPMixing

__all__ = ["ActionProblem", "extrapolation"]

_N_UNITS = 8
_LOG2_NODES = 13
_AT_ONCE = 64


@dataclass(frozen=True, eq=False, repr=False)
class ActionProblem:
    r"""Actions act on latents, latents on an outcome that shares their noise.

    .. math:: Z = M A + V, \qquad X = g(Z), \qquad Y = l(Z) + U,

    where the actions ``A`` are uniform on a cube around 0, ``V`` is normal with any covariance
    and independent of ``A``, and :math:`U = \langle c, \tanh V \rangle + e` has mean zero and
    depends on ``V``: latents and outcome are confounded.

    Parameters
    ----------
    effects : array-like of shape (n_latents, n_actions)
        The matrix M.
    mixing : Mixing
        The function g from latents to features.
    outcome : Mechanism
        The function l of all latents, such as an :class:`MLPMechanism`.
    noise_root : array-like of shape (n_latents, n_latents)
        ``V = noise_root @ standard normal``.
    confounding : array-like of shape (n_latents,)
        The vector c.
    outcome_noise : float, default=0.1
        Standard deviation of e.
    support : float, default=1.0
        Half the edge of the cube of actions.
    n_samples : int, default=10000
        Samples where :meth:`sample` is not told otherwise.

    Raises
    ------
    SimulatorError
        If the parts do not fit together.

    Examples
    --------
    >>> from simulators import extrapolation
    >>> problem = extrapolation(random_state=0)
    >>> problem.sample(100, random_state=0)
    <Dataset: 100 samples, 10 features, with actions, outcome, truth>
    >>> problem.mean_outcome([[0.0, 0.0], [1.5, 0.0]]).shape
    (2,)
    """

    effects: Any
    mixing: Mixing
    outcome: Mechanism
    noise_root: Any
    confounding: Any
    outcome_noise: float = 0.1
    support: float = 1.0
    n_samples: int = 10_000
    n_latents: int = field(init=False)
    n_actions: int = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.mixing, Mixing):
            raise SimulatorError(
                f"ActionProblem.mixing must be a mixing such as MLPMixing, but is {self.mixing!r}."
            )
        d = self.mixing.n_latents
        if not callable(self.outcome) or tuple(self.outcome.parents) != tuple(range(d)):
            raise SimulatorError(
                f"ActionProblem.outcome must be a mechanism of all {d} latents, such as "
                f"MLPMechanism.random(range({d}), 8), but is {self.outcome!r}."
            )
        effects = checked_array("ActionProblem.effects", self.effects, (d, None))
        stored = {
            "effects": effects,
            "noise_root": checked_array("ActionProblem.noise_root", self.noise_root, (d, d)),
            "confounding": checked_array("ActionProblem.confounding", self.confounding, (d,)),
            "outcome_noise": checked_real("ActionProblem.outcome_noise", self.outcome_noise),
            "support": checked_positive("ActionProblem.support", self.support),
            "n_samples": checked_count("ActionProblem.n_samples", self.n_samples),
            "n_latents": d,
            "n_actions": effects.shape[1],
        }
        for name, value in stored.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return (
            f"<ActionProblem: {self.n_actions} actions, {self.n_latents} latents, "
            f"{self.mixing.n_features} features>"
        )

    def sample(
        self, n_samples: int | None = None, random_state: Any = None, *, actions: Any = None
    ) -> Dataset:
        """Draw samples.

        Parameters
        ----------
        n_samples : int, default=None
            How many; None takes ``n_samples`` of the problem, or one for each of ``actions``.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        actions : array-like of shape (n_samples, n_actions), default=None
            Actions that are set, inside or outside the support; drawn from it where None.

        Returns
        -------
        Dataset
            Features, actions and outcome; the truth knows the latents.

        Raises
        ------
        SimulatorError
            If both ``n_samples`` and ``actions`` are given and do not agree.
        """
        rng = checked_generator(random_state)
        if actions is None:
            n_samples = checked_count(
                "n_samples", self.n_samples if n_samples is None else n_samples
            )
            actions = rng.uniform(-self.support, self.support, (n_samples, self.n_actions))
        actions = checked_values("Actions", actions, self.n_actions)
        if n_samples not in (None, len(actions)):
            raise SimulatorError(
                f"n_samples={n_samples} does not agree with {len(actions)} rows of actions. "
                "Leave it out."
            )
        V = rng.standard_normal((len(actions), self.n_latents)) @ self.noise_root.T
        Z = actions @ self.effects.T + V
        noise = self.outcome_noise * rng.standard_normal(len(actions))
        return Dataset(
            X=self.mixing.apply(Z),
            actions=actions,
            outcome=self.outcome(Z) + np.tanh(V) @ self.confounding + noise,
            truth=Truth(Z=Z),
        )

    def mean_outcome(self, actions: Any) -> np.ndarray:
        """Return E[Y | do(A = a)], by integration over V.

        Parameters
        ----------
        actions : array-like of shape (n_points, n_actions)
            Actions, inside or outside the support.

        Returns
        -------
        ndarray of shape (n_points,)
        """
        return self._expected(lambda Z: self.outcome(Z)[:, np.newaxis], actions)[:, 0]

    def mean_features(self, actions: Any) -> np.ndarray:
        """Return E[X | do(A = a)], by integration over V.

        Parameters
        ----------
        actions : array-like of shape (n_points, n_actions)
            Actions, inside or outside the support.

        Returns
        -------
        ndarray of shape (n_points, n_features)
        """
        return self._expected(self.mixing.apply, actions)

    def _expected(self, function: Any, actions: Any) -> np.ndarray:
        """Average a function of the latents over normal nodes that fill the space evenly."""
        actions = checked_values("Actions", actions, self.n_actions)
        sequence = qmc.Sobol(self.n_latents, scramble=True, rng=0)
        V = special.ndtri(sequence.random_base2(_LOG2_NODES)) @ self.noise_root.T
        means = [
            function((centres[:, np.newaxis] + V).reshape(-1, self.n_latents))
            .reshape(len(centres), len(V), -1)
            .mean(axis=1)
            for centres in np.array_split(
                actions @ self.effects.T, max(1, len(actions) // _AT_ONCE)
            )
        ]
        return np.concatenate(means)


def extrapolation(
    n_latents: int = 2,
    n_features: int = 10,
    *,
    n_actions: int | None = None,
    n_samples: int = 10_000,
    support: float = 1.0,
    confounding: float = 1.0,
    outcome_noise: float = 0.1,
    condition_number: float = 2.0,
    random_state: Any = None,
) -> ActionProblem:
    r"""Draw a problem of intervention extrapolation: actions beyond those seen.

    Parameters
    ----------
    n_latents, n_features : int, default=2 and 10
        Numbers of latents and features.
    n_actions : int, default=None
        Number of actions; as many as latents where None. With fewer, the latents are not
        identified.
    n_samples : int, default=10000
        Default number of samples.
    support : float, default=1.0
        Actions are uniform on ``[-support, support]``.
    confounding : float, default=1.0
        Standard deviation of the weights of ``tanh(V)`` in the noise of the outcome.
    outcome_noise : float, default=0.1
        Standard deviation of the independent noise of the outcome.
    condition_number : float, default=2.0
        Ratio of the extreme singular values of every layer of the mixing: how far it is from
        linear.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    ActionProblem
        The matrix of effects is a normal one with its condition number set to 2, and the size
        that standard normal entries have; the noise of the latents has correlations and
        variances 1; the mixing is an injective perceptron of three
        layers with leaky rectifiers, and the outcome a smooth perceptron of the latents.

    References
    ----------
    Saengkyongam, Rosenfeld, Ravikumar, Pfister, Peters. "Identifying representations for
    intervention extrapolation", ICLR 2024, arXiv:2310.04295. The law of effects, noise and
    functions is ours.

    Examples
    --------
    >>> from simulators import extrapolation
    >>> extrapolation(n_latents=3, n_actions=4, random_state=0)
    <ActionProblem: 4 actions, 3 latents, 10 features>
    """
    n_latents = checked_count("n_latents", n_latents)
    n_features = checked_count("n_features", n_features, minimum=n_latents)
    n_actions = n_latents if n_actions is None else checked_count("n_actions", n_actions)
    spread = checked_real("confounding", confounding)
    rng = checked_generator(random_state)
    effects = rng.standard_normal((n_latents, n_actions))
    if min(effects.shape) > 1:
        effects = with_condition_number(effects, 2.0)
    effects *= np.sqrt(effects.size) / np.linalg.norm(effects)
    root = np.eye(n_latents) + 0.3 * rng.standard_normal((n_latents, n_latents))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    mixing = MLPMixing.random(
        n_latents,
        n_features,
        condition_number=checked_real("condition_number", condition_number)
        if n_latents > 1
        else 1.0,
        random_state=rng,
    )
    return ActionProblem(
        effects=effects,
        mixing=mixing,
        outcome=MLPMechanism.random(range(n_latents), _N_UNITS, rng),
        noise_root=root,
        confounding=spread * rng.standard_normal(n_latents),
        outcome_noise=outcome_noise,
        support=support,
        n_samples=n_samples,
    )
