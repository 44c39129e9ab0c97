"""Errors and warnings of causalrep, one public name for each kind of trouble."""

__all__ = [
    "BudgetError",
    "ConvergenceWarning",
    "DegenerateDataError",
    "DegenerateDataWarning",
    "EnvironmentLabelError",
    "GraphError",
    "IdentifiabilityError",
    "IdentifiabilityWarning",
    "InterventionError",
    "InvalidArgumentError",
    "InvalidDataError",
    "ModelMismatchWarning",
    "NotAGraphError",
    "PersistenceError",
    "TimeLimitError",
]

from sklearn.exceptions import ConvergenceWarning


class InvalidDataError(ValueError):
    """The data cannot be used as they are: shape, type or values."""


class InvalidArgumentError(InvalidDataError, TypeError):
    """An argument of a function is of the wrong kind, or out of range."""


class DegenerateDataError(InvalidDataError):
    """Some columns carry no information of their own: constant, duplicate or dependent."""


class EnvironmentLabelError(ValueError):
    """The environment labels are missing, of the wrong length, or too few."""


class GraphError(ValueError):
    """A graph is malformed, or cannot be written in the form asked for."""


class NotAGraphError(GraphError, TypeError):
    """Something else came where a graph was wanted."""


class IdentifiabilityError(ValueError):
    """What is asked for is not identifiable, whatever the sample."""


class InterventionError(ValueError):
    """What is called an intervention is none, or not on a node of the model."""


class PersistenceError(ValueError):
    """A file is not a model of ours, is damaged, or is of an unknown version."""


class TimeLimitError(TimeoutError):
    """A computation took longer than it was allowed to."""


class BudgetError(ValueError):
    """A search would need more tests than allowed."""


class DegenerateDataWarning(UserWarning):
    """Degenerate columns were kept or dropped."""


class IdentifiabilityWarning(UserWarning):
    """A part of the answer is not determined by the data."""


class ModelMismatchWarning(UserWarning):
    """The data contradict an assumption of the model."""
