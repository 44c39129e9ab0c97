"""The words of every certificate: answers, classes, forms, evidence."""

from __future__ import annotations

from enum import Enum, IntEnum

__all__ = ["Answer", "Evidence", "Form", "GraphClass", "IdentifiabilityClass"]


class Answer(Enum):
    """What a check says.

    Attributes
    ----------
    YES, NO
        It holds; it does not hold.
    INCONCLUSIVE
        Neither follows.

    Examples
    --------
    >>> from identifiability import Answer
    >>> print(Answer.INCONCLUSIVE)
    inconclusive
    """

    YES = "yes"
    NO = "no"
    INCONCLUSIVE = "inconclusive"

    def __str__(self) -> str:
        return self.value


class Form(IntEnum):
    """In which way what is found may depend on the latents that it contains.

    Attributes
    ----------
    LINEAR
        An affine function of them.
    NONLINEAR
        Any function that is invertible in all latents together.

    Examples
    --------
    >>> from identifiability import Form
    >>> Form.LINEAR < Form.NONLINEAR
    True
    """

    LINEAR = 0
    NONLINEAR = 1


class IdentifiabilityClass(IntEnum):
    """Which latents may contaminate which, the finest class first.

    Attributes
    ----------
    SCALING
        Every latent by itself; their order is free.
    SURROUNDING_PARENTS
        Every latent up to those of its parents that are parents of all its children.
    PARENTS
        Up to its parents.
    ANCESTORS
        Up to its ancestors.
    PARTIAL
        Some latents are kept apart, see the pattern of the certificate.
    MIXED
        Every latent may contain every other.

    Examples
    --------
    >>> from identifiability import Form, IdentifiabilityClass
    >>> IdentifiabilityClass.SCALING < IdentifiabilityClass.ANCESTORS
    True
    >>> print(IdentifiabilityClass.ANCESTORS)
    permutation, scaling and ancestors
    >>> print(IdentifiabilityClass.SCALING.in_words(Form.NONLINEAR))
    permutation and an invertible function of each
    """

    SCALING = 0
    SURROUNDING_PARENTS = 1
    PARENTS = 2
    ANCESTORS = 3
    PARTIAL = 4
    MIXED = 5

    def __str__(self) -> str:
        return _LINEAR[self]

    def in_words(self, form: Form) -> str:
        """Return the class as a sentence goes on after "up to".

        Parameters
        ----------
        form : Form
            Whether what is left open is linear.
        """
        return (_LINEAR if form is Form.LINEAR else _NONLINEAR)[self]


_LINEAR = {
    IdentifiabilityClass.SCALING: "permutation and scaling",
    IdentifiabilityClass.SURROUNDING_PARENTS: "permutation, scaling and surrounding parents",
    IdentifiabilityClass.PARENTS: "permutation, scaling and parents",
    IdentifiabilityClass.ANCESTORS: "permutation, scaling and ancestors",
    IdentifiabilityClass.PARTIAL: "a mixture of some latents",
    IdentifiabilityClass.MIXED: "a mixture of all latents",
}
_NONLINEAR = {
    IdentifiabilityClass.SCALING: "permutation and an invertible function of each",
    IdentifiabilityClass.SURROUNDING_PARENTS: "permutation and functions with surrounding parents",
    IdentifiabilityClass.PARENTS: "permutation and functions with parents",
    IdentifiabilityClass.ANCESTORS: "permutation and functions with ancestors",
    IdentifiabilityClass.PARTIAL: "functions of some latents",
    IdentifiabilityClass.MIXED: "an invertible function of all latents",
}


class GraphClass(Enum):
    """Up to what a graph is determined.

    Attributes
    ----------
    NOTHING
        Not said.
    KNOWN
        It has to be known beforehand.
    EXACT
        Fully, up to the names of latents.
    TRANSITIVE_CLOSURE
        Who is an ancestor of whom.
    MARKOV_EQUIVALENCE
        Up to graphs with the same separations.
    ANCESTRAL
        Up to ancestral graphs with the same separations of what is observed.
    CLUSTERS
        Which features measure which latent.

    Examples
    --------
    >>> from identifiability import GraphClass
    >>> print(GraphClass.TRANSITIVE_CLOSURE)
    its transitive closure
    """

    NOTHING = "not said"
    KNOWN = "known beforehand"
    EXACT = "identified"
    TRANSITIVE_CLOSURE = "its transitive closure"
    MARKOV_EQUIVALENCE = "its Markov equivalence class"
    ANCESTRAL = "its ancestral graph up to Markov equivalence"
    CLUSTERS = "which features measure which latent"

    @property
    def fineness(self) -> int:
        """Its place among the classes, those that say nothing last."""
        return len(GraphClass) if self.says_nothing else tuple(GraphClass).index(self)

    @property
    def says_nothing(self) -> bool:
        """Whether data add nothing to what is known of the graph."""
        return self in (GraphClass.NOTHING, GraphClass.KNOWN)

    def __str__(self) -> str:
        return self.value


class Evidence(Enum):
    """How a statement was checked before it was let into the catalogue.

    Attributes
    ----------
    PROOF
        Derived in the guide.
    ALGEBRA
        Exact ranks, or separations, agree on all graphs tried.
    TEXT
        The theorem, or a formal account of it, was read.
    ABSTRACT
        The abstract of its source, or another work on it, says so; details were not read.
    UNVERIFIED
        Written from memory. Never makes a positive claim.

    Examples
    --------
    >>> from identifiability import Evidence
    >>> Evidence.ABSTRACT.verified, Evidence.UNVERIFIED.verified
    (True, False)
    """

    PROOF = "derived in the guide"
    ALGEBRA = "confirmed by exact computation"
    TEXT = "read in the source"
    ABSTRACT = "checked against the abstract"
    UNVERIFIED = "unverified"

    @property
    def verified(self) -> bool:
        """Whether a claim may rest on it."""
        return self is not Evidence.UNVERIFIED

    def __str__(self) -> str:
        return self.value
