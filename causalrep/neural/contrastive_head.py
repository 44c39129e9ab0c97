r"""Latents, targets and graph from a code that is affine in Gaussian latents.

Environment t replaces the mechanism of one latent, so the logarithm of its density against the
reference is :math:`s_t - (u_t^\top h - m_t)^2 / 2 + (b_t^\top h)^2 / 2` with the latent
:math:`u_t^\top h` and, where the code h is centred in the reference, its noise
:math:`b_t^\top h` there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from scipy.linalg import null_space
from scipy.special import log_softmax

from causalrep.neural.patience import Patience
from causalrep.neural.reference_units import reference_whitening, standardised_rows
from causalrep.results import Identification, names_of

__all__ = ["LatentCauses", "find_causes", "identified"]

_SHIFTED = 0.3
"""Mean shift, in standard deviations, from which on shifts are used."""
_SAME_LATENT = 0.99
"""|cosine| of the latents of two environments from which on they count as one."""
_EXHAUSTIVE = 6
_MOST_ROWS = 20_000
_FLAT = 1e-10


@dataclass(frozen=True)
class LatentCauses:
    """Latents ``z = code @ matrix + offset``, standardised in the reference, and their graph.

    Parameters
    ----------
    matrix : ndarray of shape (n_latents, n_latents)
    offset : ndarray of shape (n_latents,)
    targets : ndarray of shape (n_contexts,), int
        Latent of each environment after the reference; -1 where there is no room for it.
    order : ndarray of shape (n_latents,), int
        Causes first.
    effects : ndarray of shape (n_latents, n_latents)
        Row = cause, column = effect; before any is dropped.
    noise_variances : ndarray of shape (n_latents,)
    loss : float
        Mean negative logarithm of the probability of each sample's environment.
    """

    matrix: np.ndarray
    offset: np.ndarray
    targets: np.ndarray
    order: np.ndarray
    effects: np.ndarray
    noise_variances: np.ndarray
    loss: float


def find_causes(
    codes: np.ndarray,
    contexts: np.ndarray,
    max_iter: int,
    rng: np.random.RandomState,
    patience: Patience,
) -> LatentCauses:
    """Fit the quadratic logits, and regress each latent on those before it.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_latents)
    contexts : ndarray of shape (n_samples,), int
        Environment of every sample, 0 for the reference.
    max_iter : int
        Most steps of the maximisation.
    rng : RandomState
        Chooses the samples that it sees.
    patience : Patience
        How long to go on.

    Returns
    -------
    LatentCauses
    """
    centre, whitening = reference_whitening(codes, contexts)
    H = (codes - centre) @ whitening
    seen = rng.permutation(len(H))[:_MOST_ROWS]
    start = _start(H, contexts)
    found = patience.minimum(_loss, start.ravel(), (H[seen], contexts[seen]), max_iter)
    K, d = contexts.max(), H.shape[1]
    parts = found.x.reshape(K, 2 * d + 2)
    targets, rows = _latents(parts[:, :d])
    rows = standardised_rows(rows, H, contexts, targets)
    Z = H @ rows.T
    order = _order(Z, contexts, targets)
    effects, variances = _regressions(Z, contexts, targets, order)
    matrix = whitening @ rows.T
    return LatentCauses(
        matrix=matrix,
        offset=-centre @ matrix,
        targets=targets,
        order=order,
        effects=effects,
        noise_variances=variances,
        loss=found.value,
    )


def identified(names: Sequence[str], labels: np.ndarray, targets: np.ndarray) -> Identification:
    """Say what is identified: no latent where an environment acts on none of them.

    Parameters
    ----------
    names : sequence of str
        Of the latents.
    labels : ndarray of shape (n_contexts,)
        Of the environments after the reference.
    targets : ndarray of shape (n_contexts,), int
        Latent of each of them, -1 for none.

    Returns
    -------
    Identification

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.contrastive_head import identified
    >>> print(identified(["L1"], np.array([1, 2]), np.array([0, -1])).rows[0][2])
    environment 2 acts on none of the latents; more latents, or more samples, would tell
    """
    beyond = names_of([str(one) for one in labels[targets < 0]])
    rows = []
    for place, name in enumerate(names):
        acting = names_of([str(one) for one in labels[targets == place]])
        text = f"up to shift, sign and scale (environment {acting})"
        if not acting:
            text = "no environment acts on it; a perfect intervention on it would identify it"
        if beyond:
            text = (
                f"environment {beyond} acts on none of the latents; more latents, or more "
                "samples, would tell"
            )
        rows.append((name, bool(acting) and not beyond, text))
    n_known = sum(known for _, known, _ in rows)
    summary = (
        f"{n_known} of {len(names)} latents, and the edges between them, are identified up to "
        "order, shift, sign and scale, given Gaussian noise and perfect interventions on single "
        "latents."
    )
    return Identification(rows=tuple(rows), edges=(), summary=summary)


def _start(H: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Rows (u_t, b_t, m_t, s_t) from means and covariances alone.

    A shift of the noise of t moves the code along its column of the mixing of noises, whose
    inverse has the rows b. Given the environment t the latent varies as if it had no parents,
    so the best discriminant of the shift is u.
    """
    n_contexts, d = contexts.max(), H.shape[1]
    shifts = np.array([H[contexts == k].mean(axis=0) for k in range(1, n_contexts + 1)])
    noises = np.linalg.pinv(shifts, rcond=1e-6).T
    noises = noises / np.maximum(np.linalg.norm(noises, axis=1, keepdims=True), _FLAT)
    rows = []
    for context in range(1, n_contexts + 1):
        own = H[contexts == context] - shifts[context - 1]
        covariance = own.T @ own / len(own) + 1e-6 * np.eye(d)
        direction = np.linalg.solve(covariance, shifts[context - 1])
        size = np.sqrt(direction @ covariance @ direction)
        values, axes = np.linalg.eigh(covariance)
        if size < _SHIFTED:  # without a shift, what the variance changes most
            place = np.abs(np.log(values)).argmax()
            direction, size = axes[:, place], np.sqrt(values[place])
            noises[context - 1] = axes[:, place]
        u = direction / size
        rows.append(np.r_[u, noises[context - 1], u @ shifts[context - 1], 0.0])
    return np.array(rows)


