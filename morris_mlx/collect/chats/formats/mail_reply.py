"""Reply extraction: the text of a mail without quotations and signature."""

from __future__ import annotations

import re
from collections.abc import Sequence

from morris_mlx.collect.lines import is_verse, known_words, split_paragraphs, unwrap, wrap_width

MIN_MAIL_WIDTH = 60  # characters: mail programs wrap lines at 64 to 80
_QUOTED = re.compile(r"^\s{0,3}>")
# mbox files write “>From” for a line that begins with “From”: it is no quotation.
_ESCAPED_FROM = re.compile(r"^>(?=From )", re.MULTILINE)
# Mail programs that quote without marks put such a line first; the quotation goes to the end.
_QUOTE_HEADER = re.compile(
    r"^\s*(?:-{2,} ?(?:original(?: message)?|forwarded message|пересылаемое сообщение"
    r"|исходное сообщение|пересланное сообщение|ursprüngliche nachricht|original-?nachricht"
    r"|weitergeleitete nachricht|message d'origine|message transféré|mensaje original"
    r"|mensaje reenviado|mensagem original|mensagem encaminhada|messaggio originale"
    r"|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna"
    r"|oryginalna wiadomość|originalmeddelande|ursprungligt meddelande|opprinnelig melding"
    r"|oprindelig meddelelse|alkuperäinen viesti|původní zpráva|eredeti üzenet|orijinal mesaj"
    r"|元のメッセージ|転送メッセージ|原始邮件|原始郵件|转发邮件|원본 메시지)(?:\b|(?=\W)).*"
    r"|(?:begin forwarded message|début du message réexpédié|anfang der weitergeleiteten nachricht"
    r"|inicio del mensaje reenviado|начало переадресованного сообщения|inizio messaggio inoltrato"
    r"|転送されたメッセージ) ?[:：]\s*|_{20,}\s*)$",
    re.IGNORECASE,
)
_HEADER_BLOCK = re.compile(
    r"^\s*\*?(?:from|von|de|da|от|від|van|från|fra|lähettäjä|od|feladó|kimden|gönderen|από"
    r"|差出人|发件人|寄件者|寄件人|보낸 ?사람|보낸사람)\*? ?[:：]\*? ?.+",
    re.IGNORECASE,
)
_HEADER_NEXT = re.compile(
    r"^\s*\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para"
    r"|asunto|data|assunto|inviato|a|oggetto|отправлено|дата|кому|тема|надіслано|verzonden|aan"
    r"|onderwerp|skickat|till|sendt|til|lähetetty|wysłano|data wysłania|do|odesláno|komu|küldve"
    r"|tarih|gönderildi|送信日時|送信済み|宛先|件名|日時|发送时间|收件人|主题|日期|寄件日期|收件者|주제"
    r"|날짜|받는 ?사람|제목)\*? ?[:：]",
    re.IGNORECASE,
)
# A mail has an address or the time of day in its header; a memo has neither.
_HEADER_SIGN = re.compile(r"\S@\S|\b\d{1,2}[:.]\d{2}\b")
MAX_HEADER_LINES = 6  # lines after the sender that are examined
MIN_HEADER_LINES = 2  # the least number of known ones among these
# The line that introduces a quotation, “On Monday … wrote:”, in any language has an address, a
# time or a year before its colon.
_INTRO_END = re.compile(r"[:：]\s*$")
_INTRO_SIGN = re.compile(r"<?\S+@\S+>?|\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d{2}\b|\d{4}年")
# Some phones put the quotation on the same line: “On Wed, … Ann <ann@…> wrote:   Hello”.
_INTRO_WITH_TEXT = re.compile(
    r"^\s*(?:On|Am|Le|El|Il|Em|Op|Den) [^\n]{0,60}\d[^\n]{0,80}"
    r"<[^<>\s]+@[^<>\s]+>[^:\n]{0,20}:\s+\S"
)
MAX_INTRO_LINES = 3  # long addresses wrap it
_SIGNATURE = re.compile(r"^-- ?$")
# A line that a phone or a mail program adds below the text.
_PROGRAM = r"\[?(?:proton|outlook|yahoo|gmail|gmx|samsung|tutanota|tuta|airmail|spark|aol|mail for)"
_PHONE_SIGNATURE = re.compile(
    rf"^(?:sent (?:from|via|using|with) {_PROGRAM}\b.*|sent from (?:my|the) \w[\w ]{{1,30}}"
    rf"|sent from (?:an? )?(?:iphone|ipad|android|mobile)\b.*|get outlook for \w+.*"
    r"|отправлено (?:с|из|от|через) .{2,40}|надіслано (?:з|із) .{2,40}"
    r"|(?:diese nachricht wurde )?(?:von|mit) (?:meinem|der|outlook) .{1,40} gesendet"
    rf"|gesendet (?:mit|von|über|aus) (?:der |meinem )?(?:{_PROGRAM}|\w*phone|\w*pad|mobil).*"
    rf"|envoyé (?:de(?:puis)? mon|à partir de|(?:avec|via|depuis) (?:l'application )?{_PROGRAM}).*"
    r"|télécharger outlook pour .*|obtener outlook para .*|baixar o outlook para .*"
    r"|enviado (?:desde mi|desde outlook|do meu|de mi|a partir do) .{2,50}"
    r"|inviato (?:da|dal|dal mio) (?:i?phone|ipad|outlook|yahoo|mail|mio|android).*|inviato da \w+"
    r"|verzonden (?:vanaf|met|via) (?:mijn|outlook|yahoo|samsung).*"
    r"|wysłan[eo] z (?:i?phone|mojego).*"
    r"|skickat från min .*|sendt fra min .*|lähetetty (?:iphone|android|puhelimesta).*"
    r"|odesláno z (?:mého|iphon).*|.{2,30}(?:から送信|에서 보냄)|发自我的.{2,30}|從我的.{2,30}傳送"
    r"|.{2,30} cihazımdan gönderildi)\.?$",
    re.IGNORECASE,
)
MAX_PHONE_SIGNATURE = 90  # characters


