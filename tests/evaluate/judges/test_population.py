"""The shipped population, and its files: the same statistics after a round trip."""

import hashlib
import json

import numpy as np
import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.measured_text import measure, measure_all
from morris_mlx.evaluate.judges.population import (
    FOLDER,
    PIECE_WORDS,
    Population,
    has_population,
    join_measured,
    load_population,
    save_population,
)


def test_a_population_is_the_same_after_a_round_trip(tmp_path, monkeypatch):
    texts = synthetic_texts("plain", 4) + synthetic_texts("brisk", 4)
    inventory = learn_inventory(texts, "en")
    pieces = Documents(measure_all(texts, inventory), ("a",) * 4 + ("b",) * 4)
    save_population(Population(inventory, pieces), tmp_path)
    monkeypatch.setattr("morris_mlx.evaluate.judges.population.FOLDER", tmp_path)
    found = load_population("en")
    assert found.inventory == inventory and found.pieces.groups == pieces.groups
    for before, after in zip(pieces.texts, found.pieces.texts, strict=True):
        assert (after.words, after.keys.tolist()) == (before.words, before.keys.tolist())
        assert after.counts.tolist() == before.counts.tolist()
        for name in ("frequencies", "characters", "rhythm"):
            assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-2, abs=1e-4)


def test_joined_pieces_have_the_statistics_of_the_whole_text():
    texts = synthetic_texts("winding", 3)
    inventory = learn_inventory(texts * 3, "en")
    joined = join_measured(measure_all(texts, inventory))
    whole = measure("\n".join(texts), inventory)
    assert joined.words == whole.words
    assert joined.keys.tolist() == whole.keys.tolist()
    assert joined.counts.tolist() == whole.counts.tolist()
    assert joined.frequencies == pytest.approx(whole.frequencies)


@pytest.mark.parametrize(("language", "fewest"), [("en", 30), ("ru", 10)])
def test_the_shipped_files_are_those_of_the_card_and_small(language, fewest):
    card = json.loads((FOLDER / f"{language}.card.json").read_text(encoding="utf-8"))
    paths = [FOLDER / name for name in card["files"]]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert digests == list(card["files"].values())
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    authors = {work["author"] for work in card["works"]}
    assert len(authors) > fewest and authors == set(load_population(language).pieces.groups)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_shipped_population_gives_documents_of_the_wanted_length(language):
    population = load_population(language)
    short, long = population.documents(PIECE_WORDS), population.documents(4 * PIECE_WORDS)
    assert 4 <= len(short) / len(long) < 4.5  # an incomplete document is left out
    assert set(short.groups) == set(long.groups)
    words = [text.words for text in long.texts]
    assert 4 * PIECE_WORDS <= np.mean(words) < 4.4 * PIECE_WORDS
    assert not has_population("fi")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_shipped_statistics_contain_no_run_of_letters_longer_than_a_word(language):
    stored = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    assert max(len(feature) for feature in stored["characters"]) <= 4
    assert all(" " not in word for word in (*stored["visible"], *stored["words"]))
