"""Memory of summaries of rows that are made up chunk by chunk, and never lie there at once."""

import tracemalloc

import numpy as np

from causalrep import EnvironmentMoments, Moments
from causalrep.cumulants import CumulantMoments

N_FEATURES = 20
CHUNK = 50_000


def chunks(n_rows, n_features=N_FEATURES):
    """Yield rows, the same drawn block moved a little each time."""
    block = np.random.default_rng(0).normal(size=(min(CHUNK, n_rows), n_features))
    for start in range(0, n_rows, CHUNK):
        yield block[: n_rows - start] + start / n_rows


def labelled_chunks(n_rows):
    """Yield rows with the label of their environment."""
    for number, chunk in enumerate(chunks(n_rows)):
        yield chunk, number % 3


SUMMARIES = {
    "Moments": lambda n_rows: Moments.from_chunks(chunks(n_rows)),
    "EnvironmentMoments": lambda n_rows: EnvironmentMoments.from_chunks(labelled_chunks(n_rows)),
    "CumulantMoments": lambda n_rows: CumulantMoments.from_chunks(chunks(n_rows, 4)),
}


def peak_of(name, n_rows):
    """Return the most MiB that were held at once while rows were summarised."""
    tracemalloc.start()
    try:
        SUMMARIES[name](n_rows)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
