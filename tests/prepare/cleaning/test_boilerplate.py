"""Boilerplate: lines of the site are removed, and repeated lines of the writer are kept."""

from support.kettle_texts import document

from morris_mlx.prepare.cleaning.boilerplate import (
    MIN_DOCUMENTS,
    find_boilerplate,
    remove_boilerplate,
)

SHARE = "Subscribe to the newsletter and follow me at https://example.org"


def without_boilerplate(texts):
    repeated = find_boilerplate(texts)
    cleaned = [remove_boilerplate(text, repeated) for text in texts]
    return [text for text, _ in cleaned], sum(lines for _, lines in cleaned)


def test_sharing_lines_at_the_edges_are_removed_from_every_document():
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(10)]
    cleaned, lines = without_boilerplate(texts)
    assert lines == 10 and not any(SHARE in text for text in cleaned)
    assert cleaned[0] == document(0).text.strip()


def test_a_refrain_in_one_document_is_kept():
    text = "\n\n".join(["And so it goes.", document(1).text, "And so it goes."] * 6)
    texts = [text, *(document(n).text for n in range(2, 12))]
    assert without_boilerplate(texts) == (texts, 0)


def test_a_closing_line_of_half_of_the_documents_is_kept():
    texts = [document(n).text + ("\n\nMind how you go." if n % 2 else "") for n in range(12)]
    assert without_boilerplate(texts) == (texts, 0)


def test_lines_in_too_few_documents_are_kept():
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(MIN_DOCUMENTS - 1)]
    assert without_boilerplate(texts) == (texts, 0)


def test_a_repeated_line_in_the_middle_of_a_text_is_kept():
    middle = "\n".join(f"Line {n} of the long poem." for n in range(6))
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(9)]
    texts.append(f"{middle}\n{SHARE}\n{middle}")
    cleaned, _ = without_boilerplate(texts)
    assert cleaned[-1] == texts[-1]
