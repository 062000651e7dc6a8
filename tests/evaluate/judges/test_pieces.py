"""Pieces of equal length, cut after sentences."""

from morris_mlx.evaluate.judges.pieces import cut_pieces

SENTENCE = "one two three four five."


def test_pieces_end_after_a_sentence_and_have_the_length():
    pieces = cut_pieces([" ".join([SENTENCE] * 5)], 10)
    assert pieces == [f"{SENTENCE} {SENTENCE}"] * 2


def test_short_texts_are_joined_and_keep_their_paragraphs():
    assert cut_pieces([SENTENCE, SENTENCE], 10) == [f"{SENTENCE} \n\n{SENTENCE}"]


def test_a_short_rest_is_dropped_and_a_nearly_full_one_kept():
    assert len(cut_pieces([" ".join([SENTENCE] * 7)], 15)) == 2
    assert len(cut_pieces(["one two three four five six seven eight."], 10)) == 1
    assert cut_pieces(["", "too short."], 10) == []
