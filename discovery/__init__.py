"""Causal discovery with latent variables; a part of causalrep."""

__all__: list[str] = []
