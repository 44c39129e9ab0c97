"""Causal representation learning."""

__version__ = "0.1.0.dev0"

from causalrep.graphs import Edge, Graph, Mark

__all__ = ["Edge", "Graph", "Mark"]
