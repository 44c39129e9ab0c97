"""The words in which theorems state what they ask for."""

from __future__ import annotations

from enum import Enum

__all__ = ["Condition", "DataRegime", "Kind", "Mechanism", "Mixing", "Noise"]


class DataRegime(Enum):
    """Where the samples come from.

    Attributes
    ----------
    OBSERVATIONAL
        One distribution.
    INTERVENTIONAL
        Several, in each of which some latents are intervened on.
    ENVIRONMENTS
        Several, between which any mechanism may differ.
    AUXILIARY
        An observed variable changes the law of the latents.
    ACTIONS
        Known continuous actions move the latents.
    PAIRED
        Each sample before and after a change.
    TEMPORAL
        Latents depend on their past.
    DOMAINS
        Different features of shared latents, unpaired.

    Examples
    --------
    >>> from identifiability.theorems import DataRegime
    >>> DataRegime("paired")
    <DataRegime.PAIRED: 'paired'>
    """

    OBSERVATIONAL = "observational"
    INTERVENTIONAL = "interventional"
    ENVIRONMENTS = "environments"
    AUXILIARY = "auxiliary"
    ACTIONS = "actions"
    PAIRED = "paired"
    TEMPORAL = "temporal"
    DOMAINS = "domains"


class Mixing(Enum):
    """How features come from latents.

    Attributes
    ----------
    IDENTITY
        The nodes of the graph are observed, latent ones apart.
    LINEAR
        An injective matrix.
    OVERCOMPLETE
        A matrix, with more latents than features or not.
    POLYNOMIAL
        An injective polynomial of known degree with independent coefficients.
    DIFFEOMORPHISM
        Any smooth map with a smooth inverse.
    MEASUREMENT
        The graph says which latent acts on which feature.

    Examples
    --------
    >>> from identifiability.theorems import Mixing
    >>> Mixing.POLYNOMIAL.includes(Mixing.LINEAR)
    True
    """

    IDENTITY = "identity"
    LINEAR = "linear"
    OVERCOMPLETE = "overcomplete"
    POLYNOMIAL = "polynomial"
    DIFFEOMORPHISM = "diffeomorphism"
    MEASUREMENT = "measurement"

    def includes(self, other: Mixing) -> bool:
        """Whether every mixing of another kind is one of this kind.

        Parameters
        ----------
        other : Mixing
        """
        return other is self or other in _MIXINGS.get(self, ())


_MIXINGS = {
    Mixing.OVERCOMPLETE: (Mixing.LINEAR,),
    Mixing.POLYNOMIAL: (Mixing.LINEAR,),
    Mixing.DIFFEOMORPHISM: (Mixing.LINEAR, Mixing.POLYNOMIAL),
}


class Mechanism(Enum):
    """How latents come from their parents.

    Attributes
    ----------
    INDEPENDENT
        There are no edges.
    LINEAR
        A linear function and noise.
    ADDITIVE
        Any function and additive noise.
    POLYNOMIAL
        A polynomial and additive noise.
    NONLINEAR
        Nonlinear enough for interventions to show in the scores.
    NONPARAMETRIC
        Anything.

    Examples
    --------
    >>> from identifiability.theorems import Mechanism
    >>> Mechanism.NONPARAMETRIC.includes(Mechanism.NONLINEAR)
    True
    >>> Mechanism.NONLINEAR.includes(Mechanism.LINEAR)
    False
    """

    INDEPENDENT = "independent"
    LINEAR = "linear"
    ADDITIVE = "additive"
    POLYNOMIAL = "polynomial"
    NONLINEAR = "nonlinear"
    NONPARAMETRIC = "nonparametric"

    def includes(self, other: Mechanism) -> bool:
        """Whether every mechanism of another kind is one of this kind.

        Parameters
        ----------
        other : Mechanism
        """
        return other is self or other in _MECHANISMS.get(self, ())


_MECHANISMS = {
    Mechanism.LINEAR: (Mechanism.INDEPENDENT,),
    Mechanism.POLYNOMIAL: (Mechanism.INDEPENDENT, Mechanism.LINEAR),
    Mechanism.ADDITIVE: (Mechanism.INDEPENDENT, Mechanism.LINEAR, Mechanism.POLYNOMIAL),
    Mechanism.NONPARAMETRIC: tuple(Mechanism),
}


