"""Covariance matrices that come without samples: the one gate, and their correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from causalrep.exceptions import InvalidDataError
from causalrep.gaps import refuse_masked

__all__ = ["centred", "check_covariance", "correlation_of", "covariance_of", "covariance_trouble"]

_ROUND_OFF = 1e-8


def check_covariance(covariance: Any) -> np.ndarray:
    """Return a finite, symmetric, positive semi-definite matrix as float64.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)

    Returns
    -------
    ndarray of shape (n_variables, n_variables)
        Symmetric to the last bit.

    Raises
    ------
    InvalidDataError
        If it is no covariance or correlation matrix; the message says why.

    Examples
    --------
    >>> from causalrep.covariances import check_covariance
    >>> check_covariance([[2, 1], [1, 2]])
    array([[2., 1.],
           [1., 2.]])
    """
    refuse_masked("A covariance matrix is complete", covariance, "this one")
    try:
        matrix = np.asarray(covariance)
    except ValueError as error:
        raise InvalidDataError("A covariance matrix is square, but a ragged list came.") from error
    if matrix.ndim != 2 or len(set(matrix.shape)) != 1 or matrix.dtype.kind not in "fiub":
        raise InvalidDataError(
            "A covariance or correlation matrix is square and real, but one of shape "
            f"{matrix.shape} and type {matrix.dtype} came."
        )
    matrix = matrix.astype(np.float64)
    trouble = covariance_trouble(matrix)
    if trouble:
        raise InvalidDataError(
            f"A covariance or correlation matrix was wanted, but this one {trouble}. Matrices "
            "with missing values left out pair by pair are often none: use complete samples."
        )
    return (matrix + matrix.T) / 2


def covariance_trouble(matrix: np.ndarray) -> str:
    """Say what keeps a square matrix from being a covariance; nothing where it is one.

    Parameters
    ----------
    matrix : ndarray of shape (n_variables, n_variables)

    Returns
    -------
    str
        A verb and what follows it, or the empty text.
    """
    if not matrix.size:
        return "has no variables"
    if not np.isfinite(matrix).all():
        return f"holds {(~np.isfinite(matrix)).sum()} values that are not finite"
    variances = np.diag(matrix)
    if (variances < 0).any():
        return f"has the negative variance {variances.min():.3g}"
    scales = np.sqrt(np.where(variances > 0, variances, 1.0))
    correlations = matrix / scales / scales[:, None]
    asymmetry = np.abs(correlations - correlations.T).max()
    if asymmetry > _ROUND_OFF:
        return f"is not symmetric (differences up to {asymmetry:.3g} of the standard deviations)"
    smallest = np.linalg.eigvalsh(correlations)[0]
    if smallest < -_ROUND_OFF:
        return f"has the negative eigenvalue {smallest:.3g} as a correlation matrix"
    return ""


def centred(X: np.ndarray) -> np.ndarray:
    """Take the means from samples; what rounding leaves of a constant column is taken too.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Constant columns are zero to the last bit, so that they are found.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.covariances import centred
    >>> X = np.column_stack([np.full(60, 3.7), np.arange(60)])
    >>> bool((X - X.mean(axis=0))[:, 0].any()), bool(centred(X)[:, 0].any())
    (True, False)
    """
    return X - np.where((X[0] == X).all(axis=0), X[0], X.mean(axis=0))


def covariance_of(X: np.ndarray) -> np.ndarray:
    """Return the maximum likelihood covariance of samples.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_features, n_features)
        Of a constant column exactly zero.
    """
    Z = centred(X)
    return Z.T @ Z / len(Z)


def correlation_of(covariance: np.ndarray) -> np.ndarray:
    """Return the correlations of variables that all vary, with ones on the diagonal.

    Parameters
    ----------
    covariance : ndarray of shape (n_variables, n_variables)

    Returns
    -------
    ndarray of shape (n_variables, n_variables)
    """
    scales = np.sqrt(np.diag(covariance))
    correlation = covariance / scales[:, None] / scales
    np.fill_diagonal(correlation, 1.0)
    return correlation
