"""What an intervention leaves of a mechanism: the words that simulators and theorems share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from causalrep.exceptions import InterventionError

__all__ = ["Change", "HasKind", "InterventionKind", "as_changes", "as_kind"]


class InterventionKind(Enum):
    """How an intervention changes the mechanism of its target.

    The mechanism of a latent has three parts: what its parents do to it, the law of its noise
    about the mean, and its mean. Each is kept, gets new values, or is gone.

    Attributes
    ----------
    DO
        Set to a value: no parents, no noise.
    PERFECT
        Cut off its parents, with noise of its own; also called hard, or stochastic.
    SOFT
        Same parents; their effects, noise and mean are new; also called imperfect.
    MECHANISM
        Same parents with new effects; noise and mean are kept.
    NOISE
        Parents and their effects are kept; noise and mean are new.
    SHIFT
        Only the mean is new.

    Examples
    --------
    >>> from causalrep.interventions import InterventionKind
    >>> InterventionKind("perfect").keeps_parents
    False
    """

    DO = "do"
    PERFECT = "perfect"
    SOFT = "soft"
    MECHANISM = "mechanism"
    NOISE = "noise"
    SHIFT = "shift"

    @property
    def keeps_parents(self) -> bool:
        """Whether the target still has its parents."""
        return self not in (InterventionKind.DO, InterventionKind.PERFECT)

    @property
    def has_noise(self) -> bool:
        """Whether the target varies for reasons of its own."""
        return self is not InterventionKind.DO

    @property
    def new_effects(self) -> bool:
        """Whether the parents act on the target in another way."""
        return self in (InterventionKind.SOFT, InterventionKind.MECHANISM)

    @property
    def new_noise(self) -> bool:
        """Whether the noise of the target has another law about its mean."""
        return self in (InterventionKind.PERFECT, InterventionKind.SOFT, InterventionKind.NOISE)

    @property
    def new_mean(self) -> bool:
        """Whether the mean of the target's own part is another one."""
        return self is not InterventionKind.MECHANISM


@runtime_checkable
class HasKind(Protocol):
    """Anything that says which latent it acts on, and how."""

    @property
    def target(self) -> int | str:
        """Position or name of the latent."""
        ...

    @property
    def kind(self) -> InterventionKind:
        """What is left of its mechanism."""
        ...


@dataclass(frozen=True)
class Change:
    """An intervention without its numbers: on which latent, and of which kind.

    Parameters
    ----------
    target : int or str
        Position or name of the latent.
    kind : InterventionKind or str, default="perfect"
        See :class:`InterventionKind`.

    Raises
    ------
    InterventionError
        If there is no such kind.

    Examples
    --------
    >>> from causalrep import Change
    >>> Change("L1", "soft")
    Change(target='L1', kind=<InterventionKind.SOFT: 'soft'>)
    """

    target: int | str
    kind: InterventionKind = InterventionKind.PERFECT

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", as_kind(self.kind))


def as_kind(kind: InterventionKind | str) -> InterventionKind:
    """Return a kind of intervention, or refuse what is none.

    Parameters
    ----------
    kind : InterventionKind or str

    Raises
    ------
    InterventionError
        If there is no such kind.

    Examples
    --------
    >>> from causalrep.interventions import as_kind
    >>> as_kind("do")
    <InterventionKind.DO: 'do'>
    """
    try:
        return InterventionKind(kind)
    except ValueError:
        kinds = ", ".join(repr(known.value) for known in InterventionKind)
        raise InterventionError(
            f"An intervention is of one of the kinds {kinds}, but got {kind!r}."
        ) from None


def as_changes(environments: object, names: tuple[str, ...]) -> list[dict[int, InterventionKind]]:
    """Return, for every environment, the kinds of intervention by the number of their target.

    Parameters
    ----------
    environments : iterable of environments
        Each one () for none, an intervention, or several of them: :class:`Change`, or the
        interventions of `simulators`.
    names : tuple of str
        Names of the latents.

    Raises
    ------
    InterventionError
        If there is no environment, something is not an intervention, a target is not a latent,
        or is met twice in one environment.

    Examples
    --------
    >>> from causalrep import Change
    >>> from causalrep.interventions import as_changes
    >>> as_changes([(), Change("L2", "shift")], ("L1", "L2"))
    [{}, {1: <InterventionKind.SHIFT: 'shift'>}]
    """
    unlisted = isinstance(environments, str | bytes | Mapping)
    if unlisted or not isinstance(environments, Iterable):
        raise InterventionError(
            "Environments come as a list, such as [(), Change(0), Change(1)], but got "
            f"{environments!r}."
        )
    found = [_kinds(environment, names) for environment in environments]
    if not found:
        raise InterventionError("There is no environment. Give [()] for observational data alone.")
    return found


def _kinds(environment: object, names: tuple[str, ...]) -> dict[int, InterventionKind]:
    several = (environment,) if isinstance(environment, HasKind) else environment
    if not isinstance(several, Iterable):
        several = (several,)
    kinds: dict[int, InterventionKind] = {}
    for change in several:
        if not isinstance(change, HasKind):
            raise InterventionError(
                "An environment holds interventions such as Change(0, 'perfect'), but got "
                f"{change!r}."
            )
        place = _place(change.target, names)
        if place in kinds:
            raise InterventionError(
                f"Two interventions on {names[place]} in one environment contradict each other. "
                "Keep one of them, or put them into two environments."
            )
        kinds[place] = change.kind
    return kinds


def _place(target: int | str, names: tuple[str, ...]) -> int:
    if isinstance(target, str) and target in names:
        return names.index(target)
    if not isinstance(target, str) and 0 <= target < len(names):
        return int(target)
    raise InterventionError(
        f"{target!r} is no latent. They are {', '.join(names)}, or by position 0 to "
        f"{len(names) - 1}."
    )
