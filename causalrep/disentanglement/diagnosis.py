"""Put into words what each context does, and what that identifies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causalrep.disentanglement.context_tests import ChiSquare
from causalrep.disentanglement.model import LatentModel
from causalrep.exceptions import IdentifiabilityWarning, ModelMismatchWarning
from causalrep.results import ContextDiagnosis, Identification, StatisticalTest, names_of

__all__ = ["diagnose", "identification", "worries"]

_CONTESTED = "almost as likely the other way round: more data would tell"
_CUT_LEVEL = 1e-4
"""Strict, for heavy tails raise the level of the test for perfect interventions."""


def diagnose(
    environments, sizes, names, model: LatentModel, split, single, perfect, misfits
) -> tuple[tuple[ContextDiagnosis, ...], tuple[StatisticalTest, ...]]:
    """Put the tests of the contexts into words.

    Parameters
    ----------
    environments : ndarray of shape (n_environments,)
        The reference first.
    sizes : ndarray of shape (n_environments,)
    names : sequence of str
        Names of the latents.
    model : LatentModel
    split : ContextSplit
    single : ChiSquare
        Tests of one change a context.
    perfect : ChiSquare or None
        Tests of perfect interventions, where the model claims them.
    misfits : ndarray of shape (n_environments - 1,), bool
        Contexts whose first test was rejected.
    """
    found = [
        ContextDiagnosis(
            environment=environments[0],
            n_samples=int(sizes[0]),
            target=None,
            statement="the reference, to which the others are compared",
        )
    ]
    log = []
    level = _CUT_LEVEL / max(len(model.targets), 1)
    for k, target in enumerate(model.targets):
        name = names[target] if target >= 0 else None
        label = str(environments[k + 1])
        tests = [_entry(f"{label} changes at most one latent", (label,), single, k, misfits[k])]
        if perfect is not None and name is not None:
            hypothesis = f"all contexts on {name}, {label} among them, cut it from its parents"
            rejected = bool(perfect.p_value[k] < level)
            tests.append(_entry(hypothesis, (label, name), perfect, k, rejected))
        statement, fits = _verdict(name, split.changed[k], [test.rejected for test in tests])
        found.append(
            ContextDiagnosis(
                environment=environments[k + 1],
                n_samples=int(sizes[k + 1]),
                target=name,
                statistic=tests[0].statistic,
                degrees_of_freedom=tests[0].degrees_of_freedom,
                p_value=tests[0].p_value,
                fits=fits,
                statement=statement,
            )
        )
        log += [test for test in tests if np.isfinite(test.p_value)]
    return tuple(found), tuple(log)


def _entry(hypothesis, variables, tests: ChiSquare, k, rejected) -> StatisticalTest:
    return StatisticalTest(
        hypothesis=hypothesis,
        variables=variables,
        statistic=float(tests.statistic[k]),
        degrees_of_freedom=float(tests.degrees_of_freedom[k]),
        p_value=float(tests.p_value[k]),
        rejected=bool(rejected),
    )


def _verdict(name, changed, rejected) -> tuple[str, bool]:
    if rejected[0]:
        found = f" ({name} most)" if name else ""
        return f"changes several latents{found}, or is not comparable with the reference", False
    if not changed:
        return "does not differ from the reference", True
    if name is None:
        return "acts on no latent that the fit found", True
    if any(rejected):
        return f"changes {name} alone, but some contexts on it are soft interventions", False
    return f"an intervention on {name}", True


def identification(
    names, environments, model: LatentModel, contexts, settled, contested, raised, *, perfect: bool
) -> Identification:
    """Say what is identified, latent by latent and pair by pair.

    References
    ----------
    C. Squires, A. Seigal, S. Bhate, C. Uhler, "Linear causal disentanglement via
    interventions", ICML 2023, arXiv:2211.16467, Theorems 1 and 2.
    """
    doubtful = {c.target for c in contexts if not c.fits}
    rows = tuple(
        _row(name, j, environments, model, doubtful, settled=settled[j], perfect=perfect)
        for j, name in enumerate(names)
    )
    known = {name for name, found, _ in rows if found}
    edges = tuple(
        _edge(
            a,
            b,
            known,
            contested[i, j],
            raised=raised[i] or raised[j],
            all_known=len(known) == len(names),
            perfect=perfect,
        )
        for i, a in enumerate(names)
        for j, b in enumerate(names[i + 1 :], start=i + 1)
    )
    return Identification(rows=rows, edges=edges, summary=_summary(names, known, perfect=perfect))


def worries(
    contexts: Sequence[ContextDiagnosis], identified: Identification
) -> list[tuple[str, type[Warning]]]:
    """Texts of the warnings that a fit should give, with their categories.

    Parameters
    ----------
    contexts : sequence of ContextDiagnosis
        The reference first.
    identified : Identification
    """
    found: list[tuple[str, type[Warning]]] = []
    misfits = [str(context.environment) for context in contexts if not context.fits]
    if misfits:
        text = (
            f"Environment(s) {names_of(misfits)} contradict the model of one intervention each, "
            f"compared to the reference {contexts[0].environment!s}; see contexts_."
        )
        found.append((text, ModelMismatchWarning))
    if identified.doubt:
        found.append((identified.doubt, IdentifiabilityWarning))
    contested = [pair for pair, _, statement in identified.edges if statement == _CONTESTED]
    if contested:
        text = f"The edge(s) between {'; '.join(contested)} are almost as likely the other way."
        found.append((text, IdentifiabilityWarning))
    return found


def _row(name, latent, environments, model, doubtful, *, settled, perfect):
    acting = [str(environments[k + 1]) for k in np.flatnonzero(model.targets == latent)]
    if not acting:
        return name, False, "no context acts on it; one single-node intervention would identify it"
    source = f"context{'s' if len(acting) > 1 else ''} {names_of(acting)}"
    if name in doubtful:
        return name, False, f"{source} contradict{'s' * (len(acting) < 2)} the model"
    if not settled:
        return (
            name,
            False,
            f"{source} allows two rows; a context on one of its causes, or another on it of a "
            "different strength, would tell them apart",
        )
    if perfect:
        return name, True, f"up to sign and scale ({source})"
    return name, True, f"its exogenous noise, up to sign and scale ({source}, soft)"


def _edge(a, b, known, contested, *, raised, all_known, perfect):
    pair = f"{a}, {b}"
    if not {a, b} <= known:
        return pair, False, f"needs {names_of([n for n in (a, b) if n not in known])} identified"
    if contested:
        return pair, False, _CONTESTED
    if not perfect:
        return pair, True, "ancestry only; perfect interventions would identify the edge"
    text = "direction and weight"
    if not all_known:
        text += ", paths through unidentified latents included"
    if raised:
        text += "; its interval may be too short, for an intervention raises a variance"
    return pair, True, text


def _summary(names, known, *, perfect: bool) -> str:
    count = f"{len(known)} of {len(names)}"
    if not known:
        return f"None of the {len(names)} latents is identified."
    if perfect:
        return (
            f"{count} latents are identified up to sign, scale and relabelling, given perfect "
            "single-node interventions (Squires et al. 2023, Theorem 2). That an intervention is "
            "perfect can be tested only where two contexts act on one latent."
        )
    return (
        f"The exogenous noises of {count} latents and the ancestral relations between them are "
        "identified, given soft single-node interventions; the latents and the edges are not."
    )
