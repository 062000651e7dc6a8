"""Sentences that WhatsApp itself writes into a chat, in the languages of many phones.

iPhones mark most of them, but not all, and a chat that was copied by hand has lost the marks. Each
pattern matches a whole message. “{x}” stands for a name.
"""

from __future__ import annotations

import re

from morris_mlx.collect.chats.skip_reasons import SkipReason

MAX_EVENT = 240  # characters; the longest is the notice of encryption
MAX_NAME = 80  # characters
_NAME = rf"[^\n]{{1,{MAX_NAME}}}?"
_TAIL = (
    r"(?:[.。।]? ?(?:tap|toca|toque|tippe|toccare|tik|appuyez|нажмите|natisni|dotknij)\b[^\n]*)?"
)

_EVENTS = (
    # English
    r"messages (?:and calls|to this (?:chat|group)|you send)[^\n]*(?:end-to-end|secured)[^\n]*",
    r"{x} (?:created|deleted) (?:this |the )?(?:group|community)(?: [“\"'][^\n]*)?",
    r"{x} (?:changed|deleted|removed|updated) (?:this|the) (?:group|community)(?:'s)?"
    r" (?:icon|subject|name|description|settings?|photo|profile photo)[^\n]*",
    r"{x} changed the (?:subject|group name|name|icon|description)(?: (?:from|to)\b[^\n]*)?",
    r"{x} changed (?:their|his|her|your) phone number[^\n]*",
    r"your security code with {x} (?:has )?changed[^\n]*",
    r"{x} (?:pinned|unpinned) a message",
    r"(?:you're|you are|{x} is) (?:now|no longer) (?:an? )?(?:group |community )?admin",
    r"{x} (?:turned (?:on|off)|updated|set) (?:the )?(?:disappearing messages|message timer|admin"
    r" approval|advanced chat privacy)[^\n]*",
    r"{x} joined (?:using|via|from) (?:this |an |your |the )?(?:group'?s? |community'?s? )?"
    r"(?:invite )?(?:link|community|invite)[^\n]*",
    r"{x} (?:requested to join|reset this group's invite link|added this group to the community)"
    r"[^\n]*",
    r"you (?:blocked|unblocked) this (?:contact|business)[^\n]*",
    r"this (?:chat is with a|business (?:uses|works|is now))[^\n]*",
    r"{x} started a (?:voice |video |group )?call",
    r"(?:missed|silenced|unanswered|declined) (?:group )?(?:voice|video) call[^\n?!]*",
    r"(?:group )?(?:voice|video) call ?[.,•·–-] ?(?:\d[^\n]*|no answer|answered[^\n]*|missed"
    r"|declined|unanswered|silenced|cancell?ed|focus mode|tap to call back|ongoing[^\n]*|busy)",
    r"you received a view once[^\n]*",
    # German
    r"nachrichten (?:und anrufe|in diesem chat|an diese gruppe)[^\n]*ende-zu-ende[^\n]*",
    r"{x} (?:hat|hast) (?:die |diese )?gruppe(?: [“„\"'][^\n]*)? erstellt",
    r"{x} (?:hat|hast) (?:das gruppenbild|den (?:betreff|gruppennamen)|die gruppen\w+"
    r"|die telefonnummer|die nummer)[^\n]*(?:geändert|gelöscht|entfernt|gewechselt)[^\n]*",
    r"{x} (?:hat|hast) eine nachricht (?:angepinnt|angeheftet|fixiert|gelöst)",
    r"(?:du bist|{x} ist) (?:jetzt|nun|nicht mehr|kein) (?:ein )?(?:gruppen-?)?admin(?: mehr)?",
    r"deine sicherheitsnummer (?:für|mit) {x} hat sich geändert[^\n]*",
    r"{x} ist (?:der gruppe )?(?:über|mit)[^\n]*link[^\n]*beigetreten[^\n]*",
    r"{x} (?:hat|hast) selbstlöschende nachrichten[^\n]*",
    r"(?:verpasster|stummgeschalteter|abgelehnter|unbeantworteter) (?:gruppen-?)?(?:sprach|video)"
    r"anruf[^\n?!]*",
    r"(?:gruppen-?)?(?:sprach|video)anruf ?[.,•·] ?(?:\d[^\n]*|keine antwort|verpasst|abgelehnt)",
    # French
    r"les messages et (?:les )?appels[^\n]*(?:chiffrés|bout en bout)[^\n]*",
    r"{x} (?:a|avez) créé (?:le|ce) groupe(?: [«“\"][^\n]*)?",
    r"{x} (?:a|avez) (?:changé|modifié|supprimé) (?:l'icône|le sujet|la description|la photo"
    r"|l'image|le nom|les paramètres|son numéro|l'objet)[^\n]*",
    r"{x} (?:a|avez) (?:épinglé|désépinglé) un message",
    r"(?:vous êtes|{x} est) (?:maintenant|désormais|à présent) (?:un )?admin\w*",
    r"votre code de sécurité avec {x} a changé[^\n]*",
    r"{x} (?:a|avez) rejoint (?:le groupe )?[^\n]*lien[^\n]*",
    r"{x} (?:a|avez) (?:activé|désactivé) les messages éphémères[^\n]*",
    r"appel (?:vocal|vidéo)(?: de groupe)? manqué[^\n?!]*",
    r"appel (?:vocal|vidéo) ?[.,•·] ?(?:\d[^\n]*|pas de réponse|sans réponse|refusé|manqué)",
    # Spanish
    r"los mensajes y las llamadas[^\n]*(?:cifrad|extremo)[^\n]*",
    r"{x} (?:creó|creaste) (?:el|este) grupo(?: [«“\"][^\n]*)?",
    r"{x} (?:cambió|cambiaste|eliminó|eliminaste) (?:el (?:ícono|icono|asunto|nombre)|la (?:foto"
    r"|descripción|imagen)|los ajustes|(?:de |su |tu )?número)[^\n]*",
    r"{x} (?:fijó|fijaste|anclaste|ancló) un mensaje",
    r"(?:ahora eres|{x} ahora es|ya no eres) (?:un )?admin\w*[^\n]*",
    r"(?:tu|cambió tu) código de seguridad con {x}(?: cambió)?[^\n]*",
    r"{x} se unió[^\n]*enlace[^\n]*",
    r"{x} (?:activó|desactivó|activaste) los mensajes temporales[^\n]*",
    r"(?:llamada|videollamada)(?: de voz| grupal| de vídeo| de video)? perdida[^\n?!]*",
    r"(?:llamada de voz|videollamada|llamada) ?[.,•·] ?(?:\d[^\n]*|sin respuesta|rechazada"
    r"|perdida)",
    # Portuguese
    r"as mensagens e (?:as )?(?:ligações|chamadas)[^\n]*(?:criptograf|encript|ponta)[^\n]*",
    r"{x} (?:criou|criaste) (?:o|este) grupo(?: [“\"][^\n]*)?",
    r"{x} (?:mudou|alterou|apagou|removeu) (?:a (?:imagem|foto|descrição)|o (?:ícone|nome|assunto"
    r"|número)|as configurações|de número)[^\n]*",
    r"{x} (?:fixou|afixou) uma mensagem",
    r"(?:você|{x}) (?:agora é|é agora|não é mais) (?:um )?admin[^\n]*",
    r"seu código de segurança com {x} mudou[^\n]*",
    r"{x} entrou[^\n]*link[^\n]*",
    r"(?:ligação|chamada)(?: de voz| de vídeo)?(?: em grupo)? perdida[^\n?!]*",
    r"(?:ligação|chamada) de (?:voz|vídeo) ?[.,•·] ?(?:\d[^\n]*|sem resposta|recusada|perdida)",
    # Italian
    r"i messaggi e le chiamate[^\n]*(?:crittograf|end-to-end)[^\n]*",
    r"{x} ha(?:i)? creato il gruppo[^\n]*",
    r"{x} ha(?:i)? (?:cambiato|modificato|eliminato) (?:l'(?:icona|immagine|oggetto)|la (?:foto"
    r"|descrizione)|il (?:nome|numero)|le impostazioni|numero)[^\n]*",
    r"{x} ha(?:i)? fissato un messaggio",
    r"(?:ora sei|{x} è ora|non sei più) (?:un )?admin\w*[^\n]*",
    r"il (?:tuo )?codice di sicurezza[^\n]*(?:cambiato|modificato)[^\n]*",
    r"(?:chiamata|videochiamata)(?: vocale| di gruppo)? persa[^\n?!]*",
    r"(?:chiamata vocale|videochiamata) ?[.,•·] ?(?:\d[^\n]*|nessuna risposta|rifiutata|persa)",
    # Dutch
    r"berichten en (?:gesprekken|oproepen)[^\n]*(?:end-to-end|versleuteld)[^\n]*",
    r"{x} (?:heeft|hebt|hebben) (?:de )?groep(?: [“'\"][^\n]*)? (?:gemaakt|aangemaakt)",
    r"{x} (?:heeft|hebt) (?:de groeps\w+|het onderwerp|de (?:naam|beschrijving))[^\n]*(?:gewijzigd"
    r"|verwijderd)[^\n]*",
    r"{x} (?:heeft|hebt) een bericht vastgemaakt",
    r"(?:je bent|u bent|{x} is) nu (?:een )?beheerder",
    r"gemiste (?:groeps)?(?:spraak|audio|video)[ -]?(?:oproep|gesprek)[^\n?!]*",
    r"(?:spraak|video)[ -]?(?:oproep|gesprek) ?[.,•·] ?(?:\d[^\n]*|geen antwoord|gemist)",
    # Russian and Ukrainian
    r"(?:сообщения и звонки|повідомлення (?:та|й|і) дзвінки)[^\n]*(?:шифр|защищ|захищ)[^\n]*",
    r"{x} (?:созда(?:л|ла|ли)|создал\(-?а\)|створи(?:в|ла)) груп[^\n]*",
    r"{x} (?:измени(?:л|ла|л\(-?а\))|удали(?:л|ла|л\(-?а\))|зміни(?:в|ла)) (?:картинку|фото|иконку"
    r"|значок|тему|название|описание|настройки|(?:свой )?номер|іконку|назву|опис)[^\n]*",
    r"{x} закрепи(?:л|ла|л\(-?а\)) сообщение",
    r"{x} закріпи(?:в|ла) повідомлення",
    r"(?:вы|{x}) (?:теперь|больше не) (?:являетесь )?админ[^\n]*",
    r"(?:ваш )?код безопасности[^\n]*измен[^\n]*",
    r"{x} присоедини(?:лся|лась|лся\(-?ась\))[^\n]*ссылк[^\n]*",
    r"{x} (?:включил|отключил)[^\n]*исчезающие сообщения[^\n]*",
    r"(?:пропущенный|пропущений) (?:групповой )?(?:аудио|видео|голосовой |відео)?(?:звонок|дзвінок)"
    r"[^\n?!]*",
    r"(?:аудио|видео|голосовой )(?:звонок) ?[.,•·] ?(?:\d[^\n]*|нет ответа|без ответа|отклон\w+)",
    # Polish
    r"wiadomości i połączenia[^\n]*szyfrow[^\n]*",
    r"{x} utworzy(?:ł|ła|łeś|łaś) grupę[^\n]*",
    r"{x} zmieni(?:ł|ła|łeś|łaś) (?:ikonę|temat|opis|nazwę|zdjęcie|numer|ustawienia)[^\n]*",
    r"{x} przypi(?:ął|ęła|nasz) wiadomość",
    r"nieodebrane połączenie[^\n?!]*",
    r"połączenie (?:głosowe|wideo) ?[.,•·] ?(?:\d[^\n]*|bez odpowiedzi|nieodebrane)",
    # Turkish
    r"mesajlar ve aramalar[^\n]*(?:şifreli|uçtan)[^\n]*",
    r"{x} (?:bu grubu|\S+ grubunu|grubu)[^\n]*oluşturdu[^\n]*",
    r"{x} (?:bu grubun|grup|grubun)[^\n]*(?:değiştirdi|sildi)(?:niz)?",
    r"{x} bir mesaj sabitledi(?:niz)?",
    r"cevapsız (?:sesli|görüntülü)[^\n?!]*arama[^\n?!]*",
    # Indonesian
    r"pesan dan panggilan[^\n]*terenkripsi[^\n]*",
    r"{x} membuat grup[^\n]*",
    r"{x} (?:mengubah|mengganti) (?:ikon|subjek|deskripsi|nama|nomor)[^\n]*",
    r"panggilan (?:suara|video) tak terjawab[^\n?!]*",
    # Chinese, Japanese and Korean
    r"[^\n]*(?:消息和通话|訊息和通話|訊息與通話|消息和通話)[^\n]*(?:加密|保護)[^\n]*",
    r"{x} ?(?:创建了|建立了|已建立)[^\n]*(?:群组|群組)[^\n]*",
    r"{x} ?(?:更改了|变更了|變更了|修改了|已更改|已變更)[^\n]*"
    r"(?:群组|群組|图标|圖示|主题|主旨|描述)[^\n]*",
    r"{x} ?(?:置顶了|釘選了|置頂了)[^\n]*(?:消息|訊息)",
    r"(?:未接|未接聽)[^\n]{0,6}(?:语音|語音|视频|視訊)[^\n]{0,4}(?:通话|通話|来电|來電)[^\n?？]*",
    r"(?:语音|語音|视频|視訊)通[话話] ?[.,，。·•] ?\d[^\n]*",
    r"[^\n]*メッセージ(?:と|や)通話[^\n]*暗号化[^\n]*",
    r"{x}(?:が|さんが)[^\n]*(?:グループ|アイコン|件名|メッセージ)を[^\n]*(?:作成|変更|ピン留め|固定)しました",
    r"(?:不在着信|音声通話|ビデオ通話) ?[.,、。·•] ?[^\n？?]*",
    r"[^\n]*메시지와 (?:통화|전화)[^\n]*암호화[^\n]*",
    r"{x}님이[^\n]*(?:그룹|아이콘|제목|메시지)[^\n]*(?:만들었|변경했|고정했)습니다",
    r"부재중 (?:음성|영상|그룹)[^\n?]*",
    # Arabic, Hebrew, Hindi
    r"[^\n]*(?:الرسائل والمكالمات|הודעות והשיחות|संदेश और कॉल|मैसेज और कॉल)[^\n]*",
    r"(?:مكالمة (?:صوتية|فيديو) فائتة|שיחה (?:קולית|וידאו) שלא נענתה"
    r"|मिस्ड (?:वॉइस|वीडियो) कॉल)[^\n?]*",
)
# Sentences that people type, too: they count only after the sender's own name.
_AFTER_OWN_NAME = (
    r"(?:added|removed|left|joined|was added|was removed)\b[^\n?!]*",
    r"(?:hat|ist) [^\n?!]*(?:hinzugefügt|entfernt|verlassen|beigetreten)",
    r"(?:a|est) [^\n?!]*(?:ajouté|retiré|quitté|rejoint|parti)\w*[^\n?!]*",
    r"(?:añadió|agregó|eliminó|salió|se unió)\b[^\n?!]*",
    r"(?:adicionou|removeu|saiu|entrou)\b[^\n?!]*",
    r"ha (?:aggiunto|rimosso|abbandonato)\b[^\n?!]*",
    r"(?:heeft|is) [^\n?!]*(?:toegevoegd|verwijderd|verlaten)",
    r"(?:добавил|удалил|вышел|вышла|покинул|додав|вийшов)[^\n?!]*",
    r"(?:dodał|usunął|opuścił|wyszedł|wyszła)[^\n?!]*",
)
_DELETED = (
    r"(?:this|the) message was deleted(?: by (?:an? )?admin\b[^\n]*)?",
    r"you deleted this message(?: as (?:an )?admin| for (?:everyone|me))?",
    r"diese nachricht wurde (?:von (?:einem )?admin\w*[^\n]* )?gelöscht",
    r"du hast diese nachricht als admin gelöscht",
    r"ce message a été supprimé(?: par (?:l'|un )?admin\w*[^\n]*)?",
    r"vous avez supprimé ce message en tant qu'admin\w*",
    r"(?:este mensaje fue eliminado|se eliminó este mensaje)(?: por (?:el |un )?admin\w*[^\n]*)?",
    r"eliminaste este mensaje como admin\w*",
    r"(?:esta |essa )?mensagem (?:foi )?apagada(?: (?:pelo|por) admin\w*[^\n]*)?",
    r"você apagou (?:esta|essa) mensagem como admin",
    r"questo messaggio è stato eliminato(?: da(?:ll')? ?admin\w*[^\n]*)?",
    r"dit bericht is (?:door (?:een )?beheerder[^\n]* )?verwijderd",
    r"(?:это |данное )?сообщение (?:было )?удалено(?: админ\w*[^\n]*)?",
    r"вы удалили (?:это|данное) сообщение как админ\w*",
    r"ta wiadomość została usunięta(?: przez admin\w*[^\n]*)?",
)
# A heading in capitals and a line for each detail, as for a meeting: “EVENT: …”, “LOCATION: …”.
_CARD_LINE = r"[^\W\d_a-z]{2,16}(?: [^\W\d_a-z]{1,16}){0,3}: ?[^\n]*"
_EVENT_CARD = re.compile(rf"\A{_CARD_LINE}(?:\n{_CARD_LINE})+\Z")
_MARKS = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "\u00a0": " ", "\u202f": " "})


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(pattern.replace("{x}", _NAME) for pattern in patterns)
    return re.compile(rf"(?:{joined}){_TAIL}")


