"""Mail: what somebody typed of it, whatever the program that wrote it, in any character set."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from support.chat_exports import START, adds_up, collected, left_out, letter, turns, write_mbox

from morris_mlx.collect.chats.formats.mail_reply import extract_reply

IVO, ANN = "Ivo <ivo@example.org>", "Ann <ANN@example.org>"


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        (
            "Yes.\n\nOn Tue, 14 Nov 2023 at 22:13, Ann <ann@example.org> wrote:\n> Hi.\n> Ho.\n",
            "Yes.",
        ),
        ("Да.\n\n14 нояб. 2023 г., 22:13 Ann <ann@example.org>:\n\n> Hi.\n", "Да."),
        ("Ja.\n\nAm 14.11.2023 um 22:13 schrieb\nAnn <ann@example.org>:\n> Hi.\n", "Ja."),
        ("> Hi.\nHo.\n> Who?\nMe: and you.\n", "Ho.\nMe: and you."),
        ("Yes.\n-- \nIvo Brandt\nGardener\n", "Yes."),
        ("Yes.\n\nSent from my iPhone\n", "Yes."),
        ("Yes.\n\nSent from Outlook for Android\n", "Yes."),
        ("Да.\n\nОтправлено с iPhone\n", "Да."),
        ("Да.\n\nОтправлено с моего iPhone\n", "Да."),
        ("A letter sent from my hand.\n", "A letter sent from my hand."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ann\nHi.\n", "Yes."),
        ("Yes.\n\nFrom: Ann <ann@example.org>\nSent: Tuesday\nTo: Ivo\n\nHi.\n", "Yes."),
        ("Note these:\n\n- one\n- two -- three\n", "Note these:\n\n- one\n- two -- three"),
        (">From here on it is mine.\n", "From here on it is mine."),
    ],
)
def test_quotations_and_signatures_are_taken_off(body, typed):
    assert extract_reply(body).strip() == typed


def test_mail_of_all_sorts(tmp_path):
    html = "<html><head><style>p{}</style></head><body><p>Yes &amp; no.</p><blockquote>Hi.</blockquote></body></html>"
    path = write_mbox(
        tmp_path,
        letter(ANN, IVO, "Hi.", Message_ID="<1@x>", Delivered_To="ivo@example.org"),
        letter(
            IVO,
            ANN,
            html,
            START + 5,
            In_Reply_To="<1@x>",
            Message_ID="<2@x>",
            Content_Type="text/html; charset=utf-8",
        ),
        letter(IVO, ANN, "Again.", START + 5, Message_ID="<2@x>"),
        letter("news@example.org", IVO, "Buy!", List_Id="<news>"),
        letter("robot@example.org", IVO, "Away.", Auto_Submitted="auto-replied"),
        letter(IVO, ANN, "When?", Date="never"),
        letter("", ANN, "Who?"),
        letter(
            IVO,
            ANN,
            "Odd.",
            START + 9,
            In_Reply_To="<2@x>",
            Content_Type="text/plain; charset=martian",
        ),
        letter(IVO, ANN, "> Hi.\n", START + 10),
        letter(f"{IVO}", f"{ANN}, third@example.org", "To both.", START + 11, Message_ID="<9@x>"),
    )
    found = collected(path)
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes & no.\n\nOdd.")]]
    assert left_out(found) == {
        "the same mail twice": 1,
        "automatic mail or a mailing list": 2,
        "without a date": 1,
        "without a sender": 1,
        "only a quotation": 1,
        "in a group (--groups takes them)": 1,
    }
    assert adds_up(found)


def test_a_thread_stays_one_whatever_the_order_of_its_mails_and_their_silence(tmp_path):
    weeks = 7 * 86_400
    path = write_mbox(
        tmp_path,
        letter(
            IVO,
            ANN,
            "Third.",
            START + 2 * weeks,
            Message_ID="<3@x>",
            In_Reply_To="<2@x>",
            X_Gmail_Labels="Sent",
        ),
        letter(ANN, IVO, "Second.", START + weeks, Message_ID="<2@x>", In_Reply_To="<1@x>"),
        letter(IVO, ANN, "First.", START, Message_ID="<1@x>"),
    )
    assert turns(collected(path)) == [
        [("assistant", "First."), ("user", "Second."), ("assistant", "Third.")]
    ]


# --- how a letter's words are packed -----------------------------------------------------------
SHORT = "Привет, это письмо в старой кодировке."


def typed(tmp_path, raw, content_type="text/plain", encoding="8bit"):
    """The words of one letter of Ivo's, its body given as bytes."""
    head = letter(IVO, ANN, "BODY", Content_Type=content_type, X_Gmail_Labels="Sent")
    head = head.replace("Content-Transfer-Encoding: 8bit", f"Content-Transfer-Encoding: {encoding}")
    if not content_type:
        head = head.replace("Content-Type: \n", "")
    before, after = head.encode().split(b"BODY")
    path = tmp_path / "Sent"
    path.write_bytes(before + raw + after)
    return turns(collected(path))[0][0][1]


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "iso-8859-5", "utf-8"])
def test_a_character_set_that_is_named_is_read(charset, tmp_path):
    content_type = f"text/plain; charset={charset}"
    assert typed(tmp_path, SHORT.encode(charset), content_type) == SHORT


