"""Placeholders that WhatsApp writes in place of media, deleted messages, calls and edits."""

from __future__ import annotations

import re

from morris_mlx.collect.chats.formats.whatsapp_events import event_reason
from morris_mlx.collect.chats.formats.whatsapp_lines import DIRECTION_MARKS
from morris_mlx.collect.chats.skip_reasons import SkipReason

INSERTED = "\u200e"  # iPhones write this mark before all inserted text
ICONS = "📎📷📹🎥🎤🎧📄👤📍 "  # before the name of what was left out
MAX_MEDIA_PLACEHOLDER = 60  # characters; a longer inserted text describes an event
_OWN_DELETED = {
    "you deleted this message",
    "вы удалили данное сообщение",
    "вы удалили это сообщение",
    "du hast diese nachricht gelöscht",
    "vous avez supprimé ce message",
    "eliminaste este mensaje",
    "você apagou esta mensagem",
    "você apagou essa mensagem",
    "hai eliminato questo messaggio",
    "u hebt dit bericht verwijderd",
    "je hebt dit bericht verwijderd",
    "usunięto tę wiadomość",
    "bu mesajı sildiniz",
    "您已刪除此訊息",
    "你已删除这条消息",
    "ви видалили це повідомлення",
    "您已刪除這則訊息",
    "您已删除此消息",
    "メッセージを削除しました",
    "このメッセージを削除しました",
    "이 메시지를 삭제했습니다",
    "anda menghapus pesan ini",
    "لقد حذفت هذه الرسالة",
    "מחקת הודעה זו",
    "διαγράψατε αυτό το μήνυμα",
    "du raderade detta meddelande",
    "du slettet denne meldingen",
    "du slettede denne besked",
    "tuto zprávu jste odstranili",
    "ai șters acest mesaj",
    "törölted ezt az üzenetet",
    "poistit tämän viestin",
    "bạn đã xóa tin nhắn này",
    "आपने यह मैसेज मिटा दिया",
}
_DELETED = {
    "this message was deleted",
    "сообщение удалено",
    "данное сообщение удалено",
    "это сообщение удалено",
    "diese nachricht wurde gelöscht",
    "ce message a été supprimé",
    "se eliminó este mensaje",
    "este mensaje fue eliminado",
    "mensagem apagada",
    "essa mensagem foi apagada",
    "esta mensagem foi apagada",
    "questo messaggio è stato eliminato",
    "dit bericht is verwijderd",
    "ta wiadomość została usunięta",
    "bu mesaj silindi",
    "此訊息已刪除",
    "此消息已删除",
    "このメッセージは削除されました",
    "삭제된 메시지입니다",
    "це повідомлення видалено",
    "pesan ini telah dihapus",
    "这条消息已删除",
    "تم حذف هذه الرسالة",
    "הודעה זו נמחקה",
    "αυτό το μήνυμα διαγράφηκε",
    "detta meddelande raderades",
    "denne meldingen ble slettet",
    "denne besked blev slettet",
    "tato zpráva byla odstraněna",
    "acest mesaj a fost șters",
    "ez az üzenet törölve lett",
    "tämä viesti poistettiin",
    "tämä viesti on poistettu",
    "tin nhắn này đã bị xóa",
    "यह मैसेज मिटा दिया गया",
    "यह मैसेज मिटाया गया",
    "मैसेज मिटा दिया गया",
}
_SERVICE = {
    "missed voice call",
    "missed video call",
    "missed group voice call",
    "missed group video call",
    "you sent a view once photo",
    "you sent a view once video",
    "you received a view once photo",
    "you received a view once video",
    "you received a view once message",
    "verpasster gruppenanruf",
    "appel vocal manqué",
    "appel vidéo manqué",
    "llamada perdida",
    "llamada de voz perdida",
    "videollamada perdida",
    "ligação de voz perdida",
    "ligação de vídeo perdida",
    "chiamata vocale persa",
    "videochiamata persa",
    "gemiste spraakoproep",
    "gemiste video-oproep",
    "пропущенный аудиозвонок",
    "пропущенный видеозвонок",
    "verpasster sprachanruf",
    "verpasster videoanruf",
    "waiting for this message",
    "waiting for this message. this may take a while",
    "ожидание сообщения",
}
# Newer Androids write “null” where they have no word: for calls and view-once media.
_MEDIA = {"без медиафайлов", "без медиафайла", "live location shared", "null"}
_MEDIA |= {f"{kind} omitted" for kind in ("media", "image", "video", "audio", "sticker", "gif")}
_MEDIA |= {"document omitted", "contact card omitted"}
# The same on iPhones in other languages. Chats that passed through another program lack the mark.
_OMITTED = re.compile(
    r"(?:bild|video|audio|sticker|gif|dokument|kontaktkarte) (?:weggelassen|ausgelassen)"
    r"|(?:image|vidéo) absente|(?:audio|sticker) omis|gif retiré|document manquant"
    r"|fiche contact retirée"
    r"|(?:imagen|tarjeta de contacto) omitida|(?:video|audio|sticker|gif|documento) omitido"
    r"|(?:imagem|figurinha) (?:ocultada|omitida)|(?:vídeo|áudio) (?:ocultado|omitido)"
    r"|cartão do contato omitido|(?:immagine|scheda contatto) omessa"
    r"|(?:video|audio|documento) omesso"
    r"|sticker non incluso|gif esclusa"
    r"|(?:afbeelding|video|audio|sticker|gif|document|contactkaart) weggelaten"
    r"|(?:изображение|видео|аудио|аудиофайл|стикер|gif|документ) "
    r"(?:отсутствует|пропущен|не добавлено|не добавлен)|карточка контакта пропущена"
    r"|(?:obraz|film|dźwięk|naklejka|dokument) (?:pominięto|pominięta|pominięty)"
)
_MEDIA_IN_BRACKETS = re.compile(
    r"<[^<>\n]*(?:media|médias|medien|multimedia|mídia|медиа|медіа|medya|médi|媒體|媒体|メディア|미디어"
    r"|μέσ|وسائط|मीडिया|מדיה|view once|image|photo|video|audio|sticker|gif|mediefil|omit|omis"
    r"|pominięt|影音|สื่อ|رسانه)[^<>\n]*>",
    re.IGNORECASE,
)
# An Android attachment: its file name and a word in brackets; a caption may follow.
_ATTACHED = re.compile(
    r"\A(?:[A-Z]{3}-\d{8}-WA\d+\.\w{2,5}(?: \([^()\n]{3,40}\))?"
    r"|[^\n]{1,120}\.\w{2,5} \((?:file attached|файл добавлен|файл долучено|Datei angehängt"
    r"|fichier joint|archivo adjunto|arquivo anexado|file allegato|bestand bijgevoegd"
    r"|plik dołączony|załączony plik|dosya ekli"
    r"|附件檔案|文件附件|添付ファイル|파일 첨부됨|soubor byl přiložen|fișier atașat|bifogad fil"
    r"|vedhæftet fil|fil vedlagt|csatolt fájl|ملف مرفق|קובץ מצורף|file terlampir)\))(?:\n|\Z)"
)
# A document on iPhones, exported without the file: its name and number of pages.
_PAGES = re.compile(f"\\A[^\n]+ • {INSERTED}[^\n]*\\Z")
# A heading, the question, and a line with the votes for each option.
_POLL = re.compile(r"\A[^\W\d_]+:\n.+(?:\n[^\W\d_]+: .+ \(\d+ [^\W\d_]+\))+\Z")
_INSERTED_PART = re.compile(
    f"{INSERTED}?<[^<>\\n:]{{3,40}}: ?[^<>\\n]+>"
)  # <attached: …> on iPhones
_EDITED = re.compile(
    rf"\s*(?:{INSERTED}<[^<>\n:]{{3,60}}>|<(?:This message was edited"
    r"|(?:Данное с|С)ообщение изменено"
    r"|Diese Nachricht wurde bearbeitet\.?|Ce message a été modifié|Se editó este mensaje\.?"
    r"|Mensagem editada|Essa mensagem foi editada|Questo messaggio è stato modificato"
    r"|Dit bericht is bewerkt|Ta wiadomość została edytowana|Bu mesaj düzenlendi"
    r"|このメッセージは編集されました|此訊息已編輯|Повідомлення змінено)>)\s*\Z"
)
_LOCATION = re.compile(r"\A[^\n:]{0,40}: https://(?:maps\.google\.|maps\.app)\S+\Z")


