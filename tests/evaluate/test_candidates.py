"""Candidates: the most similar one first, faulty ones last, and no judgment of short texts."""

import pytest
from support.synthetic_authors import synthetic_text, synthetic_texts

from morris_mlx.evaluate import candidates as module
from morris_mlx.evaluate import jury as jury_module
from morris_mlx.evaluate.candidates import CandidateRanker, chosen_of
from morris_mlx.evaluate.jury import Jury
from morris_mlx.records.generation import CandidateFault, GenerationResult

REQUEST = "Write a column about the kettle."
ASKING = frozenset({"write", "a", "column", "about", "the"})
LEARNED = synthetic_texts("winding", 20)


@pytest.fixture(scope="module")
def ranker():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jury_module, "PIECE_WORDS", 80)
        patch.setattr("morris_mlx.evaluate.judges.impostors.ROUNDS", 10)
        patch.setattr(module, "PIECE_WORDS", 80)
        jury = Jury.fit(LEARNED, synthetic_texts("plain", 20), "xx")
        yield CandidateRanker(jury, LEARNED, "en", ASKING)


def written(text, seed=0, reason="stop"):
    return GenerationResult(text, reason, 5, 2 * len(text.split()), 0.1, 1.0, seed)


def about_kettle(writer, seed, words=90):
    return synthetic_text(writer, words, 200 + seed).replace("the man", "the kettle") + " Kettle."


def test_the_candidate_in_the_authors_style_comes_first(ranker):
    writers = ("plain", "winding", "plain", "brisk")
    group = [written(about_kettle(writer, n), n) for n, writer in enumerate(writers)]
    ranked = ranker.rank(REQUEST, group)
    assert ranked[0][0] is group[1] and ranked[0][1].seed == 1
    scores = [one.score for _, one in ranked]
    assert scores == sorted(scores, reverse=True) and not any(one.faults for _, one in ranked)
    chosen = chosen_of(ranked)
    assert chosen.text == group[1].text and chosen.candidates[0].seed == 1
    assert len(chosen.candidates) == 4 and chosen.alternatives == ()


def test_faulty_candidates_come_behind_all_others(ranker):
    sound = written(about_kettle("plain", 1), 9)
    copied = " ".join(LEARNED[0].split()[:40]) + " " + about_kettle("winding", 2)
    group = [
        written(copied, 0),
        written(about_kettle("winding", 3), 1, "loop"),
        written(synthetic_text("winding", 90, 207).replace("kettle", "ferry"), 2),
        written(about_kettle("winding", 5) + "\n<|user|>\nAnd now?", 3),
        sound,
    ]
    ranked = ranker.rank(REQUEST, group)
    assert ranked[0][0] is sound
    faults = {one.seed: one.faults for _, one in ranked}
    assert faults == {
        0: (CandidateFault.COPIES,),
        1: (CandidateFault.REPEATS,),
        2: (CandidateFault.OFF_REQUEST,),
        3: (CandidateFault.UNUSABLE,),
        9: (),
    }
    assert all(one.score > ranked[0][1].score for _, one in ranked[1:])


def test_short_texts_are_not_judged(ranker):
    replies = [written("The kettle is on.", 3), written("", 4), written("Kettles again!", 5)]
    ranked = ranker.rank(REQUEST, replies)
    assert [one.seed for _, one in ranked] == [3, 5, 4]
    assert all(one.score is None for _, one in ranked)
    assert ranked[2][1].faults == (CandidateFault.OFF_REQUEST, CandidateFault.UNUSABLE)
    long = [written(about_kettle("plain", n), n) for n in range(2)]
    ranked = ranker.rank(REQUEST, [*replies[:1], *long])
    assert ranked[-1][1].seed == 3 and ranked[-1][1].score is None


def test_a_request_without_a_subject_has_no_guard(ranker):
    (one,) = ranker.rank("Write a column.", [written("Rain fell on the ferry.")])
    assert one[1].faults == ()


@pytest.mark.parametrize(
    ("answer", "taken"),
    [("Two kettles sang.", True), ("kettle", True), ("Kettering is a town.", False), ("", False)],
)
def test_a_subject_is_taken_up_by_its_forms(ranker, answer, taken):
    assert ranker._takes_up(REQUEST, answer) is taken


def test_several_requests_are_ranked_as_each_alone(ranker):
    groups = [[written(about_kettle(w, n), n) for w in ("plain", "winding")] for n in range(2)]
    together = ranker.rank_all([REQUEST] * 2, groups)
    assert together == [ranker.rank(REQUEST, group) for group in groups]
