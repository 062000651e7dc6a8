"""WhatsApp's exports: the dates of many countries, its own lines, and what is in a zip."""

import zipfile
from datetime import UTC, datetime

import pytest
from support.chat_exports import ME, adds_up, collected, left_out, talk, turns, whatsapp_text

from morris_mlx.collect.chats.archives import ZipArchive
from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.collect.chats.formats.whatsapp_lines import parse_line, to_seconds
from morris_mlx.errors import MorrisError, UsageError

# One moment, 25 January 2024, five past two in the afternoon, as phones of many countries write it.
LOCALES = {
    "US, Android": "1/25/24, 2:05 PM - ",
    "US, iPhone, narrow space": "[1/25/24, 2:05:00\u202fPM] ",
    "UK": "25/01/2024, 14:05 - ",
    "Australia": "25/1/2024, 2:05 pm - ",
    "Ireland": "25/01/2024, 2:05 p.m. - ",
    "Germany": "25.01.24, 14:05 - ",
    "Germany, iPhone": "[25.01.24, 14:05:00] ",
    "Russia": "25.01.2024, 14:05 - ",
    "Bulgaria": "25.01.24 г., 14:05 - ",
    "France": "25/01/2024 14:05 - ",
    "France, with a word": "25/01/2024 à 14:05 - ",
    "Spain, narrow spaces": "25/1/24, 2:05\u202fp.\u202fm. - ",
    "Brazil": "25/01/2024 14:05 - ",
    "Italy": "25/01/24, 14:05 - ",
    "Netherlands": "25-01-2024 14:05 - ",
    "Netherlands, iPhone": "[25-01-2024 14:05:00] ",
    "Finland": "25.1.2024 klo 14.05 - ",
    "Denmark": "25.01.2024 14.05 - ",
    "Sweden": "2024-01-25 14:05 - ",
    "Hungary": "2024. 01. 25. 14:05 - ",
    "Croatia": "25. 01. 2024. 14:05 - ",
    "Turkey": "25.01.2024 14:05 - ",
    "Korea": "2024. 1. 25. 오후 2:05 - ",
    "Japan": "2024/01/25 14:05 - ",
    "Japan, halves": "2024/01/25 午後2:05 - ",
    "China": "2024/1/25 下午2:05 - ",
    "Taiwan, iPhone": "[2024/1/25 下午2:05:00] ",
    "Arabic digits": "٢٥\u200f/١\u200f/٢٠٢٤، ٢:٠٥ م - ",
    "Persian digits": "۲۰۲۴/۱/۲۵،\u200f ۱۴:۰۵ - ",
    "Iran, its own calendar": "۱۴۰۲/۱۱/۵،\u200f ۱۴:۰۵ - ",
    "Vietnam": "14:05, 25/01/2024 - ",
    "Vietnam, iPhone": "[14:05:00 25/1/24] ",
    "Bulgaria, hours": "25.01.2024 г., 14:05 ч. - ",
    "Malaysia": "25/01/2024, 2:05 PTG - ",
    "Thailand, iPhone": "[25/1/2567 BE 14:05:00] ",
    "India": "25/01/24, 2:05 pm - ",
    "Thailand": "25/1/2567 14:05 - ",
    "Greece": "25/1/2024, 2:05 μ.μ. - ",
    "South Africa": "2024/01/25, 14:05 - ",
    "iPhone, marks before": "\u200e[25/01/2024, 14:05:00] ",
}


