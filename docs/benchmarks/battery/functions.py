"""A good call of every public function, so that each argument can be spoiled in turn."""

import importlib
import inspect

import numpy as np

import causalrep
from battery.examples import (
    ACTIONS,
    CHAIN,
    CONTEXTS,
    COVARIANCE,
    DATA,
    LATENTS,
    MEASURED,
    MIXED,
    OBSERVED,
    ONE_FACTOR,
    OTHER,
    TRUE_LATENTS,
    TWO_LATENTS,
)
from battery.subjects import Subject
from causalrep import Change, Graph, InterventionKind
from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants
from discovery import DSeparationOracle
from identifiability.theorems import Condition

SETS = np.array([[0, 0], [0, 1]])
TETRADS = np.array([[0, 1, 2, 3]])
CUMULANTS = CumulantData.from_samples(OBSERVED[:, :2])
ARROW = StructuralMixing(Graph.from_text("x --> y"))
CUMULANT_FIT = fit_cumulants(CUMULANTS, ARROW, n_starts=2, random_state=0)
STRUCTURE = causalrep.fit_structural(MEASURED, COVARIANCE, 60, ("A", "B", "C", "D"))
ESTIMATE = causalrep.LinearCausalDisentanglement(2).fit(CONTEXTS)
FULL = ~np.eye(3, dtype=bool)
ARROWS = np.triu(FULL) & (np.arange(3) == 2)
WEIGHTS = np.array([[[0, 0.8], [0, 0]], [[0, 0], [0, 0.0]]])
INTERVENTIONS = [(), Change("L2")]
ROWS = np.array([[1.0, -1.0], [2.0, 0.0]])
LABELLED = {"estimated": [-1, 1, 0], "true": [(), (0,), (1,)]}
TWO_GRAPHS = {"estimate": CHAIN, "truth": OTHER}
A_AND_B = {"a": CHAIN, "b": OTHER}
Z_AND_Z = {"Z_estimated": LATENTS, "Z": TRUE_LATENTS}
Z_ROLES = {"Z_estimated": "samples", "Z": "samples"}
COV = {"covariance": "covariance"}
X_SAMPLES = {"X": "samples"}
SMALL = {"n_latents": 2, "n_features": 4, "n_samples": 50, "random_state": 0}

