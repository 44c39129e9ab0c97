"""Which made-up inputs have no right answer: what must be refused, or warned of, by its role."""

from numbers import Integral, Real

import numpy as np

from causalrep import Graph

ROUND_OFF = 1e-6


def must_be_refused(value, role, none_allowed=False, good=None):
    """Whether an answer to this input can only be wrong.

    Parameters
    ----------
    value : object
        What was made up.
    role : str
        Role of the argument it is put in for.
    none_allowed : bool
        Whether None is among the values that the argument may take.
    good : object
        A value that works there.
    """
    if value is None:
        return not none_allowed and role != "seed"
    if role == "labels":
        return not is_labels(value, len(good))
    judge = JUDGES.get(role)
    return judge is not None and not judge(value)


def as_array(value):
    """Return what a list or an array holds, or None where it is neither, or ragged."""
    if not isinstance(value, np.ndarray | list):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    if array.dtype.kind == "O" and all(is_number(item) for item in array.flat):
        return array.astype(float)
    return array if array.dtype.kind in "fiub" else None


def is_array(value):
    """Whether it is an array of finite real numbers."""
    array = as_array(value)
    return array is not None and array.ndim > 0 and bool(np.isfinite(array).all())


def is_matrix(value):
    """Whether it is a matrix of finite real numbers that has entries."""
    return is_array(value) and as_array(value).ndim == 2 and as_array(value).size > 0


def is_covariance(value):
    """Whether it is symmetric and positive semidefinite, but for rounding."""
    if not is_matrix(value) or len(set(as_array(value).shape)) > 1:
        return False
    S = as_array(value).astype(float)
    size = np.abs(S).max()
    if size == 0:
        return True
    S = S / size
    return bool(
        np.allclose(S, S.T, rtol=0, atol=ROUND_OFF) and np.linalg.eigvalsh(S)[0] > -ROUND_OFF
    )


def is_integer(value):
    """Whether it is a whole number."""
    whole = isinstance(value, Integral) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool)


def is_number(value):
    """Whether it is a number, infinite ones included."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value


def is_positions(value):
    """Whether it is an array of integers."""
    array = as_array(value)
    return array is not None and array.ndim > 0 and (array.dtype.kind in "iub" or not array.size)


def is_labels(value, n_samples):
    """Whether there is one label for each sample, none of them missing or complex."""
    if not isinstance(value, np.ndarray | list) or np.shape(value) != (n_samples,):
        return False
    labels = np.asarray(value)
    present = all(label is not None and label == label for label in labels.tolist())
    return present and labels.dtype.kind != "c"


def is_range(value):
    """Whether it is a lower and an upper bound."""
    pair = isinstance(value, list | tuple | np.ndarray) and len(value) == 2
    return pair and all(is_number(bound) for bound in value) and value[0] <= value[1]


def is_listing(value):
    """Whether it holds items in an order, or nothing at all."""
    return not isinstance(value, Real) and (not isinstance(value, bytes | dict) or not value)


JUDGES = {
    "samples": is_matrix,
    "features": is_matrix,
    "covariance": is_covariance,
    "matrix": is_array,
    "vector": is_array,
    "positions": is_positions,
    "seed": lambda value: is_integer(value) and value >= 0,
    "count": is_integer,
    "number": is_number,
    "flag": lambda value: isinstance(value, bool),
    "word": lambda value: isinstance(value, str),
    "range": is_range,
    "names": is_listing,
    "listing": is_listing,
    "thing": lambda value: not isinstance(value, float | str | bytes),
    "graph": lambda value: isinstance(value, Graph),
}
