"""Small mixins that estimators share: certificates, names and maps of latents."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from causalrep.argument_arrays import real_array
from causalrep.data import default_names
from causalrep.exceptions import IdentifiabilityError, InvalidDataError
from causalrep.validation import check_samples

__all__ = ["CertifiedMixin", "LinearLatentsMixin", "NamedLatentsMixin", "checked_latents"]

_CERTIFICATES = "causalrep.certificates"


class CertifiedMixin:
    """Fits that carry their certificate.

    Certificates are made on a floor above, by ``identifiability.certify``. It is found by the
    entry point ``causalrep.certificates``, so that nothing here imports upwards.
    """

    @property
    def identifiability_(self) -> Any:
        """What the fit identifies and by which theorem, an ``identifiability.Certificate``."""
        check_is_fitted(self)
        return _certifier()(self)


@cache
def _certifier() -> Callable[[Any], Any]:
    for point in entry_points(group=_CERTIFICATES):
        return point.load()
    raise IdentifiabilityError(
        "identifiability_ wants an installed causalrep, whose metadata say where certificates "
        "are made, but none is installed. Install it (pip install .), or call "
        "identifiability.certify(estimator)."
    )


def checked_latents(Z: Any, n_latents: int) -> np.ndarray:
    """Return values of latents as a float64 matrix, or refuse them.

    Parameters
    ----------
    Z : array-like of shape (n_samples, n_latents)
    n_latents : int

    Returns
    -------
    ndarray of shape (n_samples, n_latents)

    Raises
    ------
    InvalidDataError
        If it is no finite matrix with a column for each latent.
    """
    Z = real_array("inverse_transform wants Z to be", Z).astype(np.float64)
    if Z.ndim != 2 or not Z.size:
        raise InvalidDataError(
            f"inverse_transform wants Z of shape (n_samples, {n_latents}), but it has shape "
            f"{Z.shape}."
        )
    if Z.shape[1] != n_latents:
        raise InvalidDataError(
            f"inverse_transform wants {n_latents} latents, but Z has {Z.shape[1]} columns."
        )
    return Z


class NamedLatentsMixin(CertifiedMixin, TransformerMixin):
    """Latents named L1, L2, ..., or as ``_latent_names`` says."""

    n_latents_: int

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the latents: L1, L2, ...

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features; only compared with those seen in fit.

        Returns
        -------
        ndarray of str
            Of shape (n_latents,).
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features)
        return np.array(self._latent_names, dtype=object)

    @property
    def _latent_names(self) -> tuple[str, ...]:
        return default_names(self.n_latents_, "L")


class LinearLatentsMixin(NamedLatentsMixin):
    """Latents ``z = components_ @ (x - mean_)``, named L1, L2, ..."""

    components_: np.ndarray
    mixing_: np.ndarray
    mean_: np.ndarray

    def transform(self, X: Any) -> np.ndarray:
        """Recover the latents of samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples with the features seen in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_latents)
            Latents, one column each.
        """
        check_is_fitted(self)
        return (check_samples(self, X, reset=False) - self.mean_) @ self.components_.T

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Map latents to features.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_latents)
            Values of the latents.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The features without their sensors' noise.
        """
        check_is_fitted(self)
        Z = checked_latents(Z, len(self.components_))
        return Z @ self.mixing_.T + self.mean_

    @property
    def _latent_names(self) -> tuple[str, ...]:
        return default_names(len(self.components_), "L")
