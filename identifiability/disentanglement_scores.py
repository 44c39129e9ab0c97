"""Metrics of disentanglement with the levels they must be read against: chance, and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from causalrep.arguments import checked, samples
from causalrep.exceptions import InvalidDataError
from identifiability.class_scores import refuse_constant
from identifiability.factor_fits import FactorFits, fit_classes, fit_factors
from identifiability.information import (
    MutualInformation,
    binned,
    default_bins,
    permuted_information,
    refuse_settings,
)
from identifiability.metrics import checked_pair, correlation_matrix, refuse_few_rows
from identifiability.score_rows import ScoreRow

__all__ = ["DisentanglementScores", "LevelledScore", "disentanglement_scores"]

LEARNERS = ("lasso", "boosting")


@dataclass(frozen=True)
class LevelledScore:
    """A score between what chance and what the true latents themselves get.

    Parameters
    ----------
    value : float
        Of the recovered latents.
    chance : float
        Mean over permutations of their rows.
    ceiling : float
        Of the true latents taken for an answer: below 1 where they depend on one another.
    """

    value: float
    chance: float
    ceiling: float

    @property
    def skill(self) -> float:
        """``(value - chance) / (ceiling - chance)``; NaN where the two are equal."""
        width = self.ceiling - self.chance
        return (self.value - self.chance) / width if width > 0.0 else np.nan


@dataclass(frozen=True, kw_only=True, eq=False)
class DisentanglementScores:
    """Metrics of disentanglement; each a :class:`LevelledScore`.

    Parameters
    ----------
    dci_disentanglement, dci_completeness, dci_informativeness : LevelledScore
        Whether a recovered latent is used for one true one only, whether a true one wants one
        recovered latent only, and explained variance of held-out samples.
    mig : LevelledScore
        Mutual information gap.
    sap : LevelledScore
        Separated attribute predictability.
    modularity, explicitness : LevelledScore
        Of Ridgeway and Mozer.
    info_modularity, info_compactness, info_explicitness : LevelledScore
        InfoMEC.
    information : MutualInformation
        What the metrics rest on; its ``active`` says which recovered latents tell anything.
    learner : str
        Regression behind the importances.
    n_samples : int
        Samples that were used.
    """

    dci_disentanglement: LevelledScore
    dci_completeness: LevelledScore
    dci_informativeness: LevelledScore
    mig: LevelledScore
    sap: LevelledScore
    modularity: LevelledScore
    explicitness: LevelledScore
    info_modularity: LevelledScore
    info_compactness: LevelledScore
    info_explicitness: LevelledScore
    information: MutualInformation
    learner: str
    n_samples: int

    @property
    def n_inactive(self) -> int:
        """Number of recovered latents that tell no more than chance."""
        return int((~self.information.active).sum())

    def scores(self) -> Iterator[tuple[str, LevelledScore]]:
        """Give the name and the score of every metric."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, LevelledScore):
                yield _NAMES[field.name], value

    def rows(self) -> list[ScoreRow]:
        """Return lines of the table of scores: best is what the truth itself gets."""
        note = "best: the truth itself; baseline: permuted rows"
        rows = [
            ScoreRow(name, score.value, score.ceiling, score.chance, note)
            for name, score in self.scores()
        ]
        return [*rows, ScoreRow("inactive latents", self.n_inactive, 0, None, "tell nothing")]


_NAMES = {
    "dci_disentanglement": "DCI disentanglement",
    "dci_completeness": "DCI completeness",
    "dci_informativeness": "DCI informativeness",
    "mig": "MIG",
    "sap": "SAP",
    "modularity": "modularity",
    "explicitness": "explicitness",
    "info_modularity": "InfoM",
    "info_compactness": "InfoC",
    "info_explicitness": "InfoE",
}


