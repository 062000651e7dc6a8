"""Names of the others in an export never reach the dataset."""

import json

from conftest import done, morris

OTHERS = ("Wendeline", "Bartolomy", "Крокетова", "Sigismunda")


def export(folder):
    """Two private chats; the other names, an address book, and everybody's name in the text."""
    chats = []
    for number, name in enumerate(("Wendeline Auger", "Bartolomy"), start=2):
        messages = []
        for turn in range(120):
            mine = turn % 2
            text = f"{name.split()[0]}, tell Sigismunda that story number {turn} is about the boat."
            if turn % 3 == 0:
                text = f"Говорила с Крокетовой, она передала привет номер {turn} и пирог с рыбой."
            messages.append(
                {
                    "id": turn,
                    "type": "message",
                    "date": "2024-01-01T10:00:00",
                    "date_unixtime": str(1704103200 + number * 10**6 + turn * 90_000),
                    "from": "Me" if mine else name,
                    "from_id": "user1" if mine else f"user{number}",
                    "text": text,
                }
            )
        chats.append({"name": name, "type": "personal_chat", "id": number, "messages": messages})
    account = {
        "personal_information": {"user_id": 1, "first_name": "Me"},
        "contacts": {
            "list": [
                {"first_name": "Sigismunda", "last_name": "Pell", "phone_number": "+1"},
                {"first_name": "Анна", "last_name": "Крокетова"},
            ]
        },
        "chats": {"list": chats},
    }
    path = folder / "result.json"
    path.write_text(json.dumps(account, ensure_ascii=False), encoding="utf-8")
    return path


def test_chats_without_a_list_of_their_people_are_not_prepared(tmp_path):
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


def test_names_of_talkers_and_contacts_are_not_in_the_dataset(tmp_path):
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