def extract_reply(text: str) -> str:
    """Return the text that the sender typed, including answers between quotations."""
    lines = _ESCAPED_FROM.sub("\0", text.replace("\r\n", "\n")).split("\n")
    kept: list[str] = []
    before = ""  # the last line that is not blank
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        is_outlook_header = _HEADER_BLOCK.match(line) and _HEADER_NEXT.match(following)
        if _QUOTE_HEADER.match(line) or _SIGNATURE.match(line) or is_outlook_header:
            break
        if _INTRO_WITH_TEXT.match(line):
            break
        if _QUOTED.match(line):
            _remove_intro(kept)
        elif not _is_phone_signature(line, before):
            kept.append(line)
        before = line if line.strip() else before
    else:
        return "\n".join(kept).replace("\0", "")
    if not _SIGNATURE.match(line):
        _remove_intro(kept)
    return "\n".join(kept).replace("\0", "")


def remove_quoted_replies(text: str) -> str:
    """Return a text without quotations of mails, which are marked with ">".

    A line such as "Ann wrote on 3 May 2024:" introduces each. Other lines with ">" are kept.
    """
    kept: list[str] = []
    in_quotation = False
    for line in text.split("\n"):
        if _QUOTED.match(line):
            start = None if in_quotation else _intro_start(kept)
            if start is not None:
                del kept[start:]
                in_quotation = True
            if in_quotation:
                continue
        elif line.strip():
            in_quotation = False
        kept.append(line)
    return "\n".join(kept)


def has_mail_header(lines: Sequence[str]) -> bool:
    """Return True if adjacent lines have a mail's sender, and its date, recipients or subject.

    There must be no blank lines between them.
    """
    for number, line in enumerate(lines):
        if not _HEADER_BLOCK.match(line):
            continue
        header = [line]
        for following in lines[number + 1 : number + 1 + MAX_HEADER_LINES]:
            if not _HEADER_NEXT.match(following):
                break
            header.append(following)
        if len(header) > MIN_HEADER_LINES and any(map(_HEADER_SIGN.search, header)):
            return True
    return False


def join_wrapped_lines(text: str) -> str:
    """Return a mail without the line breaks of a program that wraps lines at a column."""
    paragraphs = split_paragraphs(text)
    width = wrap_width(paragraphs)
    if width < MIN_MAIL_WIDTH:
        return text
    words = known_words(text)
    kept = (
        lines if is_verse(lines, width) else unwrap(lines, width, words) for lines in paragraphs
    )
    return "\n\n".join("\n".join(lines) for lines in kept)


def _is_phone_signature(line: str, before: str) -> bool:
    """Return True for a line such as “Sent from my phone”, which is a paragraph of its own."""
    text = line.strip()
    return bool(before) and len(text) <= MAX_PHONE_SIGNATURE and bool(_PHONE_SIGNATURE.match(text))


def _remove_intro(kept: list[str]) -> None:
    """Remove the lines that introduce a quotation, at most three, from the end of `kept`."""
    start = _intro_start(kept)
    while kept and not kept[-1].strip():
        kept.pop()
    if start is not None:
        del kept[start:]


def _intro_start(lines: Sequence[str]) -> int | None:
    """Return the place of the first line of an introduction at the end, None if there is none."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or not _INTRO_END.search(lines[end - 1]):
        return None
    for start in range(end - 1, max(-1, end - 1 - MAX_INTRO_LINES), -1):
        if not lines[start].strip():
            return None
        if _INTRO_SIGN.search(" ".join(lines[start:end])):
            # “On Monday, 3 March 2025, at 10:30” may stand on the line above the address.
            above = lines[start - 1] if start and start == end - 1 else ""
            return start - bool(re.match(r"^(?:on|am|le|el|il|op|em)\b", above, re.I))
    return None
