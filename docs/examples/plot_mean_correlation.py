"""
Why the mean correlation coefficient never comes alone
======================================================

The mean correlation coefficient (MCC) is the usual score of recovered latents. Here it is computed
for an answer that recovers nothing: every recovered variable is a mixture of all latents. The more
the latents correlate, the better this answer looks, until only the baseline and the unique share
tell it from the truth.
"""

# %%
# Five latents with equal correlations, and a mixture with random positive weights.
import matplotlib.pyplot as plt
import numpy as np

from identifiability import mean_correlation_coefficient, unique_share

rng = np.random.default_rng(0)
correlations = np.linspace(0.0, 0.95, 12)
values, mixed, skills, shares = [], [], [], []
for correlation in correlations:
    covariance = correlation + (1.0 - correlation) * np.eye(5)
    Z = rng.multivariate_normal(np.zeros(5), covariance, size=3000)
    mixture = Z @ rng.uniform(size=(5, 5))
    mcc = mean_correlation_coefficient(mixture, Z, n_baselines=10)
    values.append(mcc.value)
    mixed.append(mcc.mixed)
    skills.append(mcc.skill)
    shares.append(unique_share(mixture, Z))

# %%
# The MCC climbs towards 1 with the correlation of the latents. So does the level that
# :func:`~identifiability.mean_correlation_coefficient` computes from random mixtures, and the
# skill ``(MCC - mixed) / (1 - mixed)`` stays near 0. The unique share stays low whatever the
# correlation.
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for series, label in (
    (values, "MCC of the mixture"),
    (mixed, "baseline: random mixtures"),
    (shares, "unique share"),
    (skills, "skill"),
):
    ax.plot(correlations, series, marker="o", markersize=4, label=label)
ax.axhline(1.0, color="0.6", linewidth=0.8, linestyle="--")
ax.set(xlabel="correlation between the latents", ylabel="score (a perfect answer has 1)")
ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
plt.show()
