"""Gaussian latents behind any mixing, from the contrast of environments."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from causalrep.data import default_names
from causalrep.exceptions import IdentifiabilityWarning
from causalrep.graphs import Graph
from causalrep.neural.contrastive_head import LatentCauses, find_causes
from causalrep.neural.contrastive_network import ContrastiveNetwork
from causalrep.neural.estimator import (
    NeuralEstimator,
    NeuralLatentsMixin,
    checked_n_latents,
    checked_widths,
)
from causalrep.neural.principal_coordinates import PrincipalCoordinates
from causalrep.neural.rows import evaluated, feature_units, held_out, numbered_environments
from causalrep.progress import reports_progress
from causalrep.results import EdgeEstimate, Identification, names_of
from causalrep.validation import check_environments

__all__ = ["ContrastiveCRL"]

_VALIDATION_SHARE = 0.1


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
    reconstruction : float, default=0.1
        Weight of the squared error of a decoder, which keeps the code from forgetting what the
        environments do not show; 0 as published.
    hidden_widths : sequence of int, default=(128, 128, 128)
        Hidden layers of the encoder.
    reference : label, default=None
        Label of the reference environment; where None, 0 if it occurs, and else the first in
        sorted order.
    n_restarts : int, default=1
        Networks trained side by side; the one with the least validation loss is kept.
    max_epochs : int, default=None
        Passes over the samples; by their number where None.
    batch_size : int, default=1024
        Samples a step.
    learning_rate : float, default=0.003
        Step size of Adam at the beginning.
    max_time : float, default=None
        Seconds after which training stops with the best so far.
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
        Position of the latent that each environment acts on; -1 for none.
    contrast_ : float
        Cross-entropy of the environments given the latents, of the model with one intervention
        each.
    identification_ : Identification
        What is identified, latent by latent.
    history_ : TrainingHistory
        Curves of all members.
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

    Training differs from the publication: one softmax over all environments in place of one
    logistic loss each, free quadratic functions in place of those of a graph, a decoder beside
    them, and an encoder that begins affine. The logits of the model are fitted afterwards to
    the code, from a start in closed form, and the graph comes from regressions in the order
    that the shifts of the means show.

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
        "reconstruction": [Interval(Real, 0, None, closed="left")],
        "hidden_widths": ["array-like"],
        "reference": "no_validation",
    }
    _MOST_STEPS = 5000
    _HEAD_STEPS = 200

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        edge_threshold: float = 0.1,
        reconstruction: float = 0.1,
        hidden_widths: Any = (128, 128, 128),
        reference: Any = None,
        n_restarts: int = 1,
        max_epochs: int | None = None,
        batch_size: int = 1024,
        learning_rate: float = 3e-3,
        max_time: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        device: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.edge_threshold = edge_threshold
        self.reconstruction = reconstruction
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
            If nothing acts on a latent.
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
        network, best = self._trained(Y, contexts, rng)
        encoder = network.encoder.member(best)
        causes = find_causes(evaluated(encoder, Y), contexts, max_iter=self._HEAD_STEPS, rng=rng)
        encoder = encoder.then_affine(causes.matrix, causes.offset)
        self.encoder_ = axes.before(encoder)
        undo = np.linalg.pinv(causes.matrix)
        decoder = network.decoder.member(best).after_affine(undo, -causes.offset @ undo)
        self.decoder_ = axes.undone_after(decoder)
        self._store(causes)
        self._warn()
        return self

    def _trained(
        self, Y: np.ndarray, contexts: np.ndarray, rng: np.random.RandomState
    ) -> tuple[ContrastiveNetwork, int]:
        """Train the networks; the validation loss decides."""
        streams = self._streams(rng)
        network = ContrastiveNetwork(
            Y.shape[1],
            self.n_latents_,
            len(self.environments_) - 1,
            checked_widths(self.hidden_widths),
            streams,
            reconstruction=self.reconstruction,
        )
        rows = held_out(len(Y), _VALIDATION_SHARE, rng)
        tested, trained = self._tensors(streams, Y[rows], Y[~rows])
        labels = torch.tensor(contexts, device=streams.device)
        mask = torch.tensor(rows, device=streams.device)
        everywhere = (
            tested.expand(self.n_restarts, -1, -1),
            labels[mask].expand(self.n_restarts, -1),
        )
        best = self._train(
            network,
            network.loss,
            (trained, labels[~mask]),
            streams,
            validation=lambda: network.loss(everywhere),
        )
        return network, best

    def _store(self, causes: LatentCauses) -> None:
        """Graph, weights and what is identified."""
        names = default_names(self.n_latents_, "L")
        kept = np.abs(causes.effects) > self.edge_threshold
        known = np.isin(np.arange(len(names)), causes.targets)
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
        self.identification_ = self._identification(names, causes.targets)

    def _identification(self, names: tuple[str, ...], targets: np.ndarray) -> Identification:
        rows = []
        for place, name in enumerate(names):
            acting = names_of([str(one) for one in self.environments_[1:][targets == place]])
            text = f"up to shift, sign and scale (environment {acting})"
            missing = "no environment acts on it; a perfect intervention on it would identify it"
            rows.append((name, bool(acting), text if acting else missing))
        n_known = sum(known for _, known, _ in rows)
        summary = (
            f"{n_known} of {len(names)} latents, and the edges between them, are identified up to "
            "order, shift, sign and scale, given Gaussian noise and perfect interventions on "
            "single latents."
        )
        return Identification(rows=tuple(rows), edges=(), summary=summary)

    def _warn(self) -> None:
        if self.identification_.doubt:
            warnings.warn(self.identification_.doubt, IdentifiabilityWarning, stacklevel=4)
