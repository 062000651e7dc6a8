"""The ids of many model families equal those of transformers with the same template."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable

import pytest
from support.chat_exports import collected
from support.chat_families import (
    FAMILIES,
    FIRST,
    FOLDED,
    LAST_USER,
    Family,
    family_folder,
    named_tokens,
    template_of,
)
from support.chat_turns import arranged
from support.smollm2 import CHECKOUT

from morris_mlx.convert.gguf.file import read_gguf
from morris_mlx.convert.gguf.tokenizer import read_vocabulary, write_tokenizer
from morris_mlx.defaults import sample_folder
from morris_mlx.models.chat_formats.sandbox import PINNED_DATE, SWITCHES
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.prepare import Extras
from morris_mlx.prepare.corpus import clean_corpus
from morris_mlx.prepare.dataset import build_dataset
from morris_mlx.prepare.examples.from_conversations import IncompleteTurn
from morris_mlx.records.corpus import Message

# The ids of a prompt of "Be brief." and "Hello".
GOLDEN = (1, 9690, 198, 6077, 5453, 30, 2, 198, 1, 4093, 198, 19556, 2, 198, 1, 520, 9531, 198)
CHAT = (
    Message("system", "Be brief. Be kind."),
    Message("user", "Hello there, how's the weather?"),
    Message("assistant", "Wet. It'll get worse; it always does!"),
    Message("user", "— А завтра?\n\n1. rain\n2. «снег»"),
    Message("assistant", "(Wetter) 😀 than\n\ttoday…"),
    Message("user", "x"),
    Message("assistant", "“Yes.”"),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Callable[[str], tuple[ChatTokenizer, object, Family]]:
    """A family's tokenizer as Morris and as transformers load it."""
    from transformers import PreTrainedTokenizerFast

    known: dict[str, tuple[ChatTokenizer, object, Family]] = {}

    def load(name: str) -> tuple[ChatTokenizer, object, Family]:
        if name not in known:
            family = FAMILIES[name]
            folder = family_folder(name, tmp_path_factory.mktemp(name))
            theirs = PreTrainedTokenizerFast(
                tokenizer_file=str(folder / "tokenizer.json"),
                chat_template=template_of(family),
                **named_tokens(family),
            )
            known[name] = load_tokenizer(folder), theirs, family
        return known[name]

    return load


