"""What is public, as the tests of the contract find it from ``__all__``."""

import importlib.util
from pathlib import Path

CONTRACT = Path(__file__).parents[3] / "tests" / "test_contract.py"


def contract():
    """Return the module of tests that finds what is public."""
    spec = importlib.util.spec_from_file_location("contract", CONTRACT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PUBLIC = contract()
