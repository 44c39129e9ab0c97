"""The one loop that trains networks: many at once, on data that stay on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import cos, inf, pi
from os import PathLike

import numpy as np
import torch
from torch import nn

from causalrep.exceptions import InvalidDataError
from causalrep.neural.checkpoints import Checkpoint
from causalrep.neural.random_streams import RandomStreams

__all__ = ["TrainingHistory", "fit_ensemble"]

Loss = Callable[[tuple[torch.Tensor, ...]], torch.Tensor]
Score = Callable[[], torch.Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingHistory:
    """How the training of an ensemble went.

    Parameters
    ----------
    loss : ndarray of shape (n_epochs, n_members)
        Mean loss of every epoch; not finite from where a member diverged.
    validation : ndarray of shape (n_epochs, n_members)
        What decided which state to keep: the validation score after every epoch, or the loss
        where none was given.
    best_epoch : ndarray of shape (n_members,)
        Epoch, from 0, after which each member was kept; -1 where no epoch was finite.
    stopped : {"epochs", "time", "interrupt"}
        Why it ended.
    seconds : float
        Wall time, that before a checkpoint included.

    Examples
    --------
    >>> import torch
    >>> from causalrep.neural import EnsembleMLP, RandomStreams, fit_ensemble
    >>> x = torch.linspace(-1, 1, 200)[:, None]
    >>> streams = RandomStreams([0, 1])
    >>> network = EnsembleMLP([1, 8, 1], streams)
    >>> def loss(batch):
    ...     return (network(batch[0]) - batch[0] ** 2).square().mean(dim=(1, 2))
    >>> history = fit_ensemble(network, loss, (x,), streams, n_epochs=20, batch_size=50)
    >>> history.loss.shape, history.stopped
    ((20, 2), 'epochs')
    """

    loss: np.ndarray
    validation: np.ndarray
    best_epoch: np.ndarray
    stopped: str
    seconds: float

    @property
    def best(self) -> np.ndarray:
        """Score of the state that was kept, infinite where there is none, shape (n_members,)."""
        found = np.where(np.isfinite(self.validation), self.validation, inf)
        return found.min(axis=0, initial=inf)


def fit_ensemble(
    module: nn.Module,
    loss: Loss,
    data: Sequence[torch.Tensor],
    streams: RandomStreams,
    *,
    n_epochs: int,
    batch_size: int,
    learning_rate: float = 1e-3,
    decay: bool = True,
    clip_norm: float | None = None,
    validation: Score | None = None,
    max_time: float | None = None,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: int = 10,
    settings: Sequence[str] = (),
    epochs: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> TrainingHistory:
    """Train the members of an ensemble by Adam, each as if it were alone.

    Parameters
    ----------
    module : torch.nn.Module
        Every parameter has the members along its first axis. Trained in place; at the end every
        member is in the best of its states.
    loss : callable
        Takes a batch, a tuple of tensors of shape (n_members, batch_size, ...), and returns the
        loss of every member, shape (n_members,). Members must not mix in it.
    data : sequence of tensor
        All of one length, on the device of the module.
    streams : RandomStreams
        Random numbers of the members; the order of the samples comes from them.
    n_epochs : int
        Passes over the data.
    batch_size : int
        Samples a step; more than there are means all. What is left over at the end of an epoch
        is not used in it.
    learning_rate : float, default=1e-3
        Step size of Adam, at the beginning where it decays.
    decay : bool, default=True
        Whether the rate falls to zero along half a cosine.
    clip_norm : float, default=None
        Largest norm of the gradient of a member.
    validation : callable, default=None
        Returns a score of every member, shape (n_members,), to be made small; called after every
        epoch without gradients. The mean loss of the epoch by default.
    max_time : float, default=None
        Seconds after which no further epoch begins.
    checkpoint : path-like, default=None
        File that holds the state of training. Where it exists, training goes on from it, and
        ends with the same numbers as if it had never been stopped (on a CPU, bit for bit).
    checkpoint_every : int, default=10
        Epochs between two writings of it.
    settings : sequence of str, default=()
        What else the result depends on, such as a penalty in the loss: a checkpoint of other
        settings is refused.
    epochs : callable, default=iter
        Wraps the numbers of the epochs, to show progress.

    Returns
    -------
    TrainingHistory

    Raises
    ------
    InvalidDataError
        If tensors differ in length, a parameter has no axis of members, or the checkpoint belongs
        to other data, another module or other settings.

    Notes
    -----
    With small networks most of the time of a step is overhead, which all members share: nothing
    is copied to the device, no number is read from it within an epoch, and Adam is fused. A
    member whose loss is not finite any more keeps its best state before; others go on. Ctrl-C
    ends training like ``max_time`` does.

    Examples
    --------
    >>> import torch
    >>> from causalrep.neural import EnsembleMLP, RandomStreams, fit_ensemble
    >>> x = torch.linspace(-1, 1, 200)[:, None]
    >>> streams = RandomStreams(range(3))
    >>> network = EnsembleMLP([1, 16, 1], streams)
    >>> def loss(batch):
    ...     return (network(batch[0]) - batch[0] ** 2).square().mean(dim=(1, 2))
    >>> history = fit_ensemble(
    ...     network, loss, (x,), streams, n_epochs=100, batch_size=50, learning_rate=1e-2
    ... )
    >>> bool((history.best < 0.01).all())
    True
    """
    data = tuple(data)
    n_rows = _checked(module, data, len(streams))
    batch_size = min(batch_size, n_rows)
    run = _Run(module, streams, learning_rate)
    keeper = Checkpoint.at(
        checkpoint,
        data,
        settings=(n_epochs, batch_size, learning_rate, decay, clip_norm, *settings),
    )
    run.resume(keeper)
    n_steps = n_rows // batch_size
    begin = time.monotonic() - run.seconds
    stopped = "epochs"
    try:
        for epoch in epochs(range(len(run.losses), n_epochs)):
            if max_time is not None and time.monotonic() - begin > max_time:
                stopped = "time"
                break
            total = torch.zeros(len(streams), device=streams.device)
            orders = streams.permutations(n_rows)
            for step in range(n_steps):
                rows = orders[:, step * batch_size : (step + 1) * batch_size]
                share = (epoch + step / n_steps) / n_epochs
                run.rate(learning_rate * (0.5 * (1 + cos(pi * share)) if decay else 1.0))
                total += run.step(loss(tuple(some[rows] for some in data)), clip_norm)
            run.finish_epoch(total / n_steps, validation)
            run.seconds = time.monotonic() - begin
            if (epoch + 1) % checkpoint_every == 0:
                run.write(keeper)
        if run.losses:
            run.write(keeper)
    except KeyboardInterrupt:  # the middle of an epoch: what was written before stays
        stopped = "interrupt"
    return run.history(stopped)


class _Run:
    """The state of training: parameters, optimiser, random streams, best states, curves."""

    def __init__(self, module: nn.Module, streams: RandomStreams, rate: float) -> None:
        self.module, self.streams = module, streams
        self.parameters = dict(module.named_parameters())
        self.best = {name: leaf.detach().clone() for name, leaf in self.parameters.items()}
        self.best_score = torch.full((len(streams),), inf, device=streams.device)
        self.best_epoch = torch.full((len(streams),), -1, device=streams.device)
        self.optimizer = torch.optim.Adam(self.parameters.values(), lr=rate, fused=True)
        self.losses: list[torch.Tensor] = []
        self.scores: list[torch.Tensor] = []
        self.seconds = 0.0

    def rate(self, rate: float) -> None:
        """Set the learning rate."""
        self.optimizer.param_groups[0]["lr"] = rate

    def step(self, losses: torch.Tensor, clip_norm: float | None) -> torch.Tensor:
        """Go one step down, and return the losses before it."""
        self.optimizer.zero_grad(set_to_none=True)
        losses.sum().backward()
        if clip_norm is not None:
            self._clip(clip_norm)
        self.optimizer.step()
        return losses.detach()

    def _clip(self, most: float) -> None:
        gradients = [leaf.grad for leaf in self.parameters.values() if leaf.grad is not None]
        squares = torch.stack([one.square().flatten(1).sum(dim=1) for one in gradients])
        shrink = (most / squares.sum(dim=0).sqrt().clamp_min(most)).to(gradients[0].dtype)
        for gradient in gradients:
            gradient.mul_(shrink.view(-1, *[1] * (gradient.dim() - 1)))

    @torch.no_grad()
    def finish_epoch(self, losses: torch.Tensor, validation: Score | None) -> None:
        """Keep members that are better than they ever were."""
        scores = losses if validation is None else validation().detach()
        better = scores < self.best_score
        self.best_score = torch.where(better, scores, self.best_score)
        self.best_epoch = torch.where(better, len(self.losses), self.best_epoch)
        for name, leaf in self.parameters.items():
            wide = better.view(-1, *[1] * (leaf.dim() - 1))
            self.best[name] = torch.where(wide, leaf.detach(), self.best[name])
        self.losses.append(losses)
        self.scores.append(scores)

    @torch.no_grad()
    def history(self, stopped: str) -> TrainingHistory:
        """Put every member into its best state, and return the curves."""
        for name, leaf in self.parameters.items():
            leaf.copy_(self.best[name])
        shape = (len(self.losses), len(self.streams))
        curves = [
            np.array([row.double().cpu().numpy() for row in rows]).reshape(shape)
            for rows in (self.losses, self.scores)
        ]
        return TrainingHistory(
            loss=curves[0],
            validation=curves[1],
            best_epoch=self.best_epoch.cpu().numpy(),
            stopped=stopped,
            seconds=self.seconds,
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all that training depends on."""
        found = {f"now/{name}": leaf.detach() for name, leaf in self.parameters.items()}
        found |= {f"best/{name}": leaf for name, leaf in self.best.items()}
        for name, leaf in self.parameters.items():
            state = self.optimizer.state.get(leaf, {})
            found |= {f"adam/{name}/{key}": value for key, value in state.items()}
        found |= {"best_score": self.best_score, "best_epoch": self.best_epoch}
        found |= {"streams": self.streams.state(), "seconds": torch.tensor(self.seconds)}
        empty = torch.zeros((0, len(self.streams)))
        found["losses"] = torch.stack(self.losses) if self.losses else empty
        found["scores"] = torch.stack(self.scores) if self.scores else empty
        return found

    def write(self, keeper: Checkpoint | None) -> None:
        """Write the state to the checkpoint, if there is one."""
        if keeper is not None:
            keeper.write(self.tensors())

    @torch.no_grad()
    def resume(self, keeper: Checkpoint | None) -> None:
        """Go to the state of the checkpoint, if there is one."""
        found = None if keeper is None else keeper.read(self.tensors())
        if not found:
            return
        for name, leaf in self.parameters.items():
            leaf.copy_(found[f"now/{name}"])
            self.best[name] = found[f"best/{name}"].to(leaf.device)
            prefix = f"adam/{name}/"
            state = {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}
            if state:
                self.optimizer.state[leaf] = {k: v.to(leaf.device) for k, v in state.items()}
        device = self.streams.device
        self.best_score = found["best_score"].to(device)
        self.best_epoch = found["best_epoch"].to(device)
        self.streams.restore(found["streams"])
        self.seconds = float(found["seconds"])
        self.losses = list(found["losses"].to(device))
        self.scores = list(found["scores"].to(device))


def _checked(module: nn.Module, data: tuple[torch.Tensor, ...], n_members: int) -> int:
    """Return the number of rows, or refuse what cannot be trained."""
    lengths = {len(some) for some in data}
    if len(lengths) != 1 or 0 in lengths:
        raise InvalidDataError(
            "Data are tensors of one length, one row a sample, but they have lengths "
            f"{', '.join(str(len(some)) for some in data) or '(there are none)'}."
        )
    for name, leaf in module.named_parameters():
        if leaf.dim() < 1 or len(leaf) != n_members:
            raise InvalidDataError(
                f"The first axis of every parameter is that of the {n_members} members, but "
                f"{name} has shape {tuple(leaf.shape)}. Build it of EnsembleLinear."
            )
    return lengths.pop()
