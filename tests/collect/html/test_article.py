"""Tests of article extraction with difficult pages, English and Russian."""

import pytest

from morris_mlx.collect.html.article import extract_article
from morris_mlx.collect.text import UnreadableError

ENGLISH = (
    "I have kept bees for eleven years, and in all that time they have asked me for nothing but to "
    "be left alone on Tuesdays, which is when the council comes to measure the hedge again.",
    "The hedge, for its part, has grown by a hand since the last measurement, and nobody on the "
    "council has said what they would do with a hedge that did not grow, except to measure it.",
    "So I shall leave the matter where it is, between the bees and the council, and go in to make "
    "the tea before the kettle forgets what it was asked to do.",
)
RUSSIAN = (
    "Одиннадцать лет я держу пчёл, и за всё это время они просили меня только об одном: не трогать "
    "их по вторникам, когда из управы приходят мерить изгородь и находят её недостаточной.",
    "Изгородь, со своей стороны, выросла на ладонь с прошлого замера, и никто в управе не сказал, "
    "что бы они делали с изгородью, которая не растёт, кроме как измерить её ещё раз.",
    "Так что я оставлю это дело там, где оно есть, между пчёлами и управой, и пойду ставить "
    "чайник, пока он не забыл, о чём его просили.",
)


def page(inside="", head="", after="", top="", own=ENGLISH):
    """Build a page: `top` goes below the heading, `inside` after the first paragraph of the article."""
    first, *rest = (f"<p>{p}</p>" for p in own)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>Hedges | The Paper</title>{head}"
        "</head><body><header><a href='/'>The Paper</a><nav><ul><li><a href='/n'>News</a>"
        "<li><a href='/s'>Sport</a></ul></nav></header><main><article><h1>Hedges</h1>"
        f"{top}{first}{inside}{''.join(rest)}</article>{after}</main>"
        "<footer><p>© 2019 The Paper. All rights reserved. <a href='/p'>Privacy</a></p></footer>"
        "</body></html>"
    ).encode()


def linked(names):
    return "".join(
        f"<li><a href='/{n}'>The council answers its critics, {n}</a></li>" for n in names
    )


NOT_BY_AUTHOR = {
    "a block quotation": "<blockquote><p>A hedge is a wall in doubt.</p><cite>F. G.</cite></blockquote>",
    "a quotation by its class": "<div class='quote'><p>A hedge is a wall in doubt.</p></div>",
    "an epigraph": "<p class='epigraph'>Изгородь есть стена, которая ещё не решилась.</p>",
    "a quotation with its source": "<figure class='quote'><blockquote><p>A hedge is a wall.</p>"
    "</blockquote><figcaption>— A famous gardener</figcaption></figure>",
    "somebody's short message": "<blockquote class='twitter-tweet'><p>Hedges are over, folks.</p>"
    "&mdash; Somebody (@some) <a href='/t'>May 1, 2020</a></blockquote>",
    "a pull quote": "<aside class='pullquote'>They have asked me for nothing</aside>",
    "related links": f"<div class='related'><h3>Read also</h3><ul>{linked('ab')}</ul></div>",
    "related links without a class": f"<p><b>Read also:</b></p><ul>{linked('ab')}</ul>",
    "a pointer": "<p>Read also: <a href='/2'>The council answers its critics at last</a></p>",
    "a Russian pointer": "<p><b>Читайте также:</b> <a href='/2'>Управа отвечает критикам</a></p>",
    "a newsletter": "<div class='newsletter'><p>Sign up and get the best of us in your inbox.</p>"
    "<form><input><button>Subscribe</button></form></div>",
    "share buttons": "<div class='share-buttons'><a href='#'>Facebook</a> <a href='#'>X</a></div>",
    "a caption": "<figure><img src=a.jpg><figcaption>A hedge. Photo: Somebody</figcaption></figure>",
    "a biography": "<div class='author-bio'><p>Anna Petrova is a columnist for The Paper and the "
    "author of three books about hedges.</p></div>",
    "a hidden paragraph": "<p style='display:none'>Cheap hedges, bees and hedges for sale.</p>",
    "a photographer": "<p>Photo: Somebody / Agency</p>",
    "a Russian photographer": "<p><i>Фото: Борис Иванов / Агентство</i></p>",
    "a table": "<table><tr><td>Hedges</td><td>12</td></tr></table>",
}
AFTER = {
    "comments": "<section id='comments'><h3>2 comments</h3><div class='comment'><b>Bob</b><p>I do "
    "not agree with a word of this, and nor does my dog, who has read it twice.</p></div></section>",
    "Russian comments": "<div class='comments-list'><h3>Комментарии (1)</h3><div "
    "class='comment-item'><b>Борис</b><p>Не согласен ни с одним словом, и собака тоже.</p></div></div>",
    "a biography": NOT_BY_AUTHOR["a biography"],
    "cookies": "<div class='cookie-banner'><p>We use cookies to improve your experience.</p></div>",
}


