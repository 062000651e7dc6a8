"""Tests of reading exports: dates and counts."""

from support.chat_exports import (
    START,
    adds_up,
    collected,
    left_out,
    telegram_account,
    telegram_chat,
    telegram_message,
    write_telegram,
)


def test_messages_with_impossible_dates_are_skipped_and_counted(tmp_path):
    unix = (START, -5, 10**14)
    rows = [telegram_message(n, "user1", "x", date_unixtime=str(u)) for n, u in enumerate(unix)]
    found = collected(write_telegram(tmp_path, telegram_account([telegram_chat(2, "Ann", rows)])))
    assert left_out(found) == {"a date before 1970 or after 2999": 2} and adds_up(found)
