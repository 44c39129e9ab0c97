"""
Recover latent causes from interventions on unknown targets
===========================================================

Five latents, ten features, six contexts: one undisturbed, the others each with an intervention
on a latent that nobody names.
"""

# %%
# A random problem with the settings of Squires et al. (2023), and a sample of it. The sample
# carries its environment labels, and the truth, which only the score will look at.

import simulators

problem = simulators.linear_disentanglement(n_latents=5, n_features=10, random_state=0)
data = problem.sample(2500, random_state=0)
print(data)

# %%
# The fit finds out which context acts on which latent, the unmixing, and the graph. It takes the
# number of latents from the data where it is not given.

from causalrep import LinearCausalDisentanglement

model = LinearCausalDisentanglement().fit(data)
print(model.n_latents_, "latents:", model.graph_)

# %%
# The true graph and the recovered one. Weights are effects in standard deviations of the
# undisturbed context, and each recovered edge has its 95 % interval. The truth is shown in the
# order and the signs of the recovered latents, which are arbitrary.

import matplotlib.pyplot as plt
import numpy as np

from causalrep import Graph, GraphDisplay
from identifiability import score

report = score(model, data)
true_graph = Graph.from_weights(
    report.true_weights, model.graph_.nodes, latent=model.graph_.nodes, threshold=1e-6
)

figure, axes = plt.subplots(1, 2, figsize=(9, 7), width_ratios=(1, 1.3), layout="constrained")
GraphDisplay(true_graph, weights=report.true_weights).plot(ax=axes[0])
GraphDisplay.from_estimator(model, ax=axes[1])
axes[0].set_title("truth", fontsize=14)
axes[1].set_title("recovered", fontsize=14)
plt.show()

# %%
# What the data determine, latent by latent and edge by edge, and what they do not:

print(model.identification_)

# %%
# How close the answer is to the truth:

print(report)

# %%
# More samples
# ------------
#
# Angles between true and recovered unmixing rows: the median over ten random problems, three
# methods on the same data. With few samples some fits warn that an edge could as well be the other
# way round; here only angles count.

import warnings

from causalrep.exceptions import IdentifiabilityWarning

METHODS = ("likelihood", "closed-form", "squires")
sizes = np.array([250, 1000, 4000, 16000])
angles = np.empty((len(METHODS), len(sizes), 10))
for seed in range(10):
    random_problem = simulators.linear_disentanglement(5, 5, random_state=seed)
    true_rows = np.linalg.inv(random_problem.scm.mixing.matrix)
    targets = [target for (target,) in random_problem.targets[1:]]
    for column, n_samples in enumerate(sizes):
        sample = random_problem.sample(int(n_samples), random_state=seed)
        for line, method in enumerate(METHODS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", IdentifiabilityWarning)
                fitted = LinearCausalDisentanglement(5, method=method).fit(sample)
            rows = fitted.components_[fitted.targets_[1:]]
            cosines = np.abs(np.sum(rows * true_rows[targets], axis=1))
            cosines /= np.linalg.norm(rows, axis=1) * np.linalg.norm(true_rows[targets], axis=1)
            angles[line, column, seed] = np.sqrt(np.mean(np.arccos(np.minimum(cosines, 1)) ** 2))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for method, line, marker in zip(METHODS, np.median(angles, axis=2), "osD", strict=True):
    ax.loglog(sizes, line, marker=marker, label=method)
ax.loglog(sizes, 0.5 / np.sqrt(sizes), color="0.6", linestyle="--", label=r"$\propto n^{-1/2}$")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.minorticks_off()
ax.set(xlabel="samples per context", ylabel="row angle (rad), root mean square")
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
plt.show()

# %%
# Soft interventions
# ------------------
#
# Interventions that change the weights of the parents and do not cut them off. One context for
# each latent cannot show that they are not perfect: the model fits, and nothing warns.

soft = simulators.linear_disentanglement(3, 6, kind="soft", density=1.0, random_state=9)
soft_data = soft.sample(5000, random_state=9)
believed_perfect = LinearCausalDisentanglement(3).fit(soft_data)
print([context.fits for context in believed_perfect.contexts_])
print(f"angle to the true rows: {score(believed_perfect, soft_data).rms_row_angle:.2f} rad")

# %%
# So what is known about the interventions has to be said. Then the answer claims no more than
# these data hold: the noises, and who is an ancestor of whom.

known_soft = LinearCausalDisentanglement(3, intervention="soft").fit(soft_data)
print(known_soft.identification_)
print(f"angle to the noises' rows: {score(known_soft, soft_data).rms_noise_row_angle:.2f} rad")

# %%
# Two contexts for each latent can show it, and here the fit says so for L2. Not for L1, which has
# no parents, nor for L3, whose parents act on it in both contexts alike: only contexts that differ
# tell.

twice = simulators.linear_disentanglement(
    3, 6, kind="soft", density=1.0, targets=[0, 1, 2, 0, 1, 2], random_state=5
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    believed_perfect = LinearCausalDisentanglement(3).fit(twice.sample(4000, random_state=5))
for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}")
for context in believed_perfect.contexts_:
    print(context)

# %%
# A latent that no context acts on
# --------------------------------
#
# Four latents, interventions on three of them. The fourth is not identified. The others are: each
# is a source or has a cause that some context acts on, which settles its row. Effects that pass
# through the fourth count as effects between the others: here L2 acts on L3 both directly and
# through it.

missing = simulators.linear_disentanglement(4, 8, targets=[0, 1, 2], density=0.8, random_state=17)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    partial = LinearCausalDisentanglement(4).fit(missing.sample(4000, random_state=0))
for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}")
print(partial.identification_)

# %%
# The recovered effect of L2 on L3 beside the sum that is identified, and beside the direct effect
# alone, all in units of undisturbed latents. The sign depends on those of the latents.

weights = missing.scm.weights
direct, through = weights[1, 2], weights[1, 3] * weights[3, 2]
spread = np.sqrt(np.diag(missing.scm.covariance(of="Z")))
found = next(edge for edge in partial.edges_ if (edge.source, edge.target) == ("L2", "L3"))
print("recovered:", found)
print(f"identified, up to sign: {abs(direct + through) * spread[1] / spread[2]:.3f}")
print(f"direct effect alone: {abs(direct) * spread[1] / spread[2]:.3f}")
