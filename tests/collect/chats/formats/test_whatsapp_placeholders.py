"""Tests of WhatsApp's placeholders in many languages, and of typed text that resembles them."""

import pytest
from support.chat_exports import collected, left_out, turns

AT, AT_IPHONE = "15/01/2024, 10:00 - ", "[15/01/2024, 10:00:00] "
NO_TEXT, DELETED = "no words (photo, sticker, voice message …)", "deleted"
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
    *("Bild weggelassen", "image absente", "imagen omitida", "imagem ocultada", "immagine omessa"),
    *("afbeelding weggelaten", "изображение отсутствует", "Kontaktkarte ausgelassen"),
]
DELETED_TEXTS = [
    *("This message was deleted", "You deleted this message.", "Вы удалили это сообщение"),
    *("Diese Nachricht wurde gelöscht.", "Ta wiadomość została usunięta", "Mensagem apagada"),
    *("メッセージを削除しました", "이 메시지를 삭제했습니다.", "您已删除此消息", "您已刪除此訊息"),
    *("Anda menghapus pesan ini", "تم حذف هذه الرسالة", "הודעה זו נמחקה", "मैसेज मिटा दिया गया"),
    *("Αυτό το μήνυμα διαγράφηκε", "Detta meddelande raderades", "Denne meldingen ble slettet"),
    *("Denne besked blev slettet", "Tato zpráva byla odstraněna", "Acest mesaj a fost șters"),
    *("Ez az üzenet törölve lett", "Tämä viesti poistettiin", "Tin nhắn này đã bị xóa"),
]


def collect_text_of_bo(tmp_path, body):
    """Return the text kept of a message by Bo, and the counts of skipped messages."""
    at = AT_IPHONE if "\u200e" in body else AT
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    path.write_text(f"{at}Ann: one\n{at}Bo: two\n{at}Bo: {body}\n{at}Ann: three\n")
    found = collected(path)
    ((_, one), (role, turn_text), *rest) = turns(found)[0]
    assert (one, role, rest) == ("one", "assistant", [("user", "three")])
    return turn_text.removeprefix("two").removeprefix("\n\n"), left_out(found)


@pytest.mark.parametrize(
    ("body", "reason"), [*((b, NO_TEXT) for b in MEDIA), *((b, DELETED) for b in DELETED_TEXTS)]
)
def test_a_placeholder_is_skipped_by_its_reason(body, reason, tmp_path):
    assert collect_text_of_bo(tmp_path, body) == ("", {reason: 1})


def test_a_missed_group_call_is_a_service_message(tmp_path):
    assert collect_text_of_bo(tmp_path, "Missed group voice call") == ("", {"service message": 1})


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
def test_typed_text_is_kept(body, typed, tmp_path):
    assert collect_text_of_bo(tmp_path, body) == (typed, {})
