"""Text of any kind through folding, cleaning and redaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fuzzing.target import Target, require_type
from morris_mlx.collect.text import text_id
from morris_mlx.prepare.cleaning.clean import clean_documents
from morris_mlx.prepare.redact.redactor import Redactor, redact_corpus
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.folding import fold, fold_lowercase, lowercase
from morris_mlx.text.pii import LeakFinder, Person, RedactionMap, RedactionReport

PEOPLE = (Person(("Вера Орлова", "Верочка")), Person(("Will Ash", "Bill")))
PRIVATE = (
    "Звони Вере Орловой: +7 (912) 345-67-89, или пиши vera@example.org. Пароль: Xk9!dd. "
    "Карта 4111 1111 1111 1111, ИНН 7707083893, СНИЛС 112-233-445 95, паспорт 45 04 346678. "
    "Will Ash lives at 12 Baker Street, London; IBAN DE89 3704 0044 0532 0130 00, @willash, "
    "10.0.0.1, key sk-abcdefghijklmnopqrstuvwxyz0123456789ABCD."
)


# --- redaction -------------------------------------------------------------------------------
def folded(data: bytes, _: Path) -> None:
    """Every character stands for a part of the original; the parts are in order."""
    text = data.decode("utf-8", "replace")
    seen = fold(text)
    assert len(seen.text) == len(seen.starts) == len(seen.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(seen.starts, seen.ends, strict=True))
    assert list(seen.starts) == sorted(seen.starts)
    assert len(lowercase(seen.text)) == len(seen.text)
    require_type(fold_lowercase(text), str)


def redacted(data: bytes, _: Path) -> None:
    """A second redaction finds nothing, and nothing of what was found is left."""
    text = data.decode("utf-8", "replace")
    redactor = Redactor(PEOPLE, ("RU", "GB"))
    for redact in (redactor.redact_document, redactor.redact_message):
        once = redact(text)
        require_type(once, str)
        assert redact(once) == once, f"{once[:300]!r} → {redact(once)[:300]!r}"
    document = Document(text_id(text), text, title=text[:40])
    chat = Conversation("c", (Message("user", text), Message("assistant", text[::-1])))
    found = redact_corpus([document], [chat], PEOPLE)
    for part in (found.documents, found.conversations):
        require_type(tuple(part), tuple[Any, ...])
    require_type(found.report, RedactionReport)
    require_type(found.redaction_map, RedactionMap)
    leaks = LeakFinder(found.redaction_map).find(found.documents[0].text)
    left = [leak for leak in leaks if leak.kind != "name"]
    assert not left, left


def cleaned(data: bytes, _: Path) -> None:
    text = data.decode("utf-8", "replace")
    texts = (text, f"{text}\n{text}", f"{text} {'word ' * 90}")
    made = clean_documents([Document(str(n), t) for n, t in enumerate(texts)])
    assert len(made.documents) + sum(made.left_out.values()) == len(texts)


def private_seeds() -> list[bytes]:
    spread = "".join(f"{c}\u200b" for c in PRIVATE[:90])
    odd = "Ёлка İстанбул ﬁne é й ½ №5"
    return [PRIVATE.encode(), spread.encode(), odd.encode()]


# Pasted data: what looks far ahead at every letter takes minutes for one of these.
BLOBS = tuple(part * 30_000 for part in (b"a1", b"a.", b"a-"))
SECRETS = (
    b"@",
    b"+7 912 ",
    "пароль: ".encode(),
    b"[name]",
    b"[phone]",
    "Вера".encode(),
    b"\xe2\x80\x8b",
    b"password=",
    b"4111111111111111",
    b"://",
    b"Bill",
    b"[e-mail]",
)
TARGETS = (
    Target("folded", private_seeds, folded, tokens=SECRETS),
    Target("redaction", private_seeds, redacted, tokens=(*SECRETS, *BLOBS)),
    Target(
        "cleaning", private_seeds, cleaned, tokens=(b"http://x ", "â€™".encode(), b"<b>", *BLOBS)
    ),
)
