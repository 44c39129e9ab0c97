"""What a fitted pipeline or search answers: the estimator in it that can be scored."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from causalrep.data import Dataset

__all__ = ["PipelineAnswer", "answer_of", "origin_of"]

_OF_OTHER_FEATURES = ("components_", "mixing_", "mean_")
_EXACTLY = 1e-9


def origin_of(estimator: Any, data: Dataset) -> tuple[np.ndarray, ...]:
    """Return what ``fit`` wants beside the samples.

    Parameters
    ----------
    estimator : estimator
        Not fitted.
    data : Dataset
        Carries its labels with its rows, but the first step of a pipeline returns an array.

    Returns
    -------
    tuple of ndarray
        Nothing, or ``y``: labels of environments or else actions.
    """
    inner = getattr(estimator, "estimator", estimator)
    labels = data.actions if data.environments is None else data.environments
    return () if labels is None or not isinstance(inner, Pipeline) else (labels,)


def answer_of(fitted: Any, samples: np.ndarray) -> Any:
    """Return what is scored: the best estimator of a search, the last step of a pipeline.

    Parameters
    ----------
    fitted : estimator
        Of any kind.
    samples : ndarray of shape (n_samples, n_features)
        What it was fitted to.

    Returns
    -------
    estimator or PipelineAnswer
    """
    fitted = getattr(fitted, "best_estimator_", fitted)
    return PipelineAnswer(fitted, samples) if isinstance(fitted, Pipeline) else fitted


class PipelineAnswer:
    """The attributes of the last step, with the ``transform`` of the whole pipeline.

    What maps features is left out where it maps the output of the steps before; the unmixing
    rows are those of the whole, where its ``transform`` is affine.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    samples : ndarray of shape (n_samples, n_features)
        On which it is seen whether ``transform`` is affine.
    """

    def __init__(self, pipeline: Pipeline, samples: np.ndarray) -> None:
        check_is_fitted(pipeline)
        self._pipeline = pipeline
        self._samples = samples

    def __getattr__(self, name: str) -> Any:
        if name == "fit" or name.startswith("_") or name in _OF_OTHER_FEATURES:
            raise AttributeError(name)
        return getattr(self._pipeline if name == "transform" else self._pipeline[-1], name)

    @cached_property
    def components_(self) -> np.ndarray:
        """Unmixing rows of the whole pipeline, (n_latents, n_features)."""
        origin = np.zeros((1, self._samples.shape[1]))
        zero, latents = self.transform(origin), np.asarray(self.transform(self._samples))
        rows = (self.transform(np.eye(len(origin.T))) - zero).T
        error = np.abs(self._samples @ rows.T + zero - latents).max()
        if error > _EXACTLY * np.abs(latents - zero).max():
            raise AttributeError("The transform of the pipeline is not affine.")
        return rows
