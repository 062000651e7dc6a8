"""Rendering of chats: golden ids, loss mask, and text that looks like a control token."""

import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_lm.utils import load_tokenizer as load_mlx_lm_tokenizer
from support.zephyr_tokenizer import sentencepiece_file
from tokenizers import Tokenizer

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.guarded_strings import GuardedStrings
from morris_mlx.records.corpus import Message

CHAT = (
    Message("system", "Be brief."),
    Message("user", "hello there, how is the weather?"),
    Message("assistant", "Wet. It will get worse; it always does."),
    Message("user", "And tomorrow?"),
    Message("assistant", "Wetter."),
)


def as_dicts(messages):
    return [{"role": m.role, "content": m.content} for m in messages]


@pytest.fixture(params=["practice", "sentencepiece", "zephyr"])
def folder(request) -> Path:
    if request.param == "practice":
        return PRACTICE_FOLDER
    return request.getfixturevalue(f"{request.param}_folder")


def test_the_real_tokenizer_of_zephyr_gives_the_known_ids(zephyr_folder):
    """The ids of the markers are those in the model's own repository."""
    ours = load_tokenizer(zephyr_folder)
    ids = ours.render([Message("user", "Hello world")], reply=True).ids
    assert ids[:6] == (523, 28766, 1838, 28766, 28767, 13)
    assert ids[-7:] == (28789, 28766, 489, 11143, 28766, 28767, 13)
    assert ours.end_id == 2


def test_the_real_tokenizer_of_zephyr_agrees_with_sentencepiece_on_prose(zephyr_folder):
    import sentencepiece

    file = str(sentencepiece_file())
    theirs = sentencepiece.SentencePieceProcessor(model_file=file)
    ours = Tokenizer.from_file(str(zephyr_folder / "tokenizer.json"))
    for path in (sample_folder() / "columns").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert ours.encode(text, add_special_tokens=False).ids == theirs.encode(text), path.name


def test_ids_equal_those_of_the_chat_template_without_its_last_newline(folder):
    theirs = load_mlx_lm_tokenizer(folder)
    whole = theirs.apply_chat_template(as_dicts(CHAT), return_dict=False)
    ours = load_tokenizer(folder).render(CHAT).ids
    assert tuple(whole[: len(ours)]) == ours
    assert theirs.decode(whole[len(ours) :]).strip() == ""
    assert whole[len(ours) - 1] == 2, "the row ends with the end-of-sequence token"


def test_the_prompt_for_a_reply_equals_the_generation_prompt_of_mlx_lm(folder):
    theirs = load_mlx_lm_tokenizer(folder).apply_chat_template(
        as_dicts(CHAT[:2]), add_generation_prompt=True, return_dict=False
    )
    assert load_tokenizer(folder).render(CHAT[:2], reply=True).ids == tuple(theirs)


def test_a_training_row_is_the_prompt_then_the_reply_then_the_end_token(folder):
    ours = load_tokenizer(folder)
    prompt = ours.render(CHAT[:2], reply=True).ids
    row = ours.render(CHAT[:3])
    assert row.ids[: len(prompt)] == prompt
    assert not any(row.mask[: len(prompt)])
    assert all(row.mask[len(prompt) :])
    assert row.ids[-1] == ours.end_id


def test_the_loss_mask_covers_every_assistant_turn_and_nothing_else(tokenizer: ChatTokenizer):
    row = tokenizer.render(CHAT)
    learned = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
    assert learned.count(tokenizer.end_id) == 2
    assert tokenizer.decode(learned) == CHAT[2].content + CHAT[4].content


@pytest.mark.parametrize(
    "forged", ["</s>", "<s>", "<unk>", "<|user|>", "<|assistant|>", "<|system|>"]
)
def test_control_text_in_a_message_is_plain_text(folder, forged):
    ours = load_tokenizer(folder)
    text = f"before {forged}\n{forged} after {forged}"
    row = ours.render([Message("user", text)])
    assert row.ids.count(ours.end_id) == 1, "only the turn's own end"
    marker = ours.render([Message("user", "x")]).ids
    header = ours.render([], reply=True).ids
    assert row.ids[: len(marker) - 2] == marker[:-2]
    body = row.ids[len(marker) - 2 : -1]
    assert not {0, 1, 2} & set(body)
    assert not any(body[i : i + len(header) - 1] == header[:-1] for i in range(len(body)))
    assert ours.decode(body).strip() == text


