"""What a fitted pipeline or search answers: the estimator in it that can be scored."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from causalrep.data import Dataset

__all__ = ["answer_of", "origin_of"]

_OF_SCALED_FEATURES = ("components_", "mixing_", "mean_")


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


def answer_of(fitted: Any) -> Any:
    """Return what is scored: the best estimator of a search, the last step of a pipeline.

    Parameters
    ----------
    fitted : estimator
        Of any kind.

    Returns
    -------
    estimator or PipelineAnswer
    """
    fitted = getattr(fitted, "best_estimator_", fitted)
    return PipelineAnswer(fitted) if isinstance(fitted, Pipeline) else fitted


class PipelineAnswer:
    """The attributes of the last step, with the ``transform`` of the whole pipeline.

    What maps features is left out where it maps the output of the steps before.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "fit":
            raise AttributeError(name)
        if name in _OF_SCALED_FEATURES and len(self._pipeline) > 1:
            raise AttributeError(name)
        return getattr(self._pipeline if name == "transform" else self._pipeline[-1], name)