@checked(Z_estimated=samples(2), Z=samples(2))
def disentanglement_scores(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    *,
    learner: str = "lasso",
    n_bins: int | None = None,
    n_permutations: int = 100,
    n_baselines: int = 3,
    max_samples: int = 2000,
    random_state: int | np.random.Generator | None = 0,
) -> DisentanglementScores:
    r"""DCI, MIG, SAP, modularity and explicitness, and InfoMEC of recovered latents.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents, none constant.
    learner : {"lasso", "boosting"}, default="lasso"
        Whose importances DCI takes. Boosted trees see monotone maps through, and cost more.
    n_bins : int, default=None
        Bins of equal frequency for mutual information, see :func:`mutual_information`.
    n_permutations : int, default=100
        Permutations of rows that decide which latents are active.
    n_baselines : int, default=3
        How many of them held-out predictions are repeated on, for their chance levels.
    max_samples : int, default=2000
        More samples than that are drawn from at random.
    random_state : int, numpy.random.Generator or None, default=0
        Draws samples, permutations and halves.

    Returns
    -------
    DisentanglementScores

    Raises
    ------
    InvalidDataError
        If samples do not fit together, are too few, or a true latent is constant.

    Notes
    -----
    With :math:`m_{ij}` the adjusted normalised information between recovered latent i and true
    latent j, :math:`r_{ij}` their correlation and :math:`p_{ij}` the importances:

    - MIG is the mean over j of the largest less the second largest :math:`m_{ij}`, SAP that of
      :math:`r_{ij}^2`.
    - modularity is the mean over i of :math:`1 - \sum_{j \ne j^*} m_{ij}^2 / (d - 1) m_{ij^*}^2`.
    - InfoM is the mean over i of :math:`\max_j m_{ij} / \sum_j m_{ij}`, brought from
      :math:`[1/d, 1]` to [0, 1]; InfoC the same over j.
    - D is the mean over i of :math:`1 + \sum_j q_{ij} \log_d q_{ij}` with q the rows of p scaled
      to sum one, weighted by their sums; C the mean over j of the entropy of its columns.
    - explicitness is twice the area under the curve less one, InfoE the share of entropy
      removed, both of a logistic regression on all recovered latents that tells fifths of the
      true one; informativeness is the R2 of the regression. All three are of held-out samples.

    A recovered latent whose largest information is below its 95 % quantile over permutations is
    inactive: it counts in no mean over latents, and with none active the mean is 0. A true latent
    of which nobody tells more than that counts 0 in every mean over true latents.

    The metrics are made for independent true latents. Causes and effects tell of one another, so
    even a perfect answer stays below 1: read each beside its ceiling.

    References
    ----------
    C. Eastwood and C. Williams, "A framework for the quantitative evaluation of disentangled
    representations" (ICLR 2018). R. T. Q. Chen et al., "Isolating sources of disentanglement in
    variational autoencoders" (NeurIPS 2018), arXiv:1802.04942. A. Kumar et al., "Variational
    inference of disentangled latent concepts from unlabeled observations" (ICLR 2018).
    K. Ridgeway and M. Mozer, "Learning deep disentangled embeddings with the F-statistic loss"
    (NeurIPS 2018), arXiv:1802.05312. K. Hsu et al., "Disentanglement via latent quantization"
    (NeurIPS 2023), arXiv:2305.18378.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import disentanglement_scores
    >>> Z = np.random.default_rng(0).standard_normal((400, 2))
    >>> good, mixed = (disentanglement_scores(Z @ M, Z) for M in (np.eye(2), [[1, 1], [1, -1]]))
    >>> good.mig.value > 0.9, mixed.mig.value < 0.1, mixed.dci_informativeness.value > 0.99
    (True, True, True)
    """
    Z_estimated, Z = checked_pair(Z_estimated, Z)
    refuse_few_rows(Z)
    refuse_constant(Z)
    if learner not in LEARNERS:
        raise ValueError(f"learner must be 'lasso' or 'boosting', but is {learner!r}.")
    if n_baselines < 1 or max_samples < _FEWEST_SAMPLES or len(Z) < _FEWEST_SAMPLES:
        raise InvalidDataError(
            f"Metrics of disentanglement want {_FEWEST_SAMPLES} samples and a baseline, but got "
            f"{min(len(Z), max_samples)} and {n_baselines}."
        )
    random = np.random.default_rng(random_state)
    rows = np.sort(random.permutation(len(Z))[:max_samples])
    n_kept = len(rows)
    permutations = [random.permutation(n_kept) for _ in range(n_permutations)]
    size = default_bins(n_kept) if n_bins is None else n_bins
    refuse_settings(size, n_permutations, n_kept)
    seed = int(random.integers(2**31))
    judge = _Judge(Z[rows], size, learner, permutations, n_baselines, seed)
    return judge.scores(Z_estimated[rows])


_FEWEST_SAMPLES = 40
_N_CLASSES = 5


