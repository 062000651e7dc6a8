"""The evidence of a corpus on which words of names are ordinary words."""

from morris_mlx.prepare.redact.word_usage import begins_sentence, measure_usage

GERMAN = "Es ist so, dass der Mann nicht mit dem Hund war, und ich habe es ihm auch nicht gesagt. "
FRENCH = "Il est dans la rue avec les enfants, et je ne sais pas ce que nous avons fait pour lui. "
ENGLISH = "It is not what they said, and I have been with them for all of the time that we had. "


def test_the_languages_of_a_corpus_are_those_of_its_function_words():
    assert measure_usage([GERMAN * 3], (), ()).languages == {"de"}
    assert measure_usage([GERMAN * 3, ENGLISH * 3], (), ()).languages == {"de", "en"}
    assert measure_usage([], (), ()).languages == {"en", "ru"}


def test_a_word_in_lower_case_is_ordinary_where_no_list_is_complete():
    words = ("petit", "dupont")
    usage = measure_usage([FRENCH * 3, "Il est petit.", "Je vois Dupont."], words, ())
    assert usage.ordinary == {"petit"}


def test_slips_of_a_name_into_lower_case_do_not_make_it_a_word():
    texts = [FRENCH * 3, *["Je vois Dupont."] * 5, "Je vois dupont."]
    assert measure_usage(texts, ("dupont",), ()).ordinary == frozenset()
    english = [ENGLISH * 3, "I saw fletcher.", "Ask fletcher."]
    assert measure_usage(english, ("fletcher",), ()).ordinary == frozenset()


def test_a_text_without_capitals_is_no_evidence_except_after_an_article():
    texts = [ENGLISH * 3, *["ask quorn about it"] * 3, "what a sparrow"]
    assert measure_usage(texts, ("quorn", "sparrow"), ()).ordinary == {"sparrow"}


def test_a_german_noun_after_an_article_is_an_ordinary_noun():
    texts = [GERMAN * 3, "Der Koch kam, und ein Koch ging.", "Gestern sah ich Quorn und Quorn."]
    usage = measure_usage(texts, ("koch", "quorn"), ())
    assert usage.nouns == {"koch"}


def test_a_word_beside_a_certain_name_is_not_counted():
    usage = measure_usage([FRENCH * 3, "Je vois paul petit."], ("petit",), ("paul",))
    assert usage.ordinary == frozenset()


def test_sentences_begin_after_marks_and_line_breaks():
    text = "Ja. Koch kam.\n  Koch ging, Koch"
    assert [begins_sentence(text, at) for at in (0, 4, 16, 27)] == [True, True, True, False]


def test_a_sentence_begins_after_the_time_of_an_entry_but_not_after_any_number():
    for time in ("22:05 ", "[08:10] ", "3.5.2021, 9.15: ", "9:15 am - ", "[2020-02-01 08:10:00] "):
        text = f"Diary\n{time}Will it rain?"
        assert begins_sentence(text, text.index("Will")), time
        assert begins_sentence(text[6:], text.index("Will") - 6), time
    for text in ("It was 22:05 Will came", "I saw 2 Will", "at 3 pm Will", f"{'7' * 60}:05 Will"):
        assert not begins_sentence(text, text.index("Will")), text
