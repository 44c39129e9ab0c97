"""Training many small networks at once, against the loop that tutorials teach.

Run by ``make bench-neural``. Eight seeds of an autoencoder (8 features, two hidden layers of the
given width around 4 units) see the same number of batches of 128 of 10,000 samples. Columns:

ensemble   seconds of one call of fit_ensemble for all seeds
one by one seconds of eight calls, one seed each
usual      seconds of eight runs of a script: DataLoader, Adam, loss.item() after every step

Each figure is the median of the repetitions, which take turns: seconds of processor time on a CPU,
and of the clock on CUDA. A second table has ensembles of
1 to 32 of these autoencoders: steps a second times members, and the share that the products of
matrices in them have of what one large product reaches on the same device (float32). One thread;
on CUDA where torch finds it, or on the device that ``--device`` names.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from printed import written
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from causalrep.neural import EnsembleMLP, RandomStreams, fit_ensemble

RESULTS = Path(__file__).with_name("neural-results.txt")
SEEDS = range(8)
ENSEMBLES = (1, 2, 4, 8, 16, 32)
N_SAMPLES, N_FEATURES, BATCH_SIZE = 10_000, 8, 128


def widths(hidden):
    """Sizes of the layers of the autoencoder."""
    return [N_FEATURES, hidden, 4, hidden, N_FEATURES]


def together(X, hidden, n_epochs, seeds=SEEDS):
    """Train all seeds in one ensemble."""
    streams = RandomStreams(seeds, X.device)
    network = EnsembleMLP(widths(hidden), streams)

    def loss(batch):
        return (network(batch[0]) - batch[0]).square().mean(dim=(1, 2))

    fit_ensemble(network, loss, (X,), streams, n_epochs=n_epochs, batch_size=BATCH_SIZE)


def one_by_one(X, hidden, n_epochs):
    """Train the same seeds in ensembles of one."""
    for seed in SEEDS:
        together(X, hidden, n_epochs, [seed])


def usual(X, hidden, n_epochs):
    """Train them as tutorials do."""
    for seed in SEEDS:
        torch.manual_seed(seed)
        sizes = widths(hidden)
        layers = [
            layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.LeakyReLU(0.2))
        ]
        network = nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(network.parameters(), 1e-3)
        loader = DataLoader(TensorDataset(X), batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
        for _ in range(n_epochs):
            total = 0.0
            for (batch,) in loader:
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(network(batch), batch)
                loss.backward()
                optimizer.step()
                total += loss.item()


def seconds_of(call, X, *arguments):
    """Seconds of a call until the device is done with it: of the clock there, or of the CPU."""
    if not X.is_cuda:
        start = time.process_time()
        call(X, *arguments)
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    call(X, *arguments)
    torch.cuda.synchronize()
    return time.perf_counter() - start


def peak(device, size=2048):
    """Return operations a second of one large product of matrices, the best of five."""
    a = torch.randn(size, size, device=device)
    return 2 * size**3 / min(seconds_of(torch.matmul, a, a) for _ in range(5))


def throughput(X, options):
    """Print what ensembles of several sizes get done."""
    most, steps = peak(X.device), options.epochs * (N_SAMPLES // BATCH_SIZE)
    print(f"\nA large product on {X.device}: {most / 1e9:.0f} billion operations a second\n")
    print(f"{'width':>6}{'members':>9}{'members x steps/s':>19}{'share of peak':>15}")
    for hidden in (32, 128):
        work = 6 * BATCH_SIZE * sum(a * b for a, b in pairwise(widths(hidden)))
        for size in ENSEMBLES:
            seconds = [
                seconds_of(together, X, hidden, options.epochs, range(size))
                for _ in range(options.repetitions)
            ]
            rate = size * steps / np.median(seconds)
            print(f"{hidden:>6}{size:>9}{rate:>19.0f}{rate * work / most:>15.1%}", flush=True)


def against_the_usual_loop(X, options):
    """Print seconds of all ways."""
    print(f"{'width':>6}" + "".join(f"{name:>12}" for name in WAYS) + f"{'usual/ours':>12}")
    for hidden in (16, 32, 64, 128):
        seconds = {name: [] for name in WAYS}
        for _ in range(options.repetitions):
            for name, way in WAYS.items():
                seconds[name].append(seconds_of(way, X, hidden, options.epochs))
        medians = {name: np.median(some) for name, some in seconds.items()}
        row = "".join(f"{value:12.2f}" for value in medians.values())
        ratio = medians["usual"] / medians["ensemble"]
        print(f"{hidden:>6}{row}{ratio:11.1f}x", flush=True)


WAYS = {"ensemble": together, "one by one": one_by_one, "usual": usual}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, help="passes over the data")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    X = torch.randn(N_SAMPLES, N_FEATURES, generator=torch.Generator().manual_seed(0))
    with written(RESULTS, options.write):
        print(f"torch {torch.__version__}, {options.epochs} epochs, one thread\n")
        together(X, 16, 1, [0])  # torch loads much with the first step
        against_the_usual_loop(X, options)
        throughput(X.to(options.device), options)


if __name__ == "__main__":
    main()
