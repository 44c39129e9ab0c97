"""All that is called: estimators, functions, constructors and methods."""

from battery.classes import class_subjects
from battery.estimators import estimator_subjects
from battery.functions import function_subjects


def all_subjects(public):
    """Return the subjects of estimators, functions and classes, and what has none."""
    estimators, without = estimator_subjects(public.ESTIMATORS)
    functions, forgotten = function_subjects(public.THINGS)
    return [*estimators, *functions, *class_subjects()], [*without, *forgotten]
