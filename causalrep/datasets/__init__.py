"""Real data with what is known about them; loaders return a :class:`~causalrep.Dataset`."""

from causalrep.datasets.questionnaires import load_holzinger_swineford, load_political_democracy
from causalrep.datasets.sachs import SachsCondition, load_sachs, sachs_conditions

__all__ = [
    "SachsCondition",
    "load_holzinger_swineford",
    "load_political_democracy",
    "load_sachs",
    "sachs_conditions",
]
