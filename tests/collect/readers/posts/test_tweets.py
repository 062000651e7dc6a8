"""Tests of archives of X: threads joined, other people's words and links left out."""

import json

import pytest
from support.text_exports import (
    claimed_names,
    only_text,
    read_export,
    read_one,
    reasons,
    texts,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.reader import FileKind, TextPiece
from morris_mlx.collect.text import UnreadableError

OWN = "77"


def tweet(number, text, **values):
    date = "Mon Mar 04 10:00:00 +0000 2024"
    return {"tweet": {"id_str": str(number), "created_at": date, "full_text": text, **values}}


def answer(number, text, to, parent=None):
    user = {"in_reply_to_user_id_str": to} if to else {}
    return tweet(number, text, in_reply_to_status_id_str=str(parent or ""), **user)


def script(name, *items):
    return f"window.YTD.{name}.part0 = {json.dumps(items)}"


def archive(tmp_path, *tweets, **scripts):
    files = {"data/tweets.js": script("tweets", *tweets), "Your archive.html": "<html></html>"}
    files["data/account.js"] = script("account", {"account": {"accountId": OWN}})
    files |= {f"data/{name.replace('_', '-')}.js": script(name, *v) for name, v in scripts.items()}
    return write_zip(tmp_path / "twitter.zip", files)


def read(tmp_path, *tweets, **scripts):
    return read_export(ExportKind.X, archive(tmp_path, *tweets, **scripts))


def test_a_post_loses_its_links_and_references(tmp_path):
    (piece,) = read_one(
        tmp_path / "tweets.js",
        script("tweets", tweet(1, "Shut &amp; wet. &lt;3 https://t.co/abc https://t.co/d1")),
        FileKind.TWEETS,
    )
    assert isinstance(piece, TextPiece)
    assert piece.parsed.text == "Shut & wet. <3"
    assert (piece.parsed.date, piece.kind, piece.name) == ("2024-03-04", "post", "1")


def test_a_thread_is_one_text_in_the_order_of_time(tmp_path):
    pieces = read(
        tmp_path,
        answer(12, "Three.", OWN, 9),
        answer(9, "@ivo Two.", OWN, 8),
        tweet(8, "One."),
        tweet(10, "Alone."),
    )
    assert texts(pieces) == ["One.\n\nTwo.\n\nThree.", "Alone."]
    assert [p.name for p in pieces if isinstance(p, TextPiece)] == [
        "data/tweets.js/8",
        "data/tweets.js/10",
    ]


def test_retweets_and_replies_to_others_are_left_out_with_all_that_follows(tmp_path):
    pieces = read(
        tmp_path,
        tweet(1, "RT @greta: look at the boat…"),
        tweet(2, "So true! RT @greta: look"),
        answer(3, "@greta it looks back.", "5", 99),
        answer(4, "And again.", OWN, 3),
        tweet(5, "@greta hello"),
        tweet(6, "Mine."),
    )
    assert texts(pieces) == ["Mine."]
    found = reasons(pieces)
    assert found["a retweet"] == 2
    assert found["a reply to somebody else"] == 3


def test_the_writer_is_known_by_the_answers_where_the_account_is_missing(tmp_path):
    pieces = read_one(
        tmp_path / "tweets.js",
        script(
            "tweets",
            tweet(1, "One."),
            answer(2, "Two.", OWN, 1),
            answer(3, "Its beginning was deleted.", OWN, 98),
            answer(4, "@greta no", "5", 99),
        ),
        FileKind.TWEETS,
    )
    assert texts(pieces) == ["One.\n\nTwo.", "Its beginning was deleted."]
    assert reasons(pieces) == {"a reply to somebody else": 1}


def test_a_thread_whose_beginning_was_deleted_is_known_by_the_writers_name(tmp_path):
    content = script("account", {"account": {"username": "Ivo"}})
    files = {"data/account.js": content}
    files["data/tweets.js"] = script(
        "tweets",
        tweet(2, "@ivo Mine.", in_reply_to_status_id_str="98", in_reply_to_screen_name="ivo"),
        tweet(3, "@greta No.", in_reply_to_status_id_str="99", in_reply_to_screen_name="greta"),
    )
    pieces = read_export(ExportKind.X, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == ["Mine."]


def test_a_long_post_has_its_whole_text(tmp_path):
    whole = "The harbour was shut for painting. " * 12 + "https://t.co/x"
    beginning = whole[:274] + "… https://t.co/self"
    pieces = read(
        tmp_path,
        tweet(1, beginning),
        note_tweet=[{"noteTweet": {"noteTweetId": "9", "core": {"text": whole}}}],
    )
    assert texts(pieces) == [("The harbour was shut for painting. " * 12).strip()]


def test_a_long_post_without_its_beginning_is_a_text_of_its_own(tmp_path):
    notes = [
        {
            "noteTweet": {
                "noteTweetId": str(n),
                "createdAt": "2024-03-05T00:00:00Z",
                "core": {"text": t},
            }
        }
        for n, t in enumerate(("Long one.", "@greta a long answer"))
    ]
    pieces = read(tmp_path, tweet(1, "Short."), note_tweet=notes)
    assert texts(pieces) == ["Short.", "Long one."]
    assert reasons(pieces)["a reply to somebody else"] == 1


def test_of_an_edited_post_the_last_version_stays(tmp_path):
    edits = {"edit_info": {"initial": {"editTweetIds": ["1", "2"]}}}
    pieces = read(
        tmp_path,
        tweet(1, "Teh boat.", **edits),
        tweet(
            2, "The boat.", edit_info={"edit": {"editControlInitial": {"editTweetIds": ["1", "2"]}}}
        ),
        answer(3, "It is red.", OWN, 1),
    )
    assert texts(pieces) == ["The boat.\n\nIt is red."]
    assert reasons(pieces)["an earlier version of an edited post"] == 1


def test_a_post_that_is_only_a_link_and_deleted_ones_are_counted(tmp_path):
    pieces = read(tmp_path, tweet(1, "https://t.co/abc"), deleted_tweets=[tweet(2, "Gone.")])
    assert texts(pieces) == []
    assert reasons(pieces)["no text in it, only pictures, links or embedded parts"] == 1
    assert reasons(pieces)["deleted by the writer"] == 1


def test_answers_in_a_circle_are_read_once(tmp_path):
    pieces = read(tmp_path, answer(1, "One.", OWN, 2), answer(2, "Two.", OWN, 1))
    assert texts(pieces) == ["One.\n\nTwo."]


def test_a_thread_of_many_posts_takes_linear_time(tmp_path):
    posts = [answer(n, f"Part {n}.", OWN, n - 1 if n > 1 else None) for n in range(1, 5001)]
    assert len(only_text(read(tmp_path, *posts)).parsed.text.split("\n\n")) == 5000


def test_a_damaged_file_does_not_stop_the_others(tmp_path):
    files = {
        "x/data/tweets.js": script("tweets", tweet(1, "One.")),
        "x/data/tweets-part1.js": script("tweets", tweet(2, "Two."))[:-9],
        "x/data/tweets_media/1.jpg": b"\xff\xd8",
        "x/essay.md": "Mine.",
    }
    found = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(found) == {ExportKind.X: set(files) - {"x/essay.md"}}
    pieces = read_export(ExportKind.X, found)
    assert texts(pieces) == ["One."]
    assert any("cut off" in reason for reason in reasons(pieces))


def test_a_damaged_file_by_itself_says_where(tmp_path):
    with pytest.raises(UnreadableError, match="after post 1"):
        read_one(
            tmp_path / "tweets.js",
            script("tweets", tweet(1, "One."), tweet(2, "Two."))[:-40],
            FileKind.TWEETS,
        )


def test_the_archive_of_older_years_is_read(tmp_path):
    old = [{"id_str": "1", "text": "Old.", "created_at": "2012-03-04 10:00:00 +0000"}]
    shared = [{"id_str": "2", "text": "Theirs.", "retweeted_status": {"id_str": "3"}}]
    content = f"Grailbird.data.tweets_2012_03 = \n{json.dumps(old + shared)}"
    pieces = read_one(tmp_path / "2012_03.js", content, FileKind.TWEETS)
    assert (texts(pieces), reasons(pieces)) == (["Old."], {"a retweet": 1})
    assert only_text(pieces).parsed.date == "2012-03-04"
