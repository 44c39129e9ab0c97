"""Polynomial decoders, and the affine encoder that suits them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.linalg import solve_triangular
from torch import nn

from causalrep.neural.modules import MLP, EnsembleLinear, EnsembleMLP, PlainLinear, StorableModule
from causalrep.neural.monomials import monomial_places, monomials, n_monomials
from causalrep.neural.patience import Minimum, Patience
from causalrep.neural.random_streams import RandomStreams

__all__ = [
    "AffineStart",
    "PolynomialDecoder",
    "SkipMLP",
    "SkipNetwork",
    "StartedAutoencoder",
    "fit_affine_encoder",
    "missed_share",
]

_TRIALS, _TRIAL_STEPS = 10, 60
"""Random starts for each restart, and steps after which they are compared."""
_PROMISING = 1e-3
"""Share of the variance left by a start after which no other is tried."""


class SkipNetwork(nn.Module):
    """An affine map plus a perceptron that begins at zero, for every member.

    Parameters
    ----------
    widths : sequence of int
        Numbers of inputs, of hidden units, and of outputs.
    streams : RandomStreams
        The members, and their random numbers.
    slope : float, default=0.5
        Slope of the rectifiers below zero.
    """

    def __init__(
        self, widths: Sequence[int], streams: RandomStreams, *, slope: float = 0.5
    ) -> None:
        super().__init__()
        self.affine = EnsembleLinear(widths[0], widths[-1], streams)
        self.bent = EnsembleMLP(widths, streams, slope=slope)
        with torch.no_grad():
            for leaf in self.bent.layers[-1].parameters():
                leaf.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map inputs of shape (n_members, n_rows, n_inputs) to (n_members, n_rows, n_outputs)."""
        return self.affine(x) + self.bent(x)

    @torch.no_grad()
    def start_at(self, matrix: np.ndarray) -> None:
        """Let the affine map of every member begin at a matrix of shape (n_inputs, n_outputs)."""
        self.affine.weight.copy_(torch.tensor(matrix))
        self.affine.bias.zero_()

    def member(self, place: int) -> SkipMLP:
        """Return one member alone, on the CPU, in double precision and frozen."""
        return SkipMLP.of(
            self.affine.weight[place].detach().cpu().double().numpy(),
            self.affine.bias[place, 0].detach().cpu().double().numpy(),
            self.bent.member(place),
        )


class SkipMLP(StorableModule):
    """An affine map plus a perceptron.

    Parameters
    ----------
    widths : sequence of int
        Numbers of inputs, of hidden units, and of outputs.
    slope : float, default=0.5
        Slope of the rectifiers below zero.
    """

    def __init__(self, widths: Sequence[int], *, slope: float = 0.5) -> None:
        super().__init__()
        self.affine = PlainLinear(widths[0], widths[-1]).requires_grad_(False)
        self.bent = MLP(widths, slope=slope)

    @classmethod
    def of(cls, matrix: np.ndarray, offset: np.ndarray, bent: MLP | None = None) -> SkipMLP:
        """Make the sum of ``x @ matrix + offset`` and a perceptron; of nothing where None."""
        widths = matrix.shape if bent is None else bent.widths
        made = cls(widths, slope=0.5 if bent is None else bent.slope)
        made.affine.weight.copy_(torch.tensor(matrix))
        made.affine.bias.copy_(torch.tensor(offset))
        if bent is not None:
            made.bent.load_state_dict(bent.state_dict())
        return made

    def arguments(self) -> dict[str, Any]:
        """Return widths and slope."""
        return self.bent.arguments()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map inputs of shape (n_rows, n_inputs) to (n_rows, n_outputs)."""
        return self.affine(x) + self.bent(x)

    def after_affine(self, matrix: np.ndarray, offset: np.ndarray) -> SkipMLP:
        """Return the same function of ``x @ matrix + offset``."""
        made = SkipMLP((len(matrix), *self.bent.widths[1:]), slope=self.bent.slope)
        state = self.state_dict()
        for part in ("affine", "bent.layers.0"):
            weight = state[f"{part}.weight"]
            state[f"{part}.bias"] = state[f"{part}.bias"] + torch.tensor(offset) @ weight
            state[f"{part}.weight"] = torch.tensor(matrix) @ weight
        made.load_state_dict(state)
        return made

    def then_affine(self, matrix: np.ndarray, offset: np.ndarray) -> SkipMLP:
        """Return the affine function ``z @ matrix + offset`` of this one's outputs."""
        made = SkipMLP((*self.bent.widths[:-1], matrix.shape[1]), slope=self.bent.slope)
        state, behind = self.state_dict(), torch.tensor(matrix)
        last = f"bent.layers.{len(self.bent.widths) - 2}"
        for name in ("affine.weight", "affine.bias", f"{last}.weight", f"{last}.bias"):
            state[name] = state[name] @ behind
        state["affine.bias"] = state["affine.bias"] + torch.tensor(offset)
        made.load_state_dict(state)
        return made


