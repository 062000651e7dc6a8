"""Wordings of requests: many for every task, in both languages."""

import pytest

from morris_mlx.prepare.examples import request_wordings


@pytest.mark.parametrize("kind", ["headline", "topic", "opening", "continuation", "rewrite"])
def test_every_request_has_many_wordings_in_both_languages(kind):
    for words in (request_wordings.ENGLISH, request_wordings.RUSSIAN):
        wordings = getattr(words, kind)
        assert len(wordings) >= 6 and len(set(wordings)) == len(wordings)
        slots = {"title": "1", "topic": "2", "angle": "3", "opening": "4", "draft": "5"}
        asked = [w.format(**slots) for w in wordings]
        needed = {"headline": "1", "topic": "23", "opening": "4", "continuation": "4"}
        assert all(all(slot in a for slot in needed.get(kind, "5")) for a in asked)
