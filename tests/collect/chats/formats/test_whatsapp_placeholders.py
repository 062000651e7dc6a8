"""What WhatsApp writes in a sender's place, in many tongues, and what only looks like it."""

import pytest
from support.chat_exports import collected, left_out, turns

from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.errors import MorrisError

AT, AT_IPHONE = "15/01/2024, 10:00 - ", "[15/01/2024, 10:00:00] "
NO_WORDS, DELETED = "no words (photo, sticker, voice message …)", "deleted"

MEDIA = [
    *("<Media omitted>", "<Archivo omitido>", "<Fichier omis>", "<Mídia oculta>"),
    *("<Media omessi>", "<Pliki pominięto>", "<pominięto multimedia>", "<Без медиафайлов>"),
    *("<省略影音內容>", "<媒体文件已省略>", "<미디어 파일을 생략했습니다>", "<ไม่รวมสื่อ>"),
    *("<Mediefil er utelatt>", "<Mediefil udeladt>", "<Média vynechána>", "<رسانه حذف شد>"),
    *("image omitted", "video omitted", "audio omitted", "GIF omitted", "Contact card omitted"),
    *("report.pdf (fișier atașat)", "plan.pdf (file attached)", "plan.docx (bifogad fil)"),
    *("STK-20240115-WA0001.webp (arquivo anexado)", "Live location shared", "null"),
    "POLL:\nLunch?\nOPTION: Yes (1 vote)\nOPTION: No (0 votes)",
    "\u200ePOLL:\nLunch?\n\u200eOPTION: Yes (\u200e1 vote)",
    "report.pdf • \u200e12 pages \u200edocument omitted",
    "\u200eизображение отсутствует",
]
GONE = [
    *("This message was deleted", "You deleted this message.", "Вы удалили это сообщение"),
    *("Diese Nachricht wurde gelöscht.", "Ta wiadomość została usunięta", "Mensagem apagada"),
    *("メッセージを削除しました", "이 메시지를 삭제했습니다.", "您已删除此消息", "您已刪除此訊息"),
    *("Anda menghapus pesan ini", "تم حذف هذه الرسالة", "הודעה זו נמחקה", "मैसेज मिटा दिया गया"),
    *("Αυτό το μήνυμα διαγράφηκε", "Detta meddelande raderades", "Denne meldingen ble slettet"),
    *("Denne besked blev slettet", "Tato zpráva byla odstraněna", "Acest mesaj a fost șters"),
    *("Ez az üzenet törölve lett", "Tämä viesti poistettiin", "Tin nhắn này đã bị xóa"),
]


def said_by_bo(tmp_path, body):
    """What stays of a text in Bo's place, and the reasons of what does not."""
    at = AT_IPHONE if "\u200e" in body else AT
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    path.write_text(f"{at}Ann: one\n{at}Bo: two\n{at}Bo: {body}\n{at}Ann: three\n")
    found = collected(path)
    ((_, one), (role, burst), *rest) = turns(found)[0]
    assert (one, role, rest) == ("one", "assistant", [("user", "three")])
    return burst.removeprefix("two").removeprefix("\n\n"), left_out(found)


@pytest.mark.parametrize(
    ("body", "reason"), [*((b, NO_WORDS) for b in MEDIA), *((b, DELETED) for b in GONE)]
)
def test_nobody_typed_it(body, reason, tmp_path):
    assert said_by_bo(tmp_path, body) == ("", {reason: 1})


def test_a_missed_call_of_a_group_is_an_event(tmp_path):
    assert said_by_bo(tmp_path, "Missed group voice call") == ("", {"service message": 1})


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        ("I <3 you", "I <3 you"),
        ("see <this>", "see <this>"),
        ("null and void", "null and void"),
        ("image omitted from the report", "image omitted from the report"),
        ("This message was deleted, they say", "This message was deleted, they say"),
        ("report.pdf (the second one is better)", "report.pdf (the second one is better)"),
        ("POLL:\nwho comes?", "POLL:\nwho comes?"),
        ("Look. \u200e<attached: 0002-PHOTO.jpg>", "Look."),
        ("IMG-20240115-WA0002.jpg (file attached)\nA caption.", "A caption."),
        ("Five <Сообщение изменено>", "Five"),
        ("Six \u200e<Viestiä muokattiin>", "Six"),
    ],
)
def test_somebody_typed_it(body, typed, tmp_path):
    assert said_by_bo(tmp_path, body) == (typed, {})


def test_a_chat_with_dates_of_an_unknown_kind_is_not_taken_for_a_text(tmp_path):
    path = tmp_path / "chat.txt"
    lines = [f"15 Mehr 1403, 10:0{n} e pasdites - {who}: so" for n, who in enumerate("ABABAB")]
    path.write_text("\n".join([*lines, "and on"]))
    with pytest.raises(
        MorrisError, match=r"looks like a chat from WhatsApp.*export the chat again"
    ):
        find_exports(path)
    diary = ["12 March, 10:30 - Rain: a whole day of it.", "Then nothing.", "And tea.", "So."] * 3
    path.write_text("\n".join(diary))
    assert find_exports(path) == ([], set())


def test_the_friend_is_found_in_the_name_of_a_second_download_too(tmp_path):
    path = tmp_path / "WhatsApp Chat with Ann (1).txt"
    path.write_text(f"{AT}Ann: one\n{AT}Bo: two\n")
    assert turns(collected(path)) == [[("user", "one"), ("assistant", "two")]]
