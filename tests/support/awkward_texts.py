"""Texts in which tokenizers differ: scripts, digits, white space, and look-alikes of tokens."""

import random

PIECES = (
    "Hello", " world", "привет", " Как дела", "ЁЖИК", "Привет,", " мир!", "naïve", " café",
    "cafe\u0301", " e\u0301te\u0301", "ДОМ'S", "don't", "DON'T", "we'll", "I'M", "they’re", "l'été",
    "camelCaseWord", "HTTPServer", "snake_case_name", "x1y2", "1", "12", "123", "1234", "12345",
    "3.14159", "1,000,000", "٣٤٥", "½", "²", "Ⅷ", "日本語", "中文字", "한국어", "ไทย", "हिन्दी",
    "عربي", "עברית", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "…", "—", "«", "»", "„", "“", "'", '"', "''",
    "!?", "...", "!!!", "@user", "#tag", "$5", "€10", "50%", "a/b", "a//b", "\\n", "http://a.b/c?d=1",
    "def f(x):\n    return x+1\n", "<div>", "</p>", "{}", "[]", "()", "->", "=>", "==", "&&", "||",
    " ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r\n", "\r", " \n", "\n ", "\u00a0",
    "\u3000", "\u200b", "\u2028", "\ufeff", "\u0085", "<|im_end|", "|im_start|>", "<s", "/s>",
    "<0x0A>", "[INST", "▁", "▁▁", "Ġ", "Ċ", "ß", "İ", "ﬁ", "Ω", "∑", "𝔘", "A", "a", "the", " the",
    "and", " and", "ing", "ли", "По",
)  # fmt: skip
TOKENS = ("<|im_start|>", "<|im_end|>", "<own>")  # of the toys


def awkward_texts(count=200, tokens=TOKENS):
    """Return texts of one to eight pieces; in some of them a token of the model."""
    chance = random.Random(5)
    texts = list(PIECES)
    while len(texts) < count:
        pieces = chance.choices(PIECES, k=chance.randint(2, 8))
        if chance.random() < 0.2:
            pieces.insert(chance.randint(0, len(pieces)), chance.choice(tokens))
        texts.append("".join(pieces))
    return texts[:count]