@pytest.mark.parametrize("country", LOCALES)
def test_the_dates_of_many_countries_are_understood(country):
    line = parse_line(LOCALES[country] + "Ann: Hello")
    assert line is not None and line.rest == "Ann: Hello"
    day_first = line.date.second != 25
    assert to_seconds(line.date, day_first) == datetime(2024, 1, 25, 14, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("country", LOCALES)
def test_a_whole_file_of_each_country_is_recognised_and_dated(country, tmp_path):
    stamp = LOCALES[country]
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    path.write_text(f"\ufeff{stamp}Ann: Hello\nthere\n{stamp}{ME}: Yes?\n", encoding="utf-8")
    found = collected(path)
    assert turns(found) == [[("user", "Hello\nthere"), ("assistant", "Yes?")]]
    assert found.conversations[0].date == "2024-01-25T14:05:00"


@pytest.mark.parametrize(
    ("clock", "hour"),
    [
        ("12:05 AM", 0),
        ("12:05 PM", 12),
        ("1:05 a.m.", 1),
        ("11:05 pm", 23),
        ("上午12:05", 0),
        ("中午12:05", 12),
    ],
)
def test_midnight_and_noon_are_kept_apart(clock, hour):
    line = parse_line(f"25/1/24, {clock} - Ann: x")
    assert line is not None and line.date.time == hour * 3600 + 300


@pytest.mark.parametrize(
    "text",
    [
        "25 apples",
        "12/13",
        "1/25/24 was fine - Ann: so",
        "10:30 - Ann: x",
        "[1/25/24] x",
        "25/1/24, 25:99 - A: x",
        "",
    ],
)
def test_a_line_that_only_looks_like_a_date_goes_on_with_its_message(text):
    assert parse_line(text) is None


def file(folder, *lines, name="WhatsApp Chat with Ann.txt"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_order_of_day_and_month_is_seen_over_the_whole_file(tmp_path):
    late = file(tmp_path, "3/4/21, 10:00 - Ann: a", f"3/13/21, 10:00 - {ME}: b")
    assert collected(late).conversations[0].date.startswith("2021-03-04")
    late = file(tmp_path, "3/4/21, 10:00 - Ann: a", f"13/4/21, 10:00 - {ME}: b")
    assert collected(late).conversations[0].date.startswith("2021-04-03")
    # No number above twelve: only one order makes time go forward.
    order = file(
        tmp_path, "9/1/21, 10:00 - Ann: a", f"10/1/21, 10:00 - {ME}: b", "1/2/21, 10:00 - Ann: c"
    )
    assert collected(order).conversations[0].date.startswith("2021-01-09")
    dots = file(tmp_path, "3.4.21, 10:00 - Ann: a", f"4.4.21, 10:00 - {ME}: b")
    assert collected(dots).conversations[0].date.startswith("2021-04-03")


def test_dates_that_could_be_either_are_asked_about_or_told(tmp_path):
    path = file(tmp_path, "3/4/21, 10:00 - Ann: a", f"3/4/21, 10:01 - {ME}: b")
    with pytest.raises(UsageError, match=r"3 April or 4 March.*--dates day-first"):
        collected(path)
    asked = []

    def ask(question):
        asked.append(question)
        return 1

    assert collected(path, ask).conversations[0].date.startswith("2021-03-04")
    assert asked[0].choices == ("3 April", "4 March")
    assert collected(path, dates="day-first").conversations[0].date.startswith("2021-04-03")


def test_two_orders_in_one_file_are_an_error(tmp_path):
    path = file(tmp_path, "13/4/21, 10:00 - Ann: a", f"4/13/21, 10:01 - {ME}: b")
    with pytest.raises(MorrisError, match="dates in both orders"):
        collected(path)


def test_what_nobody_typed_is_left_out_by_reason(tmp_path):
    at, i = "15/01/2024, 10:00 - ", "[15/01/2024, 10:00:00] "
    path = file(
        tmp_path,
        f"{at}Messages and calls are end-to-end encrypted. Tap to learn more.",
        f"{at}Ann: Hi.",
        f"{at}{ME}: <Media omitted>",
        f"{at}{ME}: <Без медиафайлов>",
        f"{at}{ME}: <Médias omis>",
        f"{at}{ME}: IMG-20240115-WA0001.jpg (file attached)",
        f"{at}{ME}: IMG-20240115-WA0002.jpg (file attached)",
        "A caption.",
        f"{at}Ann: This message was deleted",
        f"{at}{ME}: You deleted this message",
        f"{at}{ME}: Вы удалили данное сообщение",
        f"{at}{ME}: Second thoughts <This message was edited>",
        f"{at}{ME}: Missed voice call",
        f"{at}{ME}: location: https://maps.google.com/?q=1,2",
        f"{i}{ME}: \u200e<attached: 0001-PHOTO.jpg>",
        f"{i}{ME}: Look. \u200e<attached: 0002-PHOTO.jpg>",
        f"{i}{ME}: \u200eimage omitted",
        f"{i}{ME}: Third \u200e<This message was edited>",
        f"{at}{ME}: I <3 you",
        f"{at}{ME}: https://only.example",
    )
    found = collected(path)
    assert turns(found) == [
        [
            ("user", "Hi."),
            ("assistant", "A caption.\n\nSecond thoughts\n\nLook.\n\nThird\n\nI <3 you"),
        ]
    ]
    assert left_out(found) == {
        "deleted": 3,
        "no words (photo, sticker, voice message …)": 7,
        "only a link": 1,
        "service message": 2,
    }
    assert adds_up(found)


def test_bodies_of_many_lines_lose_their_blank_lines_only(tmp_path):
    path = file(
        tmp_path,
        "15/01/2024, 10:00 - Ann: one",
        "",
        "two: three",
        "",
        "",
        "four",
        f"15/01/2024, 10:01 - {ME}: so",
    )
    assert turns(collected(path)) == [[("user", "one\ntwo: three\nfour"), ("assistant", "so")]]


def test_names_with_colons_and_names_within_names_are_kept_apart(tmp_path):
    at = "15/01/2024, 10:00 - "
    lines = [f"{at}Dr: Ann: {word}" for word in ("one", "two", "three: four")]
    path = file(tmp_path, *lines, f"{at}Bo: five", name="chat")
    burst = "one\n\ntwo\n\nthree: four"
    assert turns(collected(path, me=("Dr: Ann",))) == [[("assistant", burst), ("user", "five")]]
    names = file(tmp_path, f"{at}Ann: one", f"{at}Joann: two", name="WhatsApp Chat with Joann.txt")
    assert turns(collected(names)) == [[("assistant", "one"), ("user", "two")]]
    assert turns(collected(names, me=("Joann",)))[0][0] == ("user", "one")
    with pytest.raises(UsageError, match="--me Jo: no person in .* has this name"):
        collected(names, me=("Jo",))


def test_the_owner_shows_by_what_only_the_owner_deletes(tmp_path):
    at = "15/01/2024, 10:00 - "
    path = file(
        tmp_path, f"{at}Ann: Hi.", f"{at}Bo: Yes?", f"{at}Bo: You deleted this message", name="x"
    )
    assert turns(collected(path)) == [[("user", "Hi."), ("assistant", "Yes?")]]


def test_nobody_known_is_asked_for_with_counts_and_a_sample(tmp_path):
    at = "15/01/2024, 10:00 - "
    path = file(tmp_path, f"{at}Ann: Hi.", f"{at}Bo: Yes, indeed I am.", f"{at}Bo: Hm.", name="x")
    with pytest.raises(UsageError, match=r"--me NAME; there are: Bo \(2\), Ann \(1\)"):
        collected(path)
    asked = []
    assert collected(path, lambda question: asked.append(question) or 1).own == 1
    assert asked[0].choices == ("Bo: 2 messages, “Yes, indeed I am.”", "Ann: 1 message, “Hi.”")


def test_a_group_is_taken_when_asked_for(tmp_path):
    at = "15/01/2024, 10:00 - "
    lines = [f"{at}Ann: Who?", f"{at}Bo: Me.", f"{at}{ME}: No, me."]
    path = file(tmp_path, *lines, name="WhatsApp Chat with Choir.txt")
    with pytest.raises(MorrisError, match="3 in a group"):
        collected(path, me=(ME,))
    for option in ({"groups": True}, {"only": ("whatsapp chat with choir",)}):
        found = collected(path, me=(ME,), **option)
        assert turns(found) == [[("user", "Who?"), ("user", "Me."), ("assistant", "No, me.")]]


def zipped(folder, files, name="export.zip"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return path


def test_a_zip_is_read_where_it_lies_and_named_after_the_friend(tmp_path):
    text = whatsapp_text(talk("Ann", "Hi.", "me: Yes?", start=1_700_000_000 + 86_400 * 5))
    path = zipped(
        tmp_path, {"_chat.txt": text, "1-PHOTO.jpg": b"\xff\xd8"}, "WhatsApp Chat - Ann.zip"
    )
    assert turns(collected(path)) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_names_that_lead_out_of_a_zip_lead_nowhere(tmp_path):
    inner = tmp_path / "in"
    inner.mkdir()
    text = whatsapp_text(talk("Ann", "Hi.", "me: Yes?", start=1_700_000_000 + 86_400 * 5))
    path = zipped(inner, {"../../evil_chat.txt": text, "/etc/_chat.txt": "x"})
    assert turns(collected(path, me=(ME,))) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["export.zip", "in"]


def test_a_zip_bomb_and_a_damaged_zip_are_refused(tmp_path):
    bomb = zipped(tmp_path, {"_chat.txt": b"\0" * (60 << 20)}, "bomb.zip")
    with pytest.raises(MorrisError, match=r"would expand to 0\.1 GB"):
        find_exports(bomb)
    text = whatsapp_text(talk("Ann", *(f"me: number {n}" for n in range(3000))))
    whole = zipped(tmp_path, {"_chat.txt": text}).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:200] + b"\0" * 500 + whole[700:]):
        path = tmp_path / "cut.zip"
        path.write_bytes(damaged)
        with pytest.raises(MorrisError, match="damaged or was cut off"):
            collected(path, me=(ME,))
    assert ZipArchive(tmp_path / "export.zip").names == ("_chat.txt",)


def test_a_diary_is_no_chat(tmp_path):
    diary = tmp_path / "diary.txt"
    diary.write_text("25.01.2024, 14:05 - went out to buy bread\n26.01.2024, 9:00 - it rained\n")
    assert find_exports(diary) == ([], set())
