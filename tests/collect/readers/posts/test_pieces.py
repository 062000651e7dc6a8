"""Tests of the texts of posts: names, characters, and posts without text."""

from morris_mlx.collect.readers.posts.pieces import (
    PieceNames,
    Reason,
    clean_characters,
    make_piece,
    one_line,
)
from morris_mlx.collect.readers.reader import LeftOut, TextPiece
from morris_mlx.collect.text import UnreadableError


def test_names_are_readable_and_each_one_different():
    names = PieceNames()
    assert [names.name("on-rain") for _ in range(3)] == ["on-rain", "on-rain 2", "on-rain 3"]
    assert names.name("", None, "%d0%be-%d0%b4") == "о-д"
    assert names.name("on-rain 3") == "on-rain 3 2"
    long = [names.name("a" * 200) for _ in range(3)]
    assert long == ["a" * 80, "a" * 80 + " 2", "a" * 80 + " 3"]
    assert names.name("../a/b\x00\n") == "-a-b"
    assert names.name("", " ") == "post"


def test_a_post_without_text_says_so():
    assert make_piece("a", " \n") == LeftOut(Reason.NO_TEXT, "a")


def test_an_unreadable_post_is_left_out_with_its_reason():
    def fail():
        raise UnreadableError("all of it is formatted as a quotation")

    assert make_piece("a", fail) == LeftOut("all of it is formatted as a quotation", "a")


def test_half_an_emoji_is_replaced_and_a_whole_one_stays():
    assert clean_characters("a\ud83d\ude00b\ud800c\x00") == "a😀b�c"
    piece = make_piece("a", "x\ud800", title="t\ud800")
    assert isinstance(piece, TextPiece)
    assert (piece.parsed.text, piece.parsed.title) == ("x�", "t�")


def test_a_title_that_is_no_text_is_empty():
    assert [one_line(value) for value in (None, 3, ["a"], " a \n b ")] == ["", "", "", "a b"]
