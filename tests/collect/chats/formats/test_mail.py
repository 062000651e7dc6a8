"""Tests of the mail parser: threads, owners, duplicates, headers."""

import pytest
from support.chat_exports import START, adds_up, collected, left_out, mail_text, turns, write_mbox

IVO, ANN = "Ivo <ivo@example.org>", "Ann <ANN@example.org>"


def test_mails_are_kept_or_skipped_by_reason(tmp_path):
    html = "<html><head><style>p{}</style></head><body><p>Yes &amp; no.</p><blockquote>Hi.</blockquote></body></html>"
    path = write_mbox(
        tmp_path,
        mail_text(ANN, IVO, "Hi.", Message_ID="<1@x>", Delivered_To="ivo@example.org"),
        mail_text(
            IVO,
            ANN,
            html,
            START + 5,
            In_Reply_To="<1@x>",
            Message_ID="<2@x>",
            Content_Type="text/html; charset=utf-8",
        ),
        mail_text(IVO, ANN, "Again.", START + 5, Message_ID="<2@x>"),
        mail_text("news@example.org", IVO, "Buy!", List_Id="<news>"),
        mail_text("robot@example.org", IVO, "Away.", Auto_Submitted="auto-replied"),
        mail_text(IVO, ANN, "When?", Date="never"),
        mail_text("", ANN, "Who?"),
        mail_text(
            IVO,
            ANN,
            "Odd.",
            START + 9,
            In_Reply_To="<2@x>",
            Content_Type="text/plain; charset=martian",
        ),
        mail_text(IVO, ANN, "> Hi.\n", START + 10),
        mail_text(
            f"{IVO}", f"{ANN}, third@example.org", "To both.", START + 11, Message_ID="<9@x>"
        ),
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


def test_a_thread_is_one_conversation_in_any_order_and_after_any_pause(tmp_path):
    weeks = 7 * 86_400
    path = write_mbox(
        tmp_path,
        mail_text(
            IVO,
            ANN,
            "Third.",
            START + 2 * weeks,
            Message_ID="<3@x>",
            In_Reply_To="<2@x>",
            X_Gmail_Labels="Sent",
        ),
        mail_text(ANN, IVO, "Second.", START + weeks, Message_ID="<2@x>", In_Reply_To="<1@x>"),
        mail_text(IVO, ANN, "First.", START, Message_ID="<1@x>"),
    )
    assert turns(collected(path)) == [
        [("assistant", "First."), ("user", "Second."), ("assistant", "Third.")]
    ]


def test_encoded_names_are_decoded(tmp_path):
    her = "=?utf-8?Q?L=C3=B3pez=2C_Ann?= <ann@example.org>"
    path = write_mbox(
        tmp_path,
        mail_text(her, IVO, "Hi.", Delivered_To="ivo@example.org", Message_ID="<1@x>"),
        mail_text(IVO, her, "Yes?", START + 1, In_Reply_To="<1@x>"),
    )
    found = collected(path)
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert [contact.names for contact in found.people[str(path)]] == [("López, Ann",)]


def test_mails_to_oneself_are_skipped_as_notes(tmp_path):
    path = write_mbox(
        tmp_path,
        mail_text(IVO, IVO, "Milk.", X_Gmail_Labels="Sent"),
        mail_text(IVO, ANN, "Hi.", START + 1, X_Gmail_Labels="Sent"),
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
def test_invalid_headers_do_not_crash(header, value, tmp_path):
    more = {header.replace("-", "_"): value, "Content_Transfer_Encoding": "quoted"}
    first = mail_text(IVO, ANN, "So be it, Ó.", X_Gmail_Labels="Sent", **more)
    path = write_mbox(tmp_path, first, mail_text(IVO, ANN, "And more.", START + 1))
    assert "And more." in str(turns(collected(path, me=("ivo@example.org",))))


def test_a_header_with_an_unknown_character_set_is_kept_as_it_is(tmp_path):
    odd = mail_text("=?ut\ufffdf-8?q?Ann?= <a@x.org>", "ivo@x.org", "Hello, you.")
    mine = mail_text("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [
        turn for conversation in turns(found) for turn in conversation
    ]