def _loss(flat: np.ndarray, H: np.ndarray, contexts: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy of the environments, and its gradient."""
    d = H.shape[1]
    parts = flat.reshape(-1, 2 * d + 2)
    latent, noise = H @ parts[:, :d].T - parts[:, -2], H @ parts[:, d : 2 * d].T
    logits = parts[:, -1] - latent**2 / 2 + noise**2 / 2
    logits = np.column_stack([np.zeros(len(H)), logits])
    logarithms = log_softmax(logits, axis=1)
    here = np.arange(len(H)), contexts
    slopes = np.exp(logarithms)
    slopes[here] -= 1
    slopes = slopes[:, 1:] / len(H)
    pulled, pushed = slopes * latent, slopes * noise
    gradient = np.column_stack(
        [-(pulled.T @ H), pushed.T @ H, pulled.sum(axis=0), slopes.sum(axis=0)]
    )
    return float(-logarithms[here].mean()), gradient.ravel()


def _latents(U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join environments with one latent, and complete the latents' rows."""
    d = U.shape[1]
    targets, kept = np.full(len(U), -1), []
    units = U / np.maximum(np.linalg.norm(U, axis=1, keepdims=True), _FLAT)
    for context, unit in enumerate(units):
        alike = [i for i, other in enumerate(kept) if abs(unit @ other) > _SAME_LATENT]
        if alike:
            targets[context] = alike[0]
        elif len(kept) < d:
            targets[context] = len(kept)
            kept.append(unit)
    rows = np.array(kept)
    return targets, np.vstack([rows, null_space(rows).T[: d - len(rows)]])


def _order(Z: np.ndarray, contexts: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Order latents so that interventions move as little as can be of what comes before them."""
    d = Z.shape[1]
    moved = np.zeros((d, d))
    for context, target in enumerate(targets, start=1):
        if target < 0:
            continue
        here = Z[contexts == context]
        shift, change = here.mean(axis=0), np.log(np.maximum(here.var(axis=0), _FLAT))
        scale = max(abs(shift[target]), _FLAT)
        share = np.abs(shift) / scale if scale > _SHIFTED else np.abs(change)
        moved[target] = np.maximum(moved[target], share)
    np.fill_diagonal(moved, 0)
    if d <= _EXHAUSTIVE:
        return np.array(min(permutations(range(d)), key=lambda order: _backward(moved, order)))
    return _sorted(moved)


def _backward(moved: np.ndarray, order) -> float:
    return sum(moved[later, earlier] ** 2 for earlier, later in combinations(order, 2))


def _sorted(moved: np.ndarray) -> np.ndarray:
    """Move one latent at a time to where the order is best, from a greedy order."""
    left, order = list(range(len(moved))), []
    energy = moved**2
    while left:
        received = energy[np.ix_(left, left)].sum(axis=0)
        order.append(left.pop(int(received.argmin())))
    for latent in list(order) * 3:
        others = [other for other in order if other != latent]
        trials = [[*others[:i], latent, *others[i:]] for i in range(len(order))]
        order = min(trials, key=lambda trial: _backward(moved, trial))
    return np.array(order)


def _regressions(Z, contexts, targets, order) -> tuple[np.ndarray, np.ndarray]:
    """Regress each latent on those before it, where nothing acts on it."""
    d = Z.shape[1]
    effects, variances = np.zeros((d, d)), np.ones(d)
    own = np.r_[-1, targets]
    for place, latent in enumerate(order):
        earlier = order[:place]
        free = own[contexts] != latent
        design = np.column_stack([Z[free][:, earlier], np.ones(free.sum())])
        found = np.linalg.lstsq(design, Z[free, latent], rcond=None)[0]
        effects[earlier, latent] = found[:-1]
        variances[latent] = np.mean((Z[free, latent] - design @ found) ** 2)
    return effects, variances
