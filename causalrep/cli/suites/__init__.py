"""Named benchmarks: the settings of papers, each with what is fitted to it."""

from causalrep.cli.suites.registry import SUITES, find_suite
from causalrep.cli.suites.suite import Suite

__all__ = ["SUITES", "Suite", "find_suite"]
