"""Numbers that scikit-learn's checks of parameters let through, and that no estimator means."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from causalrep.exceptions import InvalidArgumentError

__all__ = ["refuse_numbers"]

_LARGEST = 2**63 - 1
_MOST = 2**31 - 1


def refuse_numbers(estimator: BaseEstimator) -> None:
    """Refuse True for 1, and numbers beyond all that a machine counts, or makes at once.

    Parameters
    ----------
    estimator : BaseEstimator
        Whose parameters are looked at. Where a bool is among what a parameter may be, it may.
        What is called ``n_...`` counts things that are made, which arrays hold: at most
        2 ** 31 - 1; a budget such as ``max_tests`` may be any number of 64 bits.

    Raises
    ------
    InvalidArgumentError
        If a parameter is such a number.

    Examples
    --------
    >>> from causalrep.parameters import refuse_numbers
    >>> from discovery import PC
    >>> refuse_numbers(PC(max_given=True))
    Traceback (most recent call last):
    causalrep.exceptions.InvalidArgumentError: The parameter max_given of PC must be a number, \
but is True.
    """
    allowed = getattr(estimator, "_parameter_constraints", {})
    name = type(estimator).__name__
    for parameter, value in estimator.get_params(deep=False).items():
        if isinstance(value, bool | np.bool_) and _is_number(allowed.get(parameter, ())):
            raise InvalidArgumentError(
                f"The parameter {parameter} of {name} must be a number, but is {value}."
            )
        most = _MOST if parameter.startswith("n_") else _LARGEST
        if isinstance(value, Integral) and abs(int(value)) > most:
            raise InvalidArgumentError(
                f"The parameter {parameter} of {name} must be at most {most} in size, but is "
                f"about {'-' if value < 0 else ''}2 ** {int(value).bit_length()}."
            )


def _is_number(choices: Iterable[object]) -> bool:
    """Whether a parameter may be a number, but no bool."""
    listed = list(choices)
    if "boolean" in listed:
        return False
    numbers = (Integral, Real, "random_state")
    return any(isinstance(choice, Interval) or choice in numbers for choice in listed)
