"""Tests of the reader of PDF files: columns, hyphens, running heads, notes, scans."""

from datetime import UTC, datetime

import pytest
from fpdf import FPDF
from pypdf import PdfWriter
from support.document_files import PROSE, parsed, pieces, text_of

from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError

SECOND = (
    "On the Tuesday it was open, but the paint was wet, and a boy had been put there to tell "
    "everybody so, which he did with great feeling, until the rain came."
)


class Book(FPDF):
    """A book with running heads and page numbers."""

    def header(self):
        self.set_font("Times", size=9)
        self.cell(0, 8, f"{self.page_no()}   On Paint" if self.page_no() % 2 else "Ivo Marsh")
        self.ln(12)

    def footer(self):
        self.set_y(-15)
        self.cell(0, 8, f"- {self.page_no()} -", align="C")


def new_pdf(kind=FPDF):
    pdf = kind(format=(148, 210))
    pdf.add_page()
    pdf.set_font("Times", size=11)
    return pdf


def saved(pdf, path):
    pdf.output(str(path))
    return path


def paragraphs(number):
    """Return paragraphs that are all different."""
    words = sorted({word.strip(",.") for word in f"{PROSE} {SECOND}".split()})
    return [
        f"So {' and '.join(words[n % 7 :: 7])}, {words[n]}. {PROSE} {SECOND}" for n in range(number)
    ]


def test_paragraphs_are_joined_over_pages_without_heads_and_numbers(tmp_path):
    pdf = new_pdf(Book)
    pdf.set_title("On paint")
    pdf.set_author("Ivo Marsh")
    pdf.set_creation_date(datetime(2024, 3, 4, tzinfo=UTC))
    texts = paragraphs(30)
    for text in texts:
        pdf.set_font("Times", size=11)
        pdf.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    found = parsed(saved(pdf, tmp_path / "a.pdf"))
    assert pdf.page_no() > 4
    assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "2024-03-04")
    assert found.text.split("\n\n") == texts