class Noise(Enum):
    """The law of what is not explained by parents.

    Attributes
    ----------
    ANY
        Nothing is known of it.
    GAUSSIAN, NON_GAUSSIAN
        All noises are, or none is.
    EXPONENTIAL_FAMILY
        Of a known exponential family.

    Examples
    --------
    >>> from identifiability.theorems import Noise
    >>> Noise.ANY.includes(Noise.GAUSSIAN), Noise.GAUSSIAN.includes(Noise.ANY)
    (True, False)
    """

    ANY = "any"
    GAUSSIAN = "gaussian"
    NON_GAUSSIAN = "non-gaussian"
    EXPONENTIAL_FAMILY = "exponential family"

    def includes(self, other: Noise) -> bool:
        """Whether every noise of another kind is one of this kind.

        Parameters
        ----------
        other : Noise
        """
        if self is Noise.EXPONENTIAL_FAMILY and other is Noise.GAUSSIAN:
            return True
        return self in (Noise.ANY, other)


class Kind(Enum):
    """What a theorem says.

    Attributes
    ----------
    SUFFICIENT
        Its conditions identify.
    IFF
        They identify, and nothing else does.
    NECESSARY
        Without them some model is not identified.
    IMPOSSIBILITY
        Nothing is identified in its setting.

    Examples
    --------
    >>> from identifiability.theorems import Kind
    >>> Kind.IFF.is_positive
    True
    """

    SUFFICIENT = "sufficient"
    IFF = "necessary and sufficient"
    NECESSARY = "necessary in the worst case"
    IMPOSSIBILITY = "impossibility"

    @property
    def is_positive(self) -> bool:
        """Whether it can show that something is identified."""
        return self in (Kind.SUFFICIENT, Kind.IFF)


class Condition(Enum):
    """A condition on the graph or the design that a function checks, see `conditions`.

    Attributes
    ----------
    ACYCLIC
        No directed path leads back.
    NOTHING_HIDDEN
        A DAG of observed nodes.
    TWO_LATENTS
        There are two latents.
    HALF_TREKS
        The half-trek criterion holds.
    FINITE_EFFECTS
        The Jacobian of the covariance has full rank.
    GLOBALLY_IDENTIFIED
        No confounded set of nodes converges on one of them.
    ATOMIC_COVERS
        Conditions 1 and 2 of rank-based discovery.
    THREE_PURE_CHILDREN
        Every latent has three features of its own, and there are four.
    TWO_PURE_CHILDREN
        Every latent has two features of its own.
    ONE_PURE_CHILD
        Every latent has a feature of its own.
    NO_NESTING
        No latent's features are all features of another.
    ONE_COMPONENT_A_TIME
        Components that features share can be read off one at a time.
    BLOCKS_SEPARATE
        Every latent is all that some changed blocks have in common.
    HIERARCHY
        An irreducible hierarchy of latents.

    Examples
    --------
    >>> from identifiability.theorems import Condition
    >>> Condition.NO_NESTING.value
    'no nesting of the features of latents'
    """

    ACYCLIC = "no cycles"
    NOTHING_HIDDEN = "no hidden common causes"
    TWO_LATENTS = "two latents"
    HALF_TREKS = "the half-trek criterion"
    FINITE_EFFECTS = "a Jacobian of full rank"
    GLOBALLY_IDENTIFIED = "no converging confounded set"
    ATOMIC_COVERS = "atomic covers without conflicts"
    THREE_PURE_CHILDREN = "three pure features of every latent"
    TWO_PURE_CHILDREN = "two pure features of every latent"
    ONE_PURE_CHILD = "a pure feature of every latent"
    NO_NESTING = "no nesting of the features of latents"
    ONE_COMPONENT_A_TIME = "shared components that can be read off one at a time"
    BLOCKS_SEPARATE = "changed blocks that meet in single latents"
    HIERARCHY = "an irreducible hierarchy"
