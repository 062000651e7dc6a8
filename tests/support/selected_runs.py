"""Records of trainings with given validations, and the checkpoint that each would keep."""

from dataclasses import replace

from morris_mlx.records.training import LossPoint, TrainRun
from morris_mlx.train.selection import highest_voice_step, is_best, lowest_loss_step
from support.training_job import SETTINGS

BASE = 4.0


def run_of(*points, select="voice", base=BASE):
    """Return a run whose validations were recorded one after the other."""
    run = TrainRun(
        name="t",
        base_model="b",
        base_digest="",
        dataset_digest="",
        system_prompt="",
        window=128,
        settings=replace(SETTINGS, select=select),
        losses=(LossPoint(0, None, base),),
        best_step=0,
        best_valid_loss=base,
        base_valid_loss=base,
        trainable_parameters=1,
        supervised_tokens=0,
        seconds=0.0,
        peak_memory_gb=0.0,
        adapter_sha256="",
        versions={},
        machine="",
    )
    for step, (loss, voice) in enumerate(points, 1):
        point = LossPoint(step, None, loss, voice)
        if is_best(run, point):
            run = replace(run, best_step=step, best_valid_loss=loss)
        run = replace(run, losses=(*run.losses, point))
    return replace(
        run, lowest_loss_step=lowest_loss_step(run), highest_voice_step=highest_voice_step(run)
    )
