"""Causal effects with latents, from the mixing matrix of an overcomplete ICA."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.utils._param_validation import HasMethods, Interval

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred
from causalrep.exceptions import InvalidDataError
from causalrep.overcomplete import ReconstructionICA
from causalrep.validation import check_columns, power_of_two_scales
from discovery.confounded_models import check_several, confounded_model
from discovery.cumulant_discovery import SwappedModel

__all__ = ["LvLiNGAM", "models_of_mixing"]

_MOST_MODELS = 256
_OUTSIDE = 1000.0


class LvLiNGAM(CertifiedMixin, BaseEstimator):
    r"""Causal graph with latents from an overcomplete independent component analysis.

    .. math:: x = (I - \Lambda)^{-1} (\varepsilon + \Gamma L) = B \eta .

    The mixing B tells which sources act on which features, and so who is a cause of whom; the
    sources whose columns fit a feature's noise give its effects. It is a rival for comparisons:
    the number of latents must be known, and small entries are told by a threshold.

    Parameters
    ----------
    n_latents : int, default=1
        Number of latents.
    ica : estimator, default=None
        Overcomplete ICA with ``mixing_`` (n_features, n_components) after fit; it is cloned.
        Reconstruction ICA where None.
    threshold : float, default=0.1
        Entries of B are zero if below this share of the largest of their column, and direct
        effects if below it, all for standardised features.
    random_state : int, RandomState or None, default=None
        Of the default ``ica``.

    Attributes
    ----------
    graph_ : Graph
        Features and latents "L1", ... of the sparsest model.
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Its direct effects over ``graph_.nodes``, row = cause, column = effect.
    mixing_ : ndarray of shape (n_features, n_latents)
        Its total effects of the latents.
    causal_order_ : tuple of str
        Features, causes first.
    swapped_ : tuple of SwappedModel
        All models that the mixing allows, the sparsest first.
    ica_ : estimator
        The fitted analysis.
    n_latents_ : int
        Number of latents with two children or more.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    If no effects cancel, a feature is a cause of another just if all its sources are also those
    of the other. The noise of a feature acts on it and on its effects; each column with this
    support may be the noise, and the others are latents. This is the class of causal effects of
    [1]_, obtained from the mixing as in [2]_.

    References
    ----------
    .. [1] S. Salehkaleybar, A. Ghassami, N. Kiyavash, K. Zhang, "Learning linear non-Gaussian
       causal models in the presence of latent variables", JMLR 21 (2020) 1-24.
    .. [2] P. O. Hoyer, S. Shimizu, A. J. Kerminen, M. Palviainen, "Estimation of causal effects
       using linear non-Gaussian causal models with hidden variables", International Journal of
       Approximate Reasoning 49 (2008) 362-378.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.overcomplete import CumulantICA
    >>> from discovery import LvLiNGAM
    >>> rng = np.random.default_rng(0)
    >>> latent, w, x, y = rng.exponential(size=(4, 20_000))
    >>> x = x + latent
    >>> X = np.column_stack([w + latent, x, y + x + latent])
    >>> model = LvLiNGAM(ica=CumulantICA(4, random_state=0)).fit(X)
    >>> print(model.graph_)
    nodes X1, X2, X3, L1; X2 --> X3, L1 --> X1, L1 --> X2, L1 --> X3; latent L1
    """

    _parameter_constraints = {
        "n_latents": [Interval(Integral, 0, None, closed="left")],
        "ica": [HasMethods(["fit", "get_params"]), None],
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_latents: int = 1,
        *,
        ica: Any = None,
        threshold: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.ica = ica
        self.threshold = threshold
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the mixing, and the models that it allows.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        LvLiNGAM
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used, or there are fewer components than features.
        """
        X, names = check_several(self, X, min_samples=2)
        powers = power_of_two_scales(X)
        Z = centred(X / powers)
        check_columns(Z.T @ Z, names)
        scales = np.sqrt((Z**2).mean(axis=0)) * powers
        default = ReconstructionICA(len(names) + self.n_latents, random_state=self.random_state)
        self.ica_ = clone(default if self.ica is None else self.ica).fit(X / scales)
        B = np.asarray(self.ica_.mixing_)
        if B.shape[1] < len(names):
            raise InvalidDataError(
                f"LvLiNGAM needs a component for each of the {len(names)} features at least, but "
                f"ica found {B.shape[1]}. Set its n_components to the number of features and "
                "latents."
            )
        self.swapped_ = models_of_mixing(B, names, scales, self.threshold)
        best = self.swapped_[0]
        p = len(names)
        self.graph_, self.weights_ = best.graph, best.weights
        self.n_latents_ = len(self.graph_.latent)
        effects, loadings = best.weights[:p, :p].T, best.weights[p:, :p].T
        self.mixing_ = np.linalg.solve(np.eye(p) - effects, loadings)
        order = self.graph_.topological_order()
        self.causal_order_ = tuple(node for node in order if node in names)
        return self