def remove_placeholders(body: str, sender: str = "") -> tuple[str, SkipReason | None]:
    """Return the typed text, or an empty text and the reason to skip the message.

    `sender` is the name before the text, which sentences of WhatsApp's own begin with.
    """
    plain = DIRECTION_MARKS.sub("", body).strip()
    key = plain.rstrip(".。").lstrip(ICONS).casefold()
    if key in _OWN_DELETED or key in _DELETED:
        return "", SkipReason.DELETED
    if key in _SERVICE:
        return "", SkipReason.SERVICE
    if (
        key in _MEDIA
        or _OMITTED.fullmatch(key)
        or _MEDIA_IN_BRACKETS.fullmatch(plain)
        or _LOCATION.match(plain)
    ):
        return "", SkipReason.NO_TEXT
    if _PAGES.match(body) or _POLL.match(plain):
        return "", SkipReason.NO_TEXT
    if reason := event_reason(plain, sender):
        return "", reason
    body = _EDITED.sub("", body)
    without = _INSERTED_PART.sub("", body) if INSERTED in body or "<" in body[:1] else body
    if without == body and body.lstrip(" ").startswith(INSERTED):
        is_media = len(plain) < MAX_MEDIA_PLACEHOLDER
        return "", SkipReason.NO_TEXT if is_media else SkipReason.SERVICE
    text = _ATTACHED.sub("", DIRECTION_MARKS.sub("", without).strip())
    return text, None if text.strip() else SkipReason.NO_TEXT


def is_own_deletion(body: str) -> bool:
    """Return True for “You deleted this message”, which only the owner's messages show."""
    return DIRECTION_MARKS.sub("", body).strip().rstrip(".。").casefold() in _OWN_DELETED
