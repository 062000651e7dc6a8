"""Tests of reported cases: lost files, refused commands, crashes and slow commands."""

import os
import time

import pytest
from support.columns_site import served_columns, titles
from support.hostile_site import collect_from, served
from support.reported_cases import CASES, gather
from support.workspace import prepare_project

from morris_mlx.collect.readers.reader import Member
from morris_mlx.errors import MissingError


def test_several_exports_and_texts_side_by_side_are_all_taken(project):
    found = gather(project, "swallowed", me=["ivo"], groups=True)
    assert sorted(found.texts) == ["one.md", "two.md"]
    assert sorted(found.own) == [
        "It hangs where it always hangs.",
        "It was in at nine and out again at ten.",
    ]
    assert found.reasons == {}


def test_folders_beside_a_chat_are_not_part_of_it(project, tmp_path):
    chat = "12/03/2024, 18:00 - Greta: Is it in?\n13/03/2024, 18:01 - Ivo: It {} in.\n"
    texts = {
        "WhatsApp Chat with Greta.txt": chat.format("was"),
        "chats/other.txt": chat.format("is"),
    }
    texts |= {"files/essay.md": "An essay about a hill.", "lists/two.md": "An essay about a bench."}
    for name, text in texts.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text)
    found = gather(project, tmp_path / "in", me=["Ivo"])
    assert sorted(found.texts) == ["essay.md", "two.md"]
    assert sorted(found.own) == ["It is in.", "It was in."]


def test_every_kind_of_document_is_read_or_named(project):
    found = gather(project, "folder-other")
    assert sorted(found.texts) == ["one.txt", "page.mdx"]
    files = {path.name for path in (CASES / "folder-other").iterdir()}
    assert files - set(found.texts) <= set(found.reasons)
    assert found.reasons["old.doc"].startswith("old Word document (.doc). In Word or LibreOffice")
    assert found.reasons["essay.docx"] == "not a Word document, although its name says so"
    counts = found.result.texts.files
    assert (counts.texts, counts.chats, counts.left_out) == (2, 0, 12)


def test_texts_are_collected_beside_a_chat_without_own_messages(project):
    found = gather(project, "essays-and-a-group", me=["Ivo"])
    assert sorted(found.texts) == ["one.md", "two.md"] and found.own == []
    assert found.funnel["in a group (--groups takes them)"] == found.funnel["messages"] == 3


def test_the_order_of_dates_is_known_from_a_sibling(project):
    found = gather(project, "essays-and-ambiguous", me=["Ivo"])
    assert sorted(found.texts) == ["one.md", "two.md"]
    assert found.own == ["It was in at nine and out again at ten."]


def test_a_damaged_export_does_not_stop_the_texts(project, tmp_path):
    (tmp_path / "result.json").write_text(
        '{"name": "Greta", "type": "personal_chat", "id": 1, "messages": [{'
    )
    (tmp_path / "essay.md").write_text("An essay about a hill.")
    found = gather(project, tmp_path, me=["Ivo"])
    assert list(found.texts) == ["essay.md"]
    assert "cut off" in found.reasons["result.json"]


def test_a_forced_order_of_dates_does_not_lose_people(project, tmp_path):
    for name, dates in (
        ("a.txt", ("12/31/2024", "12/31/2024")),
        ("b.txt", ("31/12/2024", "31/12/2024")),
    ):
        lines = f"{dates[0]}, 18:00 - Greta: Is it in?\n{dates[1]}, 18:01 - Ivo: It is in, says {name}.\n"
        (tmp_path / name).write_text(lines)
    found = gather(project, tmp_path, me=["Ivo"])
    assert sorted(found.own) == ["It is in, says a.txt.", "It is in, says b.txt."]


def test_a_next_page_without_rel_is_followed(tmp_path):
    with served_columns() as site:
        more = '<a class="next page-numbers" href="/more">Older posts</a>'
        site.page("/all", f"<html><body><p><a href='/columns/1'>1</a></p>{more}</body></html>")
        site.page("/more", "<html><body><p><a href='/columns/2'>2</a></p></body></html>")
        found = collect_from(site, tmp_path, "/all", follow=("/columns/*",))
        assert titles(found) == ["Column 1", "Column 2"]


def test_unknown_json_and_zips_are_named(project, tmp_path):
    (tmp_path / "unknown.json").write_text('{"a": 1}')
    with pytest.raises(MissingError, match="none of the exports that Morris reads"):
        gather(project, tmp_path)
    found = gather(project, CASES / "formats" / "facebook.zip", me=["Ivo Marsh"])
    assert len(found.conversations) == 1


def test_a_feed_on_another_server_leads_to_its_home_site(tmp_path):
    with served_columns() as site, served() as service:
        channel = f"<title>T</title><link>{site.url}/</link><item><link>{site.url}/columns/1</link></item>"
        service.page("/feed", f'<rss version="2.0"><channel>{channel}</channel></rss>')
        found = collect_from(service, tmp_path, "/feed", f"{site.url}/columns/2")
        assert titles(found) == ["Column 1", "Column 2"]


def test_two_essays_in_drafts_make_a_dataset(project, tiny_folder):
    gather(project, "two-essays-in-drafts")
    card, _ = prepare_project(project, str(tiny_folder))
    assert card.rows["train"] and any(card.rows[split] for split in ("valid", "test"))


def test_a_file_name_in_another_encoding_is_shown(project, tmp_path):
    name = os.fsdecode(b"\xcf\xf0\xe8\xe2\xe5\xf2.txt")
    try:
        (tmp_path / name).write_text("A text about a bench and a fence and a man with a brush.")
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    found = gather(project, tmp_path)
    assert found.document.source.endswith(r"\xcf\xf0\xe8\xe2\xe5\xf2.txt")


def test_pictures_are_not_read(project, tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100))
    (tmp_path / "a.md").write_text("An essay about a hill.")
    opened = []
    open_member = Member.open

    def note(member):
        opened.append(member.name)
        return open_member(member)

    monkeypatch.setattr(Member, "open", note)
    found = gather(project, tmp_path)
    assert found.reasons["7.jpg"] == "pictures"
    assert set(opened) == {"a.md"}


def test_repeated_aliases_in_a_header_do_not_unfold(project, tmp_path):
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    (tmp_path / "a.md").write_text(
        f"---\nl0: &l0 rain\n{levels}title: *l8\ndate: 2021-03-04\n---\nIt rained.\n"
    )
    document = gather(project, tmp_path / "a.md").document
    assert (document.text, document.date) == ("It rained.", "2021-03-04")
    assert len(document.title) < 400


@pytest.mark.parametrize("piece", ["[", "[a](", "*a _b ", "- "])
def test_repeated_marks_take_no_time(project, tmp_path, piece):
    (tmp_path / "a.md").write_text("It rained.\n\n" + piece * 4000)
    start = time.process_time()
    gather(project, tmp_path / "a.md")
    assert time.process_time() - start < 20
