"""Gaussian latents behind any mixing, from the contrast of environments."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import ceil
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from torch import nn

from causalrep.data import default_names
from causalrep.exceptions import ConvergenceWarning, IdentifiabilityWarning
from causalrep.graphs import Graph
from causalrep.neural.contrastive_head import LatentCauses, find_causes, identified
from causalrep.neural.contrastive_network import ContrastiveNetwork
from causalrep.neural.contrastive_start import fit_linear_contrast
from causalrep.neural.contrastive_straightening import GaussianCode, StraightenedEncoder
from causalrep.neural.estimator import (
    NeuralEstimator,
    NeuralLatentsMixin,
    checked_n_latents,
    checked_widths,
    resolved_device,
)
from causalrep.neural.interventional_autoencoder_networks import SkipMLP, SkipNetwork
from causalrep.neural.patience import Patience
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.random_streams import RandomStreams
from causalrep.neural.reference_units import reference_whitening
from causalrep.neural.rows import evaluated, feature_units, held_out, numbered_environments
from causalrep.neural.training import Loss, Score, fit_ensemble
from causalrep.progress import reports_progress
from causalrep.results import EdgeEstimate
from causalrep.validation import check_environments

__all__ = ["ContrastiveCRL"]

_VALIDATION_SHARE = 0.1
_BEHIND = (64, 64)
"""Hidden layers of what straightens the code."""


class ContrastiveCRL(NeuralLatentsMixin, NeuralEstimator):
    r"""Linear Gaussian latents behind an arbitrary mixing, from interventions on single latents.

    .. math:: z = A^\top z + \varepsilon, \qquad x = f(z),

    with an injective f of any form. Each environment besides the reference cuts one unknown
    latent from its parents and gives it a new mean and variance. Telling environments apart by
    quadratic functions of a code h(x) makes the code affine in z.

    Parameters
    ----------
    n_latents : int, default=None
        Number of latents; that of the environments besides the reference where None, and at
        most that of the features.
    edge_threshold : float, default=0.1
        Smallest standardised effect that counts as an edge.
    hidden_widths : sequence of int, default=(128, 128)
        Hidden layers of the encoder, and in reverse of the decoder.
    reference : label, default=None
        Label of the reference environment; where None, 0 if it occurs, and else the first in
        sorted order.
    n_restarts : int, default=1
        Networks trained side by side; the one with the least validation loss is kept.
    max_epochs : int, default=None
        Passes over the samples for the encoder, by their number where None; half as many for
        what straightens its code, and for the decoder.
    batch_size : int, default=1024
        Samples a step.
    learning_rate : float, default=0.001
        Step size of Adam at the beginning, for the encoder; three times as much after it.
    max_time : float, default=None
        Seconds for the linear start, the encoder, what straightens its code and the decoder
        together, after which training stops with the best so far.
    checkpoint : path-like, default=None
        File from which training of the encoder goes on; wants an integer ``random_state``.
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
        Row i makes latent i of the code of the network.
    mean_, scale_ : ndarray of shape (n_features,)
        Mean and standard deviation of the features.
    n_latents_ : int
        Number of latents.
    graph_ : Graph
        Edges between the latents "L1", "L2", ..., numbered by the first environment that acts
        on them.
    weights_ : ndarray of shape (n_latents, n_latents)
        Standardised direct effects, row = cause, column = effect; NaN where not identified.
    edges_ : tuple of EdgeEstimate
        All pairs, in the causal order, whether kept in the graph or not.
    noise_variances_ : ndarray of shape (n_latents,)
        Share of each latent's variance that its parents leave unexplained.
    causal_order_ : ndarray of shape (n_latents,)
        Positions of the latents, causes first.
    environments_ : ndarray of shape (n_environments,)
        Labels, the reference first.
    targets_ : ndarray of shape (n_environments,)
        Position of the latent that each environment acts on; -1 for none. Where an environment
        besides the reference acts on none, there are too few latents, and none is identified.
    contrast_ : float
        Cross-entropy of the environments given the latents, of the model with one intervention
        each.
    identification_ : Identification
        What is identified, latent by latent.
    history_ : TrainingHistory
        Curves of all encoders, and the seconds of all training.
    n_iter_ : int
        Epochs that were trained.
    converged_ : bool
        Whether training ended by itself.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    With a perfect intervention on every latent, latents and graph are identified up to order,
    shift, sign and scale; the published theorem asks for Gaussian noise, and for interventions
    that change more than nothing. Latents have mean 0 and variance 1 in the reference and are
    signed so that the first environment on them raises them.

    Training differs from the publication. A linear code comes first, the best of several, and a
    perceptron beside it is trained with one softmax over all environments and free quadratic
    logits. Then the code is bent to be Gaussian in every environment, by maximum likelihood with
    exact Jacobians. The logits of the model are fitted afterwards to the code, from a start in
    closed form, and the graph comes from regressions in the order that the shifts of the means
    show. The decoder is trained last.

    References
    ----------
    S. Buchholz, G. Rajendran, E. Rosenfeld, B. Aragam, B. Schoelkopf, P. Ravikumar, "Learning
    linear causal representations from interventions under general nonlinear mixing", NeurIPS
    2023, arXiv:2306.02235. The head is derived in the guide.

    Examples
    --------
    >>> from causalrep.neural import ContrastiveCRL
    >>> from simulators import contrastive
    >>> data = contrastive(3, 6, n_edges_per_node=1, n_units=16, random_state=0).sample(
    ...     500, random_state=0
    ... )
    >>> model = ContrastiveCRL(hidden_widths=(32, 32), max_epochs=20, random_state=0).fit(data)
    >>> model.transform(data).shape, model.targets_.tolist()
    ((2000, 3), [-1, 0, 1, 2])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeuralEstimator._parameter_constraints,
        "n_latents": [Interval(Integral, 1, None, closed="left"), None],
        "edge_threshold": [Interval(Real, 0, None, closed="left")],
        "hidden_widths": ["array-like"],
        "reference": "no_validation",
    }
    _MOST_STEPS = 1000
    _HEAD_STEPS = 200
    _LINEAR_STARTS, _LINEAR_STEPS = 4, 120

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        edge_threshold: float = 0.1,
        hidden_widths: Any = (128, 128),
        reference: Any = None,
        n_restarts: int = 1,
        max_epochs: int | None = None,
        batch_size: int = 1024,
        learning_rate: float = 1e-3,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.edge_threshold = edge_threshold
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
        """Learn latents, targets and graph from samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples of all environments.
        y : array-like of shape (n_samples,), default=None
            Environment of every sample; the labels of a Dataset where None.

        Returns
        -------
        ContrastiveCRL
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, EnvironmentLabelError
            If samples or labels cannot be used; the message says which.

        Warns
        -----
        IdentifiabilityWarning
            If nothing acts on a latent, or an environment on none of them.
        ConvergenceWarning
            If training was stopped early.
        """
        X, y = check_environments(self, X, y)
        self.environments_, contexts = numbered_environments(y, self.reference)
        self.mean_, self.scale_ = feature_units(X)
        X = (X - self.mean_) / self.scale_
        axes = PrincipalCoordinates.of(X, whitened=0.5)
        Y = X @ axes.forward
        wanted = self.n_latents or min(len(self.environments_) - 1, Y.shape[1])
        self.n_latents_ = checked_n_latents(wanted, Y.shape[1])
        rng = check_random_state(self.random_state)
        rows = held_out(len(Y), _VALIDATION_SHARE, rng)
        encoder = self._straightened(self._chart(Y, contexts, rows, rng), Y, contexts, rows, rng)
        codes, patience = evaluated(encoder, Y), Patience(None)
        causes = find_causes(codes, contexts, self._HEAD_STEPS, rng, patience)
        self.converged_ = self.converged_ and not patience.stopped
        encoder = encoder.then_affine(causes.matrix, causes.offset)
        self.encoder_ = axes.before(encoder)
        self.decoder_ = axes.undone_after(self._decoder(evaluated(encoder, Y), Y, rows, rng))
        self._store(causes)
        self._warn(patience)
        return self

    def _chart(
        self, Y: np.ndarray, contexts: np.ndarray, rows: np.ndarray, rng: np.random.RandomState
    ) -> SkipMLP:
        """Train encoders from a linear one to tell environments apart, and return the best."""
        streams = self._streams(rng)
        n_contexts = len(self.environments_) - 1
        widths = checked_widths(self.hidden_widths)
        network = ContrastiveNetwork(Y.shape[1], self.n_latents_, n_contexts, widths, streams)
        clock = Patience(self.max_time)
        start = fit_linear_contrast(
            Y[~rows],
            contexts[~rows],
            self.n_latents_,
            n_contexts,
            n_starts=self._LINEAR_STARTS,
            max_iter=self._LINEAR_STEPS,
            rng=rng,
            patience=clock,
        )
        network.start_at(start)
        data, tested = self._split(streams, Y, contexts, rows)

        def score() -> torch.Tensor:
            return network.loss(tested)

        best = self._train(network, network.loss, data, streams, validation=score, before=clock)
        return network.encoder.member(best)

    def _straightened(
        self,
        chart: SkipMLP,
        Y: np.ndarray,
        contexts: np.ndarray,
        rows: np.ndarray,
        rng: np.random.RandomState,
    ) -> StraightenedEncoder:
        """Bend the code until it is Gaussian in every environment."""
        codes = evaluated(chart, Y)
        centre, whitening = reference_whitening(codes, contexts)
        chart = chart.then_affine(whitening, -centre @ whitening)
        codes = (codes - centre) @ whitening
        streams = self._single_stream(rng)
        network = GaussianCode(codes, contexts, _BEHIND, streams)
        data, tested = self._split(streams, codes, contexts, rows)
        self._train_further(
            network, network.loss, data, streams, validation=lambda: network.loss(tested)
        )
        return network.after(chart, 0)

    def _decoder(
        self, Z: np.ndarray, Y: np.ndarray, rows: np.ndarray, rng: np.random.RandomState
    ) -> SkipMLP:
        """Train a decoder for latents that stay as they are, from the best linear one."""
        streams = self._single_stream(rng)
        widths = checked_widths(self.hidden_widths)
        network = SkipNetwork([Z.shape[1], *widths[::-1], Y.shape[1]], streams, slope=0.2)
        network.start_at(np.linalg.lstsq(Z, Y, rcond=None)[0])
        z, y, z_held, y_held = self._tensors(streams, Z[~rows], Y[~rows], Z[rows], Y[rows])

        def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
            return (network(batch[0]) - batch[1]).square().mean(dim=(1, 2))

        self._train_further(
            network, loss, (z, y), streams, validation=lambda: loss((z_held[None], y_held[None]))
        )
        return network.member(0)

    def _single_stream(self, rng: np.random.RandomState) -> RandomStreams:
        return RandomStreams([rng.randint(np.iinfo(np.int32).max)], resolved_device(self.device))

    def _split(
        self, streams: RandomStreams, codes: np.ndarray, contexts: np.ndarray, rows: np.ndarray
    ) -> tuple[tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
        """Return what is trained on, and what is held out, with an axis of members."""
        tested, trained = self._tensors(streams, codes[rows], codes[~rows])
        labels = torch.tensor(contexts, device=streams.device)
        mask = torch.tensor(rows, device=streams.device)
        held = tested.expand(len(streams), -1, -1), labels[mask].expand(len(streams), -1)
        return (trained, labels[~mask]), held

    def _train_further(
        self,
        module: nn.Module,
        loss: Loss,
        data: tuple[torch.Tensor, ...],
        streams: RandomStreams,
        validation: Score,
    ) -> None:
        """Train what stands behind the encoder; not at all where its training was cut short."""
        n_epochs = ceil(self._n_epochs(len(data[0])) / 2) if self.converged_ else 0
        left = None if self.max_time is None else self.max_time - self.history_.seconds
        history = fit_ensemble(
            module,
            loss,
            data,
            streams,
            n_epochs=n_epochs,
            batch_size=self.batch_size,
            learning_rate=3 * self.learning_rate,
            validation=validation,
            max_time=left,
            epochs=lambda numbers: self._steps(numbers, "epoch"),
        )
        self.history_ = replace(self.history_, seconds=self.history_.seconds + history.seconds)
        self.converged_ = self.converged_ and history.stopped == "epochs"
        self._warn_if_stopped(history, n_epochs)

    def _store(self, causes: LatentCauses) -> None:
        """Graph, weights and what is identified."""
        names = default_names(self.n_latents_, "L")
        kept = np.abs(causes.effects) > self.edge_threshold
        known = np.isin(np.arange(len(names)), causes.targets) & (causes.targets >= 0).all()
        both = known & known[:, None]
        self.components_ = causes.matrix.T
        self.targets_, self.causal_order_ = np.r_[-1, causes.targets], causes.order
        self.noise_variances_, self.contrast_ = causes.noise_variances, causes.loss
        edges = [(names[i], names[j]) for i, j in np.argwhere(kept & both)]
        self.graph_ = Graph(names, edges, latent=names)
        unknown = ~both & ~np.eye(len(names), dtype=bool)
        self.weights_ = np.where(unknown, np.nan, np.where(kept, causes.effects, 0.0))
        self.edges_ = tuple(
            EdgeEstimate(
                source=names[i],
                target=names[j],
                weight=float(causes.effects[i, j]),
                in_graph=bool(kept[i, j] & both[i, j]),
                identified=bool(both[i, j]),
            )
            for place, j in enumerate(causes.order)
            for i in causes.order[:place]
        )
        self.identification_ = identified(names, self.environments_[1:], causes.targets)

    def _warn(self, patience: Patience) -> None:
        if patience.stopped:
            warnings.warn(
                "ContrastiveCRL stopped because of Ctrl-C; the best targets and graph so far are "
                "kept. Fit again for better ones.",
                ConvergenceWarning,
                stacklevel=4,
            )
        if self.identification_.doubt:
            warnings.warn(self.identification_.doubt, IdentifiabilityWarning, stacklevel=4)
