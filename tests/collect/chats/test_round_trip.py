"""Property tests over all formats: random chats are exported, collected and compared."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    DAY,
    EXPORTS,
    START,
    PrivateChat,
    SentMessage,
    adds_up,
    collected,
    turns,
)

from morris_mlx.collect.chats.message_text import empty_reason, normalize_message

FRIENDS = ("Ann", "Joanna Vale", "Пётр Лис", "王小明")


# Characters that people type, without those that begin a quotation, markup or a name.
LETTERS = "abcdefg xyz ABC йцукен ЖЭ éß \n\n,.!?)('\"12 😀👍🏽 漢字 ’“”… \t"


@st.composite
def talks(draw):
    """Draw two or three private chats in which both people write."""
    made = []
    for friend in draw(st.permutations(FRIENDS))[: draw(st.integers(2, 3))]:
        seconds = START + draw(st.integers(0, 10**7))
        said = []
        opening = [(False, "Well then."), (True, "So be it.")]
        rest = st.tuples(st.booleans(), st.text(LETTERS, min_size=1, max_size=40))
        for mine, text in [*opening, *draw(st.lists(rest, max_size=8))]:
            seconds += 60 * draw(st.sampled_from([0, 1, 5, 600, 1439, 1440, 1441, 9000]))
            said.append(SentMessage(mine, text, seconds))
        made.append(PrivateChat(friend, tuple(said)))
    return made


def expected(talks, gap, keep_paragraphs):
    """Return the expected conversations as turns (role, text), computed independently."""
    found = []
    for one in talks:
        last = None
        for said in one.messages:
            text = normalize_message(said.text, keep_paragraphs)
            if empty_reason(text):
                continue
            if last is None or said.seconds - last > gap:
                found.append([])
            last = said.seconds
            role = "assistant" if said.mine else "user"
            if found[-1] and found[-1][-1][0] == role:
                found[-1][-1][1].append(text)
            else:
                found[-1].append((role, [text]))
    joined = [[(role, "\n\n".join(texts)) for role, texts in turns] for turns in found]
    return sorted(joined, key=str)


@pytest.mark.parametrize("format_", EXPORTS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(made=talks())
def test_random_chats_survive_export_and_collection(format_, made):
    with tempfile.TemporaryDirectory() as folder:
        path = EXPORTS[format_](Path(folder), made)
        found = collected(path, dates="day-first")
    is_mail = format_ == "mail"
    gap = float("inf") if is_mail else DAY
    assert sorted(turns(found), key=str) == expected(made, gap, is_mail)
    assert adds_up(found) and found.funnel["messages"] == sum(len(t.messages) for t in made)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(texts=st.lists(st.text(LETTERS, max_size=40), max_size=8), seed=st.randoms())
def test_random_messages_survive_the_discord_package(texts, seed):
    rows = [
        {"ID": n, "Timestamp": f"2024-01-15 10:00:{n:02}", "Contents": text}
        for n, text in enumerate(["So be it.", *texts])
    ]
    seed.shuffle(rows)  # Discord writes the newest first
    with tempfile.TemporaryDirectory() as folder:
        channel = Path(folder, "messages", "c55")
        channel.mkdir(parents=True)
        (channel / "channel.json").write_text('{"id": "55", "type": "DM"}')
        (channel / "messages.json").write_text(json.dumps(rows))
        found = collected(Path(folder))
    said = [normalize_message(text) for text in ["So be it.", *texts]]
    assert turns(found) == [[("assistant", "\n\n".join(filter(None, said)))]]
    assert adds_up(found) and found.funnel["messages"] == len(rows)
