"""Tests of the removal of quotations and signatures."""

import pytest

from morris_mlx.collect.chats.formats.mail_reply import extract_reply, join_wrapped_lines


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        (
            "Yes.\n\nOn Tue, 14 Nov 2023 at 22:13, Ann <ann@example.org> wrote:\n> Hi.\n> Ho.\n",
            "Yes.",
        ),
        ("Да.\n\n14 нояб. 2023 г., 22:13 Ann <ann@example.org>:\n\n> Hi.\n", "Да."),
        ("Ja.\n\nAm 14.11.2023 um 22:13 schrieb\nAnn <ann@example.org>:\n> Hi.\n", "Ja."),
        (
            "Yes.\n\n  On Wed, 13 Jun 2018 at 21:00, Ann<ann@example.org> wrote:   Hi.  \nHo.",
            "Yes.",
        ),
        ("> Hi.\nHo.\n> Who?\nMe: and you.\n", "Ho.\nMe: and you."),
        ("Yes.\n-- \nIvo Brandt\nGardener\n", "Yes."),
        ("Yes.\n\nSent from my iPhone\n", "Yes."),
        ("Yes.\n\nSent from Outlook for Android\n", "Yes."),
        ("Да.\n\nОтправлено с iPhone\n", "Да."),
        ("Да.\n\nОтправлено с моего iPhone\n", "Да."),
        ("A letter sent from my hand.\n", "A letter sent from my hand."),
        ("Wet again.\n\nSent with Proton Mail secure email.\n", "Wet again."),
        ("Wet.\n\nSent with [Proton Mail](https://proton.me/) secure email.\n", "Wet."),
        ("Ja.\n\nGesendet mit der GMX Mail App\n", "Ja."),
        ("Oui.\n\nEnvoyé depuis mon téléphone\n", "Oui."),
        ("はい。\n\niPhoneから送信\n", "はい。"),
        ("Sent with love.\n", "Sent with love."),
        ("Wet.\n\nSent with the best intentions\n", "Wet.\n\nSent with the best intentions"),
        ("はい。\n\n2024年3月4日(月) 9:00 Ann <ann@example.org>:\n\n> Hi.\n", "はい。"),
        (
            "Oui.\n\nLe lun. 4 mars 2024 à 09:00, Ann <ann@example.org> a\nécrit :\n\n> Hi.\n",
            "Oui.",
        ),
        (
            "Sí.\n\nEl lun, 4 mar 2024 a las 9:00, Ann (<ann@example.org>) escribió:\n\n> Hi.\n",
            "Sí.",
        ),
        ("好。\n\n发件人：Ann\n发送时间：2024年3月4日\n\nHi.\n", "好。"),
        ("はい。\n\n差出人: Ann <ann@example.org>\n送信日時: 2024年3月4日\n\nHi.\n", "はい。"),
        ("Ja.\n\nVon: Ann <ann@example.org>\nGesendet: Montag\n\nHi.\n", "Ja."),
        ("Да.\n\nОт: Ann <ann@example.org>\nОтправлено: 4 марта\n\nHi.\n", "Да."),
        ("Oui.\n\n-----Message d'origine-----\nDe : Ann\nHi.\n", "Oui."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ann\nHi.\n", "Yes."),
        ("Yes.\n\nFrom: Ann <ann@example.org>\nSent: Tuesday\nTo: Ivo\n\nHi.\n", "Yes."),
        ("Note these:\n\n- one\n- two -- three\n", "Note these:\n\n- one\n- two -- three"),
        (">From here on it is mine.\n", "From here on it is mine."),
    ],
)
def test_quotations_and_signatures_are_removed(body, typed):
    assert extract_reply(body).strip() == typed


def test_lines_that_a_mail_program_wrapped_are_joined():
    wrapped = (
        "It was in at nine, and I saw Greta on the quay with her dog, which is\n"
        "larger than it was, and then we all went home by the river and had the\n"
        "soup that was left.\n\nIvo"
    )
    joined = wrapped.replace("is\nlarger", "is larger").replace("the\nsoup", "the soup")
    assert join_wrapped_lines(wrapped) == joined


@pytest.mark.parametrize(
    "text",
    [
        "Yes.\nNo.\nPerhaps.",
        "Paint: blue\nBrush: large\nRope: twelve yards\n\nIvo",
        "Dear Ann,\n\nI am well.\nHow are you?\n\nYours\nIvo",
    ],
)
def test_line_breaks_of_the_writer_stay(text):
    assert join_wrapped_lines(text) == text
