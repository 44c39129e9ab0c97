"""Whether a model holds: a Wald test of the cumulants that none of its parameters can move."""

from __future__ import annotations

import numpy as np

from causalrep.cumulant_fit.data import CumulantData

__all__ = ["leverage_covariance", "specification_statistic"]

_ROUND_OFF = 1e-12
_MOST_LEVERAGE = 0.9


def specification_statistic(
    data: CumulantData, residual: np.ndarray, directions: np.ndarray
) -> float:
    r"""Wald statistic of weighted residuals in some directions, on the scale of chi-square.

    Parameters
    ----------
    data : CumulantData
        What was fitted.
    residual : ndarray of shape (n_moments,)
        Weighted cumulants less those of the model.
    directions : ndarray of shape (n_moments, n_directions)
        Orthonormal, and not moved by any parameter.

    Returns
    -------
    float
        Not negative. Under the model it is chi-square with as many degrees of freedom as
        directions for many samples, and smaller where few samples have most of the leverage.

    Notes
    -----
    The covariance of the residuals in these directions is that of :func:`leverage_covariance`,
    whatever the weights; without influences, the plain one.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit import CumulantData
    >>> from causalrep.cumulant_fit.specification import specification_statistic
    >>> X = np.random.default_rng(0).exponential(size=(500, 2))
    >>> data = CumulantData.from_samples(X)
    >>> shares = np.sqrt(np.arange(data.n_moments))
    >>> specification_statistic(data, shares, np.eye(data.n_moments)[:, :5]) < 30
    True
    """
    combinations = directions.T @ data.whitening
    covariance = combinations @ (data.covariance / data.n_samples) @ combinations.T
    variances, axes = np.linalg.eigh(covariance)
    kept = variances > _ROUND_OFF * variances[-1]
    scaled = axes[:, kept] / np.sqrt(variances[kept])
    values = scaled.T @ (directions.T @ residual)
    if data.influences is None:
        return float(values @ values)
    Y = data.influences @ (combinations.T @ scaled) / data.n_samples
    return float(values @ np.linalg.solve(leverage_covariance(Y), values))


def leverage_covariance(Y: np.ndarray) -> np.ndarray:
    r"""Covariance of a sum of rows, corrected for what each adds to its own estimate.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, d)
        Influences, whitened so that ``Y.T @ Y`` is the identity.

    Returns
    -------
    ndarray of shape (d, d)
        :math:`\sum_i Y_i Y_i' / (1 - |Y_i|^2)`, leverages :math:`|Y_i|^2` up to .9: at least the
        identity.

    References
    ----------
    MacKinnon, White. "Some heteroskedasticity-consistent covariance matrix estimators with
    improved finite sample properties", Journal of Econometrics 29 (1985) 305-325,
    doi:10.1016/0304-4076(85)90158-7 (HC2, there for regression).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit.specification import leverage_covariance
    >>> leverage_covariance(np.sqrt([[0.5], [0.25], [0.25]])).round(3)
    array([[1.667]])
    """
    leverages = np.minimum(np.sum(Y**2, axis=1), _MOST_LEVERAGE)
    return Y.T @ (Y / (1.0 - leverages)[:, None])
