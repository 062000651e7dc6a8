"""Residue in texts: markup and broken lines are found, and ordinary prose is not."""

import textwrap

import pytest
from support.sample_documents import documents

from morris_mlx.defaults import SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.prepare import prepare_collected
from morris_mlx.prepare.report.advice import advise
from morris_mlx.prepare.report.numbers import count
from morris_mlx.prepare.report.residue import Markup, find_residue, is_hard_wrapped
from morris_mlx.records.corpus import DatasetCard, Document

PROSE = (
    "We walked to the hill and met [name] there, who said: “Rain & wind – 3 < 4!” It was [so] cold "
    "that the kettle *nearly* froze; it cost £5 (see www.example.org). C# is no note. "
)
VERSE = "\n".join(["The mast fell down,", "the water rose,", "and nobody at all", "came by."] * 4)
MARKED = {
    Markup.front_matter: "+++\ntitle = 'A bridge'\n+++\nThe bridge is one cow wide.",
    Markup.wiki_links: "We walked to [[Hill|the hill]] and back.",
    Markup.shortcodes: 'Look: {{< figure src="a.png" >}} and {% include b.html %}.',
    Markup.html: 'One<br/>two and <a href="x">three</a>.',
    Markup.entities: "One&nbsp;two.",
    Markup.links: "See [this](https://a.example/b).",
    Markup.footnotes: "It rained.[^1]",
    Markup.tables: "Days:\n\n| day | fish |\n|---|---|\n| Mon | 2 |",
    Markup.tasks: "- [x] buy paint",
    Markup.comments: "We met %% not for print %% there.",
}


@pytest.mark.parametrize("kind", Markup)
def test_every_kind_of_markup_is_found_alone(kind):
    found = find_residue([PROSE * 3, MARKED[kind], VERSE])
    assert (found.texts, found.with_markup) == (3, 1)
    assert {k for k, n in found.markup.items() if n} == {kind}


def test_lines_broken_at_a_column_are_told_from_prose_and_verse():
    paragraphs = [PROSE * n for n in (2, 3, 2)]
    for width in (60, 72, 80):
        assert is_hard_wrapped("\n\n".join(textwrap.fill(p, width) for p in paragraphs))
    assert not is_hard_wrapped("\n\n".join(paragraphs))
    assert not is_hard_wrapped(VERSE) and not is_hard_wrapped("")
    dialog = "\n".join(f"“{'Well, ' * (n % 7)}so it goes,” said Ann." for n in range(30))
    assert not is_hard_wrapped(dialog)


def advice_about(tokenizer, docs):
    made = prepare_collected(docs, (), tokenizer, 1024, SYSTEM_PROMPT, SPLIT_SEED)
    card = DatasetCard("practice", "t", 1024, SYSTEM_PROMPT, SPLIT_SEED, "d" * 64, {})
    return {one.title: one.text for one in advise(count(made, card))}


def test_residue_is_named_before_the_training(tokenizer):
    clean = documents(12)
    assert "Markup was left in texts" not in advice_about(tokenizer, clean)
    marked = [Document(d.id, f"{MARKED[Markup.wiki_links]} {d.text}", d.title) for d in clean[:3]]
    wrapped = [
        Document(d.id, "\n\n".join(textwrap.fill(p, 60) for p in (d.text, d.text[::-1])), d.title)
        for d in clean[3:6]
    ]
    said = advice_about(tokenizer, [*marked, *wrapped, *clean[6:]])
    assert said["Markup was left in texts"].startswith("3 of 12 texts ")
    assert "links in [[ ]] (3)" in said["Markup was left in texts"]
    assert said["Lines are broken at a column"].startswith("In 3 of 12 texts,")


ITALIAN = (
    "La mattina il vecchio {n} apriva la bottega prima di tutti, metteva la sedia davanti alla "
    "porta e guardava la piazza vuota numero {n}. Diceva che il silenzio della piazza era il suo "
    "giornale, e che le notizie migliori arrivavano con il rumore della serranda del fornaio "
    "accanto. Poi passava il postino {n} con la bicicletta, e il giornale era finito. "
)


def test_a_language_without_wordings_is_named_before_the_training(tokenizer):
    docs = [Document(f"{n:016x}", ITALIAN.format(n=n * 7) * 2, f"Titolo {n}") for n in range(12)]
    docs = [
        Document(d.id, d.text + " ".join(f"parola{i * (n + 2)}" for i in range(40)) + ".", d.title)
        for n, d in enumerate(docs)
    ]
    said = advice_about(tokenizer, docs)["Requests are in English"]
    assert "100% of the words are in Italian" in said
    assert "English, French, German, Russian and Spanish only" in said
    assert "Requests are in English" not in advice_about(tokenizer, documents(12))