@pytest.mark.parametrize("own", [ENGLISH, RUSSIAN], ids=["en", "ru"])
@pytest.mark.parametrize("name", [*NOT_BY_AUTHOR, *(f"after: {name}" for name in AFTER)])
def test_only_the_text_of_the_author_is_extracted(name, own):
    where, key = ("after", name[7:]) if name.startswith("after: ") else ("inside", name)
    more = (AFTER if where == "after" else NOT_BY_AUTHOR)[key]
    found = extract_article(page(**{where: more}, own=own))
    assert found.text == "\n\n".join(own)
    assert found.title == "Hedges" and found.date == "" and found.author == ""


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        ("<p>There are rules:</p><ul><li>Never.</li><li>Not on a Tuesday.</li></ul>", "Never."),
        ("<p><b>What do bees want?</b></p><p>To be left alone.</p>", "What do bees want?"),
        ("<p>— Куда вы? — спросил я.<br>— Мерить.</p>", "— Куда вы? — спросил я.\n— Мерить."),
        ("<h2>Of hedges</h2>", "Of hedges"),
        (
            "<p>One <b>half</b>.<br><br>The <b>other</b> one.<br>End.</p>",
            "One half.\n\nThe other one.\nEnd.",
        ),
        ("<p>Photo: that is all that she wrote.</p>", "Photo: that is all"),
        ("<p>See also the hedge, I said, and they saw it.</p>", "See also the hedge, I said"),
        ("<p>A hedge<sup><a href='#n1'>1</a></sup> is a wall.</p>", "A hedge is a wall."),
    ],
)
def test_unusual_text_of_the_author_is_kept(inside, kept):
    text = extract_article(page(inside)).text
    assert kept in text and all(p in text for p in ENGLISH)


def test_a_biographical_article_is_not_removed_as_a_biography_of_the_author():
    own = ENGLISH * 2
    html = page(own=own).replace(b"<article>", b"<article class='biography'>")
    html = html.replace(b"<main>", b"<main><div class='author-profile'>")
    assert extract_article(html).text.count("\n\n") == 5


def json_ld(author, date='"2020-03-04T10:00:00+03:00"'):
    return (
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle",'
        f'"headline":"Hedges","author":{author},"datePublished":{date}}}</script>'
    )


@pytest.mark.parametrize(
    ("where", "said", "author"),
    [
        ("head", json_ld('{"@type":"Person","name":"Анна Петрова"}'), "Анна Петрова"),
        ("head", json_ld('[{"name":"Anna P"},{"name":"Boris I"}]'), "Anna P; Boris I"),
        ("head", json_ld('{"@type":"Organization","name":"The Paper"}'), ""),
        (
            "top",
            "<div>By <a rel=author href='/a'>Anna P</a> and <a rel=author href='/b'>Boris I</a></div>"
            "<time datetime='2020-03-04'>then</time>",
            "Anna P; Boris I",
        ),
        ("top", "<div class='author'>Автор: Анна П</div><div>4 марта 2020</div>", "Анна П"),
        ("top", "<p>Текст: Анна Петрова</p><span>04.03.2020, 10:00</span>", "Анна Петрова"),
        ("top", "<p>By Anna Petrova, 4 March 2020</p>", "Anna Petrova"),
        (
            "top",
            "<p><span itemprop=author>Anna P</span>, <span itemprop=author>Boris I</span></p>"
            "<p>Published on March 4, 2020</p>",
            "Anna P; Boris I",
        ),
    ],
)
def test_author_and_date_are_found_anywhere_in_the_page(where, said, author):
    found = extract_article(page(**{where: said}))
    assert (found.author, found.date) == (author, "2020-03-04")
    assert found.text == "\n\n".join(ENGLISH)


