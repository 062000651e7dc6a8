"""Briefs: written for the texts of train alone, used as requests, and counted by reason."""

import itertools

from support.plain_drafts import prepare_documents

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.examples.from_documents import TASK_TOPIC
from morris_mlx.prepare.examples.request_wordings import LANGUAGES
from morris_mlx.prepare.reasons import BRIEFED, LEARNED_FROM
from morris_mlx.prepare.style.brief_checks import BriefFault
from morris_mlx.prepare.style.briefs import TEXT_WORDS, first_paragraphs, make_briefs
from morris_mlx.records.corpus import Document

THINGS = ["museum", "ferry", "garden", "bakery", "tunnel", "orchard", "library", "harbour"]


def column(number: int) -> Document:
    thing = THINGS[number % len(THINGS)]
    text = (
        f"The {thing} was shut on the day that I went to the {thing} with case {number}. "
        f"Nobody knew why the {thing} was shut. A man at the {thing} said that it was the rain.\n\n"
        f"I went home and wrote to the {thing} about case {number}. The {thing} wrote back, and "
        f"what the {thing} wrote was a {thing} of a letter: long, damp and shut. I read it "
        f"to the cat, who has never been to a {thing} and does not mean to go. We agreed that the "
        f"{thing} is best seen from the bus, and that the bus is best seen from the window."
    )
    return Document(f"{number:016x}", text, f"Case {number}", date=f"20{number:02}")


def brief_of(request) -> str:
    thing = next(t for t in THINGS if t in request.messages[-1].content)
    return f"Write about a visitor who finds the {thing} shut because of rain."


def test_a_brief_is_the_request_for_its_text_in_train_alone(tokenizer):
    documents = [column(n) for n in range(20)]
    asked = []

    def brief_many(requests):
        asked.extend(requests)
        yield from map(brief_of, requests)

    made = prepare_documents(
        documents, tokenizer, enhance=True, brief_many=brief_many, drafting_window=2048
    )
    train = {e.source_id for e in made.examples["train"]}
    assert {one.source_id for one in asked} == train and len(asked) == len(train)
    wordings = LANGUAGES["en"].brief
    topics = [e for e in made.examples["train"] if e.task == TASK_TOPIC]
    known = {brief_of(one): one.source_id for one in asked}
    for example in topics:
        assert any(
            example.messages[1].content == wording.format(brief=brief)
            for wording in wordings
            for brief in known
        )
    held = [e for split in ("valid", "test") for e in made.examples[split]]
    assert not any("visitor" in e.messages[1].content for e in held)
    counts = dict(made.extras["briefs"])
    assert counts.pop(BRIEFED) == sum(counts.values()) == len(train)
    assert counts[LEARNED_FROM] == len({e.source_id for e in topics})


def test_rejected_briefs_are_counted_and_their_texts_keep_their_topics(tokenizer):
    answers = itertools.cycle(["", "Two. Sentences."])
    made = prepare_documents(
        [column(n) for n in range(20)],
        tokenizer,
        enhance=True,
        brief_many=lambda requests: (next(answers) for _ in requests),
        drafting_window=2048,
    )
    counts = made.extras["briefs"]
    assert counts[BriefFault.EMPTY] and counts[BriefFault.SENTENCES] and not counts[LEARNED_FROM]
    assert any(e.task == TASK_TOPIC for e in made.examples["train"])


def test_a_text_too_long_for_the_window_is_not_briefed(tokenizer: ChatTokenizer):
    made = make_briefs([column(1)], lambda requests: iter(()), tokenizer, 64)
    assert made.rejected[BriefFault.NO_ROOM] == 1 == made.texts


def test_the_prompt_has_the_first_paragraphs_of_a_long_text():
    paragraphs = [" ".join([f"w{n}"] * 200) for n in range(4)]
    assert first_paragraphs("\n\n".join(paragraphs)) == "\n\n".join(paragraphs[:2])
    assert len(first_paragraphs("word " * 900).split()) == TEXT_WORDS
    assert first_paragraphs("short") == "short"
