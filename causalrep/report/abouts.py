"""What the demonstration says about its data."""

from __future__ import annotations

from causalrep.datasets import sachs_conditions

__all__ = ["about_sachs", "about_simulation"]


def about_simulation(n_samples: int, seed: int) -> tuple[str, ...]:
    """Describe the simulated data, and how to draw them again.

    Parameters
    ----------
    n_samples : int
        Number of samples a context.
    seed : int
        What drew them.
    """
    return (
        "Five latents with a random graph are seen through ten features (the setting of Squires "
        f"et al. 2023). Each of six contexts has {n_samples} samples: the reference and one "
        "perfect intervention on each latent. Which context acts on which latent is not told to "
        "the fit.",
        f"Drawn with seed {seed}: causalrep demo --seed {seed} repeats all that follows, and "
        "another seed draws another graph.",
    )


def about_sachs() -> tuple[str, ...]:
    """Describe the protein data: what was measured, what was done, what need not hold."""
    conditions = sachs_conditions()
    aimed = [f"{item.label} on {item.target}" for item in conditions if item.target]
    general = [item.label for item in conditions if item.target is None]
    return (
        "Abundances of eleven proteins and lipids in single T cells under nine conditions (Sachs "
        "et al., Science 2005), logarithms taken. Here no truth is known, and nothing says that "
        "the linear model holds or that each condition acts on one latent: what follows is what "
        "the data say under that model, and where they contradict it.",
        f"General stimulation: {', '.join(general)}. Reagents beside it or in its place, each "
        f"with the molecule it is meant to act on: {', '.join(aimed)}. An inhibitor of one "
        "protein need not be a change of a single linear latent.",
    )
