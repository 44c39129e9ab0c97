"""Which end marks of a partial ancestral graph are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalrep.arguments import checked
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph, Mark
from identifiability.graph_distances import Rates, check_same_nodes

__all__ = ["EndMarkConfusion", "end_mark_confusion"]

MARKS = (None, Mark.TAIL, Mark.ARROW, Mark.CIRCLE)
_NAMES = tuple("none" if mark is None else mark.value for mark in MARKS)


@dataclass(frozen=True, eq=False)
class EndMarkConfusion:
    """Counts of true against estimated marks over both ends of every pair of nodes.

    Parameters
    ----------
    counts : ndarray of shape (4, 4), int
        True marks in rows, estimated ones in columns: none, tail, arrow, circle.
    """

    counts: np.ndarray

    @property
    def n_wrong(self) -> int:
        """Number of ends whose mark is wrong, edges too many and too few included."""
        return int(self.counts.sum() - np.trace(self.counts))

    @property
    def accuracy(self) -> float:
        """Share of right ends among those of pairs adjacent in either graph; 1 if none is."""
        ends = int(self.counts.sum() - self.counts[0, 0])
        return 1.0 - self.n_wrong / ends if ends else 1.0

    def rates(self, mark: Mark) -> Rates:
        """Precision and recall of one mark.

        Parameters
        ----------
        mark : Mark
            Tail, arrow or circle.
        """
        place = MARKS.index(mark)
        found, true = self.counts[:, place].sum(), self.counts[place].sum()
        return Rates(int(found), int(true), int(self.counts[place, place]))

    def __str__(self) -> str:
        rows = [("true, estimated", *_NAMES)]
        rows += [(name, *map(str, line)) for name, line in zip(_NAMES, self.counts, strict=True)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in rows
        )


@checked()
def end_mark_confusion(estimate: Graph, truth: Graph) -> EndMarkConfusion:
    """Count which end marks are taken for which.

    An estimated circle is no claim, an estimated arrow for a true tail a wrong one: the table
    keeps them apart, where the structural Hamming distance counts both alike.

    Parameters
    ----------
    estimate, truth : Graph
        Over the same nodes, with at most one edge between two of them, as in a partial
        ancestral graph, a CPDAG or a DAG.

    Returns
    -------
    EndMarkConfusion

    Raises
    ------
    GraphError
        If the nodes differ, or two nodes are joined by several edges.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import end_mark_confusion
    >>> truth = Graph.from_text("A --> B, B o-> C; nodes D")
    >>> confusion = end_mark_confusion(Graph.from_text("A o-> B, B --> C, C o-o D"), truth)
    >>> print(confusion)
    true, estimated  none  tail  arrow  circle
    none                6     0      0       2
    tail                0     0      0       1
    arrow               0     0      2       0
    circle              0     1      0       0
    >>> confusion.n_wrong, round(confusion.accuracy, 3)
    (4, 0.333)
    """
    check_same_nodes(estimate, truth)
    found, true = _codes(estimate, truth.nodes), _codes(truth, truth.nodes)
    apart = ~np.eye(len(truth.nodes), dtype=bool)
    counts = np.zeros((len(MARKS), len(MARKS)), dtype=int)
    np.add.at(counts, (true[apart], found[apart]), 1)
    return EndMarkConfusion(counts)


def _codes(graph: Graph, names: tuple[str, ...]) -> np.ndarray:
    """Position in MARKS of the mark that the edge of two nodes has at the second, (p, p)."""
    place = {name: number for number, name in enumerate(names)}
    codes = np.zeros((len(names), len(names)), dtype=int)
    for edge in graph.edges:
        source, target = place[edge.source], place[edge.target]
        if codes[source, target]:
            raise GraphError(
                "End marks are compared where two nodes have one edge at most, but "
                f"{edge.source!r} and {edge.target!r} have several. Take the ancestral graph."
            )
        codes[source, target] = MARKS.index(edge.target_mark)
        codes[target, source] = MARKS.index(edge.source_mark)
    return codes