@dataclass(frozen=True, eq=False)
class _Judge:
    """True latents (n, d) and settings; scores any answer."""

    Z: np.ndarray
    n_bins: int
    learner: str
    permutations: list[np.ndarray]
    n_baselines: int
    seed: int

    def scores(self, W: np.ndarray) -> DisentanglementScores:
        information = self._information(W)
        null = [information.with_values(values) for values in information.null]
        squares = (correlation_matrix(W[rows], self.Z) ** 2 for rows in self.permutations)
        by_shares = [
            _share_values(found, square) for found, square in zip(null, squares, strict=True)
        ]
        chance = _mean_of(by_shares) | self._fitted_chance(W, null)
        values, ceiling = self._values(W, information), self._values(self.Z)
        levels = {
            name: LevelledScore(values[name], chance[name], ceiling[name]) for name in values
        }
        return DisentanglementScores(
            **levels, information=information, learner=self.learner, n_samples=len(W)
        )

    def _values(
        self, W: np.ndarray, information: MutualInformation | None = None
    ) -> dict[str, float]:
        known = self._information(W) if information is None else information
        shares = _share_values(known, correlation_matrix(W, self.Z) ** 2)
        fits = fit_factors(W, self.Z, self.learner, self.seed)
        return shares | _importance_values(known, fits) | self._prediction_values(W, fits)

    def _fitted_chance(self, W: np.ndarray, null: list[MutualInformation]) -> dict[str, float]:
        """Chance levels of the metrics that fit: an answer without active latents gets 0."""
        used, predictions = [], []
        for place, (found, rows) in enumerate(zip(null, self.permutations, strict=True)):
            wanted = place < self.n_baselines
            if not (wanted or found.active.any()):
                continue
            fits = fit_factors(W[rows], self.Z, self.learner, self.seed)
            used.append(_importance_values(found, fits))
            if wanted:
                predictions.append(self._prediction_values(W[rows], fits))
        share = len(used) / len(null)
        means = {name: share * mean for name, mean in _mean_of(used).items()}
        return means | _mean_of(predictions)

    def _information(self, W: np.ndarray) -> MutualInformation:
        return permuted_information(W, self.Z, self.n_bins, self.permutations)

    def _prediction_values(self, W: np.ndarray, fits: FactorFits) -> dict[str, float]:
        """Metrics by predictions of the true latents."""
        bins = np.column_stack([binned(column, _N_CLASSES) for column in self.Z.T])
        classes = fit_classes(W, bins, self.seed)
        return {
            "dci_informativeness": float(fits.r2.mean()),
            "explicitness": float(np.mean(np.maximum(2.0 * classes.auc - 1.0, 0.0))),
            "info_explicitness": float(classes.information.mean()),
        }


def _share_values(information: MutualInformation, squares: np.ndarray) -> dict[str, float]:
    """Metrics by information and squared correlations (k, d)."""
    active, found, shares = information.active, information.found, information.normalised
    kept = shares[active]
    capture = info_concentration(kept.T) * found if active.any() else np.zeros(len(found))
    return {
        "mig": float(np.mean(gap(shares) * found)),
        "sap": float(np.mean(gap(squares) * found)),
        "modularity": _mean(modularity(kept)),
        "info_modularity": _mean(info_concentration(kept)),
        "info_compactness": float(capture.mean()),
    }


def _importance_values(information: MutualInformation, fits: FactorFits) -> dict[str, float]:
    """Disentanglement and completeness by importances."""
    active, found = information.active, information.found
    weights = fits.importances[active]
    compact = concentration(weights.T) * found if active.any() else np.zeros(len(found))
    return {
        "dci_disentanglement": _weighted_mean(concentration(weights), weights.sum(axis=1)),
        "dci_completeness": float(compact.mean()),
    }


def _mean_of(draws: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([draw[name] for draw in draws])) for name in draws[0]}


def gap(sizes: np.ndarray) -> np.ndarray:
    """Largest less second largest entry of every column (k, d), shape (d,)."""
    if len(sizes) == 1:
        return sizes[0]
    second, largest = np.sort(sizes, axis=0)[-2:]
    return largest - second


def modularity(shares: np.ndarray) -> np.ndarray:
    """One less the mean squared deviation of every row (k, d) from its largest entry alone."""
    if shares.shape[1] == 1:
        return np.ones(len(shares))
    largest = shares.max(axis=1, keepdims=True)
    ratios = np.divide(shares, largest, out=np.ones_like(shares), where=largest > 0.0)
    return 1.0 - (np.sum(ratios**2, axis=1) - 1.0) / (shares.shape[1] - 1.0)


def info_concentration(shares: np.ndarray) -> np.ndarray:
    """Largest entry of every row (k, d) by its sum, 0 if all d are alike, shape (k,)."""
    size = shares.shape[1]
    if size == 1:
        return np.ones(len(shares))
    total, alike = shares.sum(axis=1), np.full(len(shares), 1.0 / size)
    ratios = np.divide(shares.max(axis=1, initial=0.0), total, out=alike, where=total > 0.0)
    return (ratios - 1.0 / size) / (1.0 - 1.0 / size)


def concentration(weights: np.ndarray) -> np.ndarray:
    """One less the entropy of every row (k, d) to base d; 0 for a row of zeros."""
    size = weights.shape[1]
    if size == 1:
        return np.ones(len(weights))
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.full_like(weights, 1.0 / size), where=total > 0.0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0.0)
    return 1.0 + np.sum(shares * logs, axis=1) / np.log(size)


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    return float(values @ weights / total) if total > 0.0 else 0.0


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0
