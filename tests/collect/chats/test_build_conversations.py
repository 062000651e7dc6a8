"""Tests of building conversations: roles, duplicates, dominant chats and counts."""

import pytest
from support.chat_exports import (
    EXPORTS,
    adds_up,
    collected,
    left_out,
    private_chat,
    telegram_account,
    telegram_chat,
    telegram_message,
    turns,
    write_telegram,
)


@pytest.mark.parametrize("format_", EXPORTS)
def test_an_export_gives_the_same_conversations_each_time(format_, tmp_path):
    made = [
        private_chat("Ann", "Hi.", "me: Yes?"),
        private_chat("Bo", "me: Hello.", "Hm.", "me: So?"),
    ]
    path = EXPORTS[format_](tmp_path, made)
    assert collected(path) == collected(path)


@pytest.mark.parametrize("format_", EXPORTS)
def test_a_summary_counts_the_messages_of_the_writer(format_, tmp_path):
    made = [
        private_chat("Ann", "Hi.", "me: Yes?"),
        private_chat("Bo", "me: Hello.", "Hm.", "me: So?"),
    ]
    found = collected(EXPORTS[format_](tmp_path, made))
    assert found.own == 3 and all(s.startswith(format_) for s in found.summaries)
    assert "of yours" in found.summaries[-1]


def test_a_conversation_in_two_exports_is_kept_once(tmp_path):
    chat = telegram_chat(
        2, "Ann", [telegram_message(1, "user2", "Hi."), telegram_message(2, "user1", "Yes?")]
    )
    write_telegram(tmp_path, chat, "one.json")
    write_telegram(tmp_path, telegram_account([chat]), "two.json")
    found = collected(tmp_path)
    assert len(turns(found)) == 1 and adds_up(found)
    assert left_out(found) == {"in a conversation that another export also contains": 2}
