"""Short texts about a kettle, in three languages."""

from morris_mlx.records.corpus import Document

ENGLISH = (
    "The kettle sang all morning about number {n} and nobody in the long kitchen answered it. "
)
RUSSIAN = "Чайник весь день пел про номер {n}, и никто на длинной кухне ему не ответил. "
GERMAN = "Der Kessel sang den ganzen Tag von Nummer {n}, und niemand in der Küche gab ihm Antwort. "


def document(number: int, sentence: str = ENGLISH, times: int = 8, tail: str = "") -> Document:
    body = " ".join(sentence.format(n=number * 100 + n) for n in range(times))
    return Document(f"{number:016x}", body + tail)
