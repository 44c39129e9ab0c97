"""Saved models with bits flipped, headers edited, sizes claimed, paths tricked."""

import json
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from battery.estimators import EXAMPLES
from battery.examples import CHAIN, DATA, OBSERVED
from battery.outcomes import Outcome, Verdict, limited
from causalrep import CumulantICA, LinearCausalDisentanglement, Moments, load, save
from causalrep.exceptions import PersistenceError
from causalrep.neural import Rep4Ex
from causalrep.neural.checkpoints import Checkpoint
from discovery import PC

SETTINGS = ("reliability",)
TENSORS = {"weights": torch.arange(12.0).reshape(3, 4), "step": torch.tensor([7])}
CLASSES = (
    "os:system",
    "builtins:eval",
    "subprocess:Popen",
    "causalrep.persistence:load",
    "causalrep.graphs:Graph.__class__",
    "sklearn.decomposition:PCA",
    "",
    "..:x",
    None,
    7,
)


@dataclass(frozen=True)
class Mutation:
    """One way to damage a file."""

    name: str
    content: bytes


def models():
    """Yield models of several classes with a name for each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield "Graph", CHAIN
        yield "Dataset", DATA
        yield "Moments", Moments.from_samples(OBSERVED)
        yield "PC", PC().fit(OBSERVED)
        for path, cls in (
            ("causalrep.LinearCausalDisentanglement", LinearCausalDisentanglement),
            ("causalrep.CumulantICA", CumulantICA),
            ("causalrep.neural.Rep4Ex", Rep4Ex),
        ):
            example = EXAMPLES[path]
            yield cls.__name__, cls(**example.parameters).fit(example.X, example.y)


def checkpoint_at(path):
    """Return the checkpoint at a path, for fixed data."""
    return Checkpoint.at(path, [torch.ones(3, 2)], SETTINGS)


def mutations(content: bytes, rng: np.random.Generator, n: int) -> Iterator[Mutation]:
    """Yield damaged versions of a file, each way in turn."""
    ways = (
        flipped,
        truncated,
        header_edited,
        class_renamed,
        size_claimed,
        spliced,
        version_changed,
    )
    for number in range(n):
        way = ways[number % len(ways)]
        yield Mutation(way.__name__, way(content, rng))


def flipped(content, rng):
    """Flip one bit."""
    place = int(rng.integers(len(content)))
    return (
        content[:place]
        + bytes([content[place] ^ (1 << int(rng.integers(8)))])
        + content[place + 1 :]
    )


def truncated(content, rng):
    """Cut the end off."""
    return content[: int(rng.integers(len(content)))]


def spliced(content, rng):
    """Put random bytes in, or a part twice."""
    place = int(rng.integers(len(content)))
    extra = rng.bytes(9) if rng.integers(2) else content[place : place + 40]
    return content[:place] + extra + content[place:]


def split(content):
    """Return header and data of a safetensors file."""
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def joined(header, data):
    """Return a safetensors file of a header and data."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def header_edited(content, rng):
    """Change a field of the header: type, shape or place of a tensor, or the metadata."""
    header, data = split(content)
    names = [name for name in header if name != "__metadata__"]
    changes = [("__metadata__", {}), ("__metadata__", {"causalrep": "{}", "sha256": "0"})]
    for name in names:
        entry = header[name]
        changes += [
            (name, {**entry, "dtype": "F8_E4M3"}),
            (name, {**entry, "shape": [-1, 3]}),
            (name, {**entry, "data_offsets": [0, 10**15]}),
            (name, {**entry, "dtype": "BOOL"}),
        ]
    name, value = changes[int(rng.integers(len(changes)))]
    return joined({**header, name: value}, data)


def size_claimed(content, rng):
    """Claim a huge header, or a huge tensor."""
    if rng.integers(2):
        return struct.pack("<Q", int(rng.integers(2**40, 2**62))) + content[8:]
    header, data = split(content)
    names = [name for name in header if name != "__metadata__"]
    if not names:
        return struct.pack("<Q", 2**50) + content[8:]
    entry = header[names[0]]
    return joined({**header, names[0]: {**entry, "shape": [2**40, 2**20]}}, data)


def class_renamed(content, rng):
    """Name another class, with a checksum that fits."""
    name = CLASSES[int(rng.integers(len(CLASSES)))]

    def rename(node):
        for form in ("estimator", "record", "storable", "enum"):
            if form in node:
                return {**node, form: name}
        return {"estimator": name, "parameters": {}, "state": {}}

    return resigned(content, rename)


def version_changed(content, rng):
    """Claim another format or release, with a checksum that fits."""
    change = (
        {"format": 99},
        {"format": None},
        {"versions": {"causalrep": "99.0"}},
        {"versions": {}},
        {"versions": {"causalrep": "new"}},
    )[int(rng.integers(5))]
    return resigned(content, None, change)


def resigned(content, rename, change=None):
    """Edit the document of a model and give it the checksum that belongs to it."""
    from safetensors.numpy import load as arrays_of

    from causalrep.persistence import _digest

    header, data = split(content)
    if "causalrep" not in header["__metadata__"]:
        return joined({**header, "__metadata__": {"format": "causalrep training 99"}}, data)
    document = json.loads(header["__metadata__"]["causalrep"])
    if rename is not None:
        document["content"] = rename(document["content"])
    text = json.dumps({**document, **(change or {})})
    signed = {"causalrep": text, "sha256": _digest(text, arrays_of(content))}
    return joined({**header, "__metadata__": signed}, data)


def outcome_of_file(read, path, same):
    """Load a damaged file, and judge what comes of it."""
    try:
        with limited():
            found = read(path)
    except PersistenceError as error:
        return Outcome(Verdict.CLEAR, f"PersistenceError: {error}")
    except Exception as error:  # noqa: BLE001  any failure is an outcome to be judged
        return Outcome(Verdict.CRYPTIC, f"{type(error).__name__}: {error}")
    if same(found):
        return Outcome(Verdict.RIGHT, "loads what was saved")
    return Outcome(Verdict.SILENT, f"loads something else: {found!r}")


def battery_of_files(folder: Path, n: int, seed: int = 0):
    """Yield the kind of model, the mutation and the outcome for n damaged files."""
    rng = np.random.default_rng(seed)
    kinds = list(models())
    share = -(-n // (len(kinds) + 1))
    for kind, model in kinds:
        path = folder / f"{kind}.safetensors"
        save(model, path)
        content = path.read_bytes()
        for mutation in mutations(content, rng, share):
            path.write_bytes(mutation.content)
            yield (
                kind,
                mutation,
                outcome_of_file(
                    load,
                    path,
                    lambda found, good=content, at=folder: resaved(found, at) == signature(good),
                ),
            )
    path = folder / "checkpoint.safetensors"
    checkpoint_at(path).write(TENSORS)
    for mutation in mutations(path.read_bytes(), rng, n - share * len(kinds)):
        path.write_bytes(mutation.content)
        yield "checkpoint", mutation, outcome_of_file(read_checkpoint, path, is_checkpoint)


def resaved(model, folder):
    """Return the checksum that a loaded model is saved with."""
    path = folder / "again.safetensors"
    save(model, path)
    return signature(path.read_bytes())


def signature(content):
    """Return the checksum of document and arrays in a file, whatever the order of its header."""
    return split(content)[0]["__metadata__"]["sha256"]


def read_checkpoint(path):
    """Read a checkpoint as a run that goes on would."""
    return checkpoint_at(path).read(TENSORS)


def is_checkpoint(found):
    """Whether all tensors are as they were written."""
    return found is not None and all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)
