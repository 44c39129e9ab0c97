"""
Draw a graph with latent nodes and uncertain edges
==================================================

Three symptoms, two latents behind them, and what the data say about each edge.
"""

# %%
# Latent nodes are marked as such when the graph is made; names are free.

from dataclasses import dataclass

from causalrep.graphs import Graph
from causalrep.plotting import GraphDisplay

graph = Graph.from_text(
    """
    stress --> worry, stress --> "poor sleep", stress --> fatigue, worry --> "poor sleep"
    "poor sleep" --> fatigue, stress --> "heart rate", fatigue <-> "heart rate"
    latent stress, fatigue
    """
)
print(graph)

# %%
# An edge estimate is any object with these five attributes. Fitted estimators bring their own:
# ``GraphDisplay.from_estimator(estimator)`` finds them in ``edges_``.


@dataclass(frozen=True)
class Estimate:
    """A coefficient and its 95 % interval."""

    source: str
    target: str
    weight: float
    lower: float
    upper: float


estimates = [
    Estimate("stress", "worry", 0.82, 0.71, 0.93),
    Estimate("stress", "poor sleep", 0.35, 0.18, 0.52),
    Estimate("stress", "fatigue", 0.07, -0.05, 0.19),
    Estimate("worry", "poor sleep", 0.61, 0.47, 0.75),
    Estimate("poor sleep", "fatigue", 0.74, 0.62, 0.86),
    Estimate("stress", "heart rate", 0.44, 0.30, 0.58),
]
display = GraphDisplay(graph, intervals=estimates).plot()

# %%
# A partial ancestral graph, as a discovery method returns it: circles are ends that the data do
# not decide.

pag = Graph.from_text("A o-> C, B o-> C, C --> D, D <-> E, E o-o F, B o-> E")
display = GraphDisplay(pag, layout="layered").plot()