class PolynomialDecoder(StorableModule):
    """A polynomial: a weighted sum of monomials.

    Parameters
    ----------
    n_latents, n_outputs : int
        Numbers of inputs and outputs.
    degree : int
        Highest degree.
    """

    def __init__(self, n_latents: int, n_outputs: int, degree: int) -> None:
        super().__init__()
        self.sizes = (n_latents, n_outputs, degree)
        n_terms = n_monomials(n_latents, degree)
        self.sum = PlainLinear(n_terms, n_outputs).requires_grad_(False)

    @classmethod
    def fitted(cls, Z: np.ndarray, X: np.ndarray, degree: int) -> PolynomialDecoder:
        """Return the polynomial that is closest to X at Z, by least squares."""
        made = cls(Z.shape[1], X.shape[1], degree)
        design = np.column_stack([np.ones(len(Z)), monomials(Z, degree)])
        found = np.linalg.lstsq(design, X, rcond=None)[0]
        made.sum.bias.copy_(torch.tensor(found[0]))
        made.sum.weight.copy_(torch.tensor(found[1:]))
        return made

    def arguments(self) -> dict[str, Any]:
        """Return the numbers of inputs and outputs, and the degree."""
        return dict(zip(("n_latents", "n_outputs", "degree"), self.sizes, strict=True))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Map latents of shape (n_rows, n_latents) to (n_rows, n_outputs)."""
        return self.sum(monomials(z, self.sizes[2]))


@dataclass(frozen=True)
class AffineStart:
    """The affine encoder that serves a polynomial decoder best.

    Parameters
    ----------
    matrix : ndarray of shape (n_coordinates, n_latents)
        ``codes = coordinates @ matrix``.
    missed : float
        Share of the variance that the decoder leaves.
    n_iter : int
        Steps taken.
    """

    matrix: np.ndarray
    missed: float
    n_iter: int


class StartedAutoencoder(nn.Module):
    """Encoder and decoder of all members, which begin at an affine encoder.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, n_coordinates)
        What is to be reconstructed.
    start : AffineStart
    widths : sequence of int
        Hidden units of the encoder; a perceptron as decoder has them in reverse.
    degree : int
        Degree of the polynomial that decodes; 0 makes the decoder a perceptron.
    streams : RandomStreams
        The members, and their random numbers.
    """

    def __init__(
        self,
        Y: np.ndarray,
        start: AffineStart,
        widths: Sequence[int],
        degree: int,
        streams: RandomStreams,
    ) -> None:
        super().__init__()
        n_latents, n_outputs = start.matrix.shape[1], Y.shape[1]
        self.degree = degree
        self.encoder = SkipNetwork([n_outputs, *widths, n_latents], streams)
        self.encoder.start_at(start.matrix)
        if not degree:
            self.decoder = SkipNetwork([n_latents, *widths[::-1], n_outputs], streams)
            self.decoder.start_at(np.eye(n_latents, n_outputs))
            return
        fitted = PolynomialDecoder.fitted(Y @ start.matrix, Y, degree)
        self.decoder = EnsembleLinear(fitted.sum.weight.shape[0], n_outputs, streams)
        with torch.no_grad():
            self.decoder.weight.copy_(fitted.sum.weight)
            self.decoder.bias.copy_(fitted.sum.bias)

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        """Reconstruct coordinates of shape (n_members, n_rows, n_coordinates)."""
        codes = self.encoder(y)
        return self.decoder(monomials(codes, self.degree) if self.degree else codes)


def fit_affine_encoder(
    Y: np.ndarray,
    n_latents: int,
    degree: int,
    *,
    n_restarts: int,
    max_iter: int,
    rng: np.random.RandomState,
    patience: Patience,
) -> AffineStart:
    """Find the codes ``Y @ matrix`` whose polynomials come closest to Y.

    The coefficients of the polynomials are at their least squares values throughout, so only the
    matrix is searched (variable projection), by L-BFGS.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, n_coordinates)
        White and centred.
    n_latents, degree : int
        Number of codes, and degree of the polynomials.
    n_restarts : int
        Ten times as many random starts, until one leaves hardly anything.
    max_iter : int
        Most steps from the best of them.
    rng : RandomState
    patience : Patience
        How long to go on.

    Returns
    -------
    AffineStart
    """

    def descended(start: np.ndarray, max_iter: int) -> Minimum:
        return patience.minimum(missed_share, start, (Y, degree), max_iter, exactly=True)

    best = Minimum(np.eye(Y.shape[1], n_latents).ravel(), np.inf)
    for _ in range(_TRIALS * n_restarts):
        found = descended(rng.standard_normal(best.x.shape), _TRIAL_STEPS)
        best = found if found.value < best.value else best
        if best.value < _PROMISING or patience.stopped:
            break
    if not patience.stopped:
        best = descended(best.x, max_iter)
    matrix = _whitening(Y, best.x.reshape(Y.shape[1], n_latents))
    return AffineStart(matrix, best.value, best.n_iter)


def missed_share(flat: np.ndarray, Y: np.ndarray, degree: int) -> tuple[float, np.ndarray]:
    """Return the mean square of Y that polynomials of the codes miss, and its gradient.

    It does not change with affine maps of the codes nor, to first order, with the coefficients,
    which are optimal; so both may be held for the gradient.

    Parameters
    ----------
    flat : ndarray of shape (n_coordinates * n_latents,)
        The matrix that makes codes of Y, row after row.
    Y : ndarray of shape (n_samples, n_coordinates)
    degree : int
        Of the polynomials.

    Returns
    -------
    missed : float
    gradient : ndarray of shape (n_coordinates * n_latents,)
    """
    W = flat.reshape(Y.shape[1], -1)
    white = np.linalg.pinv(W) @ _whitening(Y, W)
    Z = Y @ (W @ white)
    design = np.column_stack([np.ones(len(Z)), monomials(Z, degree)])
    Q, R = np.linalg.qr(design)
    inner = Q.T @ Y
    residual = Y - Q @ inner
    norm = Y.size
    coefficients = solve_triangular(R + 1e-14 * np.abs(R).max() * np.eye(len(R)), inner)
    slopes = (-2 / norm) * residual @ coefficients[1:].T
    gradient = Y.T @ _pulled_back(slopes, Z, degree) @ white.T
    return float((residual**2).sum() / norm), gradient.ravel()


def _pulled_back(slopes: np.ndarray, Z: np.ndarray, degree: int) -> np.ndarray:
    """Turn derivatives by the monomials into derivatives by the variables."""
    total, start = np.zeros_like(Z), 0
    for places in monomial_places(Z.shape[1], degree):
        part = slopes[:, start : start + len(places)]
        start += len(places)
        for factor in range(places.shape[1]):
            others = np.delete(places, factor, axis=1)
            onto = np.eye(Z.shape[1])[places[:, factor]]
            total += (part * Z[:, others].prod(-1)) @ onto
    return total


def _whitening(Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return W times the matrix that makes ``Y @ W`` white."""
    Z = Y @ W
    values, axes = np.linalg.eigh(Z.T @ Z / len(Z))
    floor = values[-1] * 1e-12 + np.finfo(float).tiny
    return W @ axes / np.sqrt(np.maximum(values, floor))
