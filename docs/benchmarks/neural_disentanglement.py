"""Interventional autoencoders and contrastive learning beside simple baselines.

Run by ``make bench-neural-disentanglement``. Three parts (``--only`` chooses):

autoencoder  polynomial mixings with do interventions: 100 x mean correlation coefficient (MCC) of
             fresh samples for ours, the same autoencoder without the interventional step, PCA,
             and the oracle, which is handed an affine image of the latents; CPU seconds
steps        CPU milliseconds a step of the published loop (encoder 200-100-100-d, polynomial
             decoder, Adam, DataLoader, batches of 16) against fit_ensemble, and CPU seconds of a
             whole fit
contrastive  Gaussian latents behind a perceptron: MCC, area under the curve of the edges (AUROC),
             structural Hamming distance (SHD), for ours and for linear disentanglement of the
             features (the identity as code); CPU seconds

One thread each.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from printed import written
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from causalrep import LinearCausalDisentanglement
from causalrep.neural import (
    ContrastiveCRL,
    EnsembleMLP,
    InterventionalAutoencoder,
    RandomStreams,
    fit_ensemble,
)
from causalrep.neural.interventional_autoencoder_latents import disentangle
from causalrep.neural.monomials import monomials, n_monomials
from identifiability import mean_correlation_coefficient
from simulators import contrastive, polynomial_decoder

RESULTS = {
    "autoencoder": Path(__file__).with_name("neural-autoencoder-results.txt"),
    "steps": Path(__file__).with_name("neural-steps-results.txt"),
    "contrastive": Path(__file__).with_name("neural-contrastive-results.txt"),
}
BAR = 99.5
LATENTS = ("uniform", "uniform_corr", "gaussian_mixture", "scm_sparse", "scm_dense")


def mcc(estimated, true):
    """Hundred times the mean correlation coefficient."""
    return 100 * mean_correlation_coefficient(estimated, true, n_baselines=1).value


def seconds_of(call, *arguments):
    """CPU seconds of a call."""
    start = time.process_time()
    call(*arguments)
    return time.process_time() - start


def autoencoder(options):
    """Print the MCC of every kind of latents."""
    names = ("ours", "no step", "PCA", "oracle", "CPU s")
    print(f"{'latents':18}{'d':>3}{'degree':>7}{'seed':>5}" + "".join(f"{n:>9}" for n in names))
    rows = []
    for n_latents, degree in ((6, 2), (6, 3), (10, 2)):
        for latents in LATENTS:
            for seed in range(options.seeds):
                rows.append(one_autoencoder(latents, n_latents, degree, seed, options.samples))
                cells = "".join(f"{value:9.2f}" for value in rows[-1])
                print(f"{latents:18}{n_latents:3}{degree:7}{seed:5}{cells}", flush=True)
    reached = sum(row[0] >= BAR for row in rows)
    print(f"ours at {BAR} or more: {reached} of {len(rows)}")


def one_autoencoder(latents, n_latents, degree, seed, n_samples):
    """MCC of ours and of the baselines, and the seconds of ours."""
    problem = polynomial_decoder(latents, n_latents=n_latents, degree=degree, random_state=seed)
    data, fresh = problem.sample(n_samples, seed), problem.sample(500, seed + 1000)
    true = fresh.truth.Z
    model = InterventionalAutoencoder(degree=degree, random_state=seed)
    seconds = seconds_of(model.fit, data)
    found = model.transform(fresh)
    codes = found @ np.linalg.inv(model.components_.T)
    components = PCA(n_latents).fit(data.X).transform(fresh.X)
    affine = np.random.default_rng(seed).normal(size=(n_latents, n_latents))
    answer = disentangle(
        data.truth.Z @ affine,
        data.environments,
        intervention="do",
        n_restarts=1,
        rng=np.random.RandomState(seed),
    )
    oracle = true @ affine @ answer.matrix
    return [*(mcc(Z, true) for Z in (found, codes, components, oracle)), seconds]


def steps(options):
    """Print the CPU milliseconds of a step of the published loop and of ours."""
    for n_latents in (6, 10):
        problem = polynomial_decoder(n_latents=n_latents, random_state=0)
        data = problem.sample(10_000 // (n_latents + 1), 0)
        X = torch.tensor((data.X - data.X.mean(0)) / data.X.std(0), dtype=torch.float32)
        widths = [X.shape[1], 100, 100, n_latents]
        n_steps = len(X) // 16
        usual = seconds_of(published, X, widths)
        ours = seconds_of(engine, X, widths)
        whole = seconds_of(InterventionalAutoencoder(random_state=0).fit, data)
        print(
            f"d={n_latents}: published loop {1e3 * usual / n_steps:.2f} ms a step, fit_ensemble "
            f"{1e3 * ours / n_steps:.2f} ms ({usual / ours:.1f}x); whole fit "
            f"{whole:.2f} s, as much as {whole / usual * n_steps:.0f} steps of the loop",
            flush=True,
        )


def published(X, widths):
    """One epoch as published: every monomial by products, loss.item() after every step."""
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Linear(widths[0], widths[1]),
        nn.LeakyReLU(0.5),
        nn.Linear(widths[1], widths[2]),
        nn.LeakyReLU(0.5),
        nn.Linear(widths[2], widths[3]),
    )
    n_terms = 1 + widths[3] + widths[3] ** 2
    coefficients = nn.Parameter(torch.randn(n_terms, widths[0]) / n_terms)
    optimizer = torch.optim.Adam([*encoder.parameters(), coefficients], 1e-3)
    loader = DataLoader(TensorDataset(X), batch_size=16, shuffle=True, drop_last=True)
    total = 0.0
    for (batch,) in loader:
        optimizer.zero_grad()
        z = encoder(batch)
        powers = [torch.ones(len(z), 1), z]
        powers.append(torch.stack([torch.kron(row, row) for row in z]))
        loss = nn.functional.mse_loss(torch.cat(powers, 1) @ coefficients, batch)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


def engine(X, widths):
    """The same networks in one epoch of fit_ensemble."""
    streams = RandomStreams([0])
    encoder = EnsembleMLP(widths, streams, slope=0.5)
    decoder = EnsembleMLP([n_monomials(widths[-1], 2), widths[0]], streams)

    def loss(batch):
        rebuilt = decoder(monomials(encoder(batch[0]), 2))
        return (rebuilt - batch[0]).square().mean(dim=(1, 2))

    both = nn.ModuleList([encoder, decoder])
    fit_ensemble(both, loss, (X,), streams, n_epochs=1, batch_size=16)


def contrast(options):
    """Print MCC, AUROC and SHD of contrastive learning and of linear disentanglement."""
    names = ("MCC", "AUROC", "SHD", "linear", "oracle", "CPU s")
    print(f"{'d':>3}{'k':>3}{'p':>5}{'seed':>5}" + "".join(f"{name:>8}" for name in names))
    rows = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        d, k, p = options.size
        problem = contrastive(d, p, n_edges_per_node=k, random_state=seed)
        data, fresh = problem.sample(options.samples, seed), problem.sample(2000, seed + 1000)
        model = ContrastiveCRL(random_state=seed)
        seconds = seconds_of(model.fit, data)
        true = fresh.truth.Z
        linear = [
            mcc(
                LinearCausalDisentanglement(d, on_misfit="keep")
                .fit(X, data.environments)
                .transform(new),
                true,
            )
            for X, new in ((data.X, fresh.X), (data.truth.Z, true))
        ]
        auroc, shd = edge_scores(model, data.truth.weights != 0)
        rows.append((mcc(model.transform(fresh), true), auroc, shd, *linear, seconds))
        print(f"{d:3}{k:3}{p:5}{seed:5}{contrast_cells(rows[-1])}", flush=True)
    print(f"{'mean':>16}{contrast_cells(np.nanmean(rows, axis=0))}")
    print(f"{'median':>16}{contrast_cells(np.nanmedian(rows, axis=0))}")


def contrast_cells(values):
    """Format MCC, AUROC, SHD, two more MCC, and seconds."""
    formats = ("8.1f", "8.3f", "8.1f", "8.1f", "8.1f", "8.1f")
    return "".join(f"{value:{form}}" for value, form in zip(values, formats, strict=True))


def edge_scores(model, graph):
    """AUROC of the effects and SHD of the graph, latents matched by their environments."""
    d = len(graph)
    sizes = np.zeros((d, d))
    names = list(model.graph_.nodes)
    for edge in model.edges_:
        sizes[names.index(edge.source), names.index(edge.target)] = abs(edge.weight)
    own = model.targets_[1:]
    sizes = sizes[np.ix_(own, own)]
    apart = ~np.eye(d, dtype=bool)
    wrong = (sizes > model.edge_threshold) != graph
    reversed_twice = (wrong & wrong.T & (graph | graph.T)).sum() // 2
    auroc = roc_auc_score(graph[apart], sizes[apart]) if graph.any() else np.nan
    return auroc, int(wrong[apart].sum() - reversed_twice)


PARTS = {"autoencoder": autoencoder, "steps": steps, "contrastive": contrast}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--samples", type=int, help="samples an environment")
    parser.add_argument("--size", type=int, nargs=3, default=(5, 2, 20), metavar=("d", "k", "p"))
    parser.add_argument("--write", action="store_true", help="keep what each part prints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    chosen = options.samples
    for name, part in PARTS.items():
        if options.only in (None, name):
            options.samples = chosen or (10_000 if name == "contrastive" else 1000)
            with written(RESULTS[name], options.write):
                print(
                    f"{name}, {options.samples} samples an environment, torch {torch.__version__}"
                )
                part(options)


if __name__ == "__main__":
    main()
