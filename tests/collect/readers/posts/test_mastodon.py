"""Tests of Mastodon archives: own posts, threads joined, without boosts, replies and messages."""

import json

import pytest
from support.text_exports import (
    BOY,
    PAINT,
    claimed_names,
    only_text,
    read_export,
    read_one,
    reasons,
    texts,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.reader import FileKind
from morris_mlx.collect.text import UnreadableError

ACTOR = "https://m.example/users/ivo"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = f"{ACTOR}/followers"
GRETA = "https://o.example/users/greta"


def note(number, content, answers=None, to=PUBLIC, author=ACTOR):
    moment = f"2024-03-{number:02}T10:00:00Z"
    address = f"{ACTOR}/statuses/{number}"
    post = {"id": address, "type": "Note", "inReplyTo": answers, "attributedTo": author}
    post |= {"content": content, "to": [to], "cc": [], "published": moment}
    activity = {"id": f"{address}/activity", "type": "Create", "actor": ACTOR}
    return activity | {"published": moment, "object": post}


def outbox(*items):
    head = {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json"}
    return head | {
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": list(items),
    }


def read(tmp_path, *items):
    return read_one(tmp_path / "any.json", outbox(*items), FileKind.MASTODON)


def test_a_post_has_its_paragraphs_and_no_addresses(tmp_path):
    link = '<a href="https://x.example/a"><span class="invisible">https://</span>x.example/a</a>'
    tag = '<a class="mention hashtag" href="x">#<span>paint</span></a>'
    piece = only_text(read(tmp_path, note(4, f"<p>{PAINT} {link}</p><p>All week {tag}.</p>")))
    assert piece.parsed.text == f"{PAINT}\n\nAll week #paint."
    assert (piece.parsed.date, piece.name, piece.kind) == ("2024-03-04", "4", "post")


def test_a_thread_is_one_text_in_the_order_of_time(tmp_path):
    later = note(5, f"<p>{BOY}</p>", f"{ACTOR}/statuses/4")
    pieces = read(tmp_path, later, note(4, f"<p>{PAINT}</p>"), note(3, "<p>Before.</p>"))
    assert texts(pieces) == ["Before.", f"{PAINT}\n\n{BOY}"]


def test_boosts_replies_messages_and_posts_of_others_are_left_out(tmp_path):
    mention = '<a class="u-url mention">@<span>greta</span></a>'
    pieces = read(
        tmp_path,
        note(1, f"<p>{mention} quite so.</p>", f"{GRETA}/statuses/9"),
        note(2, "<p>An answer to my answer.</p>", f"{ACTOR}/statuses/1"),
        note(3, f"<p>{mention} are you there?</p>"),
        note(4, "<p>In secret.</p>", to=GRETA),
        note(5, "<p>Hers.</p>", author=GRETA),
        note(6, f"<p>{PAINT}</p>", to=FOLLOWERS),
        {"id": f"{ACTOR}/7", "type": "Announce", "actor": ACTOR, "object": f"{GRETA}/statuses/8"},
        {"id": f"{ACTOR}/8", "type": "Like", "actor": ACTOR, "object": f"{GRETA}/statuses/8"},
    )
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "a reply to somebody else": 3,
        "a direct message, not a post": 1,
        "written by somebody else": 1,
        "a boost of another post": 1,
        "an activity that is not a post": 1,
    }


def test_an_archive_is_recognized_by_its_activities_and_takes_what_belongs_to_it(tmp_path):
    files = {
        "ivo/outbox.json": outbox(note(4, f"<p>{PAINT}</p>")),
        "ivo/actor.json": {"type": "Person", "outbox": "outbox.json"},
        "ivo/likes.json": {"type": "OrderedCollection", "orderedItems": []},
        "ivo/media_attachments/a/b.png": b"\x89PNG",
        "ivo/essay.md": "It rained.",
        "other/outbox.json": {"messages": []},
    }
    archive = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(archive) == {
        ExportKind.MASTODON: {*files} - {"ivo/essay.md", "other/outbox.json"}
    }
    pieces = read_export(ExportKind.MASTODON, archive)
    assert only_text(pieces).name == "ivo/outbox.json/4"
    assert sum(reasons(pieces).values()) == 3


def test_posts_before_the_damage_are_taken(tmp_path):
    whole = json.dumps(outbox(note(4, f"<p>{PAINT}</p>"), note(5, "<p>cut</p>")))
    path = tmp_path / "a.json"
    with pytest.raises(UnreadableError, match="cut off"):
        read_one(path, whole[:-40], FileKind.MASTODON)
    pieces = read_export(
        ExportKind.MASTODON, write_zip(tmp_path / "a.zip", {"outbox.json": whole[:-40]})
    )
    assert texts(pieces) == [PAINT] and sum(reasons(pieces).values()) == 1


@pytest.mark.parametrize(
    "odd", [3, None, {"type": "Create", "object": 3}, {"object": {"content": 3}}]
)
def test_values_of_odd_types_do_not_raise_errors(tmp_path, odd):
    circle = [
        note(1, f"<p>{PAINT}</p>", f"{ACTOR}/statuses/2"),
        note(2, "<p>x</p>", f"{ACTOR}/statuses/1"),
    ]
    assert isinstance(read(tmp_path, odd, *circle), list)
