"""Benchmarks that survive kills, scale out over clusters, and count what failed."""

from identifiability.benchmarking.metrics import Metric, metric_names
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.results import BenchmarkResult, BenchmarkRow
from identifiability.benchmarking.running import benchmark
from identifiability.benchmarking.store import Store

__all__ = [
    "BenchmarkRecord",
    "BenchmarkResult",
    "BenchmarkRow",
    "Metric",
    "Store",
    "benchmark",
    "metric_names",
]
