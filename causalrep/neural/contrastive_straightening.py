r"""From a code that tells environments apart to one that is Gaussian in each of them.

Where the code y and f are injective and :math:`z = f(y)` has the density :math:`p_t` in
environment t, the code has :math:`p_t(f(y)) |\det f'(y)|`. With a Gaussian
:math:`p_t` for each environment its maximum makes z Gaussian in all of them: the classification
of environments, and beyond it the law of the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from causalrep.neural.interventional_autoencoder_networks import SkipMLP
from causalrep.neural.modules import EnsembleLinear, PlainLinear, StorableModule
from causalrep.neural.random_streams import RandomStreams

__all__ = ["GaussianCode", "StraightenedEncoder"]


class GaussianCode(nn.Module):
    r"""An affine map plus a smooth perceptron that begins at zero, and a Gaussian per environment.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_latents)
        White in the reference.
    contexts : ndarray of shape (n_samples,), int
        Environment of every sample; Gaussians begin at its mean and covariance.
    hidden : sequence of int
        Hidden layers.
    streams : RandomStreams
        The members, and their random numbers.
    """

    def __init__(
        self,
        codes: np.ndarray,
        contexts: np.ndarray,
        hidden: Sequence[int],
        streams: RandomStreams,
    ) -> None:
        super().__init__()
        n_latents = codes.shape[1]
        self.widths = (n_latents, *hidden, n_latents)
        self.layers = nn.ModuleList(
            [EnsembleLinear(*two, streams) for two in pairwise(self.widths)]
        )
        with torch.no_grad():
            for leaf in self.layers[-1].parameters():
                leaf.zero_()
        self.affine = self._copied(np.eye(n_latents), streams)
        laws = [_gaussian(codes[contexts == context]) for context in range(contexts.max() + 1)]
        self.centres = self._copied(np.array([centre for centre, _ in laws]), streams)
        self.roots = self._copied(np.array([root for _, root in laws]), streams)

    @staticmethod
    def _copied(array: np.ndarray, streams: RandomStreams) -> nn.Parameter:
        whole = torch.tensor(array, dtype=streams.dtype, device=streams.device)
        return nn.Parameter(whole.expand(len(streams), *whole.shape).clone())

    def forward(self, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map codes, and say by how much volumes grow.

        Parameters
        ----------
        y : tensor of shape (n_members, n_rows, n_latents)

        Returns
        -------
        z : tensor of shape (n_members, n_rows, n_latents)
        growth : tensor of shape (n_members, n_rows)
            Logarithms of the absolute determinants.
        """
        n_members, n_rows, n_latents = y.shape
        h = self.layers[0](y)
        slopes = self.layers[0].get_parameter("weight")[:, None].expand(-1, n_rows, -1, -1)
        for layer in self.layers[1:]:
            h, gate = _bent(h)
            slopes = (slopes * gate[:, :, None]).reshape(n_members, n_rows * n_latents, -1)
            slopes = (slopes @ layer.get_parameter("weight")).reshape(
                n_members, n_rows, n_latents, -1
            )
            h = layer(h)
        slopes = slopes + self.affine[:, None]
        return y @ self.affine + h, torch.linalg.slogdet(slopes).logabsdet

    def loss(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Minus the mean logarithm of the densities of codes in their environments."""
        y, contexts = batch
        z, growth = self(y)
        members = torch.arange(len(y), device=y.device)[:, None]
        roots = self.roots.tril()
        away = z - self.centres[members, contexts]
        white = (roots[members, contexts] @ away[..., None])[..., 0]
        sizes = roots.diagonal(dim1=-2, dim2=-1).abs().log().sum(dim=-1)[members, contexts]
        return (0.5 * white.square().sum(dim=-1) - sizes - growth).mean(dim=1)

    def after(self, chart: SkipMLP, place: int) -> StraightenedEncoder:
        """Return one member behind an encoder, on the CPU, in double precision and frozen."""
        made = StraightenedEncoder(chart.bent.widths, self.widths, slope=chart.bent.slope)
        made.chart.load_state_dict(chart.state_dict())
        made.affine.weight.copy_(self.affine[place].detach())
        for own, shared in zip(made.layers.parameters(), self.layers.parameters(), strict=True):
            own.copy_(shared[place].detach().reshape(own.shape))
        return made


class StraightenedEncoder(StorableModule):
    """An encoder, and an affine map plus a smooth perceptron behind it.

    Parameters
    ----------
    widths : sequence of int
        Numbers of inputs, of hidden units, and of outputs of the encoder.
    further_widths : sequence of int
        Those of what is behind it.
    slope : float, default=0.2
        Slope of the encoder's rectifiers below zero.
    """

    def __init__(
        self, widths: Sequence[int], further_widths: Sequence[int], *, slope: float = 0.2
    ) -> None:
        super().__init__()
        self.further_widths = tuple(int(width) for width in further_widths)
        self.chart = SkipMLP(widths, slope=slope)
        self.affine = PlainLinear(further_widths[0], further_widths[-1])
        self.layers = nn.ModuleList([PlainLinear(*two) for two in pairwise(further_widths)])
        self.requires_grad_(False)

    def arguments(self) -> dict[str, Any]:
        """Return widths and slope."""
        return self.chart.arguments() | {"further_widths": self.further_widths}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map inputs of shape (n_rows, n_inputs) to (n_rows, n_outputs)."""
        y = self.chart(x)
        h = self.layers[0](y)
        for layer in self.layers[1:]:
            h = layer(nn.functional.silu(h))
        return self.affine(y) + h

    def after_affine(self, matrix: np.ndarray, offset: np.ndarray) -> StraightenedEncoder:
        """Return the same function of ``x @ matrix + offset``."""
        chart = self.chart.after_affine(matrix, offset)
        made = StraightenedEncoder(chart.bent.widths, self.further_widths, slope=chart.bent.slope)
        moved = {f"chart.{name}": leaf for name, leaf in chart.state_dict().items()}
        made.load_state_dict(self.state_dict() | moved)
        return made

    def then_affine(self, matrix: np.ndarray, offset: np.ndarray) -> StraightenedEncoder:
        """Return the affine function ``z @ matrix + offset`` of this one's outputs."""
        widths = (*self.further_widths[:-1], matrix.shape[1])
        made = StraightenedEncoder(self.chart.bent.widths, widths, slope=self.chart.bent.slope)
        state, behind = self.state_dict(), torch.tensor(matrix)
        last = f"layers.{len(widths) - 2}"
        for name in ("affine.weight", "affine.bias", f"{last}.weight", f"{last}.bias"):
            state[name] = state[name] @ behind
        state["affine.bias"] = state["affine.bias"] + torch.tensor(offset)
        made.load_state_dict(state)
        return made


def _bent(h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return sigmoid-weighted units and their derivatives."""
    share = torch.sigmoid(h)
    bent = h * share
    return bent, share + bent * (1 - share)


def _gaussian(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, and the inverse root of a covariance that few samples leave near one."""
    n_samples, n_latents = samples.shape
    centre = samples.mean(axis=0)
    away = samples - centre
    covariance = (away.T @ away + n_latents * np.eye(n_latents)) / (n_samples + n_latents)
    return centre, np.linalg.inv(np.linalg.cholesky(covariance))
