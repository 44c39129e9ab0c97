"""What all tests share: no windows, one thread, and no GPU where there is none."""

import os

import pytest

os.environ["MPLBACKEND"] = "Agg"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def pytest_collection_modifyitems(items):
    """Skip the tests marked ``gpu`` where torch finds no CUDA."""
    wanting = [item for item in items if item.get_closest_marker("gpu")]
    if not wanting:
        return
    import torch

    if not torch.cuda.is_available():
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason="needs CUDA, and torch finds none"))


@pytest.fixture
def interrupt(monkeypatch):
    """Press Ctrl-C within a call of a module's function, and return the list that counts calls."""

    def at_call(number, module, name):
        calls, function = [], getattr(module, name)

        def interrupted(*arguments):
            calls.append(1)
            if len(calls) == number:
                raise KeyboardInterrupt
            return function(*arguments)

        monkeypatch.setattr(module, name, interrupted)
        return calls

    return at_call
