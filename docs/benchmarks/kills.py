"""Kill sweeps and neural fits at random moments: nothing finished is lost, the end is the same.

Run by ``make bench-kills``; ``--sweeps 100 --fits 20`` is quicker. A life is a process that works
until SIGKILL comes, at a moment drawn uniformly from about twice the time that it takes to finish
something; the next one goes on from its files, until one lives to the end.

sweeps  ``identifiability.benchmark`` of two estimators on two data sets with a store: in one
        process, in two threads, and two sweeps at once that write one store. Before each life
        the last torn line is cut off. Lost: records that a life was told were on disk, and that
        the store does not have after its death, or has otherwise.
fits    ``causalrep.neural.InterventionExtrapolator`` with a checkpoint. Lost: epochs that a
        checkpoint held, and that the next one does not.

At the end, scores (times apart) and predictions are compared bit by bit with those of a run that
was never killed.
"""

import argparse
import os
import signal
import struct
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import joblib
import numpy as np
from printed import written
from sklearn.base import BaseEstimator

from causalrep.data import Dataset, Truth
from causalrep.graphs import Graph
from identifiability import Metric, Store, benchmark
from identifiability.benchmarking.fingerprints import code_version

RESULTS = Path(__file__).parent / "kills-results.txt"
N_SEEDS = 100
GRAPH = Graph.from_text("X1 --> X2")


class Guess(BaseEstimator):
    """Answers the mean of the samples and a number of its own, or fails."""

    def __init__(self, above=np.inf, random_state=None):
        self.above = above
        self.random_state = random_state

    def fit(self, X, y=None):
        self.answer_ = float(np.mean(X)) + np.random.default_rng(self.random_state).normal()
        if self.answer_ > self.above:
            raise RuntimeError(f"{self.answer_} is too much")
        return self


def draw(n_samples, *, random_state):
    """Draw normal samples."""
    X = np.random.default_rng(random_state).normal(size=(n_samples, 2))
    return Dataset(X=X, truth=Truth(graph=GRAPH))


def answer(estimator, data):
    """Return what the estimator says."""
    return estimator.answer_


def sweep(store, random_state, backend="loky", n_jobs=1):
    """Run the benchmark that is killed."""
    with joblib.parallel_config(backend=backend):
        return benchmark(
            {"guess": Guess(), "fails": Guess(above=0.5)},
            {f"n={n}": partial(draw, n) for n in (10, 100)},
            [Metric("answer", answer, best=10.0, worst=-10.0)],
            n_seeds=N_SEEDS,
            store=store,
            n_jobs=n_jobs,
            random_state=random_state,
        )


def untimed(records):
    """Everything of the records that is not a time."""
    return [replace(record, seconds=0.0, cpu_seconds=0.0) for record in records]


