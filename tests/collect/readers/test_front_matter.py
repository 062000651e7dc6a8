"""Tests of front matter in all of its forms, also damaged ones."""

import pytest

from morris_mlx.collect.readers.front_matter import split_front_matter, take_properties

FORMS = {
    "YAML": '---\ntitle: "On rain"\ndate: 2021-03-04\nauthor: Ivo\n---\n',
    "YAML with dots": "---\ntitle: On rain\ndate: 2021-03-04\nauthor: Ivo\n...\n",
    "YAML below empty lines": "\n \n---\ntitle: On rain\ndate: 2021-03-04\nauthor: Ivo\n---\n",
    "YAML with tabs": "---\ntitle:\tOn rain\ntags:\n\t- one\ndate: 2021-03-04\nauthor: Ivo\n---\n",
    "YAML with a colon": "---\nsubtitle: Rain: a tale\ntitle: On rain\ndate: 2021-03-04\nauthor: Ivo\n---\n",
    "a template": "---\naliases: {{x}}\ntitle: On rain\ndate: 2021-03-04\nauthor: [Ivo]\n---\n",
    "folded": "---\ntitle: >\n  On\n  rain\ndate: 2021-03-04\nauthor: Ivo\nx: [\n---\n",
    "TOML": '+++\ntitle = "On rain"\ndate = 2021-03-04T10:00:00Z\nauthor = "Ivo"\n+++\n',
    "TOML with tables": '+++\ntitle = "On rain"\ndate = 2021-03-04\n[params]\nauthor = "Ivo"\n+++\n',
    "damaged TOML": '+++\ntitle = "On rain"\ndate = 2021-03-04\nauthor = "Ivo\n+++\n',
    "JSON": '{\n  "title": "On rain",\n  "date": "2021-03-04",\n  "author": {"name": "Ivo"}\n}\n',
    "fenced JSON": '---json\n{"title": "On rain", "date": "2021-03-04", "author": "Ivo"}\n---\n',
    "fenced TOML": '---toml\ntitle = "On rain"\ndate = 2021-03-04\nauthor = "Ivo"\n---\n',
    "Pelican": "Title: On rain\nDate: 2021-03-04 10:20\nAuthor: Ivo\n\n",
    "Hexo": "title: On rain\ndate: 2021-03-04\ntags:\n- a\nauthor: Ivo\n---\n",
    "never closed": "---\ntitle: On rain\ndate: 2021-03-04\nauthor: Ivo\n\n",
    "Pandoc": "% On rain\n% Ivo\n% 4 March 2021\n",
    "capitals": "---\nTitle: On rain\nPub_Date: 4.3.2021\nAuthors:\n  - name: Ivo\n---\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_title_date_and_author_are_read_and_the_text_is_kept(name):
    text = "The text.\n\n---\n\nNote: its end.\n"
    metadata, rest = split_front_matter(FORMS[name] + text)
    assert (metadata.title, metadata.date, metadata.author) == ("On rain", "2021-03-04", "Ivo")
    assert rest.strip() == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA section.\n\n---\n\nAnother.\n",
        "---\nHe said: it is late.\n---\n\nText.\n",
        "Date: I have none.\nThere is rain.\n",
        "Note: this is prose.\n\nText.\n",
        "{ this is no JSON }\n",
        '{"a": 1}\ntext',
        "%\n",
        "Text.\n",
        "",
        "---\n",
        "+++\n\nText\n\n+++\n",
    ],
)
def test_prose_is_no_front_matter(text):
    assert split_front_matter(text)[1] == text
    assert split_front_matter(text)[0].values == {}


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("title: No", "No"),
        ("title: 1984", "1984"),
        ("title: 12:30", "12:30"),
        ("title: [A, B]", "A, B"),
        ("title: {en: A, de: B}", "A"),
        ("title: @home at last", "@home at last"),
        ("title: !Rain", "!Rain"),
        ("title: !Rain on the hill", "!Rain on the hill"),
        ("title: &c. and the rest", "&c. and the rest"),
        ("title: !!str 1984", "1984"),
        ('title: ! "No"', "No"),
        ("title: #metoo, années après", "#metoo, années après"),
        ("title: # a comment", ""),
        ("title: ~", ""),
        ("title: {{title}}", ""),
        ("title: '{{ page.title }}'", ""),
    ],
)
def test_a_title_is_the_text_that_was_typed(lines, title):
    assert split_front_matter(f"---\n{lines}\ndate: 2021-03-04\n---\nText.")[0].title == title


def test_several_authors_are_joined():
    text = "---\nauthors: [{name: Ivo}, Greta]\n---\nText."
    assert split_front_matter(text)[0].author == "Ivo; Greta"


def test_aliases_do_not_unfold():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    bomb = "\n".join([*lines, "title: [*j, *j]", "date: 2021-03-04"])
    metadata, rest = split_front_matter(f"---\n{bomb}\n---\nText.")
    assert (metadata.date, rest) == ("2021-03-04", "Text.") and len(metadata.title) < 300
    merged = "a: &a {x: 1}\nb:\n  <<: [*a, *a]\ntitle: T"
    assert split_front_matter(f"---\n{merged}\n---\nText.")[0].title == "T"


def test_deep_brackets_and_long_headers_cost_neither_time_nor_text():
    for header in ("[" * 20_000, "a: " * 20_000, "- " * 20_000, "x: y\n" * 20_000):
        metadata, rest = split_front_matter(f"---\ntitle: T\nk: {header}\n---\nText.")
        assert rest.endswith("Text.") and metadata.title in ("T", "")


def test_properties_of_a_notion_page_are_taken_from_below_its_title():
    page = "# On paint\n\nCreated: March 4, 2024 10:00 AM\nTags: boys, paint\n\nThe text.\n"
    metadata, rest = take_properties(page, "On paint")
    assert (metadata.date, rest.split()) == ("2024-03-04", ["#", "On", "paint", "The", "text."])
    other = "# On paint\n\nStimmung: gut\nWetter: Regen\n\nThe text.\n"
    assert "Wetter" not in take_properties(other, "On paint 1a2b3c4d5e6f")[1]
    assert take_properties(other, "On paint")[1] == other
    letter = "# A letter\n\nDear: this is odd.\n\nThe text.\n"
    assert take_properties(letter, "A letter")[1] == letter
