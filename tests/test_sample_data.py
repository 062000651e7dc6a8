"""The sample columns and briefs have the properties that the project promises."""

import re
from collections import Counter

import pytest
import yaml

from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder

COLUMNS = sorted((sample_folder() / "columns").glob("*.md"))
BRIEFS = sorted((sample_folder() / "briefs").glob("*.md"))
TELECOM = re.compile(
    r"\b(5G|6G|fibre|spectrum|masts?|roaming|broadband|mobile|handsets?|telecoms?|router|antenna)\b",
    re.IGNORECASE,
)


def parts(path):
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body.strip()


@pytest.mark.parametrize(
    ("paths", "least", "words"), [(COLUMNS, 40, (250, 450)), (BRIEFS, 40, (80, 150))]
)
def test_there_are_enough_texts_of_the_right_length(paths, least, words):
    assert len(paths) >= least
    for path in paths:
        front, body = parts(path)
        assert words[0] <= len(body.split()) <= words[1], path.name
        assert front["title"] and front["author"], path.name
        assert not re.search("[\"']", body), f"{path.name}: a straight quote"


def test_every_text_has_its_own_title_and_date():
    for paths in (COLUMNS, BRIEFS):
        fronts = [parts(p)[0] for p in paths]
        for key in ("title", "date"):
            twice = [v for v, n in Counter(f[key] for f in fronts).items() if n > 1]
            assert not twice


def test_a_third_of_the_columns_is_not_about_telecoms():
    off_topic = [p for p in COLUMNS if len(TELECOM.findall(parts(p)[1])) <= 1]
    assert len(off_topic) >= len(COLUMNS) / 3


def test_the_signature_phrase_is_in_about_half_of_the_columns():
    signed = [p for p in COLUMNS if "What could possibly go wrong?" in parts(p)[1]]
    assert 0.3 <= len(signed) / len(COLUMNS) <= 0.7


def test_no_long_passage_is_in_two_columns():
    seen: dict[str, str] = {}
    for path in COLUMNS:
        words = re.findall(r"\w+", parts(path)[1].lower())
        for i in range(len(words) - 11):
            passage = " ".join(words[i : i + 12])
            assert seen.setdefault(passage, path.name) in (path.name,) or "resting" in passage, (
                passage
            )


def test_all_sample_texts_can_be_collected():
    found = collect_files([sample_folder() / "columns", sample_folder() / "briefs"])
    assert not found.skipped and len(found.documents) == len(COLUMNS) + len(BRIEFS)
