"""A code whose quadratic functions tell environments apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from causalrep.neural.contrastive_start import LinearContrast
from causalrep.neural.interventional_autoencoder_networks import SkipNetwork
from causalrep.neural.modules import EnsembleLinear
from causalrep.neural.monomials import monomials
from causalrep.neural.random_streams import RandomStreams

__all__ = ["ContrastiveNetwork"]


class ContrastiveNetwork(nn.Module):
    r"""Code h(x), and quadratic logits :math:`h^\top Q_t h + c_t^\top h + s_t`.

    The logits of the reference are zero. Q has full rank, not the two of the model: this is
    easier to descend on, and the minimum is the same.

    Parameters
    ----------
    n_inputs, n_latents, n_contexts : int
        Coordinates, latents, and environments besides the reference.
    hidden : sequence of int
        Hidden layers of the encoder.
    streams : RandomStreams
        The members, and their random numbers.
    """

    def __init__(
        self,
        n_inputs: int,
        n_latents: int,
        n_contexts: int,
        hidden: Sequence[int],
        streams: RandomStreams,
    ) -> None:
        super().__init__()
        self.encoder = SkipNetwork([n_inputs, *hidden, n_latents], streams, slope=0.2)
        n_terms = n_latents * (n_latents + 3) // 2
        self.logits = EnsembleLinear(n_terms, n_contexts, streams)

    @torch.no_grad()
    def start_at(self, start: LinearContrast) -> None:
        """Let code and logits of every member begin at those of a linear code."""
        self.encoder.start_at(start.matrix)
        self.logits.weight.copy_(torch.tensor(start.weights))
        self.logits.bias.copy_(torch.tensor(start.offsets))

    def loss(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Cross-entropy of the environments, shape (n_members,)."""
        y, contexts = batch
        logits = self.logits(monomials(self.encoder(y), 2))
        logits = torch.cat([torch.zeros_like(logits[..., :1]), logits], dim=-1)
        losses = nn.functional.cross_entropy(logits.transpose(1, 2), contexts, reduction="none")
        return losses.mean(dim=1)
