"""Tests of the WhatsApp parser: whole files, the order of dates, senders and owners."""

import pytest
from support.chat_exports import ME, adds_up, collected, left_out, turns

from morris_mlx.errors import MorrisError, UsageError


def file(folder, *lines, name="WhatsApp Chat with Ann.txt"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_order_of_day_and_month_is_detected_over_the_whole_file(tmp_path):
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


def test_ambiguous_dates_are_asked_about_or_set_by_an_option(tmp_path):
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


def test_an_order_that_a_date_proves_is_not_changed_by_the_option(tmp_path):
    path = file(tmp_path, "3/4/21, 10:00 - Ann: a", f"3/13/21, 10:00 - {ME}: b")
    found = collected(path, dates="day-first")
    assert found.conversations[0].date.startswith("2021-03-04")
    assert any("dates month-first" in remark for remark in found.remarks)


def test_ambiguous_dates_follow_the_other_chats_of_the_writer(tmp_path):
    file(tmp_path, "3/4/21, 10:00 - Ann: a", f"3/4/21, 10:01 - {ME}: b")
    file(
        tmp_path,
        "3/13/21, 10:00 - Bo: a",
        f"3/13/21, 10:01 - {ME}: b",
        name="WhatsApp Chat with Bo.txt",
    )
    found = collected(tmp_path)
    assert [c.date[:10] for c in found.conversations] == ["2021-03-04", "2021-03-13"]


def test_both_orders_in_one_file_are_refused(tmp_path):
    path = file(tmp_path, "13/4/21, 10:00 - Ann: a", f"4/13/21, 10:01 - {ME}: b")
    with pytest.raises(MorrisError, match="dates in both orders"):
        collected(path)


def test_other_than_typed_messages_are_skipped_by_reason(tmp_path):
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


def test_a_message_of_several_lines_loses_only_its_blank_lines(tmp_path):
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


def test_names_with_colons_and_names_within_names_are_distinguished(tmp_path):
    at = "15/01/2024, 10:00 - "
    lines = [f"{at}Dr: Ann: {word}" for word in ("one", "two", "three: four")]
    path = file(tmp_path, *lines, f"{at}Bo: five", name="chat")
    turn_text = "one\n\ntwo\n\nthree: four"
    assert turns(collected(path, me=("Dr: Ann",))) == [[("assistant", turn_text), ("user", "five")]]
    names = file(tmp_path, f"{at}Ann: one", f"{at}Joann: two", name="WhatsApp Chat with Joann.txt")
    assert turns(collected(names)) == [[("assistant", "one"), ("user", "two")]]
    assert turns(collected(names, me=("Joann",)))[0][0] == ("user", "one")
    with pytest.raises(UsageError, match=r"--me Jo: no person in .* has this name"):
        collected(names, me=("Jo",))


def test_the_owner_is_found_by_an_own_deletion(tmp_path):
    at = "15/01/2024, 10:00 - "
    path = file(
        tmp_path, f"{at}Ann: Hi.", f"{at}Bo: Yes?", f"{at}Bo: You deleted this message", name="x"
    )
    assert turns(collected(path)) == [[("user", "Hi."), ("assistant", "Yes?")]]


def test_a_group_is_taken_only_on_request(tmp_path):
    at = "15/01/2024, 10:00 - "
    lines = [f"{at}Ann: Who?", f"{at}Bo: Me.", f"{at}{ME}: No, me."]
    path = file(tmp_path, *lines, name="WhatsApp Chat with Choir.txt")
    with pytest.raises(MorrisError, match="3 in a group"):
        collected(path, me=(ME,))
    for option in ({"groups": True}, {"only": ("whatsapp chat with choir",)}):
        found = collected(path, me=(ME,), **option)
        assert turns(found) == [[("user", "Who?"), ("user", "Me."), ("assistant", "No, me.")]]


def test_the_name_of_a_group_in_a_notice_is_no_person(tmp_path):
    at = "[15/01/2024, 10:00:00] "
    notice = "Messages and calls are end-to-end encrypted."
    lines = [f"{at}Beans: {notice}", f"{at}Ann: Hi.", f"{at}{ME}: Yes?"]
    found = collected(file(tmp_path, *lines))
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert left_out(found) == {"service message": 1}
    assert {n for people in found.people.values() for c in people for n in c.names} == {"Ann"}


def test_a_note_says_that_the_time_runs_back(tmp_path):
    lines = [f"15/01/2024, 18:0{n} - {who}: x" for n, who in enumerate(("Ann", ME, "Ann"))]
    assert not collected(file(tmp_path, *lines)).remarks
    lines.insert(1, "15/01/2024, 11:14 - Bo: pasted")
    found = collected(file(tmp_path, *lines), me=(ME,), groups=True)
    assert "time runs back once" in found.remarks[0]


AT, AT_IPHONE = "15/01/2024, 10:00 - ", "[15/01/2024, 10:00:00] "


def test_the_copy_number_of_a_download_does_not_hide_the_peer(tmp_path):
    path = tmp_path / "WhatsApp Chat with Ann (1).txt"
    path.write_text(f"{AT}Ann: one\n{AT}Bo: two\n")
    assert turns(collected(path)) == [[("user", "one"), ("assistant", "two")]]