def models_of_mixing(
    B: np.ndarray, names: tuple[str, ...], scales: np.ndarray, threshold: float
) -> tuple[SwappedModel, ...]:
    """List the structural models that a mixing allows.

    Parameters
    ----------
    B : ndarray of shape (n_features, n_sources)
        Mixing of standardised features, columns of any order and scale.
    names : tuple of str
        Names of the features.
    scales : ndarray of shape (n_features,)
        Their standard deviations.
    threshold : float
        Below which entries, and direct effects, are zero.

    Returns
    -------
    tuple of SwappedModel
        The sparsest first.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.lvlingam import models_of_mixing
    >>> B = np.array([[1.0, 0.0, 1.0], [2.0, 1.0, 3.0]])
    >>> models = models_of_mixing(B, ("x", "y"), np.ones(2), 0.1)
    >>> [some.weights[0, 1].item() for some in models]
    [2.0, 3.0]
    """
    norms = np.abs(B).max(axis=0)
    B = B / np.where(norms > 0, norms, 1.0)
    seen = np.abs(B) > threshold
    is_cause = _causes(seen)
    models = [
        _model(B, chosen, is_cause, names, scales, threshold)
        for chosen in islice(_noises(seen, is_cause), _MOST_MODELS)
    ]
    return tuple(sorted(models, key=lambda some: len(some.graph.edges)))


def _causes(seen: np.ndarray) -> np.ndarray:
    """Whether all sources of i are sources of j, and j has more."""
    inside = np.logical_not((seen[:, None] & ~seen[None]).any(axis=2))
    return np.logical_and(inside, ~inside.T)


def _noises(seen: np.ndarray, is_cause: np.ndarray) -> Iterator[list[int]]:
    """Columns that may be the noises of the features, those of the best match first."""
    p = len(seen)
    support = is_cause.T | np.eye(p, dtype=bool)
    cost = (support[:, :, None] != seen[:, None, :]).sum(axis=0).astype(float)
    cost[~seen] += _OUTSIDE
    _, matched = linear_sum_assignment(cost)
    options = [
        [matched[i], *(c for c in np.flatnonzero(cost[i] == 0) if c != matched[i])]
        for i in range(p)
    ]
    for chosen in product(*options):
        if len(set(chosen)) == p:
            yield [int(column) for column in chosen]


def _model(
    B: np.ndarray,
    chosen: list[int],
    is_cause: np.ndarray,
    names: tuple[str, ...],
    scales: np.ndarray,
    threshold: float,
) -> SwappedModel:
    """Direct effects and loadings if the chosen columns are the noises."""
    p = len(names)
    own = B[range(p), chosen]
    T = np.where(is_cause.T, B[:, chosen] / np.where(own == 0, 1.0, own), 0.0) + np.eye(p)
    hidden_columns = np.delete(B, chosen, axis=1)
    rest = np.linalg.inv(T)
    effects, loadings = np.eye(p) - rest, rest @ hidden_columns
    effects[np.abs(effects) < threshold] = 0.0
    loadings[np.abs(loadings) < threshold * np.abs(loadings).max(axis=0, initial=0.0)] = 0.0
    model = confounded_model(effects, loadings, names, scales)
    return SwappedModel(swaps=(), graph=model.graph, weights=model.weights)
