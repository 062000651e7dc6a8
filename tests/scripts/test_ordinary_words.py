"""The measure of ordinary words that redaction loses, and the list of frequent words."""

import subprocess
import sys
from pathlib import Path

import ordinary_words
import pytest
from frequent_words import frequent_words
from ordinary_words import CONTACTS, measure_losses, read_paragraphs

PROSE = {
    "en": "It was not today that the young man said so, and one more time the dog ran up the hill. "
    "The church is old, and the wood is green, so we had been there for the whole long day.",
    "de": "Der Koch kam nicht, und der König der Möwen saß auf dem Berg. Ich komme von der Arbeit, "
    "und der Richter war es auch, aber der Bach ist klein, und die Aue ist lang.",
    "es": "El rey ha muerto, y los vecinos del pueblo hablan de los santos. La calle no tiene luz, "
    "y en los campos hay flores, pero la torre es de un blanco que no se ve en la vega.",
    "fr": "Le petit chien de la rue a mangé le pain du chef, et la tour est dans les champs. Il y a "
    "un bois, et je ne sais pas si le roi est bon, mais la lune est dans le ciel avec nous.",
    "it": "La porta di casa era chiusa, e i monti sono alti. Il leone è nel prato della valle, e la "
    "costa è grande, ma i fiori non sono più bianchi, e mai la notte è stata bella per noi.",
}


@pytest.mark.parametrize("code", list(CONTACTS))
def test_no_word_of_prose_is_lost_and_every_full_name_is_found(code):
    losses = measure_losses(code, [PROSE[code]])
    assert losses.words > 30 and not losses.lost, losses.lost
    assert losses.found == losses.planted > 200, losses.missed


def test_a_lost_word_is_counted(monkeypatch):
    monkeypatch.setitem(CONTACTS, "en", ("Tilda Quorn",))
    losses = measure_losses("en", ["They ate quorn, and Tilda Quorn ate it, too."])
    assert losses.lost == {"quorn": 1} and losses.names == {"Tilda": 1, "Quorn": 1}
    assert losses.share == 1 / 9


def test_a_person_in_the_prose_with_the_same_surname_is_not_a_lost_word(monkeypatch):
    monkeypatch.setitem(CONTACTS, "en", ("Tilda *Stone",))
    losses = measure_losses("en", ["We asked Peter Stone, and then Stone said no.", "I met Stone."])
    assert losses.persons == {"Stone": 2} and losses.lost == {"Stone": 1}


def test_wrapped_paragraphs_are_joined_and_verse_is_not(tmp_path):
    wrapped = "It was a long line that was wrapped by hand at a column,\nand then it went on " * 2
    verse = "The owl is out tonight,\nthe fox is in the wood,\nand I am at the door."
    (tmp_path / "a.txt").write_text(f"Title\n\n{wrapped}\n\n{verse}\n", encoding="utf-8")
    assert read_paragraphs(tmp_path, 1000) == [" ".join(wrapped.split()), verse]
    assert len(read_paragraphs(tmp_path, 5)) == 1


def test_the_script_prints_the_share_of_each_language(tmp_path):
    (tmp_path / "a.txt").write_text(PROSE["de"], encoding="utf-8")
    script = Path(ordinary_words.__file__)
    made = subprocess.run(
        [sys.executable, script, f"de={tmp_path}"], capture_output=True, text=True, check=True
    )
    assert "0.00000%" in made.stdout and "lost: none" in made.stdout
    wrong = subprocess.run([sys.executable, script, "xx=/"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "xx=/ is not CODE=FOLDER" in wrong.stderr


def test_frequent_words_leave_out_names():
    texts = ["The baker saw Marlow and the baker.", "We saw Marlow. So the baker saw us."]
    assert frequent_words(texts, 10) == ["and", "baker", "saw", "the"]
