"""Angles between unmixing rows."""

from __future__ import annotations

import numpy as np

from causalrep.arguments import array, checked, positions
from causalrep.exceptions import InvalidDataError

__all__ = ["row_angle_matrix", "row_angles", "row_cosines"]


@checked(true_components=array(2, bounded=False), components=array(2, bounded=False))
def row_angle_matrix(
    true_components: np.ndarray, components: np.ndarray, *, mixing: np.ndarray | None = None
) -> np.ndarray:
    r"""Angles in radians, 0 to pi/2, between the lines spanned by unmixing rows.

    With unit rows a, b, sign chosen so that they make an acute angle, it is
    :math:`2\,\mathrm{atan2}(|a - b|, |a + b|)`: no digits are lost at small angles, where the
    arc cosine loses half of them (W. Kahan, "How futile are mindless assessments of
    roundoff", 2006).

    Parameters
    ----------
    true_components : ndarray of shape (n_true, n_features)
        True unmixing rows.
    components : ndarray of shape (n_estimated, n_features)
        Estimated unmixing rows.
    mixing : ndarray of shape (n_features, n_latents), default=None
        Compare only what acts on data ``x = mixing @ z``: a row h reads h x, and h x is
        unchanged by adding to h anything orthogonal to the image of the mixing. With U an
        orthonormal basis of that image, h x = (h U)(U' x), so the angle is taken between the
        rows of ``components @ U``.

    Returns
    -------
    ndarray of shape (n_true, n_estimated)
        pi/2 for a row of zeros.

    Examples
    --------
    >>> from identifiability import row_angle_matrix
    >>> row_angle_matrix([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [1.0, -1.0]])
    array([[0.   , 0.785],
           [1.571, 0.785]])
    """
    a, b = _unit_pair(true_components, components, mixing)
    gap = np.linalg.norm(a[:, None] - b[None], axis=2)
    total = np.linalg.norm(a[:, None] + b[None], axis=2)
    angles = 2.0 * np.arctan2(np.minimum(gap, total), np.maximum(gap, total))
    angles[~a.any(axis=1)] = np.pi / 2
    angles[:, ~b.any(axis=1)] = np.pi / 2
    return angles


@checked(true_components=array(2, bounded=False), components=array(2, bounded=False))
def row_cosines(
    true_components: np.ndarray, components: np.ndarray, *, mixing: np.ndarray | None = None
) -> np.ndarray:
    """Cosines between unmixing rows, with their sign.

    Parameters
    ----------
    true_components : ndarray of shape (n_true, n_features)
        True unmixing rows.
    components : ndarray of shape (n_estimated, n_features)
        Estimated unmixing rows.
    mixing : ndarray of shape (n_features, n_latents), default=None
        As in :func:`row_angle_matrix`.

    Returns
    -------
    ndarray of shape (n_true, n_estimated)
        0 for a row of zeros.

    Examples
    --------
    >>> from identifiability import row_cosines
    >>> row_cosines([[1.0, 0.0]], [[-3.0, 0.0], [0.0, 2.0]]).round(3) + 0.0
    array([[-1.,  0.]])
    """
    a, b = _unit_pair(true_components, components, mixing)
    return np.clip(a @ b.T, -1.0, 1.0)


@checked(
    components=array(2, bounded=False),
    true_components=array(2, bounded=False),
    permutation=positions(1, least=-1),
)
def row_angles(
    components: np.ndarray,
    true_components: np.ndarray,
    permutation: np.ndarray,
    *,
    mixing: np.ndarray | None = None,
) -> np.ndarray:
    """Angle of every true unmixing row with its partner; pi/2 where it has none.

    Parameters
    ----------
    components : ndarray of shape (n_estimated, n_features)
        Estimated unmixing rows.
    true_components : ndarray of shape (n_true, n_features)
        True unmixing rows.
    permutation : ndarray of shape (n_true,)
        Partners, as in :attr:`Alignment.permutation`.
    mixing : ndarray of shape (n_features, n_latents), default=None
        As in :func:`row_angle_matrix`.

    Examples
    --------
    >>> from identifiability import row_angles
    >>> row_angles([[1.0, -1.0], [2.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [1, 0])
    array([0.   , 0.785])
    """
    angles = row_angle_matrix(true_components, components, mixing=mixing)
    permutation = np.asarray(permutation)
    if len(permutation) != len(angles) or permutation.max() >= angles.shape[1]:
        raise InvalidDataError(
            f"permutation must name, for each of the {len(angles)} true rows, one of the "
            f"{angles.shape[1]} estimated rows or -1, but is {permutation.tolist()}."
        )
    return np.where(permutation < 0, np.pi / 2, angles[np.arange(len(angles)), permutation])


_RANK_TOLERANCE = 1e-10


def _unit_pair(
    first: np.ndarray, second: np.ndarray, mixing: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Bring both sets of rows to unit length, within the image of the mixing if given."""
    first, second = _checked_rows(first, second)
    if mixing is not None:
        span = _image(np.asarray(mixing, dtype=float), first.shape[1])
        first, second = first @ span, second @ span
    return _unit_rows(first), _unit_rows(second)


def _unit_rows(rows: np.ndarray) -> np.ndarray:
    """Scale rows to length one; a row of zeros stays."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(largest > 0.0, largest, 1.0)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0.0, length, 1.0)


def _image(mixing: np.ndarray, n_features: int) -> np.ndarray:
    """Orthonormal basis (n_features, rank) of the column space."""
    if mixing.ndim != 2 or len(mixing) != n_features:
        raise InvalidDataError(
            f"mixing must have one row for each of the {n_features} features, but has shape "
            f"{mixing.shape}."
        )
    basis, sizes, _ = np.linalg.svd(mixing, full_matrices=False)
    return basis[:, sizes > _RANK_TOLERANCE * sizes[0]]


def _checked_rows(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pair = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if any(rows.ndim != 2 for rows in pair) or pair[0].shape[1] != pair[1].shape[1]:
        raise InvalidDataError(
            "Unmixing rows must be two matrices over the same features, but have shapes "
            f"{pair[0].shape} and {pair[1].shape}."
        )
    return pair
