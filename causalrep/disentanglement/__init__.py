"""Linear causal disentanglement: latents found from interventions on them."""

from causalrep.disentanglement.estimator import LinearCausalDisentanglement

__all__ = ["LinearCausalDisentanglement"]
