"""Documents that causalrep did not write: nothing of theirs comes to life."""

import json

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from causalrep import load, persistence, save
from causalrep.exceptions import PersistenceError


def rewritten(file, change):
    """Change the JSON document of a file and sign it anew, as an attacker could."""
    with safe_open(file, framework="np") as opened:
        arrays = {name: opened.get_tensor(name) for name in list(opened.keys())}
        document = json.loads(opened.metadata()["causalrep"])
    document = json.dumps(change(document))
    digest = persistence._digest(document, arrays)
    save_file(arrays, file, {"causalrep": document, "sha256": digest})


def replaced(**changes):
    return lambda document: {**document, **changes}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (replaced(format=2), "in format 2; this is .* Upgrade causalrep"),
        (replaced(versions={"causalrep": "999.0"}), "written by causalrep 999.0"),
        (replaced(versions={"causalrep": "new"}), "the version 'new', which is none"),
        (replaced(versions={}), "holds no model"),
        (lambda document: [], "holds no model"),
        (replaced(content={"unheard": 1}), "unknown form 'unheard'"),
        (replaced(content={"array": "none"}), "holds no model"),
        (replaced(content={"float": "x"}), "holds no model"),
        (replaced(content={"texts": ["a"], "objects": 1, "shape": [10**9]}), "holds no model"),
        (replaced(content={"texts": [], "objects": 1, "shape": [0, 10**30]}), "holds no model"),
        (replaced(content={"graph": ["a"], "edges": ["a --> b"], "latent": []}), "holds no model"),
        (replaced(content={"enum": "causalrep.edges:Mark", "name": "NONE"}), "holds no model"),
    ],
)
def test_refuses_documents_that_it_did_not_write(file, change, sentence):
    save(0, file)
    rewritten(file, change)
    with pytest.raises(PersistenceError, match=sentence):
        load(file)


@pytest.mark.parametrize(
    "path",
    [
        "os:system",
        "subprocess:Popen",
        "sklearn.decomposition:PCA",
        "causalrep.persistence:os",
        "causalrep.persistence:os.system",
        "causalrep.persistence:Path",
        "causalrep.data:Any",
        "causalrep.nothing:Nothing",
        "causalrep.data:Nothing",
        "causalrep.__main__:Main",
        "causalrep..data:Dataset",
        "causalrep.encoding:Encoder",
        "causalrep:Dataset",
        "causalrep.edges:Mark",
        "",
        7,
    ],
)
@pytest.mark.parametrize("form", ["record", "estimator"])
def test_only_classes_of_ours_come_to_life(file, path, form):
    save(0, file)
    content = {form: path, "fields": {}, "parameters": {}, "state": {}}
    rewritten(file, replaced(content=content))
    with pytest.raises(
        PersistenceError, match=r"file names the class|needs the class|can be loaded"
    ):
        load(file)


@pytest.mark.parametrize("name", ["fit", "_private_", "__class__", "not a name_"])
def test_only_learned_attributes_are_set(file, tiny, name):
    save(0, file)
    content = {"estimator": "causalrep.tiny:Tiny", "parameters": {}, "state": {name: 1}}
    rewritten(file, replaced(content=content))
    with pytest.raises(PersistenceError, match="is not the name of a learned attribute"):
        load(file)


def test_a_bomb_of_nested_lists_is_refused(file):
    save(0, file)
    deep = "[" * 100_000 + "]" * 100_000
    document = '{"format": 1, "versions": {"causalrep": "0.1"}, "content": ' + deep + "}"
    metadata = {"causalrep": document, "sha256": persistence._digest(document, {})}
    save_file({}, file, metadata)
    with pytest.raises(PersistenceError, match="holds no model"):
        load(file)
