"""Tests of the sentences that WhatsApp writes, and of typed ones that resemble them."""

import pytest

from morris_mlx.collect.chats.formats.whatsapp_events import event_reason
from morris_mlx.collect.chats.skip_reasons import SkipReason

SERVICE = [
    *("You’re now an admin", "Boris changed this group’s icon", "Ivo pinned a message"),
    *("Boris created group “Allotment”", "Ann changed the subject from “A” to “B”"),
    *(
        "Voice call, 12 min",
        "Voice call. 2 min",
        "Video call. No answer",
        "Group video call, 3 min",
    ),
    *("Missed voice call, Tap to call back", "Silenced voice call. Focus mode"),
    "Messages and calls are end-to-end encrypted. Only people in this chat can read them.",
    "Your security code with Ann changed. Tap to learn more.",
    "Ann changed their phone number to a new number. Tap to message or add the new number.",
    "Ann turned on disappearing messages. New messages will disappear after 7 days.",
    *("Anna hat das Gruppenbild geändert", "Du bist jetzt ein Admin", "Sprachanruf. 2 Min."),
    "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand sonst kann sie lesen.",
    *("Les messages et les appels sont chiffrés de bout en bout.", "Appel vocal manqué"),
    *("Ann a changé l'icône de ce groupe", "Greta cambió el ícono de este grupo"),
    *("Llamada de voz. 2 min", "Ahora eres admin.", "Ivo fijó un mensaje"),
    *("Анна изменила картинку группы", "Вы теперь администратор", "Ivo закрепил сообщение"),
    "Пропущенный аудиозвонок. Нажмите, чтобы перезвонить",
    *("Anna ha cambiato l'immagine del gruppo", "Paul mudou a imagem do grupo"),
    *("Wiadomości i połączenia są szyfrowane.", "ソフィアがグループのアイコンを変更しました"),
    *("音声通話、2分", "未接语音通话", "不在着信。タップしてかけ直す", "부재중 음성 통화"),
]
DELETED = [
    *("This message was deleted by admin Ivo", "You deleted this message as admin"),
    *("Diese Nachricht wurde von Admin Ivo gelöscht", "Сообщение удалено администратором"),
]
TYPED = [
    *("Voice call?", "Voice call tonight?", "Video call, then?", "Let's do a video call. 8 pm?"),
    *("Paul left", "Ann added sugar", "Are you an admin now?", "The group is cold"),
    *("I pinned a message on your door, did you see it", "Call me", "I missed your call"),
    *("Messages are for the weak", "He changed the subject when I asked, as always"),
    *("Nachricht kommt später", "Appel moi", "TODO: milk", "My number is new"),
    *("Event: the regatta", "We should delete this message", "POLL:\nwho comes?"),
]


@pytest.mark.parametrize("text", SERVICE)
def test_an_event_is_a_service_message_in_any_language(text):
    assert event_reason(text) is SkipReason.SERVICE


@pytest.mark.parametrize("text", DELETED)
def test_a_deletion_by_an_administrator_is_a_deletion(text):
    assert event_reason(text) is SkipReason.DELETED


@pytest.mark.parametrize("text", TYPED)
def test_typed_text_is_no_event(text):
    assert event_reason(text, "Ivo") is None


def test_short_events_count_after_the_name_of_their_sender_only():
    assert event_reason("Boris left", "Boris") is SkipReason.SERVICE
    assert event_reason("Boris added you", "~ Boris") is SkipReason.SERVICE
    assert event_reason("Boris left", "Ann") is None
    assert event_reason("Boris here", "Boris") is None


def test_the_card_of_a_meeting_has_no_text():
    card = "EVENT: Regatta\nDATE AND TIME: Sat, 16 Mar at 10:00\nLOCATION: Harbour"
    assert event_reason(card) is SkipReason.NO_TEXT
