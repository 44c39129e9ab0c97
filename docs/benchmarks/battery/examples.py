"""Small good data that every subject of the battery starts from."""

import numpy as np

from causalrep import Dataset, Graph
from simulators import linear_disentanglement

N_ROWS = 60
N_FEATURES = 4


def drawn(seed=0):
    """Random numbers for one example, the same in every run."""
    return np.random.default_rng(seed)


OBSERVED = (drawn(0).gamma(2.0, size=(N_ROWS, N_FEATURES)) - 2) @ np.array(
    [[1, 0.8, 0.5, 0.3], [0, 1, 0.7, 0.4], [0, 0, 1, 0.6], [0, 0, 0, 1.0]]
)
ONE_FACTOR = drawn(1).gamma(2.0, size=(N_ROWS, 1)) * [1, 0.8, 0.9, 1.1] + drawn(2).normal(
    size=(N_ROWS, N_FEATURES)
)
CONTEXTS = linear_disentanglement(2, N_FEATURES, random_state=1).sample(30, random_state=1)
ACTIONS = drawn(3).normal(size=(N_ROWS, 2))
TRUE_LATENTS = drawn(4).normal(size=(N_ROWS, 2))
LATENTS = TRUE_LATENTS @ [[1.0, 0.2], [0.1, 0.9]] + 0.1 * drawn(5).normal(size=(N_ROWS, 2))
COVARIANCE = np.cov(ONE_FACTOR.T)
CORRELATION = np.corrcoef(ONE_FACTOR.T)
DATA = Dataset(X=ONE_FACTOR, names=("A", "B", "C", "D"))
CHAIN = Graph.from_text("A --> B, B --> C")
OTHER = Graph.from_text("A --> B, A --> C")
MEASURED = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
TWO_LATENTS = Graph.from_text("L1 --> L2; latent L1, L2")
MIXED = Graph.from_text("x --> y, y <-> z")