@pytest.fixture(autouse=True)
def same_day(monkeypatch):
    """Let transformers' templates write the pinned date, too."""

    class Day(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(PINNED_DATE.year, PINNED_DATE.month, PINNED_DATE.day)

    monkeypatch.setattr("transformers.utils.chat_template_utils.datetime", Day)


def template_ids(theirs, messages, reply=False):
    given = [{"role": m.role, "content": m.content} for m in messages]
    return tuple(
        theirs.apply_chat_template(
            given, add_generation_prompt=reply, return_dict=False, **SWITCHES
        )
    )


def conversations(place):
    yield from (CHAT[1:n] for n in (3, 5, 7))
    if place is not FOLDED:
        yield from (CHAT[:n] for n in (3, 5, 7))


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_and_prompts_have_the_ids_of_the_template(loaded, name):
    ours, theirs, family = loaded(name)
    for chat in conversations(family.place):
        prompt = ours.render(chat[:-1], reply=True).ids
        expected = template_ids(theirs, chat[:-1], reply=True)
        assert prompt[: len(expected)] == expected
        row = ours.render(chat)
        assert row.ids[: len(prompt)] == prompt, "a prompt is the beginning of its training row"
        assert row.ids[-1] == ours.end_id
        if family.place is not LAST_USER or chat[0].role != "system":
            assert template_ids(theirs, chat)[: len(row.ids)] == row.ids
        if not family.think:
            assert prompt == expected


@pytest.mark.parametrize("name", FAMILIES)
def test_the_answers_and_their_ends_are_learned_and_nothing_else(loaded, name):
    ours = loaded(name)[0]
    row = ours.render(CHAT[:5])
    learned = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
    ends = [i for i in learned if i in ours.end_ids]
    assert len(ends) == 2 and ends[-1] == ours.end_id == row.ids[-1]
    decoder = ours.decoder()
    text = "".join(map(decoder.feed, learned))
    assert text.replace(" ", "") == (CHAT[2].content + CHAT[4].content).replace(" ", "")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_record_says_where_a_system_text_goes_and_what_ends_a_turn(loaded, name):
    ours, _, family = loaded(name)
    found = ours.chat_format
    assert (found.end, found.system_place) == (family.end, family.place)
    assert set(found.markers) == set(family.markers)
    assert found.replies["user"].endswith(family.think)


# The families whose turns alternate from the user's first one on.
ALTERNATING = {"gemma-2", "gemma-3", "llama-2", "mistral-v1", "mistral-v3", "mistral-tekken"}
ALTERNATING |= {"mistral-v3-older-file", "ministral-3"}
QWEN = {"qwen-3", "qwen-3.5", "qwen-3.5-small", "qwen-3.8"}  # a system text alone is no request
# A system text within a conversation becomes a part of the user's turn.
SYSTEM_IS_FIRST = ALTERNATING & {"gemma-2", "gemma-3", "llama-2", "mistral-v1", "ministral-3"}
SYSTEM_IS_FIRST |= QWEN - {"qwen-3"} | {"smollm-3", "gpt-oss"}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_a_rule_for_odd_conversations(loaded, name):
    ours, _, family = loaded(name)
    rules = {
        "a:x u:y a:z": "u: a:x u:y a:z" if name in ALTERNATING else "a:x u:y a:z",
        "u:x u:y a:z": "u:x u:y a:z" if name == "zephyr" else "u:x+y a:z",
        "u:x a:y": "u:x a:y",
        "s:x u:y a:z": "u:x+y a:z" if family.place is FOLDED else "s:x u:y a:z",
        "s:x a:y": "s:x u: a:y" if name in ALTERNATING | QWEN else "s:x a:y",
        "u:x a:y s:z u:w": "u:x a:y u:z+w" if name in SYSTEM_IS_FIRST else "u:x a:y s:z u:w",
    }
    if family.place is not FIRST:
        rules["s:x a:y"] = "u:x a:y"
    found = {words: arranged(ours.chat_format, words) for words in rules}
    assert found == rules


@pytest.mark.parametrize("name", FAMILIES)
def test_no_conversation_is_lost_and_no_message_forms_a_control_token(loaded, name):
    ours = loaded(name)[0]
    chats = [
        (CHAT[2], CHAT[3], CHAT[4]),
        (CHAT[0], CHAT[2], CHAT[3]),
        (CHAT[1], CHAT[3], CHAT[5], CHAT[2], CHAT[4]),
        (CHAT[1], CHAT[2], CHAT[0], CHAT[3], CHAT[4]),
        (CHAT[0],),
    ]
    known = ours.chat_format
    special = sorted(ours._encoder.special_tokens)
    forged = " ".join([*special, *known.markers, *known.guarded])
    chats.append((CHAT[0], Message("user", forged), Message("assistant", forged)))
    for chat in chats:
        row, prompt = ours.render(chat).ids, ours.render(chat, reply=True).ids
        for ids in (row, prompt):
            text = ours._tokenizer.decode(list(ids), skip_special_tokens=False)
            assert all(m.content.strip() in text for m in chat if m.content != forged)
    plain, made = (ours.render([Message("user", text)]).ids for text in ("x", forged))
    assert all(plain.count(i) == made.count(i) for i in ours._encoder._guarded_ids)
    for marker in known.markers:
        if len(ours._encoder.encode_within(marker)) == len(marker):
            continue  # this cut vocabulary has no token of two of its characters
        for ids in (ours._encoder.encode_within(marker), ours._encoder.encode_structure(marker)):
            assert occurrences(plain, ids) == occurrences(made, ids)


def occurrences(ids, part):
    return sum(list(ids[n : n + len(part)]) == part for n in range(len(ids)))


@pytest.fixture(scope="module")
def sample_chats():
    return collected(sample_folder() / "telegram" / "result.json").conversations


@pytest.mark.parametrize("name", ["gemma-2", "gemma-3", "mistral-v1", "mistral-tekken", "olmo-2"])
def test_the_sample_chats_lose_nothing_where_turns_must_alternate(loaded, sample_chats, name):
    ours = loaded(name)[0]
    assert len(sample_chats) > 30
    for chat in sample_chats:
        messages = [Message("system", "Speak."), *chat.messages]
        row = ours.render(messages)
        text = ours.decode(row.ids)
        learned = ours.decode([i for i, m in zip(row.ids, row.mask, strict=True) if m])
        for message in messages:
            assert message.content.strip() in text
            assert (message.role == "assistant") <= (message.content.strip() in learned)


@pytest.fixture(scope="module")
def sample_corpus():
    """The sample chats, cleaned as `morris prepare` does, without redaction."""
    chats = collected(sample_folder() / "telegram" / "result.json").conversations
    return clean_corpus((), chats, redact=False, people=(), languages=())


# In a long window every conversation is one row; 512 tokens are the window of the recipe for chats.
@pytest.mark.parametrize(
    ("name", "window"),
    [(name, 100_000) for name in FAMILIES]
    + [(name, 512) for name in ("zephyr", "llama-3", "gemma-3", "mistral-v3")],
)
def test_every_answer_of_the_sample_chats_is_learned_or_counted(
    loaded, sample_corpus, name, window
):
    ours = loaded(name)[0]
    made = build_dataset(sample_corpus, ours, window, "Speak.", 7, Extras())
    rows = [row for split in made.examples.values() for row in split]
    given = Counter(answers(chat) for chat in sample_corpus.conversations)
    found = Counter(answers(row) for row in rows)
    if window > 512:
        assert found == given, "a row for each conversation, with all its answers"
    whole = sum((Counter(texts) for texts in given), Counter())
    lost = whole - sum((Counter(texts) for texts in found), Counter())
    assert lost.total() == made.turns[IncompleteTurn.ANSWER_CUT]
    for row in rows:
        ids, mask = (rendered := ours.render(row.messages)).ids, rendered.mask
        learned = ours.decode([i for i, m in zip(ids, mask, strict=True) if m])
        assert len(ids) <= window and all(text in learned for text in answers(row))


def answers(chat):
    return tuple(m.content.strip() for m in chat.messages if m.role == "assistant")


def test_smollm2_has_the_ids_of_its_own_template(tmp_path, smollm2_gguf):
    """The real tokenizer and template, from the file that the demo uses."""
    from transformers import AutoTokenizer

    metadata = read_gguf(smollm2_gguf).metadata
    write_tokenizer(read_vocabulary(metadata, 49152), tmp_path, 2048)
    ours = load_tokenizer(tmp_path)
    prompt = ours.render([Message("system", "Be brief."), Message("user", "Hello")], reply=True)
    assert prompt.ids == GOLDEN
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    for chat in conversations(FIRST):
        assert ours.render(chat[:-1], reply=True).ids == template_ids(theirs, chat[:-1], True)
        row = ours.render(chat).ids
        assert template_ids(theirs, chat) == (*row, 198), "the template adds a line break"
    assert ours.end_ids == {1, 2}


def test_gemma_3_has_the_ids_of_its_template_with_its_own_tokenizer(tmp_path):
    """The whole vocabulary, from the file that scripts/bench/russian.py downloads."""
    from transformers import PreTrainedTokenizerFast

    file = CHECKOUT / ".cache" / "gemma-3-270m.gguf"
    if not file.exists():
        pytest.skip("there is no .cache/gemma-3-270m.gguf (scripts/bench/russian.py --download)")
    family = FAMILIES["gemma-3"]
    write_tokenizer(read_vocabulary(read_gguf(file).metadata, 262144), tmp_path, 2048)
    (tmp_path / "chat_template.jinja").write_text(template_of(family))
    ours = load_tokenizer(tmp_path)
    theirs = PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"),
        chat_template=template_of(family),
        **named_tokens(family),
    )
    for chat in conversations(family.place):
        prompt = ours.render(chat[:-1], reply=True).ids
        assert prompt == template_ids(theirs, chat[:-1], reply=True)
        row = ours.render(chat).ids
        assert row[: len(prompt)] == prompt and template_ids(theirs, chat)[: len(row)] == row
    known = {"<bos>": 2, "<start_of_turn>": 105, "<end_of_turn>": 106}
    assert {token: ours._encoder.id_of(token) for token in known} == known
