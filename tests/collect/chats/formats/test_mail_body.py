"""Tests of the text of a mail: parts, character sets, flowed lines, HTML."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from support.chat_exports import collected, mail_text, turns, write_mbox

IVO, ANN = "Ivo <ivo@example.org>", "Ann <ANN@example.org>"
SHORT = "Привет, это письмо в старой кодировке."


def collect_body(tmp_path, raw, content_type="text/plain", encoding="8bit"):
    """Return the collected text of one mail by Ivo with this body."""
    head = mail_text(IVO, ANN, "BODY", Content_Type=content_type, X_Gmail_Labels="Sent")
    head = head.replace("Content-Transfer-Encoding: 8bit", f"Content-Transfer-Encoding: {encoding}")
    if not content_type:
        head = head.replace("Content-Type: \n", "")
    before, after = head.encode().split(b"BODY")
    path = tmp_path / "Sent"
    path.write_bytes(before + raw + after)
    return turns(collected(path))[0][0][1]


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "iso-8859-5", "utf-8"])
def test_a_declared_character_set_is_used(charset, tmp_path):
    content_type = f"text/plain; charset={charset}"
    assert collect_body(tmp_path, SHORT.encode(charset), content_type) == SHORT


@pytest.mark.parametrize("content_type", ["text/plain", "", "text/plain; charset=us-ascii"])
@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8"])
def test_a_missing_or_wrong_character_set_is_detected(charset, content_type, tmp_path):
    assert collect_body(tmp_path, SHORT.encode(charset), content_type) == SHORT


def test_soft_line_breaks_of_quoted_printable_are_joined(tmp_path):
    raw = b"Caf=C3=A9 is a line that was soft =\nbroken."
    content_type = "text/plain; charset=utf-8"
    assert collect_body(tmp_path, raw, content_type, "quoted-printable") == (
        "Café is a line that was soft broken."
    )


FLOWED = "text/plain; charset=utf-8; format=flowed"


@pytest.mark.parametrize(
    ("raw", "content_type", "words"),
    [
        ("One line \nof words.\nAnother.", FLOWED, "One line of words.\nAnother."),
        ("Wo \nrd.", f"{FLOWED}; delsp=yes", "Word."),
        (" From a line that was stuffed.", FLOWED, "From a line that was stuffed."),
        ("> Hers, \n> and more.\n> \nMine.", FLOWED, "Mine."),
        ("> Hers \nMine.", FLOWED, "Mine."),
        ("Mine.\n-- \nIvo Brandt \nGardener", FLOWED, "Mine."),
        ("One line \nof words.", "text/plain; charset=utf-8", "One line\nof words."),
    ],
)
def test_flowed_lines_are_joined(raw, content_type, words, tmp_path):
    assert collect_body(tmp_path, raw.encode(), content_type) == words


@pytest.mark.parametrize(
    "html",
    [
        "<p>Only <b>HTML</b>.</p><div class='gmail_quote'><div>On Mon, Jan 15, 2024 at 10:01 PM Ann "
        "&lt;a@x.org&gt; wrote:<br></div><blockquote><div>hers <i>too</i></div></blockquote></div>",
        "<div>Only HTML.</div><div id='divRplyFwdMsg'><hr><b>From:</b> Ann<br><b>Sent:</b> Monday"
        "<br></div><div>hers</div>",
        "<div>Only HTML.</div><div id='yahoo_quoted_1' class='yahoo_quoted'><div>On Monday, Ann "
        "wrote:</div><div><div>hers</div> and hers</div></div>",
        "<div>Only HTML.<div class='gmail_signature'><div>Ivo</div>Gardener</div></div>",
        "<head><title>x</title><style>p{}</style></head><p>Only HTML.</p><script>1</script>",
    ],
)
def test_html_mails_lose_quotations_and_signatures(html, tmp_path):
    assert collect_body(tmp_path, html.encode(), "text/html; charset=utf-8") == "Only HTML."


def collect_mail(tmp_path, mail):
    """Return the conversations of one mail written by the email package."""
    mail["From"], mail["To"], mail["X-Gmail-Labels"] = IVO, ANN, "Sent"
    mail["Date"] = "Mon, 15 Jan 2024 22:40:00 +0300"
    path = tmp_path / "Sent"
    path.write_bytes(b"From - Mon Jan 15 22:40:00 2024\n" + mail.as_bytes() + b"\n\n")
    return turns(collected(path))


def test_only_the_text_part_is_read_not_attachments(tmp_path):
    mail = MIMEMultipart()
    two = MIMEMultipart("alternative")
    two.attach(MIMEText("So be it.", "plain", "utf-8"))
    two.attach(MIMEText("<p>So be it.</p>", "html", "utf-8"))
    mail.attach(two)
    for disposition in ("inline", "attachment"):
        file = MIMEText("a file's words")
        file.add_header("Content-Disposition", disposition, filename="log.txt")
        mail.attach(file)
    other = EmailMessage()
    other["From"] = "z@example.org"
    other.set_content("somebody else's words")
    mail.attach(MIMEMessage(other))
    assert collect_mail(tmp_path, mail) == [[("assistant", "So be it.")]]


def test_an_invalid_character_set_name_is_ignored(tmp_path):
    odd = mail_text("a@x.org", "ivo@x.org", "Hello, you.", Content_Type="text/plain; charset=ut\0f")
    mine = mail_text("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [
        turn for conversation in turns(found) for turn in conversation
    ]