@dataclass
class Tally:
    """What was counted."""

    kills: int = 0
    finished: int = 0
    lost: int = 0
    torn: int = 0
    ends: int = 0
    different: int = 0

    def add(self, other):
        """Add what another one counted."""
        for name in ("kills", "finished", "lost", "torn", "ends", "different"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Patience:
    """How long lives may be: so that most finish something, and few finish much."""

    def __init__(self, rng, wanted):
        self.rng, self.wanted, self.longest = rng, wanted, 0.5

    def wait(self):
        """Sleep for a part of the longest life."""
        time.sleep(self.rng.uniform(0, self.longest))

    def learn(self, n_told):
        """Lengthen the lives that follow one that told little, and shorten them else."""
        change = 1.3 if n_told == 0 else 1.1 if n_told < self.wanted else 0.9
        self.longest = min(max(self.longest * change, 0.02), 5.0)


class Life:
    """A forked process that works, and tells by a pipe what it has finished."""

    def __init__(self, work):
        self.told, tell = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                work(tell)
                code = 0
            finally:
                os._exit(code)
        os.close(tell)

    def end(self):
        """Kill it where it still lives; return whether it was killed, and what it told."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with os.fdopen(self.told, "rb") as pipe:
            told = pipe.read()
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
            raise RuntimeError("A life ended by an error, which stands above.")
        return os.WIFSIGNALED(status), told


def sweeping(store, random_state, backend, n_jobs):
    """Return the work of a life that sweeps, and tells each key that is on disk."""

    def work(tell):
        append = Store.append

        def told_append(self, record):
            append(self, record)
            os.write(tell, bytes.fromhex(record.key))

        Store.append = told_append
        sweep(store, random_state, backend, n_jobs)

    return work


def killed_sweep(folder, random_state, patience, most, *, backend="loky", n_jobs=1, n_writers=1):
    """Kill one sweep until it has ended, or often enough."""
    tally, store = Tally(), folder / f"{backend}-{n_writers}-{random_state}.jsonl"
    before, ended = {}, False
    while not ended and tally.kills < most:
        work = sweeping(store, random_state, backend, n_jobs)
        lives = [Life(work) for _ in range(n_writers)]
        patience.wait()
        ends = [life.end() for life in lives]
        ended = not any(killed for killed, _ in ends)
        told = {some[at : at + 32].hex() for _, some in ends for at in range(0, len(some), 32)}
        patience.learn(len(told))
        tally.kills += sum(killed for killed, _ in ends)
        tally.torn += store.exists() and not store.read_bytes().endswith(b"\n")
        now = dict(Store(store).records())
        tally.lost += sum(before[key] != now.get(key) for key in before)
        tally.lost += len(told - now.keys()) + len(Store(store).damaged_lines)
        tally.finished = len(now)
        before = now
    if ended:
        never_killed = untimed(sweep(None, random_state).records)
        tally.ends = 1
        tally.different = untimed(sweep(store, random_state).records) != never_killed
    return tally


def killed_sweeps(n_kills, seed=0):
    """Kill sweeps of all kinds, so many times in all."""
    code_version()  # once for all lives, whoever edits sources meanwhile
    rng = np.random.default_rng(seed)
    kinds = (
        ("one process", {}),
        ("two threads", {"backend": "threading", "n_jobs": 2}),
        ("two writers", {"n_writers": 2}),
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind, settings in kinds:
            total, patience, number = Tally(), Patience(rng, wanted=8), 0
            while total.kills < n_kills / len(kinds):
                most = n_kills / len(kinds) - total.kills
                total.add(killed_sweep(Path(folder), number, patience, most, **settings))
                number += 1
            yield f"sweeps, {kind}", total


def estimator(checkpoint, random_state):
    """Return the fit that is killed."""
    from causalrep.neural import InterventionExtrapolator

    return InterventionExtrapolator(
        hidden_widths=(4,),
        n_restarts=2,
        max_epochs=400,
        batch_size=100,
        checkpoint=checkpoint,
        random_state=random_state,
    )


def predictions(checkpoint, random_state):
    """Fit, and return predictions as bytes."""
    rng = np.random.default_rng(random_state)
    actions = rng.normal(size=(200, 2))
    outcome = np.tanh(actions.sum(axis=1)) + 0.1 * rng.normal(size=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = estimator(checkpoint, random_state).fit(actions, outcome)
        return model.predict(actions).tobytes()


def fitting(checkpoint, random_state):
    """Return the work of a life that fits, and tells the epochs of each checkpoint."""

    def work(tell):
        from causalrep.neural.checkpoints import Checkpoint

        write = Checkpoint.write

        def told_write(self, tensors):
            write(self, tensors)
            os.write(tell, struct.pack("q", len(tensors["losses"])))

        Checkpoint.write = told_write
        predictions(checkpoint, random_state)

    return work


def epochs_in(checkpoint):
    """Number of epochs that a checkpoint holds; it must be whole, or not there."""
    from safetensors import safe_open

    if not checkpoint.exists():
        return 0
    with safe_open(checkpoint, framework="np") as file:
        return file.get_slice("losses").get_shape()[0]


def killed_fits(n_kills, seed=0):
    """Kill neural fits, so many times in all."""
    predictions(None, 0)  # what torch loads at its first step, lives need not load
    patience, total, number = Patience(np.random.default_rng(seed), wanted=4), Tally(), 0
    with tempfile.TemporaryDirectory() as folder:
        while total.kills < n_kills:
            checkpoint, before, ended = Path(folder) / f"{number}.safetensors", 0, False
            while not ended and total.kills < n_kills:
                life = Life(fitting(checkpoint, number))
                patience.wait()
                killed, told = life.end()
                patience.learn(len(told) // 8)
                ended = not killed
                now = epochs_in(checkpoint)
                finished = max([before, *(epochs for (epochs,) in struct.iter_unpack("q", told))])
                total.kills += killed
                total.lost += max(0, finished - now)
                total.finished += now - before
                before = now
            if ended:
                total.ends += 1
                total.different += predictions(checkpoint, number) != predictions(None, number)
            number += 1
    yield "neural fits", total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sweeps", type=int, default=1000, help="kills of sweeps")
    parser.add_argument("--fits", type=int, default=200, help="kills of neural fits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help=f"also to {RESULTS.name}")
    options = parser.parse_args()
    with written(RESULTS, options.write):
        began, cpu_began = time.perf_counter(), os.times()
        print(f"{'':22} {'kills':>6} {'finished':>9} {'lost':>5} {'torn':>5} {'ends':>5} differ")
        for some in (killed_sweeps(options.sweeps, options.seed), killed_fits(options.fits)):
            for name, tally in some:
                print(
                    f"{name:22} {tally.kills:6d} {tally.finished:9d} {tally.lost:5d} "
                    f"{tally.torn:5d} {tally.ends:5d} {tally.different:6d}"
                )
        cpu = sum(os.times()[:4]) - sum(cpu_began[:4])
        print(
            "\nfinished: records, or epochs in checkpoints; torn: files that ended in the middle "
            "of a line;\nends: runs that lived to their end, in spite of it; differ: those that "
            "ended otherwise than one never killed."
        )
        print(f"{time.perf_counter() - began:.0f} seconds, {cpu:.0f} of CPU.")


if __name__ == "__main__":
    main()
