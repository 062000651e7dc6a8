"""Tests of reading exports: dates and counts."""

import zipfile

import pytest
from support.chat_exports import (
    ME,
    START,
    adds_up,
    collected,
    discord_message,
    left_out,
    private_chat,
    telegram_account,
    telegram_chat,
    telegram_export,
    telegram_message,
    whatsapp_text,
    write_discord,
    write_telegram,
)

from morris_mlx.collect import find_chats
from morris_mlx.collect.chats.messages import no_answer, no_progress
from morris_mlx.collect.chats.options import ChatOptions
from morris_mlx.collect.chats.read_exports import read_exports
from morris_mlx.errors import MorrisError


def test_messages_with_impossible_dates_are_skipped_and_counted(tmp_path):
    unix = (START, -5, 10**14)
    rows = [telegram_message(n, "user1", "x", date_unixtime=str(u)) for n, u in enumerate(unix)]
    found = collected(write_telegram(tmp_path, telegram_account([telegram_chat(2, "Ann", rows)])))
    assert left_out(found) == {"a date before 1970 or after 2999": 2} and adds_up(found)


def read_folder(folder, **options):
    exports, _ = find_chats([folder])
    return read_exports(exports, ChatOptions(**options), no_answer, lambda _: no_progress)


def test_an_export_that_cannot_be_read_does_not_stop_the_others(tmp_path):
    good = telegram_export(tmp_path, [private_chat("Ann", "Hi.", "me: Yes?")])
    (tmp_path / "cut.json").write_bytes(good.read_bytes()[:-60])
    found = read_folder(tmp_path)
    assert found.own == 1 and [f.export.path.name for f in found.failed] == ["cut.json"]
    assert "cut off" in str(found.failed[0].error) and adds_up(found)


def test_a_platform_whose_writer_is_unknown_does_not_stop_the_others(tmp_path):
    telegram_export(tmp_path, [private_chat("Ann", "Hi.", "me: Yes?")])
    write_discord(
        tmp_path, "x", [discord_message(1, "Bo", "Hi."), discord_message(2, ME, "Hm.", START + 1)]
    )
    found = read_folder(tmp_path)
    assert found.own == 1 and "--me NAME" in str(found.failed[0].error)


def test_messages_that_are_all_left_out_are_counted_without_a_question(tmp_path):
    lines = [f"15/01/2024, 10:0{n} - {who}: so" for n, who in enumerate(("Ann", "Bo", "Cy"))]
    (tmp_path / "WhatsApp Chat with Allotment.txt").write_text("\n".join(lines))
    found = read_folder(tmp_path)
    assert left_out(found) == {"in a group (--groups takes them)": 3} and not found.failed
    with pytest.raises(MorrisError, match="--groups reads group chats"):
        found.require_all()


def test_a_channel_is_told_a_way_that_helps(tmp_path):
    chat = telegram_chat(2, "Mine", [telegram_message(1, "user1", "Post.")], "public_channel")
    write_telegram(tmp_path, telegram_account([chat]))
    with pytest.raises(MorrisError, match=r"its posts are read as texts"):
        read_folder(tmp_path).require_all()


def test_the_people_of_all_chats_in_one_zip_are_known(tmp_path):
    with zipfile.ZipFile(tmp_path / "chats.zip", "w") as archive:
        for number, friend in enumerate(("Ann", "Bo")):
            text = whatsapp_text(
                private_chat(friend, "Hi.", "me: Yes?", start=START + (5 + number) * 86_400)
            )
            archive.writestr(f"WhatsApp Chat with {friend}.txt", text)
    found = read_folder(tmp_path, me=(ME,))
    (people,) = found.people.values()
    assert {name for contact in people for name in contact.names} == {"Ann", "Bo"}


def test_a_name_is_not_checked_against_exports_without_usable_messages(tmp_path):
    (tmp_path / "line.txt").write_text("下午9:20\tGreta\tHello\n下午9:21\tIvo\tYes\n")
    found = read_folder(tmp_path, me=("Ivo",))
    assert (found.own, found.funnel["messages"]) == (0, 2) and adds_up(found)
