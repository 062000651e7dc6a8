"""Off-topic texts: found by their words, and given more rows."""

import random
import re
from fractions import Fraction

from support.plain_drafts import prepare_documents

from morris_mlx.prepare.examples.task_mixture import MAX_ROWS_PER_TASK, ROWS_PER_TEXT
from morris_mlx.prepare.style.off_topic import MAX_WEIGHT, find_off_topic
from morris_mlx.records.corpus import Document

TELECOM = re.compile(
    r"\b(5G|6G|fibre|spectrum|masts?|roaming|broadband|mobile|handsets?|telecoms?|router|antenna)\b",
    re.IGNORECASE,
)


def test_distances_rank_texts_by_their_subject(sample_columns):
    off = {d.id for d in sample_columns if len(TELECOM.findall(d.text)) <= 1}
    found = find_off_topic(sample_columns)
    pairs = [
        (found.distances[a], found.distances[b]) for a in off for b in found.distances.keys() - off
    ]
    assert sum(a > b for a, b in pairs) / len(pairs) >= 0.72
    assert len(found.off_topic) >= 5
    assert sum(i in off for i in found.off_topic) / len(found.off_topic) >= 0.8


def test_off_topic_texts_get_up_to_twice_as_many_rows(tokenizer):
    rng = random.Random(5)

    def text(subject):
        """Paragraphs of made-up words of one subject: no two texts have all of them."""
        known = [f"{subject}{a}{b}{c}" for a in "bdgkmnrt" for b in "aeiou" for c in "lnprst"]
        return "\n\n".join(" ".join(rng.sample(known, 40)) + "." for _ in range(3))

    documents = [Document(f"{n:02}", text("ne"), f"Report {n}") for n in range(20)]
    documents += [Document("99", text("ca"), "A cake")]
    found = find_off_topic(documents)
    assert found.off_topic == ("99",) and found.weights["99"] == MAX_WEIGHT
    assert set(found.weights.values()) == {Fraction(1), Fraction(MAX_WEIGHT)}
    assert find_off_topic(documents[:5]).off_topic == ()
    made = prepare_documents(documents, tokenizer, seed=5, enhance=True)
    rows = [e for e in made.examples["train"] if e.source_id == "99"]
    # Words of no language have no topics, so there are two tasks, each with its limit of rows.
    usual = len(made.examples["train"]) - len(rows)
    assert len(rows) == 2 * MAX_ROWS_PER_TASK > ROWS_PER_TEXT >= usual / 16 > 2
    assert len({e.messages[1].content for e in rows}) == len(rows)
    assert made.extras["off_topic"]["texts"] == 1
