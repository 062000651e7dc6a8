"""Tests of the posts of Facebook, Instagram and Threads."""

import pytest
from support.text_exports import (
    claimed_names,
    only_text,
    read_export,
    read_one,
    reasons,
    recognized,
    texts,
    write_files,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.posts.facebook_instagram import mend
from morris_mlx.collect.readers.reader import FileKind

MOMENT = 1714550460
MOJIBAKE = "A caf\u00c3\u00a9 \u00e2\u0080\u0093 \u00f0\u009f\u0098\u0080"


def post(text, **values):
    return {"timestamp": MOMENT, "data": [{"post": text}, {"update_timestamp": MOMENT}], **values}


def test_characters_are_mended_and_whole_ones_stay():
    assert mend(MOJIBAKE) == "A café – 😀"
    assert [mend(t) for t in ("café", "Ёлка", "a", None)] == ["café", "Ёлка", "a", ""]


def test_posts_of_facebook_have_text_and_date(tmp_path):
    pieces = read_one(tmp_path / "your_posts_1.json", [post(MOJIBAKE)], FileKind.META_POSTS)
    piece = only_text(pieces)
    assert piece.parsed.text == "A café – 😀"
    assert (piece.parsed.date, piece.kind) == ("2024-05-01", "post")


def test_posts_without_text_and_on_other_walls_are_left_out(tmp_path):
    picture = {"timestamp": MOMENT, "attachments": [{"data": [{"media": {"description": "x"}}]}]}
    pieces = read_one(
        tmp_path / "your_posts_1.json",
        [
            picture,
            post("Happy birthday!", title="Ivo Marsh wrote on Greta Holm's timeline."),
            post("Mine.", title="Ivo Marsh updated his status."),
        ],
        FileKind.META_POSTS,
    )
    assert texts(pieces) == ["Mine."]
    assert reasons(pieces) == {
        "no text in it, only pictures, links or embedded parts": 1,
        "a response to somebody else": 1,
    }


def test_captions_of_instagram_are_taken_once(tmp_path):
    one = {"media": [{"uri": "a.jpg", "creation_timestamp": MOMENT, "title": MOJIBAKE}]}
    pictures = [{"uri": "a.jpg", "title": ""}, {"uri": "b.jpg", "title": ""}]
    several = {"media": pictures, "title": "Two boats.", "creation_timestamp": MOMENT}
    pieces = read_one(tmp_path / "posts_1.json", [one, several], FileKind.META_POSTS)
    assert texts(pieces) == ["A café – 😀", "Two boats."]
    assert {p.parsed.date for p in pieces} == {"2024-05-01"}


@pytest.mark.parametrize(
    "content",
    [
        {
            "ig_reels_media": [
                {"media": [{"uri": "a.mp4", "creation_timestamp": MOMENT, "title": "Mine."}]}
            ]
        },
        {"group_posts_v2": [post("Mine.")]},
        {
            "text_post_app_text_posts": [
                {"media": [{"title": "Mine.", "creation_timestamp": MOMENT}]}
            ]
        },
        {"notes_v2": [{"title": "On paint", "text": "Mine.", "created_timestamp": MOMENT}]},
    ],
)
def test_lists_with_a_name_are_read(tmp_path, content):
    assert texts(read_one(tmp_path / "a.json", content, FileKind.META_POSTS)) == ["Mine."]


def test_a_note_has_a_title(tmp_path):
    note = {"notes_v2": [{"title": "On paint", "text": "Mine.", "created_timestamp": MOMENT}]}
    assert (
        only_text(read_one(tmp_path / "notes.json", note, FileKind.META_POSTS)).parsed.title
        == "On paint"
    )


def test_replies_on_threads_are_left_out(tmp_path):
    def thread(text, **facts):
        return {"media": [{"title": text, "creation_timestamp": MOMENT, "text_app_post": facts}]}

    posts = [thread("Mine."), thread("@greta no", is_reply=True), thread("Too.", is_reply=False)]
    content = {"text_post_app_text_posts": posts}
    pieces = read_one(tmp_path / "a.json", content, FileKind.META_POSTS)
    assert texts(pieces) == ["Mine.", "Too."]
    assert reasons(pieces) == {"a response to somebody else": 1}


def test_messages_are_no_posts(tmp_path):
    chat = {"participants": [{"name": "A"}], "messages": [{"sender_name": "A", "timestamp_ms": 1}]}
    assert recognized(tmp_path / "message_1.json", chat) is None


def test_an_export_leaves_its_chats_and_other_folders_alone(tmp_path):
    files = {
        "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json": [
            post("Mine.")
        ],
        "your_facebook_activity/messages/inbox/greta_1/message_1.json": {"participants": []},
        "your_facebook_activity/comments_and_reactions/comments.json": {"comments_v2": []},
        "your_facebook_activity/posts/wall_posts_sent_to_you.json": [post("Theirs.")],
        "your_facebook_activity/posts/trash.json": [post("Gone.")],
        "your_facebook_activity/posts/media/1.jpg": b"\xff\xd8",
        "posts/on-rain.md": "Mine, too.",
        "stories/one.txt": "Mine, too.",
    }
    archive = write_files(tmp_path, files)
    activity = {n for n in files if n.startswith("your_")}
    messages = {n for n in files if "/messages/" in n}
    assert claimed_names(archive) == {ExportKind.META: activity - messages}
    pieces = read_export(ExportKind.META, archive)
    assert texts(pieces) == ["Mine."]
    assert reasons(pieces) == {
        "a comment": 1,
        "written by somebody else": 1,
        "in the trash": 1,
        "a picture or another file, not a text": 1,
    }


def test_an_export_as_html_says_how_to_export_again(tmp_path):
    files = {"your_facebook_activity/posts/your_posts_1.html": "<div class='_a6-g'>Mine.</div>"}
    pieces = read_export(ExportKind.META, write_zip(tmp_path / "a.zip", files))
    assert reasons(pieces) == {
        "a page of an export as HTML; export again, and choose JSON as the format": 1
    }


def test_a_damaged_file_does_not_stop_the_others(tmp_path):
    files = {
        "posts/your_posts_1.json": '[{"timestamp": 1714550460, "data": [{"post": "One."}]}, {"tim',
        "posts/your_posts_2.json": [post("Two.")],
    }
    pieces = read_export(ExportKind.META, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == ["One.", "Two."]
    assert any("cut off" in reason for reason in reasons(pieces))
