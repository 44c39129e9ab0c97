"""What all tests share: no windows, one thread."""

import os

os.environ["MPLBACKEND"] = "Agg"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
