"""Answers that are right although the input is strange, each with its reason."""

from fnmatch import fnmatch

# Patterns of "path(argument: input)", and why an answer is right there.
REASONS = {
    "identifiability.recommend(data: *)": "few or constant samples tell size and shape; p_value "
    "is NaN, which its documentation calls not tested",
    "identifiability.score(estimate: None)": "None stands for a fit that failed, and scores worst",
    "identifiability.align_by_relation(basis: *)": "a free text that is printed",
    **dict.fromkeys(
        [
            f"identifiability.examine_class(Z_estimated: {name})"
            for name in ("one feature", "*constant*", "zero column", "a strange array")
        ],
        "statistic is infinite where recovered latents are missing",
    ),
    **dict.fromkeys(
        [
            f"identifiability.structural_conditioning(graph: {name})"
            for name in ("a cycle", "Graph")
        ],
        "standard_errors are infinite where a dimension is open",
    ),
    "identifiability.off_pattern_energy(spreads: a list)": "one spread for each latent",
    "identifiability.conditions.*": "condition_number is NaN where a rank is not full",
    "*.fit(y: an environment of two rows)": "refused where a covariance is needed of each",
    "causalrep.Graph.d_separated(*: a list)": "nodes come by name or in a list",
    "causalrep.Graph.d_separated(*: no rows)": "no node is separated from all, and joined to none",
    "causalrep.Graph.from_weights(latent: [TF]*e)": "all nodes are latent, or none",
    "causalrep.EnvironmentMoments.from_samples(environments: *)": "a summary groups by whatever "
    "labels there are; estimators judge them",
    "simulators.*(*: no rows)": "an empty answer to an empty question",
    "simulators.linear_disentanglement(targets: no rows)": "the observational environment alone",
    "simulators.with_copies(names: a number)": "how many copies, 0 among them",
    "simulators.with_categories(names: no rows)": "nothing is made coarser",
    "simulators.LinearSCM.sample_environments(n_samples: a list)": "one number an environment",
    "discovery.RLCD(n_bootstraps: zero)": "stability is NaN where it is not measured",
    "causalrep.*(reference: *)": "any label may be the reference",
    "causalrep.cumulant_fit.CumulantData.from_samples(shrinkage: a number)": "from 0 to 1",
    "causalrep.cumulant_fit.fit_cumulants(test: False)": "p_value is NaN where no test is wanted",
    "causalrep.cumulant_fit.fit_cumulants(start: a number)": "the one parameter of the model",
    "*.n_starts: zero)": "a search from the given start alone",
}


def reason_for(key):
    """Say why an answer is right, or nothing where it is not."""
    return next((why for pattern, why in REASONS.items() if fnmatch(key, pattern)), "")
