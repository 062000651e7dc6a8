"""Tests of bytes per token as a measure of how well a vocabulary covers a language."""

import pytest

from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.text.vocabulary import (
    LEAST_BYTES,
    Knowledge,
    bytes_per_token,
    knowledge,
)

ENGLISH = (
    "Yesterday I tuned an old piano at the music school. It stood by the window, and in autumn "
    "there was a draught, so the upper register had gone flat by a semitone. The head and I drank "
    "tea and said that there would be no new instruments until spring. Then the children came, "
    "and we had to finish earlier than we wanted, which pleased them more than the piano did. "
    "If it does not rain tomorrow, come and see us: there are many apples, and enough for all."
)
RUSSIAN = (
    "Вчера я настраивала старый рояль в музыкальной школе. Он стоял у окна, и осенью туда "
    "задувало, поэтому верхний регистр ушёл на полтона. Мы с директором пили чай и говорили о "
    "том, что новых инструментов не будет до весны. Потом пришли дети, и пришлось закончить "
    "раньше, чем хотелось."
)


def test_the_measures_of_real_vocabularies(tokenizer, zephyr_folder):
    """In English and Russian: the practice base covers only English, and Zephyr covers both."""
    zephyr = load_tokenizer(zephyr_folder)
    for made, english, russian in ((tokenizer, 4.4, 1.0), (zephyr, 4.6, 4.4)):
        assert bytes_per_token([ENGLISH], made.count) == pytest.approx(english, abs=0.2)
        assert bytes_per_token([RUSSIAN], made.count) == pytest.approx(russian, abs=0.2)


def test_only_words_count():
    letters = "word " * 100
    noise = " ".join(f"{letters} 12345 😀 https://9.9 !!!" for _ in range(2))
    assert bytes_per_token([noise], len) == bytes_per_token([letters * 2 + "https"], len)


def test_little_text_has_no_measure():
    assert bytes_per_token([], len) is None
    assert bytes_per_token(["x" * (LEAST_BYTES - 1)], len) is None
    assert bytes_per_token(["x" * LEAST_BYTES], lambda _: 100) == LEAST_BYTES / 100
    assert bytes_per_token(["x" * LEAST_BYTES], lambda _: 0) is None


def test_the_thresholds():
    assert knowledge(3.0) is Knowledge.KNOWN
    assert knowledge(2.9) is Knowledge.POOR
    assert knowledge(1.5) is Knowledge.POOR
    assert knowledge(1.4) is Knowledge.NONE
