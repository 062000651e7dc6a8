"""Tests of the reader of Org files."""

from support.document_files import parsed

from morris_mlx.collect.readers.documents.org import parse_org

ORG = """\
#+TITLE: On /paint/
#+AUTHOR: Ivo Marsh
#+DATE: <2024-03-04 Mon>
#+OPTIONS: toc:nil
# A comment.

* TODO [#A] The gate [1/2] :draft:
  SCHEDULED: <2024-03-05 Tue>
  :PROPERTIES:
  :CUSTOM_ID: gate
  :END:
It *rained* for a /very/ long
time, =he= said[fn:1], near [[https://a.example][the gate]] \\\\
and ~left~ +never+.[fn:: A note here.]

1986. It was a wet year.
- [X] Tea
  and more of it
- Buns :: two
1) Ham
#+BEGIN_QUOTE
Others said this.
#+END_QUOTE
#+BEGIN_SRC python
print(1)
#+END_SRC
#+BEGIN_VERSE
The gate was wet,
the boy was loud.
#+END_VERSE
#+CAPTION: A gate
[[file:gate.png]]
| Monday | 1 |
|--------+---|

[fn:1] A note
 over two lines.

The path /usr/local/bin stays, and 2 * 3 * 4.
** Private :noexport:
In secret.
*** Below
In secret, too.
* COMMENT Later
Not yet.
* The end
It stopped.
* Footnotes
[fn:2] More.
"""


def test_prose_is_kept_and_markup_is_not(tmp_path):
    (tmp_path / "a.org").write_text(ORG, encoding="utf-8")
    found = parsed(tmp_path / "a.org")
    assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "2024-03-04")
    assert found.text.split("\n\n") == [
        "The gate",
        "It rained for a very long time, he said, near the gate\nand left .",
        "1986. It was a wet year.",
        "Tea and more of it",
        "Buns: two",
        "Ham",
        "The gate was wet,\nthe boy was loud.",
        "The path /usr/local/bin stays, and 2 * 3 * 4.",
        "The end",
        "It stopped.",
    ]


def test_the_first_headline_is_the_title_without_a_keyword():
    found = parse_org("* On paint\nIt rained.\n")
    assert (found.title, found.text) == ("On paint", "It rained.")


def test_a_block_without_an_end_leaves_out_the_rest():
    assert parse_org("It rained.\n#+begin_src\ncode").text == "It rained."