# Path: good arguments, and roles that they do not tell.
GOOD = {
    "causalrep.cover_conditions.meets_conditions": ({"graph": MEASURED}, {}),
    "causalrep.cumulant_fit.equivalent_parameters": (
        {"model": ARROW, "theta": np.array([0.5])},
        {},
    ),
    "causalrep.cumulant_fit.fit_cumulants": (
        {"data": CUMULANTS, "model": ARROW, "n_starts": 2, "random_state": 0},
        {},
    ),
    "causalrep.cumulant_fit.profile_entry": (
        {
            "data": CUMULANTS,
            "model": ARROW,
            "entry": (1, 0),
            "values": np.array([0.4, 0.5]),
            "starts": CUMULANT_FIT.theta[None],
            "stiffness": 1e6,
        },
        {},
    ),
    "causalrep.cumulant_fit.with_statistic": ({"data": CUMULANTS, "fit": CUMULANT_FIT}, {}),
    "causalrep.cumulants.contracted": ({"X": OBSERVED, "directions": np.eye(4)[:, :1]}, X_SAMPLES),
    "causalrep.cumulants.cumulant_covariance": ({"X": OBSERVED, "sets": [SETS]}, X_SAMPLES),
    "causalrep.cumulants.fourth_flattening": ({"X": OBSERVED}, X_SAMPLES),
    "causalrep.cumulants.influences": ({"X": OBSERVED, "sets": SETS}, X_SAMPLES),
    "causalrep.cumulants.k_statistics": ({"X": OBSERVED, "sets": SETS}, X_SAMPLES),
    "causalrep.cumulants.plug_in_cumulants": ({"X": OBSERVED, "sets": SETS}, X_SAMPLES),
    "causalrep.cumulants.population": (
        {"mixing": np.eye(2), "source_cumulants": np.ones(2), "sets": SETS},
        {},
    ),
    "causalrep.cumulants.sorted_sets": ({"n_variables": 3, "order": 2}, {}),
    "causalrep.datasets.big_five_items": ({}, {}),
    "causalrep.datasets.load_holzinger_swineford": ({}, {}),
    "causalrep.datasets.load_political_democracy": ({}, {}),
    "causalrep.datasets.load_sachs": ({}, {}),
    "causalrep.datasets.sachs_conditions": ({}, {}),
    "causalrep.equivalence.a_member": ({"cpdag": Graph.from_text("A --- B, B --- C")}, {}),
    "causalrep.equivalence.arrays_of": ({"graph": CHAIN}, {}),
    "causalrep.equivalence.close_orientations": ({"graph": CHAIN}, {}),
    "causalrep.equivalence.equivalence_class": ({"graph": CHAIN}, {}),
    "causalrep.equivalence.graph_of": (
        {"adjacent": FULL, "arrows": ARROWS, "like": Graph(["A", "B", "C"])},
        {},
    ),
    "causalrep.equivalence.v_structures": ({"graph": CHAIN}, {}),
    "causalrep.fit_structural": (
        {
            "graph": MEASURED,
            "covariance": COVARIANCE,
            "n_samples": 60,
            "names": ("A", "B", "C", "D"),
        },
        {**COV, "names": "names"},
    ),
    "causalrep.latent_covers.atomic_covers": ({"graph": MEASURED}, {}),
    "causalrep.latent_covers.complete_covers": ({"graph": MEASURED}, {}),
    "causalrep.latent_covers.identified_graph": ({"graph": MEASURED}, {}),
    "causalrep.latent_covers.merge_redundant_latents": ({"graph": MEASURED}, {}),
    "causalrep.latent_covers.minimal_graph": ({"graph": MEASURED}, {}),
    "causalrep.latent_covers.pure_children": ({"graph": MEASURED, "nodes": ["L1"]}, {}),
    "causalrep.ranks.bootstrap_correlations": (
        {"X": ONE_FACTOR, "n_resamples": 3, "random_state": 0},
        X_SAMPLES,
    ),
    "causalrep.structural.modification_indices": ({"fit": STRUCTURE}, {}),
    "causalrep.structural.penalized_score": ({"fit": STRUCTURE}, {}),
    "causalrep.structural.prune_edges": ({"fit": STRUCTURE}, {}),
    "causalrep.structural.wald_statistics": ({"fit": STRUCTURE}, {}),
    "discovery.find_skeleton": (
        {"test": DSeparationOracle(CHAIN).bind(None, "ABC"), "names": ["A", "B", "C"]},
        {"names": "names"},
    ),
    "discovery.independent_noise_test": (
        {"Y": OBSERVED[:, :2], "Z": OBSERVED[:, 2:3]},
        {"Y": "samples", "Z": "samples"},
    ),
    "discovery.joint_tetrad_test": (
        {"covariance": COVARIANCE, "n_samples": 60, "tetrads": TETRADS},
        COV,
    ),
    "discovery.joint_tetrad_test_from_samples": ({"X": ONE_FACTOR, "tetrads": TETRADS}, X_SAMPLES),
    "discovery.one_factor_test": ({"covariance": COVARIANCE, "n_samples": 60}, COV),
    "discovery.one_factor_test_from_samples": ({"X": ONE_FACTOR}, X_SAMPLES),
    "discovery.one_factor_tetrads": ({"covariance": COVARIANCE}, COV),
    "discovery.single_tetrad_tests": (
        {"covariance": COVARIANCE, "n_samples": 60, "tetrads": TETRADS},
        COV,
    ),
    "discovery.tetrad_differences": ({"covariance": COVARIANCE, "tetrads": TETRADS}, COV),
    "identifiability.adjustment_identification_distance": (TWO_GRAPHS, {}),
    "identifiability.affine_r2": (
        {"source": LATENTS, "target": TRUE_LATENTS},
        {"source": "samples", "target": "samples"},
    ),
    "identifiability.align_by_correlation": (Z_AND_Z, Z_ROLES),
    "identifiability.align_by_environments": ({**LABELLED, "n_estimated": 2, "n_true": 2}, {}),
    "identifiability.align_by_relation": ({"relation": ROWS, "basis": "cosines"}, {}),
    "identifiability.align_by_rows": ({"components": ROWS, "true_components": np.eye(2)}, {}),
    "identifiability.arrow_rates": (TWO_GRAPHS, {}),
    "identifiability.certify": ({"estimator": ESTIMATE}, {}),
    "identifiability.check": ({"graph": TWO_LATENTS, "interventions": INTERVENTIONS}, {}),
    "identifiability.check_disentanglement": (
        {"graph": TWO_LATENTS, "environments": INTERVENTIONS},
        {},
    ),
    "identifiability.check_structural": ({"graph": CHAIN}, {}),
    "identifiability.class_residual": (Z_AND_Z, Z_ROLES),
    "identifiability.compare_graphs": (TWO_GRAPHS, {}),
    "identifiability.conditions.action_rank": ({"effects": ROWS, "actions": ACTIONS}, {}),
    "identifiability.conditions.check_condition": (
        {
            "condition": Condition.TWO_LATENTS,
            "graph": CHAIN,
            "changes": [{0: InterventionKind.PERFECT}],
        },
        {},
    ),
    "identifiability.conditions.global_identifiability": ({"graph": CHAIN}, {}),
    "identifiability.conditions.natural_parameter_rank": ({"parameters": np.eye(3)}, {}),
    "identifiability.conditions.no_nesting": ({"graph": MEASURED}, {}),
    "identifiability.conditions.non_parallel_columns": ({"mixing": ROWS}, {}),
    "identifiability.conditions.one_component_at_a_time": ({"graph": MEASURED}, {}),
    "identifiability.conditions.polynomial_rank": ({"coefficients": np.eye(3)}, {}),
    "identifiability.conditions.pure_features": ({"graph": MEASURED, "least": 2}, {}),
    "identifiability.conditions.row_deletion": ({"loadings": np.ones((3, 1))}, {}),
    "identifiability.correlation_matrix": (
        {"Z": TRUE_LATENTS, "W": LATENTS},
        {"Z": "samples", "W": "samples"},
    ),
    "identifiability.disentanglement_conditioning": (
        {
            "graph": TWO_LATENTS,
            "environments": INTERVENTIONS,
            "weights": WEIGHTS,
            "variances": np.array([[1, 1], [1, 1.2]]),
        },
        {"weights": "matrix"},
    ),
    "identifiability.disentanglement_scores": (
        {**Z_AND_Z, "n_permutations": 20, "n_baselines": 1, "random_state": 0},
        Z_ROLES,
    ),
    "identifiability.end_mark_confusion": (TWO_GRAPHS, {}),
    "identifiability.equivalence_class_distance": (A_AND_B, {}),
    "identifiability.examine_class": ({**Z_AND_Z, "n_permutations": 9}, Z_ROLES),
    "identifiability.half_trek_criterion": ({"graph": MIXED}, {}),
    "identifiability.match_latents": ({"estimate": MEASURED, "truth": MEASURED}, {}),
    "identifiability.mean_correlation_coefficient": ({**Z_AND_Z, "n_baselines": 2}, Z_ROLES),
    "identifiability.minimal_interventions": ({"graph": TWO_LATENTS}, {"environments": "listing"}),
    "identifiability.mutual_information": ({**Z_AND_Z, "n_permutations": 20}, Z_ROLES),
    "identifiability.nearest_relabelling": (TWO_GRAPHS, {}),
    "identifiability.off_pattern_energy": ({"effective": ROWS}, {}),
    "identifiability.recommend": ({"data": OBSERVED}, {"data": "samples"}),
    "identifiability.row_angle_matrix": ({"true_components": np.eye(2), "components": ROWS}, {}),
    "identifiability.row_angles": (
        {"components": ROWS, "true_components": np.eye(2), "permutation": np.array([1, 0])},
        {},
    ),
    "identifiability.row_cosines": ({"true_components": np.eye(2), "components": ROWS}, {}),
    "identifiability.score": ({"estimate": ESTIMATE, "truth": CONTEXTS}, {}),
    "identifiability.score_interval": ({**Z_AND_Z, "n_resamples": 100}, Z_ROLES),
    "identifiability.skeleton_rates": (TWO_GRAPHS, {}),
    "identifiability.structural_conditioning": (
        {
            "graph": Graph.from_text("x --> y"),
            "weights": np.array([[0, 2.0], [0, 0]]),
            "error_covariance": np.eye(2),
        },
        {"error_covariance": "covariance"},
    ),
    "identifiability.structural_hamming_distance": (A_AND_B, {}),
    "identifiability.structural_intervention_distance": (TWO_GRAPHS, {}),
    "identifiability.target_accuracy": ({**LABELLED, "permutation": np.array([1, 0])}, {}),
    "identifiability.target_rand_index": (LABELLED, {}),
    "identifiability.theorems.theorem": ({"key": "squires-perfect"}, {}),
    "identifiability.transitive_closure_distance": (A_AND_B, {}),
    "identifiability.unique_share": (Z_AND_Z, Z_ROLES),
    "simulators.bow_free_graph": ({"n_nodes": 4}, {}),
    "simulators.changing_polynomials": ({**SMALL, "n_environments": 3}, {}),
    "simulators.confounded_chain": ({"n_samples": 50}, {}),
    "simulators.confounded_effect": ({"n_samples": 50}, {}),
    "simulators.confounded_graph": ({"n_observed": 5, "n_latents": 2}, {}),
    "simulators.confounded_pair": ({"n_samples": 50}, {}),
    "simulators.contrastive": ({**SMALL, "n_units": 4, "n_edges_per_node": 0.5}, {}),
    "simulators.erdos_renyi_graph": ({"n_nodes": 4, "density": 0.5}, {}),
    "simulators.extrapolation": (SMALL, {}),
    "simulators.factor_group_graph": ({}, {}),
    "simulators.gin": ({"n_samples": 50}, {}),
    "simulators.latent_confounding": ({"n_observed": 5, "n_latents": 2, "n_samples": 50}, {}),
    "simulators.latent_cover_graph": ({}, {}),
    "simulators.latent_tree_graph": ({}, {}),
    "simulators.linear_disentanglement": ({**SMALL, "ratio_range": (0.5, 2.0)}, {}),
    "simulators.lscale": ({**SMALL, "n_features": 8}, {}),
    "simulators.lvlingam": ({"n_samples": 50}, {}),
    "simulators.measurement_graph": ({}, {}),
    "simulators.one_factor": ({"n_samples": 50}, {}),
    "simulators.overcomplete_mixture": ({"n_samples": 50}, {}),
    "simulators.polynomial_decoder": ({"n_latents": 2, "n_features": 8, "n_samples": 50}, {}),
    "simulators.random_weights": ({"graph": CHAIN}, {}),
    "simulators.rlcd": ({"n_samples": 50}, {}),
    "simulators.rlcd_condition_graph": ({}, {}),
    "simulators.scale_free_graph": ({"n_nodes": 5, "n_attached": 1}, {}),
    "simulators.segments": ({**SMALL, "n_segments": 3}, {}),
    "simulators.structured_measurement_graph": ({}, {}),
    "simulators.with_categories": ({"data": DATA}, {}),
    "simulators.with_copies": ({"data": DATA}, {"names": "names"}),
    "simulators.with_explicit_latents": ({"graph": MIXED}, {}),
    "simulators.with_leaky_nodes": (
        {"problem": importlib.import_module("simulators").linear_disentanglement(**SMALL)},
        {},
    ),
}
# Spoiled elsewhere, or not by arguments.
ELSEWHERE = {
    "causalrep.load": "mutated files",
    "causalrep.save": "mutated files",
    "causalrep.datasets.fetch_big_five": "downloads; tests/causalrep/datasets/test_remote.py",
    "causalrep.datasets.fetch_depression_coping": "as above",
    "identifiability.benchmark": "runs for minutes; tests/identifiability/benchmarking",
    "identifiability.compare_estimators": "takes records; as above",
    "identifiability.compare_scores": "as above",
    "identifiability.metric_names": "takes nothing",
    "causalrep.neural.fit_ensemble": "takes a loss; the neural estimators call it",
}


def function_subjects(things):
    """Return a subject for every public function, and the paths that have none."""
    functions = {path: thing for path, thing in things.items() if inspect.isfunction(thing)}
    subjects = [Subject(path, functions[path], *GOOD[path]) for path in functions if path in GOOD]
    return subjects, sorted(functions.keys() - GOOD.keys() - ELSEWHERE.keys())
