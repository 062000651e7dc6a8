"""Who the writer is, which chats are taken, how talk is split_sender, and how much of one friend."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    DAY,
    START,
    Said,
    Talk,
    adds_up,
    collected,
    discord_export,
    discord_message,
    left_out,
    talk,
    telegram_account,
    telegram_chat,
    telegram_export,
    telegram_message,
    turns,
    whatsapp_export,
    write_discord,
    write_telegram,
)

from morris_mlx.collect import ChatOptions, merge_conversations
from morris_mlx.collect.chats.filters import message_cap
from morris_mlx.collect.chats.session_splitter import Turn, split_into_windows, to_messages
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.corpus import Conversation, Message

NAMESAKES = [
    discord_message(1, "7", "One."),
    discord_message(2, "8", "Two."),
    discord_message(3, "9", "Three."),
]
for _row, _name in zip(NAMESAKES, ("Sam", "Sam", "Ann"), strict=True):
    _row["author"] = {"id": _row["author"]["id"], "name": _name, "isBot": False}


def lopsided(*counts):
    """A chat with a friend for every count: so many messages of the writer, a day apart."""
    return [
        Talk(
            f"Friend {n}", tuple(Said(True, f"{n} {i}", START + n + i * 2 * DAY) for i in range(c))
        )
        for n, c in enumerate(counts)
    ]


# --- who -------------------------------------------------------------------------------------
def test_people_of_one_name_are_told_apart_by_their_ids(tmp_path):
    path = write_discord(tmp_path, "x", NAMESAKES, kind="DirectGroupTextChat")
    with pytest.raises(UsageError, match=r"2 people have that name.*discord/7 .*discord/8"):
        collected(path, me=("Sam",), groups=True)
    for name in ("discord/8", "8"):
        found = collected(path, me=(name,), groups=True)
        assert turns(found) == [[("user", "One."), ("assistant", "Two."), ("user", "Three.")]]


def test_whoever_is_in_all_private_chats_is_the_writer(tmp_path):
    made = [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: Hello.", "Hm."), talk("Cy", "me: So?")]
    found = collected(discord_export(tmp_path, made))
    assert found.own == 3 and not found.remarks


def test_one_chat_of_two_does_not_say_who_is_who(tmp_path):
    rows = [discord_message(n, who, who) for n, who in enumerate(("Ann", "Bo"))]
    path = write_discord(tmp_path, "a channel named after nobody", rows)
    with pytest.raises(UsageError, match="does not say who you are"):
        collected(path)
    assert collected(path, me=("Ann",)).own == 1


@pytest.mark.parametrize(
    ("export", "other"),
    [(telegram_export, "user2"), (discord_export, "Ann"), (whatsapp_export, "Ann")],
)
def test_roles_that_look_swapped_are_told(export, other, tmp_path):
    made = [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: Hello.", "Hm.")]
    path = export(tmp_path, made)
    assert not any("swapped" in r for r in collected(path).remarks)
    assert any("roles look swapped" in r for r in collected(path, me=(other,)).remarks)


def test_two_names_of_the_writer_are_one_person(tmp_path):
    rows = [discord_message(n, who, who) for n, who in enumerate(("old", "ann", "new", "old"))]
    found = collected(write_discord(tmp_path, "x", rows), me=("old", "new"))
    assert turns(found) == [[("assistant", "old"), ("user", "ann"), ("assistant", "new\n\nold")]]


def test_a_number_is_enough_where_the_export_calls_people_by_numbers(tmp_path):
    path = telegram_export(tmp_path, [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: So.")])
    assert turns(collected(path, me=("1",))) == turns(collected(path))


# --- which -----------------------------------------------------------------------------------
def test_chats_are_chosen_by_name_and_a_wrong_name_is_met_with_the_nearest(tmp_path):
    made = [talk(f, "Hi.", f"me: I am {f}'s.") for f in ("Ann", "Bo", "Cyril")]
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


def test_groups_give_the_talk_in_which_the_writer_speaks(tmp_path):
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


def test_a_chat_in_which_the_writer_is_silent_is_left_out_and_counted(tmp_path):
    path = telegram_export(tmp_path, [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "Hm.", "Hm?")])
    assert left_out(collected(path)) == {"in a chat where you wrote nothing": 2}


# --- parted ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("silence", "gap", "count"),
    [
        (DAY, DAY, 1),
        (DAY + 1, DAY, 2),
        (DAY + 300, 600, 2),  # a day and five minutes are more than ten minutes
        (3 * DAY + 240, 600, 2),
        (240, 600, 1),
    ],
)
def test_silence_is_all_the_time_that_went_by(tmp_path, silence, gap, count):
    made = Talk("Ann", (Said(False, "Hi.", START), Said(True, "Yes?", START + silence)))
    found = collected(telegram_export(tmp_path, [made]), gap_seconds=float(gap))
    assert len(turns(found)) == count and adds_up(found)


def test_nothing_that_was_not_answered_is_lost(tmp_path):
    lines = ("Hi.", "Are you there?", "me: Yes.", "Good.", "Bye.")
    later = tuple(Said(False, text, START + 9 * DAY) for text in ("Hello?", "No?"))
    made = Talk("Ann", (*talk("Ann", *lines).messages, *later))
    assert turns(collected(telegram_export(tmp_path, [made]))) == [
        [("user", "Hi.\n\nAre you there?"), ("assistant", "Yes."), ("user", "Good.\n\nBye.")],
        [("user", "Hello?\n\nNo?")],
    ]


def test_chats_never_meet_even_at_the_same_time(tmp_path):
    made = [talk("Ann", "me: To Ann."), talk("Bo", "me: To Bo.")]
    found = turns(collected(telegram_export(tmp_path, made)))
    assert sorted(found) == [[("assistant", "To Ann.")], [("assistant", "To Bo.")]]


def test_windows_have_so_many_turns_and_part_no_answer_from_its_question(tmp_path):
    lines = [line for n in range(7) for line in (f"q{n}", f"me: a{n}")]
    found = collected(telegram_export(tmp_path, [talk("Ann", *lines)]), window_turns=5)
    sizes = Counter(len(c) for c in turns(found))
    assert sizes == {4: 3, 2: 1} and adds_up(found)
    assert [c[0][1] for c in turns(found)] == ["q0", "q2", "q4", "q6"]  # as they were said
    assert [c.date[14:16] for c in found.conversations] == ["13", "17", "21", "25"]
    with pytest.raises(UsageError, match="window_turns is 1"):
        ChatOptions(window_turns=1)


@settings(deadline=None, derandomize=True)
@given(who=st.lists(st.sampled_from("iab"), max_size=20), most=st.integers(0, 7))
def test_windows_lose_no_turn_and_are_never_longer(who, most):
    made = [Turn(w, str(n), 1, n) for n, w in enumerate(who)]
    pieces = list(split_into_windows(made, {"i"}, most))
    assert [t for piece in pieces for t in piece] == made
    assert all(len(piece) <= (most or len(made)) for piece in pieces)
    for piece in pieces:
        to_messages(piece, {"i"})


# --- how much --------------------------------------------------------------------------------
@settings(deadline=None, derandomize=True)
@given(counts=st.lists(st.integers(1, 500), min_size=1, max_size=8), share=st.floats(0.05, 1.0))
def test_the_most_of_one_is_the_largest_that_keeps_to_the_share(counts, share):
    real = max(share, 1 / len(counts))

    def fits(cap):
        return cap <= real * sum(min(c, cap) for c in counts) * (1 + 1e-9)

    cap = message_cap(counts, share)
    assert fits(cap) and (cap == max(counts) or not fits(cap + 1))
    assert cap >= min(counts)


def test_a_friend_with_most_of_the_messages_is_capped_and_the_newest_stay(tmp_path):
    path = telegram_export(tmp_path, lopsided(40, 6, 4))
    assert any("“Friend 0” holds 80%" in remark for remark in collected(path).remarks)
    found = collected(path, max_share=0.5)
    own = Counter(text.split()[0] for c in turns(found) for _, text in c)
    assert own == {"0": 10, "1": 6, "2": 4} and adds_up(found)
    assert {text for c in turns(found) for _, text in c} >= {"0 39", "0 30"}
    assert left_out(found) == {"over the share of one contact (--max-share)": 30}
    assert not left_out(collected(telegram_export(tmp_path, lopsided(9)), max_share=0.2))


# --- merged ----------------------------------------------------------------------------------
def conversation(key, source, date="2020"):
    return Conversation(key, (Message("assistant", key),), source, date)


def test_a_source_replaces_only_its_own_conversations(tmp_path):
    a, b = str(tmp_path / "a" / "x"), str(tmp_path / "b")
    old = [conversation("1", a), conversation("2", a), conversation("3", b)]
    new = [conversation("3", a), conversation("4", a)]
    everything, known = merge_conversations(old, new, [tmp_path / "a"])
    assert [c.id for c in everything] == ["4", "3"] and known == 1
    assert everything[1].source == b


def test_two_friends_of_one_name_are_two_contacts(tmp_path):
    made = [talk("Ann", "me: a", "me: b"), talk("Ann", "me: c", "me: d"), talk("Bo", "me: e")]
    assert not collected(telegram_export(tmp_path, made)).remarks
    made = [talk("Ann", "me: a", "me: b", "me: c"), talk("Bo", "me: d"), talk("Cy", "me: e")]
    (remark,) = collected(telegram_export(tmp_path, made)).remarks
    assert remark == "“Ann” holds 60% of your messages; --max-share 0.5 takes less"


def test_the_same_talk_in_two_exports_counts_once(tmp_path):
    chat = telegram_chat(
        2, "Ann", [telegram_message(1, "user2", "Hi."), telegram_message(2, "user1", "Yes?")]
    )
    write_telegram(tmp_path, chat, "one.json")
    write_telegram(tmp_path, telegram_account([chat]), "two.json")
    found = collected(tmp_path)
    assert len(turns(found)) == 1 and adds_up(found)
    assert left_out(found) == {"in a conversation that another export also contains": 2}


def test_dates_out_of_all_time_are_counted(tmp_path):
    unix = (START, -5, 10**14)
    rows = [telegram_message(n, "user1", "x", date_unixtime=str(u)) for n, u in enumerate(unix)]
    found = collected(write_telegram(tmp_path, telegram_account([telegram_chat(2, "Ann", rows)])))
    assert left_out(found) == {"a date before 1970 or after 2999": 2} and adds_up(found)
