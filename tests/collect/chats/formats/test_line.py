"""Tests of LINE's text exports: languages, orders of dates, messages of several lines."""

import pytest
from support.chat_exports import ME, adds_up, collected, left_out, turns

ROWS = f"9:20PM\tAnn\tHello\n9:21PM\t{ME}\tYes?\n"
HEADS = {
    "[LINE] Chat history with Ann\nSaved on: 2018/06/14 10:00\n\n2018/06/13(Wed)\n": "2018-06-13",
    "[LINE] Annとのトーク履歴\n保存日時：2018/06/14 10:00\n\n2018/06/13(水)\n": "2018-06-13",
    "[LINE] Chat history with Ann\nSaved on: x\n\nWed, 06/13/2018\n": "2018-06-13",
    "[LINE] Chat history with Ann\nSaved on: x\n\nWed, 13/06/2018\n": "2018-06-13",
    "[LINE] Chat history with Ann\nSaved on: x\n\nThu, 7/5/2018\n": "2018-07-05",
    "[LINE] Chat history with Ann\nSaved on: x\n\nMon, 7/5/2018\n": "2018-05-07",
    "[LINE] Chat history with Ann\nSaved on: x\n\n2018.06.13 Wednesday\n": "2018-06-13",
}


def collect_text(tmp_path, text, **options):
    path = tmp_path / "chat.txt"
    path.write_text(text, encoding="utf-8")
    return collected(path, **options)


@pytest.mark.parametrize("head", HEADS)
def test_titles_and_dates_of_many_languages_are_read(head, tmp_path):
    found = collect_text(tmp_path, head + ROWS)
    assert turns(found) == [[("user", "Hello"), ("assistant", "Yes?")]]
    assert found.conversations[0].date == f"{HEADS[head]}T21:20:00" and found.writers == (ME,)


def test_parts_of_the_day_before_the_time_are_read(tmp_path):
    head = "[LINE] Annとのトーク履歴\n保存日時：x\n\n2018/06/13(水)\n"
    found = collect_text(tmp_path, f"{head}午後9:20\tAnn\tHello\n午後9:21\t{ME}\tYes?\n")
    assert found.conversations[0].date == "2018-06-13T21:20:00"


def test_a_message_of_several_lines_loses_its_quotation_marks_and_keeps_its_dates(tmp_path):
    head = next(iter(HEADS))
    text = f'{head}{ROWS}9:22PM\tAnn\t"two ""lines""\n2018/06/20\nof it"\n'
    found = collect_text(tmp_path, text)
    assert turns(found)[0][-1] == ("user", 'two "lines"\n2018/06/20\nof it')


def test_stickers_calls_and_unsent_messages_are_left_out(tmp_path):
    more = "9:22PM\tAnn\t[Sticker]\n9:23PM\tAnn\t☎ Call time 0:11\n9:24PM\tAnn unsent a message.\n"
    more += "9:25PM\tBo joined the group\n"
    found = collect_text(tmp_path, next(iter(HEADS)) + ROWS + more)
    reasons = {"no words (photo, sticker, voice message …)": 1, "service message": 2, "deleted": 1}
    assert left_out(found) == reasons and adds_up(found)


@pytest.mark.parametrize(
    "head",
    [
        "[LINE] Chat history with Ann Vale\nSaved on: x\n\n2018.06.13 Wednesday\n",
        "2018.06.13 水曜日\n",
    ],
)
def test_a_computers_export_with_spaces_between_its_columns_is_read(head, tmp_path):
    rows = f"21:20 Ann Vale Hello there\n21:21 {ME} Yes, who?\nand how?\n"
    rows += f"21:22 Ann Vale Me\n21:23 {ME} So.\n"
    found = collect_text(tmp_path, head + rows, me=(ME,))
    assert turns(found) == [
        [
            ("user", "Hello there"),
            ("assistant", "Yes, who?\nand how?"),
            ("user", "Me"),
            ("assistant", "So."),
        ]
    ]
    assert found.conversations[0].date == "2018-06-13T21:20:00"
