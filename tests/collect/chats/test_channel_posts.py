"""Tests of the posts of a Telegram channel of one's own, which are texts."""

import pytest
from support.chat_exports import (
    DAY,
    START,
    adds_up,
    collected,
    left_out,
    telegram_account,
    telegram_chat,
    telegram_message,
    write_telegram,
)

from morris_mlx.errors import MorrisError, UsageError

SENTENCE = "The harbour was shut for painting, which is what they say when the key is away. "
LONG = f"On the harbour\n\n{SENTENCE * 5}\n\n{SENTENCE}"
TAKEN, JOINED = "posts of your channel, taken as texts", "joined into one text a month"


def channel(*posts, name="Low Tide", chat_id=9):
    rows = [
        telegram_message(n, "channel9", text, START + n * DAY, **more)
        for n, (text, more) in enumerate(posts)
    ]
    return telegram_chat(chat_id, name, rows, "public_channel")


def test_a_long_post_is_a_text_with_its_date_and_first_line(tmp_path):
    path = write_telegram(tmp_path, channel((f"{LONG}\n\n#boats #paint", {"author": "Ivo"})))
    (document,) = collected(path).documents
    assert document.title == "On the harbour" and document.date == "2023-11-14"
    assert document.text == LONG.partition("\n\n")[2].replace(". \n", ".\n").strip()
    assert document.source == f"{path}/9/0" and document.author == "Ivo"


def test_short_posts_of_a_month_are_joined_and_everything_is_counted(tmp_path):
    posts = [("One.", {}), ("Two.", {}), (LONG, {}), ("Not mine.", {"forwarded_from": "Ann"})]
    posts += [("", {}), *[(".", {})] * 13, ("December.", {})]
    found = collected(write_telegram(tmp_path, channel(*posts)))
    texts = {d.source.rpartition("/")[2]: d.text for d in found.documents}
    assert texts["2023-11"].startswith("One.\n\nTwo.") and texts["2023-12"].endswith("December.")
    counts = left_out(found)
    assert counts[TAKEN] == 1 and counts["forwarded"] == 1 and adds_up(found)
    assert "Low Tide" in found.remarks[0] and not found.conversations and not found.problem


def test_a_text_that_was_cut_into_posts_is_one_text(tmp_path):
    parts = ["x" * 3990 + f" {n}" for n in range(2)] + [SENTENCE]
    rows = [telegram_message(n, "channel9", p, START + n) for n, p in enumerate(parts)]
    export = telegram_chat(9, "Low Tide", rows, "public_channel")
    (document,) = collected(write_telegram(tmp_path, export)).documents
    assert document.text.endswith(SENTENCE.strip()) and " 0\n" in document.text


def test_in_an_account_only_a_named_channel_is_the_writers(tmp_path):
    mine, other = channel((LONG, {})), channel(("Theirs.", {}), name="News", chat_id=8)
    path = write_telegram(tmp_path, telegram_account([mine, other]))
    with pytest.raises(MorrisError, match="name it with --me"):
        collected(path)
    for name in ("low tide", "9"):
        found = collected(path, me=(name,))
        assert [d.title for d in found.documents] == ["On the harbour"]
        assert left_out(found) == {TAKEN: 1, "in a channel": 1}
    with pytest.raises((UsageError, MorrisError)):
        collected(path, me=("No Such Channel",))


def test_of_a_channel_with_several_authors_one_can_be_taken(tmp_path):
    posts = [(LONG, {"author": "Ivo"}), (LONG.replace("harbour", "bridge"), {"author": "Ann"})]
    path = write_telegram(tmp_path, channel(*posts))
    both = collected(path)
    assert len(both.documents) == 2 and any("signed by Ann, Ivo" in r for r in both.remarks)
    assert [d.author for d in collected(path, me=("Ivo",)).documents] == ["Ivo"]


def test_options_leave_a_channel_out(tmp_path):
    path = write_telegram(tmp_path, channel((LONG, {})))
    with pytest.raises(MorrisError, match="--exclude"):
        collected(path, exclude=("Low Tide",))
