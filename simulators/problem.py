"""A setting of a paper: a model, its environments, and how much data each of them gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalrep.data import Dataset
from simulators.checks import SimulatorError, checked_count
from simulators.model_checks import checked_environments
from simulators.scm import StructuralModel

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """A model with its environments: what the suites return.

    Parameters
    ----------
    scm : StructuralModel
        The model; its mixing is shared by all environments.
    environments : sequence of environments
        Each is ``()``, one intervention, or several.
    n_samples : int, default=1000
        Samples an environment, where :meth:`sample` is not told otherwise.

    Examples
    --------
    >>> from simulators import Do, LinearSCM, Problem
    >>> problem = Problem(LinearSCM([[0, 1], [0, 0]]), [(), Do(target=0, value=1.0)])
    >>> problem.targets
    ((), (0,))
    >>> problem.sample(50, random_state=0)
    <Dataset: 100 samples, 2 features, 2 environments, with truth>
    """

    scm: StructuralModel
    environments: Sequence[Any]
    n_samples: int = 1000

    def __post_init__(self) -> None:
        if not isinstance(self.scm, StructuralModel):
            raise SimulatorError(
                f"Problem.scm must be a model such as LinearSCM(weights), but is {self.scm!r}."
            )
        environments = checked_environments(self.environments, self.scm.names)
        object.__setattr__(self, "environments", tuple(environments))
        object.__setattr__(self, "n_samples", checked_count("n_samples", self.n_samples))

    def __repr__(self) -> str:
        return (
            f"<Problem: {type(self.scm).__name__} of {self.scm.n_nodes} nodes, "
            f"{len(self.scm.feature_names)} features, {len(self.environments)} environments "
            f"of {self.n_samples} samples>"
        )

    @property
    def targets(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the nodes intervened on, for each environment."""
        return tuple(
            tuple(intervention.target for intervention in environment)
            for environment in self.environments
        )

    def sample(
        self,
        n_per_environment: int | Sequence[int] | None = None,
        random_state: Any = None,
        *,
        exact: bool = False,
    ) -> Dataset:
        """Draw samples from all environments, labelled 0, 1, ... in their order.

        Parameters
        ----------
        n_per_environment : int or sequence of int, default=None
            Samples in every environment, or in each; None takes ``n_samples``.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        exact : bool, default=False
            Give the noise exactly its means and variances (:meth:`StructuralModel.sample`).

        Returns
        -------
        Dataset
            Features, labels and the whole truth.
        """
        return self.scm.sample_environments(
            self.environments,
            self.n_samples if n_per_environment is None else n_per_environment,
            random_state=random_state,
            exact=exact,
        )

    def means(self) -> list[np.ndarray]:
        """Return the population mean of the features in every environment."""
        return [self._linear.mean(environment) for environment in self.environments]

    def covariances(self) -> list[np.ndarray]:
        """Return the population covariance of the features in every environment."""
        return [self._linear.covariance(environment) for environment in self.environments]

    @property
    def _linear(self) -> Any:
        if not hasattr(self.scm, "covariance"):
            raise SimulatorError(
                f"The population moments of a {type(self.scm).__name__} are not known in closed "
                "form. Estimate them from a large sample."
            )
        return self.scm
