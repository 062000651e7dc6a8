"""Names of other people in an export are never in the dataset."""

import json

import pytest
from support.chat_exports import (
    ME,
    START,
    collected,
    discord_message,
    mail_text,
    slack_user,
    telegram_account,
    telegram_chat,
    telegram_message,
    write_discord,
    write_mbox,
    write_slack,
    write_telegram,
)
from support.private_chats import OTHERS, export
from support.workspace import done, morris

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.pipeline.names import settle_names
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_not_names, read_not_names_file, write_not_names
from morris_mlx.text.pii import Person


def test_chats_without_a_list_of_people_are_not_prepared(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    source = export(tmp_path)
    done("collect", source, "--ground", "own", home=home)
    people = home / "data" / "private" / "people.json"
    known = people.read_bytes()
    for rest in (None, b"{}"):
        people.unlink()
        if rest:
            people.write_bytes(rest)
        refused = morris("prepare", "--model", "practice", home=home)
        assert refused.returncode == 3 and "morris collect" in refused.stderr, refused.stderr
        assert str(source) in refused.stderr and not (home / "data" / "dataset").exists()
        people.write_bytes(known)
    done("prepare", "--model", "practice", home=home)
    people.unlink()
    done("prepare", "--model", "practice", "--no-redact", home=home)


def test_names_of_participants_and_contacts_are_not_in_the_dataset(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    done("collect", export(tmp_path), "--ground", "own", home=home)
    people = home / "data" / "private" / "people.json"
    assert (people.stat().st_mode & 0o777) == 0o600
    known = people.read_text(encoding="utf-8")
    assert all(name in known for name in OTHERS) and '"Me"' not in known
    report = json.loads(done("prepare", "--model", "practice", "--json", home=home))
    assert report["redaction"]["counts"]["name"] > 50
    for path in (home / "data" / "dataset").iterdir():
        text = path.read_bytes().decode("utf-8", "replace").casefold()
        for name in ("wendeline", "bartolomy", "крокетов", "sigismunda"):
            assert name not in text, (path.name, name)


def test_the_people_of_an_export_go_with_it(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    path = export(tmp_path)
    done("collect", path, "--ground", "own", home=home)
    path.write_text(
        path.read_text(encoding="utf-8").replace("Bartolomy", "Crispinus"), encoding="utf-8"
    )
    done("collect", path, home=home)
    known = (home / "data" / "private" / "people.json").read_text(encoding="utf-8")
    assert "Crispinus" in known and "Bartolomy" not in known


def slack(folder):
    """Ann's name is in her profile alone, and Bo never writes."""
    users = [slack_user("U1", ME), slack_user("U2", "Ann Wick", profile={"display_name": "wicky"})]
    say = {"type": "message", "user": "U1", "text": "So.", "ts": "1.0"}
    guest = say | {"user": "U9", "user_profile": {"real_name": "Guest Orr", "display_name": ""}}
    return write_slack(
        folder,
        {
            "users.json": [*users, slack_user("U3", "Bo Lind")],
            "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
            "D1/2024-01-01.json": [say, say | {"user": "U2"}, guest],
        },
    )


def discord(folder):
    ann = {"id": "2", "name": "annwick", "nickname": "wicky", "isBot": False}
    rows = [discord_message(1, "x", "So?", START, author=ann), discord_message(2, ME, "So.")]
    quiet = {"id": "3", "name": "Bo Lind", "nickname": "bo", "isBot": False}
    rows.append(discord_message(3, "x", "", START, author=quiet))
    return write_discord(folder, "wicky", rows)


def mail(folder):
    """She receives messages and never writes."""
    ann = '"Wick, Ann" <ann@example.org>, Bo Lind <bo@example.org>'
    return write_mbox(
        folder, mail_text(f"{ME} <ivo@example.org>", ann, "So.", X_Gmail_Labels="Sent")
    )


def test_another_address_of_the_writer_is_not_another_person(tmp_path):
    me, old = f"{ME} <ivo@example.org>", f"{ME} <ivo@old.example>"
    path = write_mbox(
        tmp_path, mail_text(me, f"Ann <a@x.org>, {old}", "So.", X_Gmail_Labels="Sent")
    )
    people = [contact.names for contact in collected(path, groups=True).people[str(path)]]
    assert ("Ann",) in people and not any(ME in person for person in people)


def telegram(folder):
    """Bo sends pictures only, and Ann changed her name."""
    rows = [
        telegram_message(1, "user2", "So?", **{"from": "wicky"}),
        telegram_message(2, "user2", "So?", **{"from": "Ann Wick"}),
        telegram_message(3, "user1", "So."),
        telegram_message(4, "user3", "", **{"from": "Bo Lind"}),
    ]
    return write_telegram(
        folder, telegram_account([telegram_chat(9, "Choir", rows, "private_group")])
    )


def test_words_that_are_no_names_are_read_from_a_file_and_recorded(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("\ufeffder\n\n Black Coffee \nder\n", encoding="utf-8")
    words = read_not_names_file(path)
    assert words == ("der", "Black Coffee")
    project = Project(tmp_path / "project")
    assert read_not_names(project) == ()
    write_not_names(project, words)
    assert read_not_names(project) == words
    project.not_names.write_text('{"words": [3]}', encoding="utf-8")
    with pytest.raises(MorrisError, match="is damaged"):
        read_not_names(project)
    with pytest.raises(MissingError, match="one word or phrase per line"):
        read_not_names_file(tmp_path / "none.txt")


def test_people_whom_the_user_named_are_recorded_until_the_next_list(tmp_path):
    project, shown = Project(tmp_path / "p"), []
    people = (Person(("Mary Fletcher", "Molly")), Person(("Quill",)))
    assert settle_names(project, None, None, shown.append) == ((), ()) and not shown
    assert settle_names(project, people, ("Rose",), shown.append) == (people, ("Rose",))
    assert not shown and project.named_people.stat().st_mode & 0o77 == 0
    assert settle_names(project, None, None, shown.append) == (people, ("Rose",))
    assert [note.text.split(":")[1] for note in shown] == [
        " 2. An empty file clears them.",
        " 1. An empty file clears them.",
    ]
    assert settle_names(project, (), (), shown.append) == ((), ())
    for damaged in ('{"people": [3]}', '{"people": 3}', '{"people": [[]]}'):
        project.named_people.write_text(damaged, encoding="utf-8")
        with pytest.raises(MorrisError, match=r"is damaged. .* --names FILE"):
            settle_names(project, None, None, shown.append)


@pytest.mark.parametrize(
    ("export_", "known"),
    [
        (slack, {"Ann Wick", "wicky", "Bo Lind", "Guest Orr"}),
        (discord, {"annwick", "wicky", "Bo Lind"}),
        (mail, {"Wick, Ann", "Bo Lind"}),
        (telegram, {"wicky", "Ann Wick", "Bo Lind"}),
    ],
)
def test_people_are_known_by_all_their_names_even_if_they_never_write(export_, known, tmp_path):
    path = export_(tmp_path)
    found = collected(path, me=(ME,), groups=True)
    people = [contact.names for contact in found.people[str(path)]]
    names = {name for person in people for name in person}
    assert known <= names and ME not in names
    both = [p for p in people if "wicky" in p and len(p) > 1]
    assert bool(both) == ("wicky" in known)  # as one person
