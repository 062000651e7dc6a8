"""Tests of the chat filters and of the limit on the share of one chat."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    DAY,
    START,
    PrivateChat,
    SentMessage,
    adds_up,
    collected,
    left_out,
    private_chat,
    telegram_account,
    telegram_chat,
    telegram_export,
    telegram_message,
    turns,
    write_telegram,
)

from morris_mlx.collect.chats.filters import message_cap
from morris_mlx.errors import MorrisError, UsageError


def chats_with_counts(*counts):
    """Build a private chat for each count, with that many messages of the writer, two days apart."""
    return [
        PrivateChat(
            f"Friend {n}",
            tuple(SentMessage(True, f"{n} {i}", START + n + i * 2 * DAY) for i in range(c)),
        )
        for n, c in enumerate(counts)
    ]


def test_chats_are_selected_by_name_and_an_unknown_name_gets_suggestions(tmp_path):
    made = [private_chat(f, "Hi.", f"me: I am {f}'s.") for f in ("Ann", "Bo", "Cyril")]
    path = telegram_export(tmp_path, made)
    only = collected(path, only=("ann", "Bo"))
    assert left_out(only) == {"in a chat that --only does not name": 2}
    but = collected(path, exclude=("CYRIL",))
    assert turns(only) == turns(but) and left_out(but) == {"in a chat that --exclude names": 2}
    assert len(turns(collected(path, only=("telegram/2",)))) == 1
    for option in ("only", "exclude"):
        with pytest.raises(
            UsageError, match=rf"--{option} Cyrl: no chat has this name. Did you mean Cyril"
        ):
            collected(path, **{option: ("Cyrl",)})
    for name, hint in (("yri", "Did you mean Cyril?"), ("Zoltan", "There are: Ann, Bo, Cyril.")):
        with pytest.raises(UsageError, match=re.escape(f"no chat has this name. {hint}")):
            collected(path, only=(name,))


def test_groups_give_only_conversations_with_the_writer(tmp_path):
    say = telegram_message
    rows = [
        say(1, "user2", "a"),
        say(2, "user3", "b"),
        say(3, "user1", "c", START + 1),
        say(4, "user2", "Without you.", START + 9 * DAY),
    ]
    path = write_telegram(
        tmp_path, telegram_account([telegram_chat(5, "Choir", rows, "private_group")])
    )
    found = collected(path, groups=True)
    assert turns(found) == [[("user", "a"), ("user", "b"), ("assistant", "c")]]
    assert left_out(found) == {"in a conversation of a group where you wrote nothing": 1}
    with pytest.raises(MorrisError, match=r"(?s)No message of yours.*4 in a group"):
        collected(path)


def test_a_chat_without_the_writer_is_skipped_and_counted(tmp_path):
    path = telegram_export(
        tmp_path, [private_chat("Ann", "Hi.", "me: Yes?"), private_chat("Bo", "Hm.", "Hm?")]
    )
    assert left_out(collected(path)) == {"in a chat where you wrote nothing": 2}


@settings(deadline=None, derandomize=True)
@given(counts=st.lists(st.integers(1, 500), min_size=1, max_size=8), share=st.floats(0.05, 1.0))
def test_the_message_cap_is_the_largest_within_the_share(counts, share):
    real = max(share, 1 / len(counts))

    def fits(cap):
        return cap <= real * sum(min(c, cap) for c in counts) * (1 + 1e-9)

    cap = message_cap(counts, share)
    assert fits(cap) and (cap == max(counts) or not fits(cap + 1))
    assert cap >= min(counts)


def test_a_dominant_chat_is_limited_to_its_newest_messages(tmp_path):
    path = telegram_export(tmp_path, chats_with_counts(40, 6, 4))
    assert any("“Friend 0” has 80%" in remark for remark in collected(path).remarks)
    found = collected(path, max_share=0.5)
    own = Counter(text.split()[0] for c in turns(found) for _, text in c)
    assert own == {"0": 10, "1": 6, "2": 4} and adds_up(found)
    assert {text for c in turns(found) for _, text in c} >= {"0 39", "0 30"}
    assert left_out(found) == {"over the share of one contact (--max-share)": 30}
    assert not left_out(collected(telegram_export(tmp_path, chats_with_counts(9)), max_share=0.2))


def test_the_share_is_counted_by_chat_id_not_by_name(tmp_path):
    made = [
        private_chat("Ann", "me: a", "me: b"),
        private_chat("Ann", "me: c", "me: d"),
        private_chat("Bo", "me: e"),
    ]
    assert not collected(telegram_export(tmp_path, made)).remarks
    made = [
        private_chat("Ann", "me: a", "me: b", "me: c"),
        private_chat("Bo", "me: d"),
        private_chat("Cy", "me: e"),
    ]
    (remark,) = collected(telegram_export(tmp_path, made)).remarks
    assert remark == "“Ann” has 60% of your messages; --max-share 0.5 limits this"
