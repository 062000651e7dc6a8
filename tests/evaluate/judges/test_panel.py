"""The judges on invented writers: the right answer, the same digits, and chance for wrong labels."""

import numpy as np
import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.accuracy import auc
from morris_mlx.evaluate.judges.delta import MEASURES, Delta
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.impostors import Impostors
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.lambdag import LambdaG
from morris_mlx.evaluate.judges.measured_text import measure_all
from morris_mlx.evaluate.judges.panel import JUDGES, Opinions, Panel

OWN, OTHERS = "winding", ("brisk", "plain")


@pytest.fixture(scope="module")
def inventory():
    texts = [t for w in (OWN, *OTHERS) for t in synthetic_texts(w, 8)]
    return learn_inventory(texts, "en")


@pytest.fixture(scope="module")
def documents(inventory):
    """Return the writer's documents, others', and new ones of both."""

    def made(writer, first=0, count=8):
        return Documents(
            measure_all(synthetic_texts(writer, count, first=first), inventory),
            tuple(f"{writer} {n // 2}" for n in range(count)),
        )

    known, reference = made(OWN), made(OTHERS[0]) + made(OTHERS[1])
    return known, reference, made(OWN, 100), made(OTHERS[0], 100)


@pytest.fixture(scope="module")
def panel(inventory, documents):
    return Panel.fit(documents[0], documents[1], len(inventory.grammar))


@pytest.mark.parametrize("kind", ["LambdaG", "Impostors", "Delta"])
def test_each_judge_gives_new_texts_of_the_writer_the_higher_score(inventory, documents, kind):
    known, reference, own, other = documents
    judge = {
        "LambdaG": lambda: LambdaG.fit(known.texts, reference.texts, len(inventory.grammar), 0),
        "Impostors": lambda: Impostors.fit(known.texts, reference.texts, 0),
        "Delta": lambda: Delta.fit(known.texts, reference.texts),
    }[kind]()
    yes, no = judge.score(own.texts), judge.score(other.texts)
    assert yes.shape == (8, 1) and judge.score(()).shape == (0, 1)
    assert auc(yes[:, 0], no[:, 0]) == 1


def test_every_measure_of_the_delta_family_takes_the_right_side(documents):
    known, reference, own, other = documents
    judge = Delta.fit(known.texts, reference.texts)
    yes, no = judge.measures(own.texts), judge.measures(other.texts)
    assert yes.shape == (8, len(MEASURES)) and judge.measures(()).shape == (0, len(MEASURES))
    assert [auc(y, n) for y, n in zip(yes.T, no.T, strict=True)] == [1] * len(MEASURES)
    assert (judge.score(own.texts)[:, 0] == yes[:, MEASURES.index("Rotated Delta")]).all()


def test_the_panel_takes_the_right_side_and_all_judges_agree(documents, panel):
    own, other = panel.judge(documents[2].texts), panel.judge(documents[3].texts)
    assert (own.combined > 1).all() and (other.combined < -1).all()
    assert own.disagreement == 0
    assert own.combined == pytest.approx(own.ratios.mean(axis=1))


def test_the_opinion_on_a_text_does_not_depend_on_its_neighbors(documents, panel):
    texts = documents[2].texts
    alone = panel.judge(texts[3:4]).ratios[0]
    assert alone == pytest.approx(panel.judge(texts).ratios[3], abs=1e-9)


def test_two_fits_with_one_seed_agree_to_the_digit(inventory, documents, panel):
    again = Panel.fit(documents[0], documents[1], len(inventory.grammar))
    texts = documents[3].texts
    assert (again.judge(texts).ratios == panel.judge(texts).ratios).all()
    assert (again.held_out[0].ratios == panel.held_out[0].ratios).all()


def test_every_document_is_scored_once_by_judges_that_had_not_seen_it(documents, panel):
    own, others = panel.held_out
    assert own.ratios.shape == (8, len(JUDGES)) and others.ratios.shape == (16, len(JUDGES))
    assert auc(own.combined, others.combined) == 1


def test_too_few_documents_are_refused(inventory, documents):
    with pytest.raises(MorrisError, match="3 texts by the writer, too few"):
        Panel.fit(documents[0].chosen(range(3)), documents[1], len(inventory.grammar))


def test_disagreement_is_the_share_of_texts_with_judges_on_both_sides():
    ratios = np.array([[1.0, 2.0, 0.5], [1.0, -1.0, 3.0], [-1.0, -1.0, -1.0], [2.0, 1.0, -0.1]])
    assert Opinions(ratios).disagreement == 0.5


def test_folds_keep_groups_together_and_cut_a_single_group_in_runs():
    grouped = Documents((None,) * 10, tuple("aabbccddee"))
    folds = grouped.folds(5)
    assert all(
        len({f for f, g in zip(folds, grouped.groups, strict=True) if g == k}) == 1 for k in "abcde"
    )
    assert Documents((None,) * 8, ("one",) * 8).folds(4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
