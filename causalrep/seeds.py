"""The legacy generator that a ``random_state`` of any kind stands for."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["legacy_generator"]

_MOST = 2**32 - 1


def legacy_generator(random_state: object) -> np.random.RandomState:
    """Return the generator whose draws are the same in every version of numpy.

    Parameters
    ----------
    random_state : None, int, Generator, RandomState, SeedSequence or BitGenerator
        None for numpy's global generator. A generator is advanced in place. Integers of more
        than 32 bits, which scikit-learn refuses, are hashed by numpy's own ``SeedSequence``.

    Returns
    -------
    RandomState

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.seeds import legacy_generator
    >>> legacy_generator(0).randint(100) == np.random.RandomState(0).randint(100)
    True
    >>> legacy_generator(2**40).randint(100) == legacy_generator(2**40).randint(100)
    True
    """
    if isinstance(random_state, np.random.Generator):
        random_state = random_state.bit_generator
    if isinstance(random_state, Integral) and int(random_state) > _MOST:
        random_state = np.random.SeedSequence(int(random_state))
    if isinstance(random_state, np.random.SeedSequence):
        random_state = np.random.MT19937(random_state)
    if isinstance(random_state, np.random.BitGenerator):
        return np.random.RandomState(random_state)
    return check_random_state(random_state)
