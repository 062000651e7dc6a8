"""Tests of the identification of the writer."""

import pytest
from support.chat_exports import (
    collected,
    discord_export,
    discord_message,
    private_chat,
    telegram_export,
    turns,
    whatsapp_export,
    write_discord,
)

from morris_mlx.errors import UsageError

NAMESAKES = [
    discord_message(1, "7", "One."),
    discord_message(2, "8", "Two."),
    discord_message(3, "9", "Three."),
]


for _row, _name in zip(NAMESAKES, ("Sam", "Sam", "Ann"), strict=True):
    _row["author"] = {"id": _row["author"]["id"], "name": _name, "isBot": False}


def test_people_with_the_same_name_are_distinguished_by_id(tmp_path):
    path = write_discord(tmp_path, "x", NAMESAKES, kind="DirectGroupTextChat")
    with pytest.raises(UsageError, match=r"2 people have that name.*discord/7 .*discord/8"):
        collected(path, me=("Sam",), groups=True)
    for name in ("discord/8", "8"):
        found = collected(path, me=(name,), groups=True)
        assert turns(found) == [[("user", "One."), ("assistant", "Two."), ("user", "Three.")]]


def test_a_stranger_in_whatsapp_is_found_without_the_tilde(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text("15/01/2024, 10:00 - ~ Ann: Hi.\n15/01/2024, 10:01 - Bo: Yes?\n")
    found = collected(path, me=("~ Ann",))
    assert turns(found) == [[("assistant", "Hi."), ("user", "Yes?")]] and found.writers == ("Ann",)


def test_the_person_in_all_private_chats_is_the_writer(tmp_path):
    made = [
        private_chat("Ann", "Hi.", "me: Yes?"),
        private_chat("Bo", "me: Hello.", "Hm."),
        private_chat("Cy", "me: So?"),
    ]
    found = collected(discord_export(tmp_path, made))
    assert found.own == 3 and not found.remarks


def test_a_single_private_chat_does_not_identify_the_writer(tmp_path):
    rows = [discord_message(n, who, who) for n, who in enumerate(("Ann", "Bo"))]
    path = write_discord(tmp_path, "a channel without a name in it", rows)
    with pytest.raises(UsageError, match="does not say who you are"):
        collected(path)
    assert collected(path, me=("Ann",)).own == 1


@pytest.mark.parametrize(
    ("export", "other"),
    [(telegram_export, "user2"), (discord_export, "Ann"), (whatsapp_export, "Ann")],
)
def test_a_warning_says_that_the_roles_look_swapped(export, other, tmp_path):
    made = [private_chat("Ann", "Hi.", "me: Yes?"), private_chat("Bo", "me: Hello.", "Hm.")]
    path = export(tmp_path, made)
    assert not any("swapped" in r for r in collected(path).remarks)
    assert any("roles look swapped" in r for r in collected(path, me=(other,)).remarks)


def test_two_names_of_the_writer_are_one_person(tmp_path):
    rows = [discord_message(n, who, who) for n, who in enumerate(("old", "ann", "new", "old"))]
    found = collected(write_discord(tmp_path, "x", rows), me=("old", "new"))
    assert turns(found) == [[("assistant", "old"), ("user", "ann"), ("assistant", "new\n\nold")]]


def test_the_number_of_a_telegram_id_identifies_the_writer(tmp_path):
    path = telegram_export(
        tmp_path, [private_chat("Ann", "Hi.", "me: Yes?"), private_chat("Bo", "me: So.")]
    )
    assert turns(collected(path, me=("1",))) == turns(collected(path))


def file(folder, *lines, name="WhatsApp Chat with Ann.txt"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_user_chooses_the_writer_by_name_count_and_sample(tmp_path):
    at = "15/01/2024, 10:00 - "
    path = file(tmp_path, f"{at}Ann: Hi.", f"{at}Bo: Yes, indeed I am.", f"{at}Bo: Hm.", name="x")
    with pytest.raises(UsageError, match=r"--me NAME; there are: Bo \(2\), Ann \(1\)"):
        collected(path)
    asked = []
    assert collected(path, lambda question: asked.append(question) or 1).own == 1
    assert asked[0].choices == ("Bo: 2 messages, “Yes, indeed I am.”", "Ann: 1 message, “Hi.”")


def test_a_log_that_was_taken_for_a_chat_has_a_way_out(tmp_path):
    lines = (
        "07:30 - Heron: one",
        "07:50 - Swift: first",
        "08:40 - Heron: again",
        "09:00 - Heron: 2",
    )
    (tmp_path / "birds.txt").write_text("".join(f"2021-05-12 {line}\n" for line in lines))
    with pytest.raises(UsageError, match="--as text takes it as your own"):
        collected(tmp_path / "birds.txt")
