"""Latents as polynomials of those before them, with coefficients of each environment."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from causalrep.neural.monomials import monomial_places, monomials
from causalrep.neural.random_streams import RandomStreams

__all__ = ["PolynomialPrior"]


class PolynomialPrior(nn.Module):
    r"""Normal laws of latents in every environment, one latent after the other.

    .. math:: z_j \mid z_{<j}, u \sim N\left(\sum_t c_{u j t}\, m_t(z_{<j}),\; v_{u j}\right)

    with the monomials :math:`m_t` up to a degree. Degree 0 makes the latents independent given
    the environment.

    Parameters
    ----------
    n_environments, n_latents, degree : int
    streams : RandomStreams
        The members, and their random numbers.

    Examples
    --------
    >>> import torch
    >>> from causalrep.neural import RandomStreams
    >>> from causalrep.neural.polynomial_prior import PolynomialPrior
    >>> prior = PolynomialPrior(4, 2, 1, RandomStreams([0]))
    >>> prior.log_densities(torch.zeros(1, 10, 2)).shape
    torch.Size([1, 10, 4])
    """

    _SPREAD = 0.1

    def __init__(
        self, n_environments: int, n_latents: int, degree: int, streams: RandomStreams
    ) -> None:
        super().__init__()
        self.degree = degree
        last = [-1, *(row[-1] for rows in monomial_places(n_latents, degree) for row in rows)]
        before = np.array(last) < np.arange(n_latents)[:, None]
        self.register_buffer("before", torch.tensor(before, dtype=streams.dtype))
        shape = (n_environments, n_latents)
        self.log_variances = nn.Parameter(self._SPREAD * streams.normal(*shape))
        self.coefficients = nn.Parameter(self._SPREAD * streams.normal(*shape, len(last)))

    def log_densities(self, z: torch.Tensor) -> torch.Tensor:
        """Evaluate the density of every environment, up to one constant.

        Parameters
        ----------
        z : tensor of shape (n_members, n_rows, n_latents)

        Returns
        -------
        tensor of shape (n_members, n_rows, n_environments)
        """
        terms = torch.cat([torch.ones_like(z[..., :1]), monomials(z, self.degree)], dim=-1)
        wide = self.coefficients * self.before
        means = torch.einsum("smt,sujt->smuj", terms, wide)
        precisions = (-self.log_variances).exp()[:, None]
        squares = ((z[:, :, None] - means).square() * precisions).sum(dim=-1)
        return -0.5 * (squares + self.log_variances.sum(dim=-1)[:, None])
