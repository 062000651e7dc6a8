"""Tests of metadata: keys in any spelling, values of any kind."""

from datetime import date

from morris_mlx.collect.readers.metadata import Metadata, join_value, simplify_keys


def test_keys_are_read_in_any_spelling():
    values = simplify_keys({"Title": "A", "date_published": date(2021, 3, 4), "Licence": "CC BY"})
    metadata = Metadata(values)
    assert (metadata.title, metadata.date, metadata.license) == ("A", "2021-03-04", "CC BY")
    assert simplify_keys({"A b": 1, "a-B": 2}) == {"ab": 1}


def test_facts_in_tables_of_a_theme_are_read():
    metadata = Metadata({"params": {"Author": "Ivo", "date": "2021-03-04"}, "title": "T"})
    assert (metadata.author, metadata.date) == ("Ivo", "2021-03-04")


def test_values_become_text_without_repeating_it():
    assert join_value([1984, " a  b ", None, True, ["c"]], "; ") == "1984; a b; c"
    assert join_value({"name": "Ivo", "email": "x@y.z"}, "; ") == "Ivo"
    nested = ["x"]
    for _ in range(30):
        nested = [nested, nested]
    assert join_value(nested, ", ") == ""
