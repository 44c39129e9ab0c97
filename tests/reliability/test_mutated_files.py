"""Damaged, truncated and forged files are refused by one kind of error, and run no code."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from battery.mutated_files import battery_of_files
from battery.outcomes import Verdict

ROOT = Path(__file__).parents[2]
HOSTILE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**35, resource.RLIM_INFINITY))
sys.path.insert(0, "docs/benchmarks")
from pathlib import Path
import numpy as np
from battery.mutated_files import size_claimed
from causalrep import Graph, load, save
from causalrep.exceptions import PersistenceError
path = Path(sys.argv[1])
save(Graph.from_text("A --> B"), path)
good = path.read_bytes()
for seed in range(20):
    path.write_bytes(size_claimed(good, np.random.default_rng(seed)))
    try:
        load(path)
    except PersistenceError:
        continue
    raise SystemExit(f"seed {seed} was loaded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("seed", [1])
def test_damaged_models_and_checkpoints_are_refused(tmp_path, seed):
    verdicts = Counter(
        outcome.verdict for _, _, outcome in battery_of_files(tmp_path, 56, seed=seed)
    )
    assert verdicts[Verdict.CLEAR] + verdicts[Verdict.RIGHT] == 56
    assert verdicts[Verdict.CLEAR] > 50


@pytest.mark.slow
def test_huge_claims_allocate_nothing(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", HOSTILE, str(tmp_path / "model")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) < 2000
