"""What tests of files share: a place to write to, and an estimator as ours are."""

import sys
import types

import pytest
from sklearn.base import BaseEstimator


class Tiny(BaseEstimator):
    """An estimator as ours are: parameters, and learned attributes that end in "_"."""

    __module__ = "causalrep.tiny"

    def __init__(self, scale=1.0, inner=None, choices=()):
        self.scale = scale
        self.inner = inner
        self.choices = choices


@pytest.fixture
def tiny(monkeypatch):
    module = types.ModuleType("causalrep.tiny")
    module.Tiny = Tiny
    monkeypatch.setitem(sys.modules, "causalrep.tiny", module)
    return Tiny


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.safetensors"
