"""Tests of the WhatsApp line parser: dates and times of many countries."""

from datetime import UTC, datetime

import pytest
from support.chat_exports import ME, collected, turns

from morris_mlx.collect.chats.formats.whatsapp_lines import parse_line, to_seconds

# The same moment, 25 January 2024, 14:05, as phones of many countries write it.
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
    "old iPhone": "25.01.24 14.05.00: ",
    "a colon after the time": "2024-01-25, 2:05:00 PM: ",
    "Croatia, iPhone": "25. 1. 2024. 14:05:00 ",
    "nothing after the time": "25/01/2024 14:05 ",
    "German words": "25.01.24, 2:05 nachm. - ",
    "Spanish words": "25/1/2024 2:05 de la tarde - ",
    "Portuguese words": "25/01/24 2:05 da tarde - ",
    "the month in English": "25 Jan 2024, 14:05 - ",
    "the month first": "Jan 25, 2024, 2:05 PM - ",
    "the month in brackets": "[25-Jan-24 02:05 PM] ",
    "the month in German": "25. Januar 2024 um 14:05 - ",
    "the month in French": "25 janv. 2024 à 14:05 - ",
    "the month in Spanish": "25 de enero de 2024, 2:05 p. m. - ",
    "the month in Russian": "25 янв. 2024 г., 14:05 - ",
    "the month in Hindi": "25 जनवरी 2024, 2:05 pm - ",
    "the month in Thai, Buddhist year": "25 ม.ค. 2567 14:05 - ",
    "Hungary, the month as a word": "2024. jan. 25. 14:05 - ",
    "Lithuania": "2024 m. sausio 25 d. 14:05 - ",
    "Chinese signs": "2024年1月25日 14:05 - ",
    "Chinese signs, weekday": "2024年1月25日星期四 下午2:05 - ",
    "Korean signs": "2024년 1월 25일 오후 2:05 - ",
    "the weekday": "[Thu, 25/01/2024 14:05:00] ",
    "ISO": "2024-01-25T14:05:00 ",
    "French hours": "25/01/2024 14h05 - ",
    "Hindi digits": "२५/१/२०२४, २:०५ अपराह्न - ",
}


@pytest.mark.parametrize("country", LOCALES)
def test_dates_of_many_countries_are_parsed(country):
    line = parse_line(LOCALES[country] + "Ann: Hello")
    assert line is not None and line.rest == "Ann: Hello"
    day_first = line.date.second != 25
    assert to_seconds(line.date, day_first) == datetime(2024, 1, 25, 14, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("country", LOCALES)
def test_a_file_of_each_country_is_detected_and_dated(country, tmp_path):
    prefix = LOCALES[country]
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    path.write_text(f"\ufeff{prefix}Ann: Hello\nthere\n{prefix}{ME}: Yes?\n", encoding="utf-8")
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
def test_midnight_and_noon_are_distinguished(clock, hour):
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
        "25 Mehr 1402, 14:05 - A: x",
        "At 10:30 - Ann: x",
        "Chapter 2, 10:30 Ann: x",
        "",
    ],
)
def test_a_line_that_only_resembles_a_date_continues_its_message(text):
    assert parse_line(text) is None


def test_a_date_within_a_message_starts_no_new_one_in_another_layout(tmp_path):
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    pasted = "25.01.2024 14:06:00: Bo: pasted\n25.01.2024 14:07 Bo: as well\n"
    path.write_text(f"25.01.2024, 14:05 - Ann: Look:\n{pasted}25.01.2024, 14:09 - {ME}: Yes?\n")
    said = "Look:\n" + pasted.strip()
    assert turns(collected(path)) == [[("user", said), ("assistant", "Yes?")]]
