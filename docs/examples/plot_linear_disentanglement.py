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
# Latents are round; each edge carries its standardised effect and 95 % interval.

from causalrep.plotting import GraphDisplay

display = GraphDisplay.from_estimator(model)

# %%
# What the data determine, latent by latent and edge by edge, and what they do not:

print(model.identification_)

# %%
# How close the answer is to the truth:

from identifiability import score

print(score(model, data))
