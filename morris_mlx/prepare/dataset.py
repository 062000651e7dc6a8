"""The funnel: split whole texts and conversations, then ask, pair and fit; counts that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare import Extras, Prepared
from morris_mlx.prepare.ask import Asked, Asking, asked_once
from morris_mlx.prepare.corpus import Ready
from morris_mlx.prepare.examples.from_conversations import Conversed, converse, own_words
from morris_mlx.prepare.examples.from_documents import Pairing
from morris_mlx.prepare.examples.instruction_rows import (
    OwnRows,
    answers_of,
    draw_mix,
    joined_groups,
    own_rows,
    related_to,
)
from morris_mlx.prepare.examples.windowing import row_tokens
from morris_mlx.prepare.funnel import (
    Sides,
    conversation_counts,
    conversation_reasons,
    document_counts,
    extra_counts,
    overlaps,
    row_counts,
)
from morris_mlx.prepare.split import MIN_SOURCES, split_sources
from morris_mlx.prepare.style.enhance import Enhanced, enhance
from morris_mlx.records.corpus import SPLITS, Conversation, Example, Split


@dataclass(frozen=True, slots=True)
class _Asked:
    """What can be asked for under one system prompt."""

    asking: Asking
    texts: Asked
    own: OwnRows

    @property
    def ids(self) -> list[str]:
        return sorted([*self.texts.ways, *self.own.examples])


def build_dataset(
    ready: Ready,
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    extras: Extras,
) -> Prepared:
    """Rows and counts. Raises MorrisError when too little is left to learn from."""

    def ask(prompt: str) -> _Asked:
        asking = Asking(Pairing(ready.documents, prompt, seed), tokenizer, window)
        own = own_rows(ready.rows, prompt, tokenizer, window)
        return _Asked(asking, asking.ask(ready.documents), own)

    asked = ask(system_prompt)
    answered = {c.id: c for c in ready.conversations if own_words(c)}
    texts, chats = _split(ready, asked, answered, seed)
    enhanced = Enhanced(system_prompt)
    if extras.enhance:
        # The split stands first: nothing is measured or drafted on the other side of it.
        enhanced = enhance(
            [d for d in ready.documents if d.id in set(texts["train"])],
            [own_words(answered[i]) for i in chats["train"]],
            system_prompt,
            tokenizer,
            extras.draft_many,
            extras.drafting_window,
            [word for item in ready.redaction_map.items for word in item.stand_in.split()],
        )
        asked = ask(enhanced.system_prompt)
        texts = _still_there(texts, asked.ids, window)
    talks = converse(list(answered.values()), tokenizer, window, enhanced.system_prompt)
    examples = _rows(ready, asked, talks, texts, chats, enhanced)
    told = extra_counts(extras, enhanced, examples["train"], ready, asked.own, texts)
    if extras.mix:
        mixed = draw_mix(extras.mix, extras.mix_share, examples, tokenizer, window, seed, ready)
        examples["train"] += mixed.examples
        ready = mixed.ready
        told["mix"] = mixed.counts
    return Prepared(
        examples=examples,
        documents=document_counts(ready, asked.texts, texts),
        rows=row_counts(examples),
        longest_tokens=max(row_tokens(e, tokenizer) for s in SPLITS for e in examples[s]),
        mended=ready.mended,
        overlap=overlaps(examples),
        redaction=ready.redaction,
        redaction_map=ready.redaction_map,
        conversations=conversation_counts(ready, len(answered), chats),
        turns=talks.turns,
        system_prompt=enhanced.system_prompt,
        extras=told,
    )


def _split(
    ready: Ready, asked: _Asked, answered: Mapping[str, Conversation], seed: int
) -> tuple[dict[Split, list[str]], dict[Split, list[str]]]:
    """Texts (and rows), and conversations: each by their own dates, and a few of a kind to train.

    A text that was pasted into a chat is learned from, and so is that chat.
    """
    _require_enough(ready, asked, answered)
    said = {i: own_words(c) for i, c in answered.items()}
    answers = {row.id: answers_of(row.messages) for row in ready.rows}
    whole = {document.id: document.text for document in ready.documents}
    across = [*related_to(whole, said), *related_to(said, answers)]
    groups = joined_groups(ready.together, related_to(whole, answers))
    dates = {document.id: document.date for document in ready.documents}
    learned = {i for pair in across for i in pair}
    sides: list[dict[Split, list[str]]] = []
    for part in (
        {i: dates.get(i, "") for i in asked.ids},
        {i: c.date for i, c in answered.items()},
    ):
        if len(part) < MIN_SOURCES:  # there is enough of the other kind to hold out
            sides.append({"train": list(part), "valid": [], "test": []})
        else:
            sides.append(split_sources(part, seed, groups, learned))
    return sides[0], sides[1]


def _require_enough(ready: Ready, asked: _Asked, answered: Collection[str]) -> None:
    texts, chats = len(asked.ids), len(answered)
    if max(texts, chats) >= MIN_SOURCES:
        return
    kinds = (
        (len(asked.texts.ways), ready.given, "documents", ready.dropped | asked.texts.reasons),
        (len(asked.own.examples), ready.given_rows, "rows", ready.dropped_rows),
        (chats, ready.given_conversations, "conversations", conversation_reasons(ready, chats)),
    )
    found = " and ".join(f"{n} of {given} {noun}" for n, given, noun, _ in kinds if given)
    reasons = Counter[str]()
    for *_, why in kinds:
        reasons.update(why)
    told = ", ".join(f"{n} {reason}" for reason, n in reasons.items() if n) or "none was left out"
    help_ = []
    if texts or not chats:
        help_.append(f"{MIN_SOURCES - texts} more texts of at least {MIN_WORDS} words")
    if chats or ready.given_conversations:
        help_.append(f"{MIN_SOURCES - chats} more conversations (`--gap 6h` parts them more often)")
    raise MorrisError(
        f"Only {found or 'nothing'} can be learned from, and {MIN_SOURCES} are needed ({told}). "
        f"Collect {' or '.join(help_)}."
    )


def _still_there(splits: Sides, present: Collection[str], window: int) -> dict[Split, list[str]]:
    """Without what no longer fits under the longer system prompt; nothing changes sides."""
    there = set(present)
    left = {split: [i for i in splits[split] if i in there] for split in SPLITS}
    if empty := [split for split in SPLITS if splits[split] and not left[split]]:
        raise MorrisError(
            f"With your habits in the system prompt nothing of {empty[0]} fits into {window} "
            "tokens. Give a wider --max-seq-length, or leave --enhance out."
        )
    return left


def _rows(
    ready: Ready,
    asked: _Asked,
    talks: Conversed,
    texts: Sides,
    chats: Sides,
    enhanced: Enhanced,
) -> dict[Split, tuple[Example, ...]]:
    """The mixture to learn from, and what is held out once each; rows and chats as they are."""
    ways, own = asked.texts.ways, asked.own.examples
    documents = {document.id: document for document in ready.documents}
    learned = [documents[i] for i in texts["train"] if i in ways]
    made = {
        "train": asked.asking.train_rows(learned, asked.texts, enhanced.weights, enhanced.drafts)
    }
    for split in SPLITS[1:]:
        made[split] = list(asked_once([ways[i] for i in texts[split] if i in ways]))
    return {
        split: (
            *made[split],
            *(own[i] for i in texts[split] if i in own),
            *(row for i in chats[split] for row in talks.rows[i]),
        )
        for split in SPLITS
    }