@pytest.mark.parametrize("content_type", ["text/plain", "", "text/plain; charset=us-ascii"])
@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8"])
def test_a_character_set_that_is_not_named_or_wrongly_shows_by_its_letters(
    charset, content_type, tmp_path
):
    assert typed(tmp_path, SHORT.encode(charset), content_type) == SHORT


def test_quoted_printable_lines_that_go_on_are_one(tmp_path):
    raw = b"Caf=C3=A9 is a line that was soft =\nbroken."
    content_type = "text/plain; charset=utf-8"
    assert typed(tmp_path, raw, content_type, "quoted-printable") == (
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
def test_lines_that_flow_are_put_together_again(raw, content_type, words, tmp_path):
    assert typed(tmp_path, raw.encode(), content_type) == words


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
def test_letters_in_html_lose_what_they_quote_and_sign(html, tmp_path):
    assert typed(tmp_path, html.encode(), "text/html; charset=utf-8") == "Only HTML."


def packed(tmp_path, mail):
    """A letter that Python's own mail library wrote."""
    mail["From"], mail["To"], mail["X-Gmail-Labels"] = IVO, ANN, "Sent"
    mail["Date"] = "Mon, 15 Jan 2024 22:40:00 +0300"
    path = tmp_path / "Sent"
    path.write_bytes(b"From - Mon Jan 15 22:40:00 2024\n" + mail.as_bytes() + b"\n\n")
    return turns(collected(path))


def test_of_many_parts_the_text_is_taken_and_no_file_and_no_other_letter(tmp_path):
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
    assert packed(tmp_path, mail) == [[("assistant", "So be it.")]]


def test_a_line_of_a_letter_that_begins_with_from_is_no_new_letter(tmp_path):
    body = "One.\nFrom here on two.\n\nFrom now on three.\nFour."
    raw = letter(IVO, ANN, body, X_Gmail_Labels="Sent").replace(">From", "From")
    path = write_mbox(tmp_path, raw, letter(ANN, IVO, "Five.", START + 1, In_Reply_To="<0@x>"))
    found = collected(path)
    words = "One.\nFrom here on two.\nFrom now on three.\nFour."
    assert turns(found) == [[("assistant", words), ("user", "Five.")]]
    assert adds_up(found) and not left_out(found)


def test_lines_may_end_as_windows_ends_them(tmp_path):
    path = write_mbox(tmp_path, letter(IVO, ANN, "One.\n\nTwo.", X_Gmail_Labels="Sent"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert turns(collected(path)) == [[("assistant", "One.\nTwo.")]]


def test_names_that_are_encoded_are_whole(tmp_path):
    her = "=?utf-8?Q?L=C3=B3pez=2C_Ann?= <ann@example.org>"
    path = write_mbox(
        tmp_path,
        letter(her, IVO, "Hi.", Delivered_To="ivo@example.org", Message_ID="<1@x>"),
        letter(IVO, her, "Yes?", START + 1, In_Reply_To="<1@x>"),
    )
    found = collected(path)
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert [contact.names for contact in found.people[str(path)]] == [("López, Ann",)]


def test_letters_to_oneself_are_notes(tmp_path):
    path = write_mbox(
        tmp_path,
        letter(IVO, IVO, "Milk.", X_Gmail_Labels="Sent"),
        letter(IVO, ANN, "Hi.", START + 1, X_Gmail_Labels="Sent"),
    )
    found = collected(path)
    assert turns(found) == [[("assistant", "Hi.")]]
    assert left_out(found) == {"in notes to yourself": 1}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("To", "=?\u0418 utf-8?q?L=C3=B3pez?= <ann@example.org>"),
        ("Content-Type", "text/plain; charset*=utf-16''a"),
        ("Content-Disposition", "inline; filename*0*=utf-9''%ff"),
    ],
)
def test_headers_that_no_program_should_write_do_no_harm(header, value, tmp_path):
    more = {header.replace("-", "_"): value, "Content_Transfer_Encoding": "quoted"}
    first = letter(IVO, ANN, "So be it, Ó.", X_Gmail_Labels="Sent", **more)
    path = write_mbox(tmp_path, first, letter(IVO, ANN, "And more.", START + 1))
    assert "And more." in str(turns(collected(path, me=("ivo@example.org",))))


def test_a_character_set_that_is_no_name_of_one_is_read_as_utf_8(tmp_path):
    odd = letter("a@x.org", "ivo@x.org", "Hello, you.", Content_Type="text/plain; charset=ut\0f")
    mine = letter("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [turn for talk in turns(found) for turn in talk]


def test_a_header_of_no_character_set_stays_as_it_is(tmp_path):
    odd = letter("=?ut\ufffdf-8?q?Ann?= <a@x.org>", "ivo@x.org", "Hello, you.")
    mine = letter("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [turn for talk in turns(found) for turn in talk]
