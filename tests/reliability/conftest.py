"""The battery lies beside the benchmarks, which run it whole."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "benchmarks"))
