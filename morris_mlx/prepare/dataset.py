"""The dataset builder: splits whole texts and conversations, then builds and counts their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.codecs import CONVERSATIONS, EXAMPLES
from morris_mlx.prepare.corpus import CleanCorpus
from morris_mlx.prepare.disk_list import DiskDict, DiskList, Mapped, Selection
from morris_mlx.prepare.examples.document_rows import (
    DocumentRowBuilder,
    DocumentRows,
    one_request_each,
)
from morris_mlx.prepare.examples.from_conversations import (
    ConversationRows,
    build_conversation_rows,
    writer_text,
)
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.prepare.examples.instruction_rows import (
    OwnRows,
    find_related,
    fit_own_rows,
    join_answers,
    merge_groups,
    mix_in_rows,
)
from morris_mlx.prepare.examples.windowing import row_length
from morris_mlx.prepare.funnel import (
    SplitIds,
    count_conversations,
    count_cuts,
    count_documents,
    count_extras,
    count_rows,
    left_out_conversations,
    overlap_with_train,
)
from morris_mlx.prepare.job import Extras, Prepared
from morris_mlx.prepare.progress import Meter, Stage
from morris_mlx.prepare.reasons import ExclusionReason, by_name
from morris_mlx.prepare.split import MIN_SOURCES, split_sources
from morris_mlx.prepare.style.enhance import Enhancement, enhance
from morris_mlx.records.corpus import SPLITS, Conversation, Example, RowLength, Split

SHORT_FORM_WORDS = 10  # of a haiku: the number that is advised for short forms


@dataclass(frozen=True, slots=True)
class _Candidates:
    """All rows of documents and the writer's own rows, under one system prompt."""

    builder: DocumentRowBuilder
    documents: DocumentRows
    own: OwnRows

    @property
    def ids(self) -> list[str]:
        return sorted([*self.documents.by_document, *self.own.examples])


def build_dataset(
    corpus: CleanCorpus,
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    extras: Extras,
    meter: Meter | None = None,
) -> Prepared:
    """Build the rows of a corpus. Raises MorrisError when there is too little to learn from."""
    meter = meter or Meter()
    candidates = _candidates(corpus, tokenizer, window, system_prompt, seed, meter)
    answered = DiskDict(CONVERSATIONS, ((c.id, c) for c in corpus.conversations if writer_text(c)))
    texts, chats = _split(corpus, candidates, answered, seed)
    enhancement = Enhancement(system_prompt)
    if extras.enhance:
        # After the split, so that nothing held out is measured or drafted.
        conversations = Mapped(answered.__getitem__, chats["train"])
        enhancement = _enhance(
            corpus, texts["train"], conversations, tokenizer, system_prompt, extras
        )
        briefs = enhancement.briefs.accepted if enhancement.briefs else {}
        prompt = enhancement.system_prompt
        candidates = _candidates(corpus, tokenizer, window, prompt, seed, meter, briefs)
        texts = _remaining(texts, candidates.ids, window)
    chat_rows = build_conversation_rows(
        answered.values(), tokenizer, window, enhancement.system_prompt
    )
    examples = _examples(corpus, candidates, chat_rows, texts, chats, enhancement)
    counts = count_extras(extras, enhancement, examples["train"], corpus, candidates.own, texts)
    if extras.mix:
        mixed = mix_in_rows(extras.mix, extras.mix_share, examples, tokenizer, window, seed, corpus)
        examples["train"].extend(mixed.examples)
        corpus = mixed.corpus
        counts["mix"] = mixed.counts
    return Prepared(
        examples=examples,
        documents=count_documents(corpus, candidates.documents, texts),
        rows=count_rows(examples),
        lengths=_lengths(examples, tokenizer, meter),
        repairs=by_name(corpus.repairs),
        overlap=overlap_with_train(examples),
        redaction=corpus.redaction,
        redaction_map=corpus.redaction_map,
        name_counts=corpus.redactor.name_counts() if corpus.redactor else {},
        conversations=count_conversations(corpus, len(answered), chats),
        turns=by_name(chat_rows.incomplete_turns) | count_cuts(extras),
        system_prompt=enhancement.system_prompt,
        extras=counts,
        other_languages=corpus.other_languages,
    )


def _candidates(
    corpus: CleanCorpus,
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    meter: Meter,
    briefs: Mapping[str, str] | None = None,
) -> _Candidates:
    meter.begin(Stage.rows, sum(len(d.text) for d in corpus.documents))
    examples = DocumentExampleBuilder(corpus.documents, system_prompt, seed, briefs or {})
    builder = DocumentRowBuilder(examples, tokenizer, window)
    own = fit_own_rows(corpus.rows, system_prompt, tokenizer, window)
    return _Candidates(builder, builder.build(corpus.documents, meter.tick), own)


def _lengths(
    examples: Mapping[Split, Sequence[Example]], tokenizer: ChatTokenizer, meter: Meter
) -> dict[Split, tuple[RowLength, ...]]:
    """Return the lengths of all rows in tokens."""
    meter.begin(Stage.measure, sum(map(len, examples.values())))
    lengths: dict[Split, list[RowLength]] = {split: [] for split in SPLITS}
    for split in SPLITS:
        for example in examples[split]:
            lengths[split].append(row_length(example, tokenizer))
            meter.tick(1)
    return {split: tuple(lengths[split]) for split in SPLITS}


def _enhance(
    corpus: CleanCorpus,
    document_ids: Collection[str],
    conversations: Sequence[Conversation],
    tokenizer: ChatTokenizer,
    system_prompt: str,
    extras: Extras,
) -> Enhancement:
    """Return the enhancement from the documents and conversations of train."""
    train = set(document_ids)
    return enhance(
        Selection(corpus.documents, (n for n, d in enumerate(corpus.documents) if d.id in train)),
        Mapped(writer_text, conversations),
        system_prompt,
        tokenizer,
        extras.draft_many,
        extras.brief_many,
        extras.drafting_window,
        [word for item in corpus.redaction_map.items for word in item.stand_in.split()],
    )