# Sentences that begin with a name are searched for from their second word on: a lazy name before
# each of the alternatives would be tried at every character.
_NAMED = tuple(event.removeprefix("{x}") for event in _EVENTS if event.startswith("{x}"))
_EVENT = _compiled(tuple(event for event in _EVENTS if not event.startswith("{x}")))
_NAMED_EVENT = re.compile(rf"(?:{_compiled(_NAMED).pattern})\Z")
_DELETION, _OWN_EVENT = _compiled(_DELETED), _compiled(_AFTER_OWN_NAME)
# Nearly all messages end here: none of these stems is in them.
_STEMS = re.compile(
    r"messag|nachricht|mensaj|mensag|bericht|сообщени|повідомлення|wiadomo|mesaj|pesan|消息|訊息"
    r"|メッセージ|메시지|رسائل|הודעות|मैसेज|संदेश|gr(?:ou|u)p|gruppo|groep|груп|群|グループ|그룹|call|anruf"
    r"|appel|llamada|ligaç|chamada|chiamata|oproep|gesprek|звонок|дзвінок|połącz|arama|panggilan"
    r"|通話|通话|来电|來電|着信|부재중|مكالمة|שיחה|कॉल|admin|админ|beheerder|security|sicherheit"
    r"|sécurité|seguridad|segurança|sicurezza|безопасн|phone number|this business|this chat|timer"
    r"|disappearing|view once|link|lien|enlace|ссылк|nummer|subject|sujet|asunto|assunto|oggetto"
    r"|onderwerp|betreff|тему|temat|número|numero|номер|icon|ikon|icône|アイコン|件名|아이콘|제목"
    r"|图标|圖示|主题|主旨|contact|invite|community|approval",
)


def event_reason(plain: str, sender: str = "") -> SkipReason | None:
    """Return the reason to skip a message that WhatsApp itself wrote, or None for a typed one.

    Args:
        plain: the text without direction marks.
        sender: the name before it, which begins some of these sentences again.
    """
    if _EVENT_CARD.match(plain):
        return SkipReason.NO_TEXT
    if len(plain) > MAX_EVENT or "\n" in plain:
        return None
    # Lower case, because patterns that ignore case are searched for much more slowly.
    text = plain.translate(_MARKS).strip().rstrip(".。").strip().lower()
    rest = text.removeprefix("~").strip()
    name = sender.translate(_MARKS).removeprefix("~").strip().lower()
    if name and rest.startswith(f"{name} ") and _OWN_EVENT.fullmatch(rest[len(name) + 1 :]):
        return SkipReason.SERVICE
    if not _STEMS.search(text):
        return None
    if _DELETION.fullmatch(text):
        return SkipReason.DELETED
    named = _NAMED_EVENT.search(text, 1)
    is_event = (named and named.start() <= MAX_NAME) or _EVENT.fullmatch(text)
    return SkipReason.SERVICE if is_event else None
