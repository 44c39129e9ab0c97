"""
What an intervention changes, and what it leaves alone
======================================================

Three latents behind a linear mixing, four environments: interventions reshape the covariance of
the latents and of everything measured, but the precision only by two dimensions at most.
"""

# %%
# The model: stress costs sleep and brings fatigue, directly and through the lost sleep. There are
# twelve measurements, none of which sees one latent alone.

import matplotlib.pyplot as plt
import numpy as np

from causalrep.plotting import GraphDisplay
from simulators import Gaussian, LinearMixing, LinearSCM, Perfect, Shift, Soft

weights = np.array([[0, -0.9, 0.6], [0, 0, -0.8], [0, 0, 0]])
names = ("stress", "sleep", "fatigue")
mixing = LinearMixing.random(3, 12, condition_number=2.0, random_state=3)
scm = LinearSCM(weights, mixing=mixing, names=names)

# %%
# The environments. A perfect intervention cuts the parents, a soft one keeps some of them, a shift
# moves the mean and nothing else.

environments = {
    "observational": (),
    "perfect on sleep": Perfect(1, Gaussian(0.6)),
    "soft on fatigue": Soft(2, weights=[0, -0.8, 0], noise=Gaussian(0.7)),
    "shift of stress": Shift(0, 2.0),
}
data = scm.sample_environments(list(environments.values()), 500, random_state=0)
print(data)
print("targets:", data.truth.targets)

# %%
# The model knows its population in every environment, so no sampling error blurs the picture.
# From top to bottom: the causal graph, the covariance of the latents, the covariance of the
# measurements, and the change of their precision (pseudo-inverse covariance) against the
# observational environment.


def precision_change(model):
    """Return the change of the precision of the measurements."""
    now, before = (np.linalg.pinv(m.covariance(), rcond=1e-9) for m in (model, scm))
    return now - before


models = [scm.intervene(environment) for environment in environments.values()]
rows = {
    "latents": [model.covariance(of="Z") for model in models],
    "measurements": [model.covariance() for model in models],
    "change of precision": [precision_change(model) for model in models],
}
fig, axes = plt.subplots(4, len(models), figsize=(10, 10.5), layout="constrained")
for ax, name, model in zip(axes[0], environments, models, strict=True):
    GraphDisplay(model.graph, weights=model.weights).plot(ax=ax)
    ax.set_title(name)
for (label, matrices), line in zip(rows.items(), axes[1:], strict=True):
    limit = np.quantile(np.abs(matrices), 0.99)
    for ax, matrix in zip(line, matrices, strict=True):
        ax.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(label)
for ax, change in zip(axes[3], rows["change of precision"], strict=True):
    ax.set_xlabel(f"rank {np.linalg.matrix_rank(change, tol=1e-9)}")
for ax in axes[1]:
    ax.set_xticks(range(3), names)
axes[1, 0].set_yticks(range(3), names)

# %%
# The covariance of the measurements changes everywhere at once: from it alone one would not guess
# that a single latent was touched. Their precision gives it away: its change has rank two, or one
# for a target without parents, because one row of the root precision is replaced. The shift leaves
# covariances as they are and shows in the means.

for label, name in enumerate(environments):
    means = data.truth.Z[data.environments == label].mean(axis=0)
    print(f"{name:18} means of the latents: {np.round(means, 1)}")