def _split(
    corpus: CleanCorpus, candidates: _Candidates, answered: Mapping[str, Conversation], seed: int
) -> tuple[dict[Split, list[str]], dict[Split, list[str]]]:
    """Return the splits of texts with the writer's own rows, and of conversations.

    Each kind is split by its own dates; a kind with too few to split becomes train. A text that was
    pasted into a conversation becomes train, and so does that conversation.
    """
    _require_enough(corpus, candidates, answered)
    documents = Mapped(lambda d: (d.id, d.text), corpus.documents)
    chats = Mapped(lambda i: (i, writer_text(answered[i])), list(answered))
    rows = Mapped(lambda row: (row.id, join_answers(row.messages)), corpus.rows)
    across = [*find_related(documents, chats), *find_related(chats, rows)]
    related = merge_groups(corpus.related, find_related(documents, rows))
    dates = {document.id: document.date for document in corpus.documents}
    train_only = {i for pair in across for i in pair}
    splits: list[dict[Split, list[str]]] = []
    for kind in (
        {i: dates.get(i, "") for i in candidates.ids},
        {i: c.date for i, c in answered.items()},
    ):
        if len(kind) < MIN_SOURCES:  # the other kind has enough to hold out
            splits.append({"train": list(kind), "valid": [], "test": []})
        else:
            splits.append(split_sources(kind, seed, related, train_only))
    return splits[0], splits[1]


def _require_enough(
    corpus: CleanCorpus, candidates: _Candidates, answered: Collection[str]
) -> None:
    """Raise MorrisError, with the reasons and a remedy, for fewer than MIN_SOURCES of each kind."""
    texts, chats = len(candidates.ids), len(answered)
    if max(texts, chats) >= MIN_SOURCES:
        return
    documents, own = candidates.documents, candidates.own
    kinds = (
        (len(documents.by_document), corpus.given_documents, "documents"),
        (len(own.examples), corpus.given_rows, "rows"),
        (chats, corpus.given_conversations, "conversations"),
    )
    usable = " and ".join(f"{n} of {given} {noun}" for n, given, noun in kinds if given)
    left_out = Counter[str]()
    for counts in (
        corpus.left_out_documents | documents.left_out,
        corpus.left_out_rows,
        left_out_conversations(corpus, chats),
    ):
        left_out.update(by_name(counts, corpus.min_words))
    reasons = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if n)
    remedies = []
    if texts or not chats:
        remedies.append(f"{MIN_SOURCES - texts} more texts of at least {corpus.min_words} words")
    if chats or corpus.given_conversations:
        remedies.append(
            f"{MIN_SOURCES - chats} more conversations (`--gap 6h` splits them more often)"
        )
    raise MorrisError(
        f"Only {usable or 'nothing'} can be learned from, and {MIN_SOURCES} are needed "
        f"({reasons or 'none was left out'}). Collect {' or '.join(remedies)}."
        f"{_other_ways(corpus)}"
    )


def _other_ways(corpus: CleanCorpus) -> str:
    """Return advice for short texts, such as poems, and for files of several texts."""
    advice = []
    if short := corpus.left_out_documents.get(ExclusionReason.TOO_SHORT, 0):
        texts = "the short text" if short == 1 else f"the {short} short texts"
        advice.append(f"to keep {texts}, give `--min-words {SHORT_FORM_WORDS}`")
    if corpus.documents and corpus.given_documents < MIN_SOURCES:
        advice.append("if a file holds several texts, collect it again with `--split headings`")
    return f" Or, {'; or, '.join(advice)}." if advice else ""


def _remaining(splits: SplitIds, ids: Collection[str], window: int) -> dict[Split, list[str]]:
    """Return the splits without the texts that no longer fit under the longer system prompt.

    No text changes its split. Raises MorrisError when a split becomes empty.
    """
    present = set(ids)
    left = {split: [i for i in splits[split] if i in present] for split in SPLITS}
    if empty := [split for split in SPLITS if splits[split] and not left[split]]:
        raise MorrisError(
            f"With your habits in the system prompt, nothing of {empty[0]} fits into {window} "
            "tokens. Give a larger --max-seq-length, or leave --enhance out."
        )
    return left


def _examples(
    corpus: CleanCorpus,
    candidates: _Candidates,
    conversations: ConversationRows,
    texts: SplitIds,
    chats: SplitIds,
    enhancement: Enhancement,
) -> dict[Split, DiskList[Example]]:
    """Return the rows of each split: of documents, of the writer's own rows, of conversations.

    In train, documents give rows by the task mixture; held out, each gives one request.
    """
    rows, own = candidates.documents, candidates.own.examples
    places = {document.id: place for place, document in enumerate(corpus.documents)}
    train = [places[i] for i in texts["train"] if i in rows.by_document]
    drafts = enhancement.drafts.accepted if enhancement.drafts else ()
    built: dict[Split, DiskList[Example]] = {}
    for split in SPLITS:
        if split == "train":
            documents = Selection(corpus.documents, train)
            mixed = candidates.builder.mix(documents, rows, enhancement.weights, drafts)
            built[split] = DiskList(EXAMPLES, mixed)
        else:
            held_out = (rows.by_document[i] for i in texts[split] if i in rows.by_document)
            built[split] = DiskList(EXAMPLES, one_request_each(held_out))
        built[split].extend(own[i] for i in texts[split] if i in own)
        built[split].extend(row for i in chats[split] for row in conversations.by_conversation[i])
    return built
