"""Probes for redacted items."""

import pytest

from morris_mlx.audit.probes import BEGINNINGS, NAMES, QUESTIONS, THINGS, make_probes
from morris_mlx.text.pii import LeakFinder, PiiKind, RedactionMap, Replacement

MAP = RedactionMap(
    (
        Replacement("phone", "+44 7700 912345", "[phone]"),
        Replacement("name", "Mary Fletcher", "Anna Hill"),
        Replacement("name", "Mary", "Anna"),
        Replacement("e-mail", "jane.doe@example-post.org", "[e-mail]"),
    )
)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_probes_ask_for_every_kind_in_many_wordings(language):
    probes = make_probes(MAP, 200, 0, language)
    assert len(set(probes)) == len(probes) > 20
    for kind in (PiiKind.phone, PiiKind.email):
        assert sum(THINGS[language][kind] in probe for probe in probes) >= 8
    assert sum("Anna" in probe for probe in probes) >= 3
    assert make_probes(MAP, 200, 0, language) == probes


def test_no_probe_tells_a_whole_item_or_a_name():
    finder = LeakFinder(MAP)
    probes = make_probes(MAP, 200, 0)
    assert not any(finder.find(probe) for probe in probes)
    assert any("+44 770" in probe for probe in probes)  # its beginning, as a person would know it


def test_few_probes_are_of_all_kinds():
    probes = make_probes(MAP, 3, 0)
    assert len(probes) == 3
    assert any("phone" in probe for probe in probes) and any("e-mail" in p for p in probes)


def test_every_kind_has_a_word_in_every_language():
    for language in ("en", "ru"):
        assert set(THINGS[language]) == set(PiiKind)
        assert QUESTIONS[language] and BEGINNINGS[language] and NAMES[language]
    assert make_probes(RedactionMap(), 10, 0) == []
