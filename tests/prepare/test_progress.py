"""The progress of a preparation: a share that rises to 1, and its stage."""

from support.sample_documents import documents

from morris_mlx.jobs.events import Progress
from morris_mlx.pipeline.prepare import _progress
from morris_mlx.prepare import prepare_collected
from morris_mlx.prepare.progress import WEIGHTS, Meter, Stage


def test_the_share_rises_to_one_through_all_stages(tokenizer):
    seen = []
    prepare_collected(
        documents(8), (), tokenizer, 1024, "Speak.", 7, report=lambda *now: seen.append(now)
    )
    shares = [share for share, _ in seen]
    assert shares == sorted(shares) and shares[0] == 0 and abs(shares[-1] - 1) < 1e-9
    assert list(dict.fromkeys(stage for _, stage in seen)) == list(Stage)


def test_a_stage_that_is_done_again_never_lowers_the_share():
    seen = []
    meter = Meter(lambda share, _: seen.append(share))
    meter.begin(Stage.rows, 10)
    meter.tick(10)
    meter.begin(Stage.rows, 10)
    meter.tick(30)
    assert seen == sorted(seen) and sum(WEIGHTS.values()) == 100
    assert round(100 * seen[-1]) == 100 - WEIGHTS[Stage.measure]


def test_events_have_the_percentage_and_none_is_repeated():
    events = []
    report = _progress(events.append)
    for done in range(5001):
        report(done / 5000, Stage.rows)
    assert len(events) == 1001
    assert events[-1] == Progress("preparing:", 100.0, 100.0, "making rows, 100%")
    assert events[-2].detail == "making rows, 99%"
