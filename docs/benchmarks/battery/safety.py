"""What a fit may not touch, and that threads and processes get what one fit gets."""

import os
import random
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import sklearn
import torch
from joblib import Parallel, delayed

from battery.estimators import EXAMPLES
from causalrep.encoding import Encoder
from causalrep.persistence import _digest

N_THREADS = 4
TIMED = ("history_",)


def fitted(path, cls):
    """Fit the example of an estimator, warnings aside."""
    example = EXAMPLES[path]
    return cls(**example.parameters).fit(example.X, example.y)


def fingerprint(path, cls):
    """Return a hash of all that a fit learned, times excepted."""
    estimator = fitted(path, cls)
    encoder = Encoder()
    learned = {
        name: encoder.encode(value, name)
        for name, value in sorted(vars(estimator).items())
        if name.endswith("_") and name not in TIMED
    }
    return _digest(repr(learned), encoder.arrays)


def in_threads(path, cls):
    """Return the fingerprints of fits in several threads at once."""
    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(lambda _: fingerprint(path, cls), range(N_THREADS)))


def in_processes(estimators: Mapping[str, type], n_processes: int = 2):
    """Return the fingerprints of all estimators, each from a process of its own kind."""
    found = Parallel(n_jobs=n_processes, backend="loky")(
        delayed(fingerprint)(path, cls) for path, cls in estimators.items()
    )
    return dict(zip(estimators, found, strict=True))


def global_state():
    """Return all that is shared by a process and that a fit could change."""
    numpy_state = np.random.get_state()  # noqa: NPY002  the global generator is what is watched
    return {
        "print options of numpy": repr(np.get_printoptions()),
        "error handling of numpy": repr(np.geterr()),
        "generator of numpy": hash((numpy_state[1].tobytes(), *numpy_state[2:])),
        "generator of python": hash(random.getstate()),
        "generator of torch": hash(torch.get_rng_state().numpy().tobytes()),
        "type of torch": torch.get_default_dtype(),
        "threads of torch": torch.get_num_threads(),
        "gradients of torch": torch.is_grad_enabled(),
        "determinism of torch": torch.are_deterministic_algorithms_enabled(),
        "filters of warnings": repr(warnings.filters),
        "environment": hash(frozenset(os.environ.items())),
        "configuration of scikit-learn": repr(sorted(sklearn.get_config().items())),
        "folder": os.getcwd(),
        "files": tuple(sorted(os.listdir())),
    }


def changed_by(path, cls):
    """Name what a fit changed of the state of its process."""
    before = global_state()
    fitted(path, cls)
    after = global_state()
    return [name for name in before if before[name] != after[name]]
