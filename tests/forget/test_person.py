"""`morris forget --person NAME`: removal of a person's conversations and of their name."""

import json

import pytest
from support import forget_world as world
from support.chat_exports import telegram_account, telegram_chat, telegram_message, write_telegram
from support.forget_world import EVERYBODY, build, forget, forgotten, holding
from support.workspace import done, morris

from morris_mlx import files
from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.project.datasets import REPORT_FILE, read_card, write_dataset
from morris_mlx.project.people import Contact, read_people, write_people
from morris_mlx.project.provenance import read_provenance

DAY = 86_400


@pytest.fixture
def full(project, monkeypatch):
    monkeypatch.setattr(files, "flush", lambda _: None)
    return build(project.home)


def people(project):
    return {s: [(c.id, c.names[0]) for c in known] for s, known in read_people(project).items()}


@pytest.mark.parametrize("name", ["Anna Weiss", "anna", "user2"])
def test_all_conversations_with_a_person_go_and_no_others(full, name):
    before = {one: holding(full, one) for one in EVERYBODY}
    told = forgotten("--person", name)
    assert holding(full, "c1") == set() and before["c1"]
    for one in set(EVERYBODY) - {"c1"}:
        whole = ("documents.jsonl", "conversations.jsonl", "raw")
        stays = {path for path in before[one] if path.split("/")[1] in whole}
        now = holding(full, one)
        assert stays <= now and ("dataset" in str(before[one])) == ("dataset" in str(now)), one
    assert (told["conversations"], told["people"], told["name_stays"]) == (1, ["user2"], False)
    assert told["own_files"] == [] and told["sources"] == []
    assert "Weiss" not in "".join(p.read_text() for p in full.data.rglob("*.json"))
    assert people(full)[world.EXPORT] == [("user3", "Karl Muster")]
    notes = read_provenance(full)
    assert set(notes) == set(world.SOURCES)
    assert (notes[world.EXPORT]["conversations"], notes[world.EXPORT2]["conversations"]) == (1, 1)


def test_adapters_trained_on_a_persons_conversations_are_listed(full):
    told = forgotten("--person", "Anna")
    assert {a["name"]: a["learned"] for a in told["adapters"] if a["known"]} == {"mine": 1}
    assert not (full.adapter("mine") / REPORT_FILE).exists()
    assert (full.adapter("free") / REPORT_FILE).exists()
    assert not list(full.token_cache.iterdir())


def test_a_person_named_in_remaining_texts_stays_in_the_list_by_name_only(full):
    shown = forget("--person", "Karl Muster", "--dry-run")
    assert f"A name stays in {full.people}" in shown
    assert forgotten("--person", "Karl Muster")["name_stays"] and holding(full, "c2") == set()
    kept = [c for c in read_people(full)[world.EXPORT] if c.names[0].startswith("Karl")]
    assert kept == [Contact("", ("Karl Muster",))]
    with pytest.raises(MissingError, match=r"Nothing of Karl Muster is left .* but the name"):
        forget("--person", "Karl Muster", "--yes")
    forgotten(world.FEED)  # it named him
    assert not forgotten("--person", "Karl Muster")["name_stays"]
    assert [c.id for c in read_people(full)[world.EXPORT]] == ["user2", ""]


def test_rows_of_conversations_that_were_divided_differently_go_too(full):
    card = read_card(full.dataset)
    rows, card = world.dataset(
        {s: tuple(i for i, _ in card.rows[s]) + (("oldc",) if s == "train" else ())
         for s in ("train", "valid", "test")},
        dict(card.sources) | {"oldc": world.EXPORT},
    )  # fmt: skip
    write_dataset(full, rows, card, {})
    forgotten("--person", "Anna")
    assert holding(full, "oldc") == set() and holding(full, "c2")


def test_an_ambiguous_name_is_an_error_that_lists_ids(full):
    known = read_people(full)
    other = Contact("user77", ("Anna", "Anna Schwarz"), ("d1",))
    write_people(full, known | {world.EXPORT2: [other]})
    with pytest.raises(UsageError) as error:
        forget("--person", "Anna", "--yes")
    assert "user77  Anna, Anna Schwarz: 1 conversations" in str(error.value)
    assert "user2  Anna Weiss, Anna" in str(error.value)
    assert forgotten("--person", "user77")["conversations"] == 1 and holding(full, "c1")


