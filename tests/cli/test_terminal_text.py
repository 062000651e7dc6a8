"""A model's text on a terminal: wrapped between words, styled lightly, and without controls."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morris_mlx.cli.terminal_text import BOLD, ITALIC, RESET, TerminalWriter, without_controls

TEXT = "It rained on the ferry, and nobody minded.\n\n  The café – 東京 – was full of “people”.\n"


def printed(pieces, width=0, styled=False):
    out = io.StringIO()
    writer = TerminalWriter(out, width, styled)
    for piece in pieces:
        writer.write(piece)
    writer.end()
    return out.getvalue()


def without_styles(text):
    return re.sub(r"\x1b\[\dm", "", text)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
@pytest.mark.parametrize("width", [20, 24, 79])
def test_lines_are_wrapped_between_words_whatever_the_pieces(size, width):
    pieces = [TEXT[i : i + size] for i in range(0, len(TEXT), size)]
    shown = printed(pieces, width)
    assert shown.split() == TEXT.split()
    assert all(len(line) <= width for line in shown.splitlines())
    assert shown == printed([TEXT], width)


def test_a_word_that_is_longer_than_a_line_is_kept_whole():
    assert printed(["a " + "x" * 50 + " b"], 20) == "a\n" + "x" * 50 + "\nb"


def test_short_lines_stay_as_they_are_whatever_the_pieces():
    text = "One  two.  \n\t\n\n  - three \n \n- four\n"
    for size in (1, 2, 5, len(text)):
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        shown = printed(pieces, 79).split("\n")
        assert [line.rstrip() for line in shown] == [line.rstrip() for line in text.split("\n")]


def test_without_a_width_every_piece_is_printed_at_once():
    assert printed(["It ", "ra", "ined **now**."], styled=True) == "It rained **now**."


def test_emphasis_and_headings_are_styled_and_lists_are_left_alone():
    shown = printed(
        ["# The ferry\nIt is **very late**, *again*.\n* one\n* two *\n3 * 4\n"], 79, True
    )
    assert shown.splitlines()[0] == f"{BOLD}The{RESET} {BOLD}ferry{RESET}"
    assert f"{BOLD}very{RESET} {BOLD}late{RESET}, {ITALIC}again{RESET}." in shown
    assert without_styles(shown).splitlines()[2:] == ["* one", "* two *", "3 * 4"]


def test_code_is_printed_as_it_is():
    code = (
        "Try *this*:\n```python\n# a comment that is longer than a line of the terminal\nf(*args)\n"
    )
    code += "  x = 2 ** 3\n```\n*done*\n"
    shown = printed(code, 24, True).splitlines()
    assert shown[2:5] == code.splitlines()[2:5]
    assert shown[-1] == f"{ITALIC}done{RESET}"
    assert printed("`*args` is *it*", 40, True) == f"`*args` is {ITALIC}it{RESET}"


def test_a_style_ends_with_its_line():
    assert printed(["**open\nplain\n"], 79, True).splitlines()[1] == "plain"


@given(st.lists(st.text(), max_size=8), st.integers(0, 80), st.booleans())
def test_no_control_character_of_the_model_reaches_the_terminal(pieces, width, styled):
    shown = without_styles(printed(pieces, width, styled))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    plain = without_controls("".join(pieces))
    if not styled:
        assert shown.split() == plain.split()