def test_forged_turns_in_random_places_never_make_a_turn(tokenizer: ChatTokenizer):
    rng = random.Random(0)
    pieces = [
        "</s>",
        "<s>",
        "<|user|>",
        "<|assistant|>",
        "\n",
        "<",
        "|",
        "</",
        "s>",
        " word",
        "é😀",
    ]
    for _ in range(300):
        text = "x" + "".join(rng.choices(pieces, k=8)) + "x"
        row = tokenizer.render([Message("user", text), Message("assistant", text)])
        assert row.ids.count(tokenizer.end_id) == 2
        learned = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
        assert tokenizer.decode(learned) == text


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.text("ab<|]^-\\\n", min_size=1, max_size=4), max_size=6),
    st.text("ab<|]^-\\\n", max_size=30),
)
def test_the_longest_guarded_string_is_found_at_every_place(strings, text):
    pieces, start, at = [], 0, 0
    while at < len(text):  # the same, one string after another
        found = max((s for s in strings if text.startswith(s, at)), key=len, default="")
        if found:
            pieces += [(text[start:at], False)] * (start < at) + [(found, True)]
            start = at + len(found)
        at += len(found) or 1
    pieces += [(text[start:], False)] * (start < len(text))
    assert list(GuardedStrings(strings).split(text)) == pieces


def test_thousands_of_added_tokens_do_not_slow_the_search():
    """Prepare took 44 seconds instead of 8 with a tokenizer of a thousand special tokens."""
    text = ("word <b>and</b> so\n" * 40 + "\n") * 100

    class Counted(str):
        compared = 0

        def __getitem__(self, place):
            Counted.compared += 1
            return str(self)[place]

    costs = []
    for count in (1, 6000):
        Counted.compared = 0
        strings = [f"<unused{n}>" for n in range(count)]
        assert "".join(piece for piece, _ in GuardedStrings(strings).split(Counted(text))) == text
        costs.append(Counted.compared)
    assert costs[1] < 5 * costs[0]


def test_the_streaming_decoder_never_splits_a_character(tokenizer: ChatTokenizer):
    text = "naïve – “ж” 😀 done"
    ids = tokenizer.render([Message("assistant", text)])
    learned = [i for i, m in zip(ids.ids, ids.mask, strict=True) if m]
    decoder = tokenizer.decoder()
    pieces = [decoder.feed(i) for i in learned]
    assert "".join(pieces) == text
    assert not any("�" in piece for piece in pieces)


def test_a_folder_without_tokenizer_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"No tokenizer\.json in"):
        load_tokenizer(tmp_path)


def test_a_damaged_tokenizer_is_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"model"')
    with pytest.raises(MorrisError, match="damaged"):
        load_tokenizer(tmp_path)


def test_a_chat_template_that_cannot_be_described_is_refused_by_name(tmp_path):
    shutil.copy(PRACTICE_FOLDER / "tokenizer.json", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": "<|im_start|>{{ messages }}"})
    )
    with pytest.raises(RefusedError, match=f"chat template of {tmp_path.name} cannot be used: its"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        *(("tokenizer.json", harm) for harm in (b'{"model": ', b"7", b"[" * 5000, b"\xff")),
        *(("tokenizer_config.json", harm) for harm in (b'{"chat', b"[]", b"[" * 5000, b"\xff")),
        ("chat_template.jinja", b"\xff"),
    ],
)
def test_damaged_files_of_a_tokenizer_are_named(tmp_path, name, harm):
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(PRACTICE_FOLDER / file, tmp_path)
    (tmp_path / name).write_bytes(harm)
    with pytest.raises(MorrisError, match=f"{name} is damaged.* Get the model again"):
        load_tokenizer(tmp_path)


def test_a_lone_surrogate_is_refused(tokenizer):
    with pytest.raises(MorrisError, match="lone surrogate"):
        tokenizer.render([Message("user", "a\ud800b")], reply=True)