def test_an_id_that_is_the_ambiguous_name_is_given_with_its_export(full):
    known = read_people(full)
    write_people(full, known | {world.EXPORT2: [Contact("Anna Weiss", ("Anna Weiss",), ("d1",))]})
    with pytest.raises(UsageError) as error:
        forget("--person", "Anna Weiss", "--yes")
    assert "\n  result.json/Anna Weiss  Anna Weiss: 1 conversations" in str(error.value)
    assert "\n  user2  Anna Weiss, Anna" in str(error.value)
    assert forgotten("--person", "result.json/Anna Weiss")["conversations"] == 1
    assert holding(full, "c1") and holding(full, "d1") == set()


def test_a_person_in_two_exports_is_removed_from_both(full):
    known = read_people(full)
    again = Contact("user2", ("A. W.",), ("d1",))
    write_people(full, known | {world.EXPORT2: [again]})
    assert forgotten("--person", "Anna")["conversations"] == 2
    assert holding(full, "d1") == set() == holding(full, "c1")


def test_an_unknown_person_and_an_incomplete_command_are_errors(full):
    with pytest.raises(
        MissingError, match=r"No person in your chats is called Anne. .*: Anna, Anna W"
    ):
        forget("--person", "Anne", "--yes")
    with pytest.raises(MissingError, match="Choose one of: Anna, Anna Weiss, Bo, Karl Muster"):
        forget("--person", "Xy", "--yes")
    write_people(full, {world.EXPORT: [Contact("user5", (), ("c1",))]})
    with pytest.raises(
        MissingError, match=r"Choose one of: user5\."
    ):  # a deleted account has no name
        forget("--person", "Xy", "--yes")
    for words in ([], ["--person", "Anna", world.FEED], ["--person", " "]):
        with pytest.raises(UsageError):
            forget(*words, "--yes")
    assert morris("forget", "--person", "Xy", "--yes").returncode == 3


def test_a_list_of_people_by_an_earlier_version_is_read_but_cannot_be_used(full):
    files.write_json(full.people, {world.EXPORT: [["Anna Weiss", "Anna"]]})
    [contact] = read_people(full)[world.EXPORT]
    assert contact == Contact("", ("Anna Weiss", "Anna"), None)
    with pytest.raises(MorrisError, match=f"collect` on {world.EXPORT} again"):
        forget("--person", "Anna", "--yes")
    for damaged in ({"x": 7}, {"x": [{"id": 1, "names": [], "conversations": []}]}, {"x": [[1]]}):
        files.write_json(full.people, damaged)
        with pytest.raises(MorrisError, match="damaged"):
            read_people(full)


def test_a_dry_run_changes_nothing(full):
    before = world.tree(full)
    shown = forget("--person", "Anna", "--dry-run")
    assert world.tree(full) == before and "mine: learned from 1" in shown


# --- from an export ---------------------------------------------------------------------
def export(folder):
    """Two friends in private chats and in a group, where each writes on one day and both on another."""

    def chat(number, kind, *lines):
        messages = [
            telegram_message(n, sender, text, 1_700_000_000 + day * 2 * DAY + n * 60)
            for n, (day, sender, text) in enumerate(lines)
        ]
        return telegram_chat(number, f"Chat {number}", messages, kind)

    return write_telegram(folder, telegram_account([
        chat(2, "personal_chat", (0, "user2", "Alone with Ann."), (0, "user1", "Yes, Ann.")),
        chat(3, "personal_chat", (0, "user3", "Alone with Bea."), (0, "user1", "No, it is Bea.")),
        chat(4, "private_group",
             (0, "user2", "Ann alone."), (0, "user1", "To Ann."),
             (1, "user3", "Bea by herself."), (1, "user1", "To Bea."),
             (2, "user2", "Both: first."), (2, "user3", "Both: second."), (2, "user1", "To both.")),
        chat(5, "personal_chat", (0, "user1", "Nobody answers me here.")),
    ]))  # fmt: skip


def test_conversations_of_a_group_go_if_the_person_writes_in_them(project, tmp_path):
    path = export(tmp_path)
    done("collect", path, "--ground", "own", "--groups")

    def said():
        return project.conversations.read_text()

    told = json.loads(done("forget", "--person", "user2", "--yes", "--json"))
    assert told["conversations"] == 3 and told["own_files"] == [str(path)]
    for gone in ("Ann", "Both", "To both"):
        assert gone not in said()
    assert all(stays in said() for stays in ("Alone with Bea", "Bea by herself", "Nobody answers"))
    assert read_provenance(project)[str(path)]["conversations"] == 3
    assert '"user2"' not in project.people.read_text()
    # A private chat belongs to the other person, even if that person never wrote.
    assert json.loads(done("forget", "--person", "Chat 5", "--yes", "--json"))["conversations"] == 1
    assert "Nobody answers" not in said()
    done("collect", path, "--groups")
    assert "Alone with Ann" in said()
