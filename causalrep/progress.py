"""Progress of a fit through scikit-learn's callbacks, and nothing where it has none.

An estimator reports in three lines: it inherits :class:`ProgressMixin`, decorates ``fit`` with
:func:`reports_progress` (below scikit-learn's ``_fit_context``, which would end the callbacks too
early), and draws the items of a long loop through ``self._steps``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import wraps
from typing import Any, Self, TypeVar

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Stand-in for scikit-learn's mixin: there are no callbacks to call."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Say that callbacks will not be called, and return the estimator."""
            if callbacks:
                warnings.warn(
                    "Callbacks want scikit-learn 1.9 or later, so these will not be called. "
                    "Upgrade scikit-learn to see them.",
                    UserWarning,
                    stacklevel=2,
                )
            return self

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = ["ProgressMixin", "reports_progress"]

_Item = TypeVar("_Item")


class ProgressMixin(CallbackSupportMixin):
    """Lets an estimator report its progress to callbacks such as ``ProgressBar``.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from causalrep.progress import ProgressMixin, reports_progress
    >>> class Patient(ProgressMixin, BaseEstimator):
    ...     @reports_progress
    ...     def fit(self, X, y=None):
    ...         self.n_iter_ = sum(1 for _ in self._steps(range(10), "sweep"))
    ...         return self
    >>> Patient().fit(None).n_iter_
    10

    With scikit-learn 1.9 and rich, ``Patient().set_callbacks(ProgressBar()).fit(X)`` draws a
    bar; ``ProgressBar`` comes from ``sklearn.callback``.
    """

    def _steps(self, items: Iterable[_Item], name: str) -> Iterator[_Item]:
        """Yield the items of a loop and report each; stop early where a callback asks for it.

        Parameters
        ----------
        items : iterable
            What the loop runs over. Its length, where it has one, is the length of the bar.
        name : str
            What the loop does, in a word or two.
        """
        root = vars(self).get("_callback_fit_ctx")
        return iter(items) if root is None else _reported(self, root, items, name)


def reports_progress(fit: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate ``fit`` so that its ``self._steps`` reach the callbacks of the estimator.

    Callbacks are torn down when ``fit`` ends, also where it raises.
    """

    @wraps(fit)
    def with_root(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        if not vars(estimator).get("_skl_callbacks"):
            return fit(estimator, *args, **kwargs)
        root = estimator._init_callback_context(max_subtasks=None)
        root.call_on_fit_task_begin(estimator=estimator)
        fitted = fit(estimator, *args, **kwargs)
        root.call_on_fit_task_end(estimator=estimator)
        return fitted

    return with_callbacks(with_root)


def _reported(estimator: Any, root: Any, items: Iterable[_Item], name: str) -> Iterator[_Item]:
    n_items = len(items) if isinstance(items, Sized) else None
    loop = root.subcontext(task_name=name, max_subtasks=n_items)
    loop.call_on_fit_task_begin(estimator=estimator)
    try:
        for item in items:
            step = loop.subcontext(task_name=name)
            step.call_on_fit_task_begin(estimator=estimator)
            yield item
            if step.call_on_fit_task_end(estimator=estimator):
                break
    finally:
        # After an error in the loop's body the callbacks may be gone before this runs.
        if vars(estimator).get("_callback_fit_ctx") is root:
            loop.call_on_fit_task_end(estimator=estimator)
