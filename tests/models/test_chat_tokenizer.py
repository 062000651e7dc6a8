"""Rendering of chats: golden ids, loss mask, and text that looks like a control token."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mlx_lm.utils import load_tokenizer as load_mlx_lm_tokenizer
from support.chat_models import QWEN_PATTERN, byte_level, write_folder
from support.zephyr_tokenizer import sentencepiece_file
from tokenizers import Tokenizer

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_formats import ZEPHYR, Template, describe
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.records.corpus import DatasetCard, Message

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


# --- models of other kinds ---------------------------------------------------------------
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TOKENS = {"eos_token": "<|im_end|>"}


def small(special=(), added=()):
    return byte_level({}, QWEN_PATTERN, special, added)


def test_added_tokens_that_are_not_special_are_ordinary_text(tmp_path):
    """Gemma's vocabulary has a line break among them, which once split every text into letters."""
    built = small(("<|im_start|>", "<|im_end|>"), ("\n", "<h1>", "because"))
    ours = load_tokenizer(write_folder(tmp_path, built, CHATML, TOKENS))
    assert ours.count("Rain again, because") < len("Rain again, because") - 5
    one, other = ours.count("Rain again, because"), ours.count("and so <h1>")
    assert ours.count("Rain again, because\nand so <h1>") == one + 1 + other


def test_a_base_without_a_template_has_zephyrs_format_if_its_end_token_is_special(tmp_path):
    folder = write_folder(tmp_path, small(("<s>", "</s>")), None, {"eos_token": "</s>"})
    assert load_tokenizer(folder).chat_format is ZEPHYR


@pytest.mark.parametrize(
    ("special", "added", "end"),
    [
        (("<bos>", "<eos>"), ("</s>", "<h1>"), "<eos>"),  # an HTML tag, as in Gemma's vocabulary
        (("<|begin_of_text|>", "<|end_of_text|>"), (), "<|end_of_text|>"),
        (("</s>", "<|endoftext|>"), (), "<|endoftext|>"),
        (("<s>",), (), ""),
    ],
)
def test_another_base_without_a_template_cannot_chat(tmp_path, special, added, end):
    folder = write_folder(tmp_path, small(special, added), None, {"eos_token": end})
    with pytest.raises(RefusedError, match=f"{tmp_path.name} has no chat template.*“Instruct”"):
        load_tokenizer(folder)


def test_words_of_zephyrs_template_do_not_make_another_format_zephyrs(tmp_path):
    """Phi-3's turns end with a token of its own, and its markers are control tokens."""
    markers = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
    template = (
        "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
    )
    built = small((*markers, "</s>"))
    ours = load_tokenizer(write_folder(tmp_path, built, template, {"eos_token": "</s>"}))
    row = ours.render(CHAT)
    assert ours.chat_format.name != ZEPHYR.name
    assert ours.end_id == built.token_to_id("<|end|>") == row.ids[-1]
    assert row.ids.count(built.token_to_id("<|assistant|>")) == 2
    assert built.token_to_id("</s>") not in row.ids


def test_a_template_file_takes_precedence_over_the_config(tmp_path):
    built = small(("<|im_start|>", "<|im_end|>"))
    write_folder(tmp_path, built, "{{ raise_exception('not this one') }}", TOKENS)
    (tmp_path / "chat_template.jinja").write_text(CHATML)
    assert load_tokenizer(tmp_path).chat_format.end == "<|im_end|>"


def test_the_template_for_conversations_is_taken_from_several(tmp_path):
    named = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": CHATML}]
    write_folder(tmp_path, small(("<|im_start|>", "<|im_end|>")), named, TOKENS)
    assert load_tokenizer(tmp_path).chat_format.end == "<|im_end|>"


def test_a_control_token_that_begins_a_turn_ends_a_reply(tmp_path):
    built = small(("<|im_start|>", "<|im_end|>", "<|tool|>"))
    ours = load_tokenizer(write_folder(tmp_path, built, CHATML, TOKENS))
    assert ours.end_ids == {built.token_to_id("<|im_start|>"), built.token_to_id("<|im_end|>")}


