"""Quotations in all quotation marks, links and addresses."""

import pytest

from morris_mlx.text.facts.quotations import find_links, find_quotations


@pytest.mark.parametrize(
    "text",
    [
        "“Go away!”",
        "«Go away!»",
        "„Go away!“",
        '"Go away!"',
        "‘Go away!’",
        "‹Go away!›",
        "'Go away!'",
    ],
)
def test_every_kind_of_marks(text):
    facts = list(find_quotations(f"He said {text} twice."))
    assert [sorted(fact.keys) for fact in facts] == [["go away"]]


def test_an_apostrophe_is_no_quotation_mark():
    assert not list(find_quotations("The boys' dog, it's old, isn't it? Rock 'n' roll."))


def test_emphasis_is_a_weak_quotation():
    (fact,) = find_quotations("She reads *War and Peace* again.")
    assert fact.weak and fact.keys == {"war and peace"}


def test_a_link_is_the_same_without_its_protocol():
    one, other = find_links("https://www.Example.org/a/ and (example.org/a).")
    assert one.keys == other.keys == {"link example.org/a"}


def test_an_address_is_no_link():
    (fact,) = find_links("Write to Anna.P@example.com.")
    assert fact.text == "Anna.P@example.com" and fact.keys == {"mail anna.p@example.com"}
