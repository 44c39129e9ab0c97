"""What neural estimators share: parameters, devices, one call that trains, one member kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from math import ceil
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, InvalidParameterError
from sklearn.utils.validation import check_is_fitted
from torch import nn

from causalrep.base import NamedLatentsMixin, checked_latents
from causalrep.exceptions import ConvergenceWarning, InvalidDataError
from causalrep.neural.patience import Patience
from causalrep.neural.random_streams import RandomStreams
from causalrep.neural.rows import decoded, evaluated
from causalrep.neural.training import Loss, Score, TrainingHistory, fit_ensemble
from causalrep.progress import ProgressMixin
from causalrep.validation import check_samples

__all__ = [
    "NeuralEstimator",
    "NeuralLatentsMixin",
    "checked_n_latents",
    "checked_widths",
    "resolved_device",
]

_FEWEST_STEPS, _MOST_UNITS = 20, 2**20


class NeuralEstimator(ProgressMixin, BaseEstimator):
    """Base of estimators that train networks by :func:`causalrep.neural.fit_ensemble`.

    A subclass names the parameters below in its own constructor, joins its constraints to
    ``NeuralEstimator._parameter_constraints``, and its ``fit``, decorated by ``_fit_context`` and
    ``reports_progress`` as in other estimators, reads::

        X = check_samples(self, X, min_samples=10)
        self.mean_, self.scale_ = feature_units(X)
        rng = check_random_state(self.random_state)
        streams = self._streams(rng)
        (x,) = self._tensors(streams, (X - self.mean_) / self.scale_)
        encoder = EnsembleMLP([X.shape[1], 32, n_latents], streams)
        decoder = EnsembleMLP([n_latents, 32, X.shape[1]], streams)
        best = self._train(nn.ModuleList([encoder, decoder]), loss, (x,), streams)
        self.encoder_, self.decoder_ = encoder.member(best), decoder.member(best)
        self.n_latents_ = n_latents

    With :class:`NeuralLatentsMixin` it has ``transform`` and ``inverse_transform`` then. Modules
    other than :class:`causalrep.neural.MLP` are kept as a
    :class:`causalrep.neural.modules.StorableModule`, so that ``causalrep.save`` can write them.

    Parameters
    ----------
    n_restarts : int
        Members that differ in their seed only.
    max_epochs : int or None
        Passes over the samples. None makes about ``_STEPS_A_SAMPLE`` steps of gradient descent
        a sample, at least 20 and at most ``_MOST_STEPS``: class attributes of the subclass.
    batch_size : int
        Samples a step.
    learning_rate : float
        Step size of Adam, at the beginning.
    max_time : float or None
        Seconds after which training stops with the best so far.
    checkpoint : str, path-like or None
        File from which training goes on after it was stopped; wants an integer random_state.
    device : str or None
        As torch names it; None is CUDA where there is one, and else the CPU.
    random_state : int, RandomState or None
        Source of randomness.

    Attributes
    ----------
    history_ : TrainingHistory
        Curves of all members.
    n_iter_ : int
        Epochs that were trained.
    converged_ : bool
        Whether training ended by itself, and not by ``max_time`` or Ctrl-C.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_restarts": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, PathLike, None],
        "device": [str, None],
        "random_state": ["random_state"],
    }
    _STEPS_A_SAMPLE = 1.0
    _MOST_STEPS = 10_000
    _NOT_SETTINGS = ("max_time", "checkpoint", "device")

    n_restarts: int
    max_epochs: int | None
    batch_size: int
    learning_rate: float
    max_time: float | None
    checkpoint: str | PathLike[str] | None
    device: str | None
    random_state: Any

    def _streams(self, rng: np.random.RandomState, n_copies: int = 1) -> RandomStreams:
        """Seed the members: ``n_restarts`` seeds, all of them repeated ``n_copies`` times.

        Members of other copies begin alike and differ in what the loss makes of them, such as a
        penalty: member ``copy * n_restarts + restart``.
        """
        if self.checkpoint is not None and not isinstance(self.random_state, Integral):
            raise InvalidParameterError(
                "checkpoint wants random_state to be an integer, so that the run that goes on is "
                f"the one that began, but got random_state={self.random_state!r}."
            )
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_restarts)
        return RandomStreams(np.tile(seeds, n_copies).tolist(), resolved_device(self.device))

    def _tensors(self, streams: RandomStreams, *arrays: np.ndarray) -> tuple[torch.Tensor, ...]:
        """Bring arrays to the device, in single precision."""
        return tuple(
            torch.tensor(array, dtype=streams.dtype, device=streams.device) for array in arrays
        )

    def _n_epochs(self, n_rows: int) -> int:
        """Return ``max_epochs``, or what makes enough steps for so many samples."""
        if self.max_epochs is not None:
            return self.max_epochs
        steps = min(max(self._STEPS_A_SAMPLE * n_rows, _FEWEST_STEPS), self._MOST_STEPS)
        return ceil(steps / max(1, n_rows // self.batch_size))

    def _train(
        self,
        module: nn.Module,
        loss: Loss,
        data: tuple[torch.Tensor, ...],
        streams: RandomStreams,
        *,
        validation: Score | None = None,
        on_epoch: Callable[[float], None] | None = None,
        clip_norm: float | None = None,
        before: Patience | None = None,
    ) -> int:
        """Train a module by the parameters of the estimator, and say which member did best.

        Parameters
        ----------
        module, loss, data, streams, validation, clip_norm
            As for :func:`causalrep.neural.fit_ensemble`.
        on_epoch : callable, default=None
            Told before every epoch which share of training lies behind, from 0 to 1: what
            anneals a penalty, also after a checkpoint.
        before : Patience, default=None
            What found the start: its seconds count, and Ctrl-C there ends training too.

        Returns
        -------
        int
            The member with the smallest score; ``history_.best`` has all scores.

        Warns
        -----
        ConvergenceWarning
            If training was stopped early, or no member kept finite.
        """
        n_epochs = self._n_epochs(len(data[0]))
        spent = before.seconds if before is not None else 0.0

        def epochs(numbers: Iterable[int]) -> Iterator[int]:
            if before is not None and before.stopped == "interrupt":
                raise KeyboardInterrupt
            for number in self._steps(numbers, "epoch"):
                if on_epoch is not None:
                    on_epoch(number / n_epochs)
                yield number

        history = fit_ensemble(
            module,
            loss,
            data,
            streams,
            n_epochs=n_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            validation=validation,
            max_time=None if self.max_time is None else self.max_time - spent,
            checkpoint=self.checkpoint,
            clip_norm=clip_norm,
            settings=self._settings(),
            epochs=epochs,
        )
        self.history_ = replace(history, seconds=history.seconds + spent)
        self.n_iter_ = max(1, len(self.history_.loss))
        self.converged_ = self.history_.stopped == "epochs"
        self._warn_if_stopped(self.history_, n_epochs)
        return int(self.history_.best.argmin())

    def _settings(self) -> tuple[str, ...]:
        """Parameters on which the result depends, as text."""
        parameters = self.get_params()
        return tuple(
            f"{name}={parameters[name]!r}"
            for name in sorted(parameters)
            if name not in self._NOT_SETTINGS
        )

    def _warn_if_stopped(self, history: TrainingHistory, n_epochs: int) -> None:
        name = type(self).__name__
        if not np.isfinite(history.best).any() and len(history.loss):
            self.converged_ = False
            warnings.warn(
                f"No member of {name} kept a finite loss, so its networks are as they began. "
                "Lower learning_rate.",
                ConvergenceWarning,
                stacklevel=4,
            )
        if history.stopped == "epochs":
            return
        reason = {"time": f"max_time={self.max_time} was over", "interrupt": "of Ctrl-C"}
        warnings.warn(
            f"{name} stopped after {len(history.loss)} of {n_epochs} epochs because "
            f"{reason[history.stopped]}; the best state so far is kept. Fit again with a "
            "checkpoint to go on from where it stops.",
            ConvergenceWarning,
            stacklevel=4,
        )


class NeuralLatentsMixin(NamedLatentsMixin):
    """Latents by ``encoder_`` of ``(x - mean_) / scale_``, and back by ``decoder_``."""

    encoder_: Any
    decoder_: Any
    mean_: np.ndarray
    scale_: np.ndarray

    def transform(self, X: Any) -> np.ndarray:
        """Compute the latents of samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples with the features seen in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_latents)
            Latents, one column each.
        """
        return self._encoded(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _encoded(self, X: Any) -> np.ndarray:
        """Return what the encoder makes of samples, as an array whatever the output is set to."""
        check_is_fitted(self)
        X = check_samples(self, X, reset=False)
        return evaluated(self.encoder_, (X - self.mean_) / self.scale_)

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Compute features from latents.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_latents)
            Values of the latents.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            What the decoder makes of them.
        """
        Z = self._checked_latents(Z)
        return decoded(self.decoder_, Z, self.scale_, self.mean_)

    def _checked_latents(self, Z: Any) -> np.ndarray:
        """Return values of the latents as an array, or refuse them."""
        check_is_fitted(self)
        return checked_latents(Z, self.n_latents_)


def checked_n_latents(n_latents: int, n_features: int) -> int:
    """Return a number of latents that so many features can show.

    Parameters
    ----------
    n_latents : int
    n_features : int
        Features, or directions in which they vary.

    Returns
    -------
    int

    Raises
    ------
    InvalidDataError
        If there are more latents than that.

    Examples
    --------
    >>> from causalrep.neural.estimator import checked_n_latents
    >>> checked_n_latents(2, 3)
    2
    """
    if n_latents > n_features:
        raise InvalidDataError(
            f"n_latents={n_latents}, but X has n_features = {n_features} that are not linear "
            "combinations of others. A mixing of more latents than features is not injective: "
            f"set n_latents to {n_features} or less."
        )
    return int(n_latents)


def checked_widths(widths: Any) -> list[int]:
    """Return the numbers of hidden units.

    Parameters
    ----------
    widths : sequence of int
        The parameter ``hidden_widths``.

    Returns
    -------
    list of int

    Raises
    ------
    InvalidParameterError
        If one is no whole number from 1 to a million, or they have no order.

    Examples
    --------
    >>> from causalrep.neural.estimator import checked_widths
    >>> checked_widths((64, 32))
    [64, 32]
    """
    unordered = isinstance(widths, set | frozenset | Mapping)
    whole = all(type(width) is int or isinstance(width, np.integer) for width in widths)
    if unordered or not whole or not all(1 <= width <= _MOST_UNITS for width in widths):
        raise InvalidParameterError(
            "hidden_widths wants the numbers of units of each hidden layer, whole and positive "
            f"up to {_MOST_UNITS}, such as (64, 64), but got {widths!r}."
        )
    return [int(width) for width in widths]


def resolved_device(device: str | None) -> torch.device:
    """Return the device of a name.

    Parameters
    ----------
    device : str or None
        As torch names it, such as "cpu" or "cuda:1"; None is CUDA where there is one, and else
        the CPU.

    Returns
    -------
    torch.device

    Raises
    ------
    InvalidParameterError
        If there is no such device.

    Examples
    --------
    >>> from causalrep.neural.estimator import resolved_device
    >>> resolved_device("cpu")
    device(type='cpu')
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        present = ["cpu"] + [f"cuda:{place}" for place in range(torch.cuda.device_count())]
        raise InvalidParameterError(
            f"device={device!r} cannot be used here; torch finds {', '.join(present)}. Choose "
            "one of these, or None for the best."
        ) from error
    return found
