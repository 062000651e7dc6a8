"""Pre-training from scratch: Muon on the matrices, AdamW on the rest, resumable."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .model import PracticeModel, Shape
from .schedule import Stage

CHECKPOINT_EVERY = 100
REPORT_EVERY = 20


class Trainer:
    """Model, optimisers and position; `save` and `restore` are atomic and complete."""

    def __init__(self, shape: Shape, work: Path, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.work = work
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = PracticeModel(shape).to(self.device)
        inside = [p for n, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in n]
        outside = [p for n, p in self.model.named_parameters() if p.ndim != 2 or "embed" in n]
        self.muon = torch.optim.Muon(
            inside, lr=1.0, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(outside, lr=1.0, betas=(0.9, 0.95), weight_decay=0.0)
        self.stage_name, self.step, self.text_steps = "", 0, 0

    def save(self, name: str) -> None:
        state = {
            "stage": self.stage_name,
            "step": self.step,
            "text_steps": self.text_steps,
            "model": self.model.state_dict(),
            "muon": self.muon.state_dict(),
            "adamw": self.adamw.state_dict(),
            "shape": asdict(self.model.shape),
        }
        temporary = self.work / f"{name}.tmp"
        torch.save(state, temporary)
        temporary.replace(self.work / f"{name}.pt")

    def restore(self, name: str) -> bool:
        path = self.work / f"{name}.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])
        self.stage_name, self.step = state["stage"], state["step"]
        self.text_steps = state.get("text_steps", 0)
        return True

    def run(self, stage: Stage, batches: Iterator) -> None:
        """Train to the end of `stage` from `self.step`; batches must start there too."""
        self.stage_name = stage.name
        loss_of = torch.compile(self.model.loss, dynamic=False)
        began, tokens, recent = time.time(), 0, []
        for ids, targets in batches:
            recent.append(self._take_step(stage, loss_of, ids, targets))
            tokens += ids.size
            if self.step % REPORT_EVERY == 0 or self.step == stage.steps:
                self._report(
                    stage, float(np.mean(recent)), tokens / (time.time() - began), ids.size
                )
                recent = []
            if self.step % CHECKPOINT_EVERY == 0:
                self.save("last")
        self.save("last")
        self.save(stage.name)

    def _take_step(
        self, stage: Stage, loss_of: Callable, ids: np.ndarray, targets: np.ndarray
    ) -> float:
        """One optimiser step; the loss before it, in nats per target."""
        scale = stage.lr_scale(self.step)
        self.muon.param_groups[0]["lr"] = stage.matrix_lr * scale
        self.adamw.param_groups[0]["lr"] = stage.other_lr * scale
        with torch.autocast(self.device, torch.bfloat16):
            loss = loss_of(
                torch.from_numpy(ids).to(self.device), torch.from_numpy(targets).to(self.device)
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.muon.step()
        self.adamw.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        value = loss.item()
        if not np.isfinite(value):
            raise SystemExit(f"Loss is not finite at {stage.name} step {self.step}.")
        return value

    def _report(
        self, stage: Stage, loss: float, tokens_per_second: float, step_tokens: int
    ) -> None:
        row = {
            "stage": stage.name,
            "step": self.step,
            "loss": loss,
            "lr_scale": stage.lr_scale(self.step),
            "tokens_per_second": tokens_per_second,
        }
        with (self.work / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
            metrics.write(json.dumps(row) + "\n")
        minutes = (stage.steps - self.step) * step_tokens / tokens_per_second / 60
        print(
            f"{stage.name} {self.step}/{stage.steps} loss {loss:.3f} "
            f"{tokens_per_second:.0f} tok/s {minutes:.0f} min left",
            file=sys.stderr,
            flush=True,
        )
