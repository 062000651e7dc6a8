"""Habits: those of the sample columns are found, and placeholders are none."""

from morris_mlx.prepare.style.habits import absent_marks, measure_habits, noticeable_marks


def test_the_habits_of_the_sample_columns_are_found(sample_columns):
    habits = measure_habits([d.text for d in sample_columns])
    assert habits == measure_habits([d.text for d in sample_columns[::-1]])
    assert habits.language == "en" and habits.texts == len(sample_columns)
    assert habits.phrases[0] == "what could possibly go wrong"
    assert set(noticeable_marks(habits)) == {"semicolon", "brackets"} and absent_marks(habits) == (
        "ellipsis",
    )
    assert "communiqué" in habits.favourites and "possibly" not in habits.favourites
    low, median, high = habits.sentence_words
    assert 0 < low < median < high


def test_placeholders_are_no_habit():
    texts = [
        f"He met [name] again and again, number {n}. Then [name] left for good." for n in range(9)
    ]
    habits = measure_habits(texts)
    assert "name" not in " ".join((*habits.phrases, *habits.favourites)).split()
    assert measure_habits(texts[:2]) is None
