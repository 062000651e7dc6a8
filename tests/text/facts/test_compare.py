"""Facts of drafts and of their rewritings: what is lost, changed or added has a name."""

import pytest
from support.planted_drafts import DRAFTS, INVENTED, gone, names_item, new

from morris_mlx.pipeline.rewrite_lexicon import build_lexicon
from morris_mlx.text.facts.compare import FactChanges, compare_facts, find_facts

MOST_FALSE_ALARMS = 1  # of 40 faithful rewritings


@pytest.fixture(scope="module")
def lexicon():
    return build_lexicon()


def test_the_forty_drafts_plant_facts_of_every_kind(lexicon):
    assert len(DRAFTS) == 40 and sum(len(draft.planted()) for draft in DRAFTS) >= 130
    kinds = {fact.kind for draft in DRAFTS for fact in find_facts(draft.draft, lexicon)}
    assert len(kinds) == 9


def test_no_lost_fact_goes_unnamed(lexicon):
    unnamed = [
        (planted, text)
        for draft in DRAFTS
        for planted, text in draft.without()
        if not names_item(gone(compare_facts(draft.draft, text, lexicon)), planted)
    ]
    assert unnamed == []


def test_no_changed_fact_goes_unnamed(lexicon):
    unnamed = []
    for draft in DRAFTS:
        for planted, wrong, text in draft.changed():
            changes = compare_facts(draft.draft, text, lexicon)
            if not (names_item(gone(changes), planted) or names_item(new(changes), wrong)):
                unnamed.append((planted, wrong))
    assert unnamed == []


def test_no_invented_fact_goes_unnamed(lexicon):
    unnamed = [
        (item, draft.draft)
        for draft in DRAFTS
        for sentence, item in INVENTED[draft.language]
        if not names_item(
            new(compare_facts(draft.draft, f"{draft.rewriting} {sentence}", lexicon)), item
        )
    ]
    assert unnamed == []


def test_faithful_rewritings_raise_few_alarms(lexicon):
    alarms = [d.draft for d in DRAFTS if compare_facts(d.draft, d.rewriting, lexicon)]
    assert len(alarms) <= MOST_FALSE_ALARMS, alarms


def test_the_same_text_has_the_same_facts(lexicon):
    for draft in DRAFTS:
        assert compare_facts(draft.draft, draft.draft, lexicon) == FactChanges()


def test_a_changed_fact_is_paired_with_the_one_in_its_place(lexicon):
    changes = compare_facts(
        "He paid 12 kg to Anna Petrova.", "He paid 13 kg to Anna Petrowa.", lexicon
    )
    pairs = [(pair.before.text, pair.after.text) for pair in changes.changed]
    assert pairs == [("12 kg", "13 kg"), ("Petrova", "Petrowa")]
    assert not changes.lost and not changes.added and changes.count == 2


def test_a_fact_of_the_notes_is_named_apart(lexicon):
    changes = compare_facts(
        "Anna came.", "Anna came from Tver in 1987, with Boris.", lexicon, notes="Anna, Tver, 1987"
    )
    assert [fact.text for fact in changes.from_notes] == ["Tver", "1987"]
    assert [fact.text for fact in changes.added] == ["Boris"]


def test_a_name_of_another_paragraph_is_not_invented(lexicon):
    draft, text = "She left at once.", "And Anna, at once, left."
    assert compare_facts(draft, text, lexicon).added
    assert not compare_facts(draft, text, lexicon, background="In May Anna came.")


def test_words_of_a_name_are_reported_together(lexicon):
    changes = compare_facts("We met Anna Maria Petrova there.", "We met her there.", lexicon)
    assert [fact.text for fact in changes.lost] == ["Anna Maria Petrova"]


def test_a_quotation_may_be_interrupted_but_not_altered(lexicon):
    draft = "She said: “We have asked for this lamp since the spring.”"
    split = "“We have asked,” she said, “for this lamp since the spring.”"
    assert not compare_facts(draft, split, lexicon)
    other = "“We have begged for this lamp since the spring,” she said."
    assert compare_facts(draft, other, lexicon).changed
    assert compare_facts(draft, "She has asked for this lamp since the spring.", lexicon).lost
