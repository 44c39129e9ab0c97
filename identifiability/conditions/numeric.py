"""Conditions on numbers: ranks of loadings, actions, decoders and natural parameters."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from causalrep.arguments import array, checked, number, samples
from causalrep.exceptions import InvalidDataError
from identifiability.angles import row_angle_matrix
from identifiability.conditions.results import ConditionResult
from identifiability.verdicts import Answer

__all__ = [
    "action_rank",
    "natural_parameter_rank",
    "non_parallel_columns",
    "polynomial_rank",
    "row_deletion",
]

_DISCRETE = 10
_SEED = 0


@checked(loadings=array(2), tolerance=number(0))
def row_deletion(loadings: ArrayLike, *, tolerance: float = 1e-8) -> ConditionResult:
    r"""Check Anderson and Rubin's condition on the loadings of a factor model.

    Whichever feature is left out, two disjoint sets of the others must have loadings of full
    rank. Then the noise variances are determined, and the loadings up to a rotation.

    Parameters
    ----------
    loadings : array-like of shape (n_features, n_factors)
        Factors in columns.
    tolerance : float, default=1e-8
        Singular values below this share of the largest count as zero.

    Returns
    -------
    ConditionResult
        Its witnesses are the first row whose deletion fails.

    Notes
    -----
    Two disjoint bases of the rows of :math:`\Lambda` exist if and only if
    :math:`(\Lambda, D \Lambda)` has rank twice the number of factors for a generic diagonal D:
    it represents the union of two copies of the matroid of rows. The condition is sufficient; a
    "no" does not show that variances are open.

    References
    ----------
    .. [1] T. W. Anderson, H. Rubin, "Statistical inference in factor analysis", Third Berkeley
       Symposium 5 (1956).

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.conditions import row_deletion
    >>> bool(row_deletion(np.ones((3, 1))))
    True
    >>> print(row_deletion(np.ones((2, 1))))
    no: Without row 0, 1 rows cannot hold two disjoint sets of rank 1.
    """
    Lambda = _matrix(loadings, "loadings")
    n_features, n_factors = Lambda.shape
    scales = np.random.default_rng(_SEED).uniform(1.0, 2.0, size=(n_features, 1))
    doubled = np.hstack([Lambda, scales * Lambda])
    worst = 1.0
    for row in range(n_features):
        rest = np.delete(doubled, row, axis=0)
        rank, condition = _rank(rest, tolerance)
        if rank < 2 * n_factors:
            return ConditionResult(
                answer=Answer.NO,
                reason=(
                    f"Without row {row}, {len(rest)} rows cannot hold two disjoint sets of rank "
                    f"{n_factors}."
                ),
                witnesses=(str(row),),
            )
        worst = max(worst, condition)
    return ConditionResult(
        answer=Answer.YES,
        reason="Without any row, two disjoint sets of rows have full rank.",
        condition_number=worst,
    )


@checked(mixing=array(2), smallest_angle=number(0))
def non_parallel_columns(mixing: ArrayLike, *, smallest_angle: float = 1e-6) -> ConditionResult:
    """Check that no two columns of a mixing are parallel, as overcomplete mixtures need.

    Parameters
    ----------
    mixing : array-like of shape (n_features, n_sources)
        Sources in columns.
    smallest_angle : float, default=1e-6
        Columns at a smaller angle, in radians, count as parallel.

    Returns
    -------
    ConditionResult
        Its witnesses are the two closest columns, or one of zeros.

    References
    ----------
    .. [1] J. Eriksson, V. Koivunen, "Identifiability, separability, and uniqueness of linear ICA
       models", IEEE Signal Processing Letters 11 (2004).

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.conditions import non_parallel_columns
    >>> bool(non_parallel_columns(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])))
    True
    """
    A = _matrix(mixing, "mixing")
    empty = np.flatnonzero(~A.any(axis=0))
    if len(empty):
        return ConditionResult(
            answer=Answer.NO,
            reason=f"Column {empty[0]} is zero: its source does not act.",
            witnesses=(str(empty[0]),),
        )
    angles = row_angle_matrix(A.T, A.T)
    pairs = list(combinations(range(A.shape[1]), 2))
    first, second = min(pairs, key=lambda pair: angles[pair], default=(0, 0))
    if pairs and angles[first, second] < smallest_angle:
        return ConditionResult(
            answer=Answer.NO,
            reason=f"Columns {first} and {second} are parallel.",
            witnesses=(str(first), str(second)),
        )
    return ConditionResult(answer=Answer.YES, reason="No two columns are parallel.")


@checked(effects=array(2), actions=samples(2), tolerance=number(0))
def action_rank(
    effects: ArrayLike, actions: ArrayLike | None = None, *, tolerance: float = 1e-8
) -> ConditionResult:
    """Check what Rep4Ex asks of actions: effects of full rank, and a support with interior.

    Parameters
    ----------
    effects : array-like of shape (n_actions, n_latents)
        Linear effect of every action on every latent.
    actions : array-like of shape (n_samples, n_actions), default=None
        Their values; None checks the effects alone.
    tolerance : float, default=1e-8
        Singular values below this share of the largest count as zero.

    Returns
    -------
    ConditionResult
        Inconclusive where an action takes few values: whether its support has an interior no
        sample tells then.

    References
    ----------
    .. [1] S. Saengkyongam, E. Rosenfeld, P. Ravikumar, N. Pfister, J. Peters, "Identifying
       representations for intervention extrapolation", ICLR 2024, arXiv:2310.04295.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.conditions import action_rank
    >>> print(action_rank(np.array([[1.0, 2.0], [2.0, 4.0]])))
    no: The effects of 2 actions on 2 latents have rank 1.
    >>> bool(action_rank(np.eye(2), np.random.default_rng(0).normal(size=(50, 2))))
    True
    """
    M = _matrix(effects, "effects")
    rank, condition = _rank(M, tolerance)
    if rank < M.shape[1]:
        return ConditionResult(
            answer=Answer.NO,
            reason=(
                f"The effects of {M.shape[0]} actions on {M.shape[1]} latents have rank {rank}."
            ),
        )
    if actions is not None:
        found = _support(_matrix(actions, "actions"), M.shape[0], tolerance)
        if found is not None:
            return found
    return ConditionResult(
        answer=Answer.YES,
        reason="Actions move the latents in all directions.",
        condition_number=condition,
    )


def _support(A: np.ndarray, n_actions: int, tolerance: float) -> ConditionResult | None:
    """Return why the support of actions may have no interior, if it may."""
    if A.shape[1] != n_actions:
        raise InvalidDataError(
            f"effects has a row for each of {n_actions} actions, but actions has {A.shape[1]} "
            "columns. Give both for the same actions."
        )
    rank, _ = _rank(A - A.mean(axis=0), tolerance)
    if rank < n_actions:
        return ConditionResult(
            answer=Answer.NO,
            reason=f"{n_actions} actions vary in {rank} directions only.",
        )
    few = [str(column) for column in range(n_actions) if len(np.unique(A[:, column])) < _DISCRETE]
    if few:
        return ConditionResult(
            answer=Answer.INCONCLUSIVE,
            reason=f"Actions {', '.join(few)} take fewer than {_DISCRETE} values.",
            witnesses=tuple(few),
        )
    return None


@checked(coefficients=array(2), tolerance=number(0))
def polynomial_rank(coefficients: ArrayLike, *, tolerance: float = 1e-8) -> ConditionResult:
    """Check that the coefficients of a polynomial decoder have full column rank.

    Parameters
    ----------
    coefficients : array-like of shape (n_features, n_monomials)
        One column for each monomial of the latents, the constant left out or not.
    tolerance : float, default=1e-8
        Singular values below this share of the largest count as zero.

    Returns
    -------
    ConditionResult
        Where it holds, encoders that invert some decoder of the same degree are affine functions
        of one another; see the guide.

    References
    ----------
    .. [1] K. Ahuja, D. Mahajan, Y. Wang, Y. Bengio, "Interventional causal representation
       learning", ICML 2023, arXiv:2209.11924.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.conditions import polynomial_rank
    >>> print(polynomial_rank(np.ones((2, 3))))
    no: 2 features cannot tell 3 monomials apart.
    """
    C = _matrix(coefficients, "coefficients")
    if C.shape[0] < C.shape[1]:
        return ConditionResult(
            answer=Answer.NO,
            reason=f"{C.shape[0]} features cannot tell {C.shape[1]} monomials apart.",
        )
    return _full_rank(C, "coefficients", "monomials", tolerance)


@checked(parameters=array(2), tolerance=number(0))
def natural_parameter_rank(parameters: ArrayLike, *, tolerance: float = 1e-8) -> ConditionResult:
    """Check that an auxiliary variable moves all natural parameters independently.

    Parameters
    ----------
    parameters : array-like of shape (n_values, n_parameters)
        Natural parameters of all latents, for every value of the auxiliary variable: two for a
        Gaussian latent, mean / variance and -1 / (2 variance).
    tolerance : float, default=1e-8
        Singular values below this share of the largest count as zero.

    Returns
    -------
    ConditionResult
        Whether the differences from the first value span all parameters: one value more than
        there are parameters is the least.

    References
    ----------
    .. [1] I. Khemakhem, D. Kingma, R. Monti, A. Hyvärinen, "Variational autoencoders and nonlinear
       ICA: a unifying framework", AISTATS 2020, arXiv:1907.04809.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.conditions import natural_parameter_rank
    >>> print(natural_parameter_rank(np.eye(3)[:2]))
    no: 1 differences cannot span 3 natural parameters.
    >>> bool(natural_parameter_rank(np.vstack([np.zeros(3), np.eye(3)])))
    True
    """
    values = _matrix(parameters, "parameters")
    L = values[1:] - values[0]
    if L.shape[0] < L.shape[1]:
        return ConditionResult(
            answer=Answer.NO,
            reason=f"{L.shape[0]} differences cannot span {L.shape[1]} natural parameters.",
        )
    return _full_rank(L, "differences", "natural parameters", tolerance)


def _full_rank(matrix: np.ndarray, what: str, of: str, tolerance: float) -> ConditionResult:
    rank, condition = _rank(matrix, tolerance)
    if rank < matrix.shape[1]:
        return ConditionResult(
            answer=Answer.NO, reason=f"The {what} have rank {rank} for {matrix.shape[1]} {of}."
        )
    return ConditionResult(
        answer=Answer.YES,
        reason=f"The {what} have full rank {rank}.",
        condition_number=condition,
    )


def _matrix(values: ArrayLike, what: str) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise InvalidDataError(
            f"{what} must be a matrix of finite numbers, but has shape {found.shape}"
            f"{'' if np.isfinite(found).all() else ' and holds others'}."
        )
    return found


def _rank(matrix: np.ndarray, tolerance: float) -> tuple[int, float]:
    """Return the numerical rank, and the condition number as far as it reaches."""
    sizes = np.linalg.svd(matrix, compute_uv=False)
    rank = int((sizes > tolerance * sizes[0]).sum()) if sizes.any() else 0
    return rank, float(sizes[0] / sizes[rank - 1]) if rank else np.inf