def test_white_space_before_an_answer_is_learned_but_not_part_of_a_reply(tmp_path):
    template = CHATML.replace("+ m.content", "+ (' ' if m.role == 'assistant' else '') + m.content")
    built = small(("<|im_start|>", "<|im_end|>"))
    ours = load_tokenizer(write_folder(tmp_path, built, template, TOKENS))
    row = ours.render(CHAT[1:3])
    learned = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
    assert built.decode(learned) == " " + CHAT[2].content
    decoder = ours.decoder()
    assert "".join(map(decoder.feed, learned)) == CHAT[2].content


def test_a_template_is_described_once_in_a_process(tmp_path, monkeypatch):
    folder = write_folder(tmp_path, small(("<|im_start|>", "<|im_end|>", "<x>")), CHATML, TOKENS)
    first = load_tokenizer(folder).chat_format
    monkeypatch.setattr(Template, "render", None)
    assert load_tokenizer(folder).chat_format is first


def test_a_record_that_differs_from_its_template_is_refused(tmp_path, monkeypatch):
    def wrong(*given):
        return replace(describe(*given), lead=" ")

    monkeypatch.setattr("morris_mlx.models.chat_tokenizer.describe", wrong)
    folder = write_folder(tmp_path, small(("<|im_start|>", "<|im_end|>", "<y>")), CHATML, TOKENS)
    with pytest.raises(RefusedError, match=r"Morris renders a (prompt|row) differently"):
        load_tokenizer(folder)


def card_of(tokenizer, **changes):
    known = DatasetCard(
        "base", tokenizer.digest, 64, "", 0, "", {},
        tokenizer_content=tokenizer.content_digest, chat_template=tokenizer.chat_format.template,
    )  # fmt: skip
    return replace(known, **changes)


def test_a_tokenizer_written_again_by_another_program_is_the_same(tmp_path):
    """mlx_lm.convert leaves out an empty post-processor; this once made every dataset invalid."""
    ours = load_tokenizer(PRACTICE_FOLDER)
    values = json.loads((PRACTICE_FOLDER / "tokenizer.json").read_text())
    other = {"version": "1.0", "padding": {"pad_id": 2}} | values | {"post_processor": None}
    shutil.copytree(PRACTICE_FOLDER, tmp_path / "again")
    (tmp_path / "again/tokenizer.json").write_text(json.dumps(other, indent=1))
    again = load_tokenizer(tmp_path / "again")
    assert again.digest != ours.digest
    assert again.difference_from(card_of(ours)) is None
    assert again.difference_from(card_of(ours, tokenizer_content="")) == "tokenizer"


def test_another_structure_with_the_same_tokenizer_is_noticed(tmp_path):
    built = small(("<|im_start|>", "<|im_end|>", "</s>"))
    one, other = (
        load_tokenizer(write_folder(tmp_path / name, built, template, TOKENS))
        for name, template in (("one", CHATML), ("other", CHATML.replace("\n", "\n\n")))
    )
    assert one.difference_from(card_of(one)) is None
    assert other.difference_from(card_of(one)) == "chat template"
    assert one.difference_from(card_of(one, chat_template=None)) == "chat template"
    zephyr = load_tokenizer(PRACTICE_FOLDER)
    assert zephyr.difference_from(card_of(zephyr, chat_template=None)) is None


def test_the_tokens_of_a_row_are_at_most_the_sum_of_its_turns(folder):
    ours = load_tokenizer(folder)
    turns = [message for message in CHAT if message.role != "system"]
    total = ours.row_tokens(CHAT[:1]) + sum(map(ours.turn_tokens, turns))
    assert total == len(ours.render(CHAT).ids), "exactly so in Zephyr's format"


def test_bytes_at_random_spoil_a_returned_character_and_do_not_end_the_reply(sentencepiece_folder):
    """As a byte, a backslash is returned at once; with the next byte both are no character."""
    ours = load_tokenizer(sentencepiece_folder)
    ids = {piece: ours._tokenizer.token_to_id(piece) for piece in ("<0x5C>", "<0xC3>", "▁he")}
    decoder = ours.decoder()
    told = [decoder.feed(ids[piece]) for piece in ("▁he", "<0x5C>", "<0xC3>", "▁he", "▁he")]
    assert told == ["he", "\\", "", "\ufffd he", " he"]