def test_indented_paragraphs_and_headings_are_told_apart(tmp_path):
    pdf = new_pdf()
    pdf.set_font("Times", "B", 18)
    pdf.multi_cell(0, 10, "On paint", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Times", size=11)
    for row, line in enumerate(indented_lines()):
        pdf.text(20 if line.startswith(" ") else 15, 40 + 5 * row, line.strip())
    assert parsed(saved(pdf, tmp_path / "b.pdf")).title == "On paint"
    assert text_of(saved(pdf, tmp_path / "b.pdf")).split("\n\n") == [PROSE, SECOND, PROSE]


def indented_lines():
    """Return lines of three paragraphs; the first of each begins with a space."""
    for text in (PROSE, SECOND, PROSE):
        yield from (f" {line}" if not n else line for n, line in enumerate(wrapped(text)))


def wrapped(text, width=55):
    """Return the lines of a text."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@pytest.mark.parametrize("line_by_line", [False, True])
def test_columns_are_read_one_after_the_other(line_by_line, tmp_path):
    left, right = wrapped(f"{PROSE} {SECOND}", 30), wrapped(f"Then, {SECOND} {PROSE}", 30)
    pdf = new_pdf()
    pdf.text(15, 10, "A heading over both columns of the page, which is long enough")
    places = [(15, n, t) for n, t in enumerate(left)] + [(80, n, t) for n, t in enumerate(right)]
    if line_by_line:
        places.sort(key=lambda place: (place[1], place[0]))
    for x, row, line in places:
        pdf.text(x, 20 + 5 * row, line)
    text = text_of(saved(pdf, tmp_path / "a.pdf"))
    assert text.endswith(
        f"{PROSE} {SECOND} Then, {SECOND} {PROSE}".replace(" Then,", "\n\nThen,", 1)
    )


def test_speakers_beside_their_words_are_no_column(tmp_path):
    pdf = new_pdf()
    for row in range(8):
        pdf.text(15, 20 + 8 * row, "ANN:" if row % 2 else "IVO:")
        pdf.text(35, 20 + 8 * row, f"This is what was said {row} times, and it was said aloud.")
    text = text_of(saved(pdf, tmp_path / "a.pdf"))
    assert text.startswith(
        "IVO: This is what was said 0 times, and it was said aloud. ANN: This is what was said 1"
    )


def test_a_drop_cap_belongs_to_its_word(tmp_path):
    pdf = new_pdf()
    lines = wrapped(f"{PROSE} {SECOND}")
    pdf.set_font("Times", size=30)
    pdf.text(15, 47, lines[0][0])
    pdf.set_font("Times", size=11)
    for row, line in enumerate(lines):
        pdf.text(15 if row > 1 else 24, 40 + 5 * row, line if row else line[1:])
    assert text_of(saved(pdf, tmp_path / "a.pdf")) == f"{PROSE} {SECOND}"


def test_hyphens_at_line_ends(tmp_path):
    lines = ["The well-known harbour was shut for paint-", "ing on the Monday, by a well-"]
    lines += ["known man in the North-", "South boat, it was 1990-", "1991 and the har\u00ad"]
    lines += ["bour was wet. It was soft paint - so they", "said, and re-", "paired the gate."]
    pdf = new_pdf()
    for row, line in enumerate(lines):
        pdf.text(15, 20 + 5 * row, line)
    assert " ".join(text_of(saved(pdf, tmp_path / "a.pdf")).split()) == (
        "The well-known harbour was shut for painting on the Monday, by a well-known man in the "
        "North-South boat, it was 1990-1991 and the harbour was wet. It was soft paint - so they "
        "said, and repaired the gate."
    )


def test_items_with_bullets_and_hanging_lines(tmp_path):
    pdf = new_pdf()
    for row, (x, line) in enumerate(
        [
            (15, PROSE[:57]),
            (15, "\x95 The gate was painted on the Mon-"),
            (20, "day, and the boy was put"),
            (20, "there to tell everybody."),
            (15, "\x95 The rain came."),
        ]
    ):
        pdf.text(x, 20 + 5 * row, line)
    text = text_of(saved(pdf, tmp_path / "a.pdf"))
    assert (
        "The gate was painted on the Monday, and the boy was put there to tell everybody." in text
    )
    assert "\u2022" not in text


def test_verse_keeps_its_lines(tmp_path):
    pdf = new_pdf()
    stanza = ["The gate was wet,", "the boy was loud,", "the rain came down,", "and we went home."]
    pdf.multi_cell(0, 5, f"{PROSE} {SECOND}")
    for row, line in enumerate(stanza):
        pdf.text(15, 60 + 5 * row, line)
    assert text_of(saved(pdf, tmp_path / "a.pdf")).endswith("\n\n" + "\n".join(stanza))


def test_notes_and_their_marks_and_contents_are_left_out(tmp_path):
    pdf = new_pdf()
    for row, line in enumerate(("The gate ........ 3", "The boy . . . . . . 12")):
        pdf.text(15, 10 + 5 * row, line)
    lines = wrapped(f"{PROSE} {SECOND}")
    for row, line in enumerate(lines):
        pdf.text(15, 40 + 5 * row, line)
    end = 15 + pdf.get_string_width(lines[0])
    pdf.set_font("Times", size=7)
    pdf.text(end, 38, "12")
    pdf.text(15, 180, "12 A note about the gate,")
    pdf.text(15, 184, "which has two lines.")
    assert text_of(saved(pdf, tmp_path / "a.pdf")) == f"{PROSE} {SECOND}"


def test_a_scan_is_refused_and_pages_without_text_are_counted(tmp_path):
    pdf = new_pdf()
    pdf.rect(10, 10, 50, 50)
    with pytest.raises(UnreadableError, match="a PDF without text, such as a scan"):
        parsed(saved(pdf, tmp_path / "a.pdf"))
    pdf = new_pdf()
    pdf.multi_cell(0, 5, PROSE)
    pdf.add_page()
    found, left_out = pieces(saved(pdf, tmp_path / "b.pdf"))
    assert found.parsed.text == PROSE
    assert left_out == LeftOut("1 of its pages: no text on them, only pictures or a scan", "pages")


def test_a_locked_pdf_is_refused_and_one_without_a_password_for_reading_is_read(tmp_path):
    for name, password in (("locked.pdf", "secret"), ("open.pdf", "")):
        pdf = new_pdf()
        pdf.set_encryption(owner_password="owner", user_password=password)
        pdf.multi_cell(0, 5, PROSE)
        saved(pdf, tmp_path / name)
    with pytest.raises(UnreadableError, match="it has a password"):
        parsed(tmp_path / "locked.pdf")
    assert text_of(tmp_path / "open.pdf") == PROSE


@pytest.mark.parametrize("method", ["AES-128", "AES-256", "AES-256-R5"])
def test_a_pdf_encrypted_with_aes_is_refused(method, tmp_path, monkeypatch):
    # pypdf itself has no AES, so the files have its marks and keys, and content that is none.
    monkeypatch.setattr("pypdf._encryption.aes_cbc_encrypt", lambda key, iv, data: data)
    monkeypatch.setattr("pypdf._encryption.aes_ecb_encrypt", lambda key, data: data)
    monkeypatch.setattr(
        "pypdf._crypt_providers._fallback.CryptAES.encrypt", lambda self, data: bytes(16) + data
    )
    pdf = new_pdf()
    pdf.multi_cell(0, 5, PROSE)
    writer = PdfWriter(clone_from=saved(pdf, tmp_path / "plain.pdf"))
    writer.encrypt("", "owner", algorithm=method)
    writer.write(tmp_path / "a.pdf")
    monkeypatch.undo()
    with pytest.raises(UnreadableError, match="it is encrypted"):
        pieces(tmp_path / "a.pdf")


def test_a_damaged_pdf_is_refused(tmp_path):
    (tmp_path / "a.pdf").write_text("x invented")
    with pytest.raises(UnreadableError, match="not a PDF, although its name says so"):
        parsed(tmp_path / "a.pdf")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj\n")
    with pytest.raises(UnreadableError, match=r"a damaged PDF|without text"):
        parsed(tmp_path / "b.pdf")
