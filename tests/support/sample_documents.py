"""Documents of invented words."""

from morris_mlx.records.corpus import Document

NAMES = [f"{c}able {c}ridge {c}ingle {c}orrow" for c in "abcdefghijklmnopqrstuvwxyz"]


def document(number: int, paragraphs: int = 4, words: int = 30, title: str = "") -> Document:
    text = "\n\n".join(
        f"Paragraph {p} of {NAMES[number % 26]}, part {p}, and {NAMES[number % 26]} {p}: "
        + " ".join(f"and {number} so {p} it {i}" for i in range(words // 6))
        + f". It was in the {NAMES[number % 26][0]}ellar."
        for p in range(paragraphs)
    )
    return Document(id=f"{number:016x}", text=text, title=title or f"Title {number}")


def documents(count: int = 20, **kind) -> list[Document]:
    return [document(n, **kind) for n in range(count)]
