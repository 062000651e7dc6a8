"""The same losses by other ways: the model loaded again, torch, and another precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import ADAPTER_WEIGHTS
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.events import Progress, Sink
from morris_mlx.models.find import ModelFiles
from morris_mlx.records.audit import AuditCheck
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Adapter
from morris_mlx.records.training import TrainRun

if TYPE_CHECKING:
    from morris_mlx.audit.engines import EngineLoss
    from morris_mlx.generate import Generator

ROWS = 3
ROW_CHARACTERS = 600  # of a compared answer: engines differ anywhere or nowhere
# Weights that are held a second time, in another precision; a larger base is not compared.
MOST_BYTES = 1 << 30
COMPARING = "comparing engines:"


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """Rows with their losses under the base and under the adapter, in nats per token."""

    rows: tuple[tuple[Message, ...], ...]
    base: float
    adapter: float
    backend: str

    def finish(
        self,
        base: ModelFiles,
        adapter: Adapter,
        run: TrainRun,
        backend: str,
        unusable: float,
        sink: Sink,
    ) -> AuditCheck:
        """Return the check of files and engines. Call it when the model's memory is free again."""
        from morris_mlx.audit.engines import Engine, EngineLoss, check_engines
        from morris_mlx.generate import load_generator

        problems, remarks = [], []
        if adapter.digest not in (run.adapter_sha256, run.adapter_sha256_before):
            problems.append(f"{ADAPTER_WEIGHTS} are not the weights of the training.")
        found: list[EngineLoss] = []
        sink(Progress(COMPARING, detail="loading the model again …"))
        with load_generator(base, adapter.folder, backend, say=lambda _: None) as generator:
            found.append(EngineLoss(Engine.reloaded, mean_score(generator, self.rows)))
        size = sum(path.stat().st_size for path in base.folder.glob("model*.safetensors"))
        if self.backend != "mlx" or size > MOST_BYTES:
            why = "it is too large" if self.backend == "mlx" else "MLX does not run here"
            remarks.append(f"torch and another precision were not compared, because {why}.")
        else:
            sink(Progress(COMPARING, detail="another precision …"))
            found.append(EngineLoss(Engine.precision, self._other_precision(base, adapter)))
            sink(Progress(COMPARING, detail="torch …"))
            found += self._torch(base, adapter, remarks)
        return check_engines(self.base, self.adapter, found, unusable, problems, remarks)

    def _torch(
        self, base: ModelFiles, adapter: Adapter, remarks: list[str]
    ) -> Iterable[EngineLoss]:
        from morris_mlx.audit.engines import Engine, EngineLoss
        from morris_mlx.generate import load_generator

        if find_spec("torch") is None:
            remarks.append("torch is not installed, so it was not compared.")
            return ()
        try:
            with load_generator(base, adapter.folder, "torch", say=lambda _: None) as generator:
                return (EngineLoss(Engine.torch, mean_score(generator, self.rows)),)
        except MorrisError as error:
            remarks.append(f"torch was not compared: {error}")
            return ()

    def _other_precision(self, base: ModelFiles, adapter: Adapter) -> float:
        """Return the loss with all weights in bfloat16, or in float32 where that is not usual."""
        from morris_mlx.device import prepare_engine

        engine = prepare_engine()
        import mlx.core as mx
        from mlx_lm.tuner.utils import load_adapters

        from morris_mlx.generate import generator_for_loaded
        from morris_mlx.models.load import load_mlx_model

        model: Any = load_adapters(load_mlx_model(base.folder), str(adapter.folder))
        model.set_dtype(mx.bfloat16 if engine.precision == "float32" else mx.float32)
        with generator_for_loaded(model, base) as generator:
            return mean_score(generator, self.rows)


def compare_engines(generator: Generator, rows: Sequence[Sequence[Message]]) -> ComparedRows:
    """Return some rows with their losses under base and adapter of a loaded generator."""
    chosen = tuple(_shortened(row) for row in rows[:ROWS])
    generator.strength = 0.0
    base = mean_score(generator, chosen)
    generator.strength = 1.0
    adapter = mean_score(generator, chosen)
    return ComparedRows(chosen, base, adapter, generator.load().backend.name)


def mean_score(generator: Generator, rows: Iterable[Sequence[Message]]) -> float:
    """Return the loss of all answers in nats per token."""
    scores = [generator.score(row) for row in rows]
    return sum(loss for loss, _ in scores) / max(1, sum(tokens for _, tokens in scores))


def _shortened(row: Sequence[Message]) -> tuple[Message, ...]:
    *before, last = row
    return (*before, Message(last.role, last.content[:ROW_CHARACTERS]))
