"""Tests of the mbox splitter."""

from support.chat_exports import START, adds_up, collected, left_out, mail_text, turns, write_mbox

IVO, ANN = "Ivo <ivo@example.org>", "Ann <ANN@example.org>"


def test_a_text_line_that_begins_with_from_starts_no_new_mail(tmp_path):
    body = "One.\nFrom here on two.\n\nFrom now on three.\nFour."
    raw = mail_text(IVO, ANN, body, X_Gmail_Labels="Sent").replace(">From", "From")
    path = write_mbox(tmp_path, raw, mail_text(ANN, IVO, "Five.", START + 1, In_Reply_To="<0@x>"))
    found = collected(path)
    words = "One.\nFrom here on two.\n\nFrom now on three.\nFour."
    assert turns(found) == [[("assistant", words), ("user", "Five.")]]
    assert adds_up(found) and not left_out(found)


def test_windows_line_ends_are_read(tmp_path):
    path = write_mbox(tmp_path, mail_text(IVO, ANN, "One.\n\nTwo.", X_Gmail_Labels="Sent"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert turns(collected(path)) == [[("assistant", "One.\n\nTwo.")]]