def test_the_date_comes_from_the_address_but_not_from_a_copyright_notice():
    assert extract_article(page(), url="https://h.org/2020/03/04/hedges").date == "2020-03-04"
    assert extract_article(page()).date == ""


@pytest.mark.parametrize(
    "wall",
    [
        "<h2>This article is for our subscribers</h2><p>It is one pound a week.</p>",
        "<p>To continue reading, subscribe for one pound a week. Already a subscriber? Sign in.</p>",
        "<p>Чтобы читать дальше, оформите подписку.</p>",
        "<div><p>Полный текст статьи доступен только подписчикам.</p></div>",
    ],
)
def test_a_page_cut_by_a_paywall_is_refused(wall):
    body = f"<html><body><article><h1>Hedges</h1><p>{ENGLISH[0]}</p>{wall}</article></body></html>"
    with pytest.raises(UnreadableError, match="for subscribers"):
        extract_article(body.encode())


def test_an_article_that_mentions_subscribers_is_read():
    own = (*ENGLISH, "My subscribers write to me on Mondays, and to continue is all that I can do.")
    assert extract_article(page(own=own)).text == "\n\n".join(own)


def test_a_paragraph_that_google_docs_or_word_set_as_the_title_is_the_title():
    for name in ("c2 title", "MsoTitle"):
        body = "".join(f"<p>{p}</p>" for p in ENGLISH)
        html = f"<html><body class='doc-content'><p class='{name}'>Hedges</p>{body}</body></html>"
        found = extract_article(html.encode())
        assert (found.title, found.text) == ("Hedges", "\n\n".join(ENGLISH))


def test_a_comment_of_a_reviewer_is_no_text():
    mark = '<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup>'
    note = '<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a>Greta: I would cut all of it.</p></div>'
    own = (ENGLISH[0] + mark, *ENGLISH[1:])
    assert extract_article(page(own=own, after=note)).text == "\n\n".join(ENGLISH)


def test_counters_summary_and_requests_to_applaud_of_medium_are_left_out():
    top = (
        "<h2 class='pw-subtitle-paragraph'>What bees want, in short</h2><div><a rel=author>Ann P"
        "</a><span>·</span><span>4 min read</span><span>Mar 4, 2024</span></div><div><p>--</p>"
        "</div><div><p>3</p></div><button>Listen</button>"
    )
    end = "<p>If you liked this, clap 50 times and follow me.</p>"
    found = extract_article(
        page(top=top, own=ENGLISH).replace(b"</article>", f"{end}</article>".encode())
    )
    assert found.text == "\n\n".join(ENGLISH)
    assert (found.author, found.date) == ("Ann P", "2024-03-04")


def test_a_number_above_a_part_is_no_counter():
    text = extract_article(page(own=("1", ENGLISH[0], "2", *ENGLISH[1:]))).text
    assert text.startswith("1\n\n") and "\n\n2\n\n" in text


def test_a_box_of_notion_is_text_and_its_property_is_the_date():
    properties = (
        "<table class='properties'><tr><th>Created</th><td><time>@March 4, 2024</time></td></tr>"
        "</table>"
    )
    box = f"<figure class='block-color callout'><span class='icon'>💡</span><div>{RUSSIAN[0]}</div></figure>"
    found = extract_article(page(inside=box, top=properties))
    assert found.text == "\n\n".join((ENGLISH[0], RUSSIAN[0], *ENGLISH[1:]))
    assert found.date == "2024-03-04"


def test_words_that_are_crossed_out_are_left_out():
    own = (f"<del>Nothing</del> {ENGLISH[0]}", *ENGLISH[1:])
    assert extract_article(page(own=own)).text == "\n\n".join(ENGLISH)
