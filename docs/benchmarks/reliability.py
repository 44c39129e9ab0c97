"""How bad inputs, damaged files, threads, processes and long streams are met, in one table each.

Run by ``make bench-reliability``; ``--only inputs`` runs one part, ``--fuzzed 500`` is quicker.

inputs   every public estimator, function and data-taking constructor, found from ``__all__``, with
         every argument spoiled in every way of its kind. clear: refused by an error of ours (or of
         scikit-learn's own gate) with a sentence. warned: by a warning of ours. right: answered,
         and that is right; finite where the good answer is. cryptic: an error from the depths, or
         a RuntimeWarning alone. silent: answered, and that is wrong
fuzz     inputs made up by hypothesis for every argument: arrays from nothing and from good ones,
         parameters, graphs; and files and command lines. --seed makes up others; the digest of
         what was made up is the same for one seed, whatever --jobs. Progress goes to stderr
files    models of seven classes and a checkpoint with bits flipped, truncated, headers edited,
         classes renamed, versions and sizes claimed; loaded under a limit of memory
safety   fits in 4 threads at once and in other processes against one fit, bit for bit; what a fit
         changes of the state of its process
memory   peak of the memory that summaries of 1e5 to 1e7 rows hold at once
"""

import argparse
import hashlib
import os
import resource
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from battery.estimators import not_fitted
from battery.everything import all_subjects
from battery.fuzzing import BAD, fuzzed_apart, verdicts_of
from battery.memory import SUMMARIES, peak_of
from battery.mutated_files import battery_of_files
from battery.outcomes import Verdict, outcome_of
from battery.public import PUBLIC
from battery.safety import changed_by, fingerprint, in_processes, in_threads
from battery.sweep import Result, results_of, table
from printed import written

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "reliability-results.txt"
ROWS = (10**5, 10**6, 10**7)
SHOWN_EVERY, SLOW = 50, 5.0
MEMORY = 2**35


def inputs(public, options):
    """Spoil every argument of every subject."""
    subjects, without = all_subjects(public)
    results = [result for subject in subjects for result in results_of(subject)]
    for path, cls in public.ESTIMATORS.items():
        for where, bad, call in not_fitted(path, cls):
            outcome = outcome_of(call, refused=True)
            results.append(Result(where, "", bad.name, bad.group, outcome))
    print(f"{len({subject.path for subject in subjects})} subjects; without one: {without}\n")
    print(table(results))
    listed(result.key for result in results if result.outcome.verdict in BAD)


def fuzz(public, options):
    """Make inputs up."""
    met, n_places = [], 0
    for n_places, here in enumerate(fuzzed_apart(options.fuzzed, options.seed, options.jobs), 1):
        met.extend(here)
        for one in here:
            if one.outcome.verdict in BAD or one.seconds > SLOW:
                print(f"fuzz: {one.seconds:.1f} s {one}", file=sys.stderr, flush=True)
        if not n_places % SHOWN_EVERY:
            print(f"fuzz: {len(met)} inputs, {n_places} places", file=sys.stderr, flush=True)
    digest = hashlib.sha256("\n".join(f"{one.key} {one.value}" for one in met).encode())
    print(f"{n_places} places, seed {options.seed}, inputs {digest.hexdigest()[:12]}\n")
    print_counts(verdicts_of(met))
    listed(str(one) for one in met if one.outcome.verdict in BAD)


def files(public, options):
    """Damage files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for kind, _, outcome in battery_of_files(Path(folder), options.files):
            counts[kind, outcome.verdict] += 1
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print_counts(counts)
    print(f"\npeak memory grew by {grown:.0f} MiB")


def safety(public, options):
    """Fit beside one another."""
    alone = {path: fingerprint(path, cls) for path, cls in public.ESTIMATORS.items()}
    elsewhere = in_processes(public.ESTIMATORS)
    print(f"{'estimator':<42}{'4 threads':>10}{'process':>9}  changed")
    for path, cls in public.ESTIMATORS.items():
        threads = set(in_threads(path, cls)) == {alone[path]}
        process = elsewhere[path] == alone[path]
        changed = ", ".join(changed_by(path, cls)) or "nothing"
        print(f"{path:<42}{shown(threads):>10}{shown(process):>9}  {changed}")


def memory(public, options):
    """Summarise ever more rows."""
    print(f"{'peak in MiB':<20}" + "".join(f"{f'{n:.0e} rows':>13}" for n in ROWS))
    for name in SUMMARIES:
        print(f"{name:<20}" + "".join(f"{peak_of(name, n):>13.1f}" for n in ROWS))


def shown(same):
    """Say whether bits are the same."""
    return "same" if same else "OTHER"


def print_counts(counts):
    """Print verdicts by kind."""
    kinds = list(dict.fromkeys(kind for kind, _ in counts))
    print(f"{'':<28}{'n':>7}" + "".join(f"{verdict.value:>9}" for verdict in Verdict))
    for kind in [*kinds, "all"]:
        row = [
            sum(n for (some, found), n in counts.items() if kind in (some, "all") and found is one)
            for one in Verdict
        ]
        print(f"{kind:<28}{sum(row):>7}" + "".join(f"{n:>9}" for n in row))


def listed(faults):
    """Print what is left to mend."""
    faults = sorted(set(faults))
    if faults:
        print("\nnot met as promised:")
        print("\n".join(f"  {fault}" for fault in faults))


def processor_time():
    """Return the seconds that this process and those that it waited for have run."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


PARTS = {"inputs": inputs, "fuzz": fuzz, "files": files, "safety": safety, "memory": memory}


def main():
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--fuzzed", type=int, default=10_000, help="inputs to make up")
    parser.add_argument("--seed", type=int, default=0, help="of what is made up")
    parser.add_argument("--jobs", type=int, default=1, help="processes that make inputs up")
    parser.add_argument("--files", type=int, default=504, help="files to damage")
    parser.add_argument("--write", action="store_true", help="keep what is printed")
    options = parser.parse_args()
    with written(RESULTS, options.write), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in options.only or PARTS:
            start = processor_time()
            print(f"== {name}: {PARTS[name].__doc__}")
            PARTS[name](PUBLIC, options)
            print(f"\n({processor_time() - start:.0f} s of processor time)\n")


if __name__ == "__main__":
    sys.exit(main())
