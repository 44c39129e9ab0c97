"""Benchmarks that survive kills, scale out over clusters, and count what failed."""

from identifiability.benchmarking.comparing import compare_estimators, compare_scores
from identifiability.benchmarking.comparison import EstimatorComparison, PairComparison
from identifiability.benchmarking.comparison_display import ComparisonDisplay
from identifiability.benchmarking.metrics import Metric, metric_names
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.results import BenchmarkResult
from identifiability.benchmarking.rows import BenchmarkRow
from identifiability.benchmarking.running import benchmark
from identifiability.benchmarking.store import Store

__all__ = [
    "BenchmarkRecord",
    "BenchmarkResult",
    "BenchmarkRow",
    "ComparisonDisplay",
    "EstimatorComparison",
    "Metric",
    "PairComparison",
    "Store",
    "benchmark",
    "compare_estimators",
    "compare_scores",
    "metric_names",
]
