"""How well the targets of the environments are found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import adjusted_rand_score

from causalrep.arguments import checked, listed, lists, positions
from causalrep.exceptions import InvalidDataError

__all__ = ["target_accuracy", "target_rand_index"]


@checked(estimated=listed, true=lists, permutation=positions(1, least=-1))
def target_accuracy(
    estimated: Sequence[int], true: Sequence[Sequence[int]], permutation: np.ndarray
) -> float:
    """Share of environments whose set of targets is found, after relabelling the latents.

    Parameters
    ----------
    estimated : sequence of int
        Estimated target of every environment, -1 for none.
    true : sequence of sequence of int
        True targets of the same environments.
    permutation : ndarray of shape (n_true,)
        Partners, as in :attr:`Alignment.permutation`.

    Examples
    --------
    >>> from identifiability import target_accuracy
    >>> target_accuracy([-1, 1, 0], [(), (0,), (1,)], [1, 0])
    1.0
    """
    _check_environments(estimated, true)
    n_estimated = 1 + max(int(target) for target in estimated)
    if permutation.max() >= max(n_estimated, len(permutation)):
        raise InvalidDataError(
            f"The permutation has {len(permutation)} true latents and names the estimated latent "
            f"{permutation.max()}, but the targets name {n_estimated}. Take it from the alignment."
        )
    partners = {int(partner): latent for latent, partner in enumerate(permutation) if partner >= 0}
    unknown = -1
    found = [set() if target < 0 else {partners.get(int(target), unknown)} for target in estimated]
    return float(np.mean([set(want) == have for want, have in zip(true, found, strict=True)]))


@checked(estimated=listed, true=lists)
def target_rand_index(estimated: Sequence[int], true: Sequence[Sequence[int]]) -> float:
    """Compare the partitions of the environments by their targets: adjusted Rand index.

    It asks which environments share a target and needs no matching of latents. 1 for equal
    partitions, 0 on average for random ones (L. Hubert and P. Arabie, "Comparing
    partitions", 1985).

    Parameters
    ----------
    estimated : sequence of int
        Estimated target of every environment, -1 for none.
    true : sequence of sequence of int
        True targets of the same environments.

    Examples
    --------
    >>> from identifiability import target_rand_index
    >>> target_rand_index([-1, 1, 0, 0], [(), (0,), (1,), (1,)])
    1.0
    """
    _check_environments(estimated, true)
    classes = sorted({tuple(sorted(targets)) for targets in true})
    labels = [classes.index(tuple(sorted(targets))) for targets in true]
    return float(adjusted_rand_score(labels, [int(target) for target in estimated]))


def _check_environments(estimated: Sequence[int], true: Sequence[Sequence[int]]) -> None:
    if len(estimated) != len(true) or not len(true):
        raise InvalidDataError(
            "Targets must be compared over the same environments, at least one, but got "
            f"{len(estimated)} estimated and {len(true)} true ones."
        )
