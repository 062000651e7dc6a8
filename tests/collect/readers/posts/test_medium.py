"""Tests of Medium exports: stories alone, without drafts, responses, claps and lists."""

import pytest
from support.text_exports import (
    BOY,
    PAINT,
    claimed_names,
    only_text,
    read_export,
    reasons,
    texts,
    write_files,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind

TITLE = '<h3 class="graf graf--h3 graf--leading graf--title">On paint</h3>'
TITLE += '<h4 class="graf graf--h4 graf--subtitle">Sub</h4>'


def page(
    body=f'<p class="graf graf--p">{PAINT}</p>',
    title=TITLE,
    time='<time class="dt-published" datetime="2024-03-04T10:00:00.000Z">March 4</time>',
):
    return (
        "<!DOCTYPE html><html><head><title>On paint</title><style>p {}</style></head><body>"
        '<article class="h-entry"><header><h1 class="p-name">On paint</h1></header>'
        '<section data-field="subtitle" class="p-summary">Sub</section>'
        f'<section data-field="body" class="e-content"><section class="section">{title}'
        f"{body}</section></section>"
        f'<footer><p>By <a href="https://medium.com/@ivo" class="p-author h-card">Ivo Marsh</a> on {time}.</p>'
        "<p>Exported from Medium.</p></footer></article></body></html>"
    )


def export(**posts):
    files = {
        "README.html": "<p>Your data</p>",
        "claps/claps-0001.html": "<li>+50</li>",
        "lists/a.html": "<p>List</p>",
    }
    return files | {f"posts/{name}.html": text for name, text in posts.items()}


def test_a_story_has_title_author_and_date_and_not_its_subtitle(tmp_path):
    files = export(**{"2024-03-04_On-paint-1": page()})
    piece = only_text(read_export(ExportKind.MEDIUM, write_zip(tmp_path / "a.zip", files)))
    assert (piece.parsed.text, piece.parsed.title) == (PAINT, "On paint")
    assert (piece.parsed.author, piece.parsed.date) == ("Ivo Marsh", "2024-03-04")


def test_drafts_and_responses_and_everything_else_are_left_out(tmp_path):
    files = export(
        **{
            "2024-03-04_On-paint-1": page(),
            "draft_Another-2": page(),
            "2024-03-05_Thank-you-3": page(BOY, title="").replace("On paint", BOY[:20] + "…"),
            "2024-03-06_Undated-4": page(time=""),
            "2024-03-07_Empty-5": "<!-- -->",
        }
    )
    pieces = read_export(ExportKind.MEDIUM, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "a draft that was not published": 2,
        "a response to somebody else": 1,
        "no text in it": 1,
        "account data, not a text": 3,
    }


def test_a_story_without_a_title_in_its_body_is_no_response(tmp_path):
    files = export(**{"2014-03-04_On-1": page(title="")})
    piece = only_text(read_export(ExportKind.MEDIUM, write_zip(tmp_path / "a.zip", files)))
    assert (piece.parsed.text, piece.parsed.title) == (PAINT, "On paint")


def test_the_title_of_an_old_story_may_stand_below_a_picture(tmp_path):
    title = '<figure class="graf--figure"><img></figure><h3 class="graf--h3">On paint</h3>'
    files = export(**{"2014-03-04_On-1": page(title=title)})
    piece = only_text(read_export(ExportKind.MEDIUM, write_zip(tmp_path / "a.zip", files)))
    assert piece.parsed.text == PAINT


def test_quotations_code_and_cards_of_links_are_no_prose(tmp_path):
    body = (
        '<p class="graf graf--p">Mine.</p><blockquote class="graf graf--pullquote">Theirs.</blockquote>'
        '<pre class="graf graf--pre graf--preV2"><span class="pre--content">x = 1</span></pre>'
        '<div class="graf graf--mixtapeEmbed"><a href="https://x.org">A card</a></div>'
        '<figure class="graf graf--figure"><img><figcaption>A boat</figcaption></figure>'
        '<ul class="postList"><li class="graf graf--li">Too.</li></ul>'
    )
    files = export(**{"2024-03-04_On-1": page(body)})
    assert texts(read_export(ExportKind.MEDIUM, write_zip(tmp_path / "a.zip", files))) == [
        "Mine.\n\nToo."
    ]


@pytest.mark.parametrize("prefix", ["", "medium-export/"])
def test_other_pages_in_a_folder_called_posts_are_not_claimed(tmp_path, prefix):
    files = {
        f"{prefix}{name}": text for name, text in export(**{"2024-03-04_On-1": page()}).items()
    }
    archive = write_files(
        tmp_path, files | {"blog/posts/mine.html": "<p>Mine.</p>", "essay.md": "Mine."}
    )
    assert claimed_names(archive) == {ExportKind.MEDIUM: set(files)}
