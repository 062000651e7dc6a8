"""Any talk, put into any format and read back: every word of every person stays, in its place."""

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
    Said,
    Talk,
    adds_up,
    collected,
    talk,
    turns,
)

from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.collect.chats.message_text import normalize_message, empty_reason

FRIENDS = ("Ann", "Joanna Vale", "Пётр Лис", "王小明")
# What people type; without the characters that begin a quotation, a mark-up or a name.
LETTERS = "abcdefg xyz ABC йцукен ЖЭ éß \n\n,.!?)('\"12 😀👍🏽 漢字 ’“”… \t"


@st.composite
def talks(draw):
    """Two or three private chats in which both people say something."""
    made = []
    for friend in draw(st.permutations(FRIENDS))[: draw(st.integers(2, 3))]:
        seconds = START + draw(st.integers(0, 10**7))
        said = []
        opening = [(False, "Well then."), (True, "So be it.")]
        rest = st.tuples(st.booleans(), st.text(LETTERS, min_size=1, max_size=40))
        for mine, text in [*opening, *draw(st.lists(rest, max_size=8))]:
            seconds += 60 * draw(st.sampled_from([0, 1, 5, 600, 1439, 1440, 1441, 9000]))
            said.append(Said(mine, text, seconds))
        made.append(Talk(friend, tuple(said)))
    return made


def expected(talks, gap):
    """What must come out, thought out anew: (role, messages) turns of every conversation."""
    found = []
    for one in talks:
        last = None
        for said in one.messages:
            text = normalize_message(said.text)
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
    return sorted(found, key=str)


@pytest.mark.parametrize("format_", EXPORTS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(made=talks())
def test_random_talk_goes_into_an_export_and_comes_back_whole(format_, made):
    with tempfile.TemporaryDirectory() as folder:
        path = EXPORTS[format_](Path(folder), made)
        found = collected(path, dates="day-first")
    back = [[(r, burst.split("\n\n")) for r, burst in c] for c in turns(found)]
    gap = float("inf") if format_ == "mail (mbox)" else DAY
    assert sorted(back, key=str) == expected(made, gap)
    assert adds_up(found) and found.funnel["messages"] == sum(len(t.messages) for t in made)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(texts=st.lists(st.text(LETTERS, max_size=40), max_size=8), seed=st.randoms())
def test_random_messages_of_ones_own_come_out_of_discords_package(texts, seed):
    rows = [
        {"ID": n, "Timestamp": f"2024-01-15 10:00:{n:02}", "Contents": text}
        for n, text in enumerate(["So be it.", *texts])
    ]
    seed.shuffle(rows)  # Discord's own order is the newest first
    with tempfile.TemporaryDirectory() as folder:
        channel = Path(folder, "messages", "c55")
        channel.mkdir(parents=True)
        (channel / "channel.json").write_text('{"id": "55", "type": "DM"}')
        (channel / "messages.json").write_text(json.dumps(rows))
        found = collected(Path(folder))
    said = [normalize_message(text) for text in ["So be it.", *texts]]
    assert turns(found) == [[("assistant", "\n\n".join(filter(None, said)))]]
    assert adds_up(found) and found.funnel["messages"] == len(rows)


@pytest.mark.parametrize("format_", EXPORTS)
def test_a_format_is_known_by_its_content_whatever_its_name(format_, tmp_path):
    made = [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: Hello.", "Hm.")]
    path = EXPORTS[format_](tmp_path, made)
    files = [path] if path.is_file() else sorted(path.iterdir())
    for number, file in enumerate(files):
        renamed = file.rename(file.with_name(f"{number}.dat"))
        (export,) = find_exports(renamed)[0]
        assert export.format == format_


@pytest.mark.parametrize("format_", EXPORTS)
def test_the_same_export_gives_the_same_conversations(format_, tmp_path):
    made = [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: Hello.", "Hm.", "me: So?")]
    path = EXPORTS[format_](tmp_path, made)
    assert collected(path) == collected(path)


@pytest.mark.parametrize("format_", EXPORTS)
def test_an_export_is_announced_with_the_number_of_the_writers_messages(format_, tmp_path):
    made = [talk("Ann", "Hi.", "me: Yes?"), talk("Bo", "me: Hello.", "Hm.", "me: So?")]
    found = collected(EXPORTS[format_](tmp_path, made))
    assert found.own == 3 and all(s.startswith(format_) for s in found.summaries)
    assert "of yours" in found.summaries[-1]
