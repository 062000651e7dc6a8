"""Pages of reports: values stay text, a missing value is an error, and styles are known by hash."""

import base64
import hashlib
import html
import re

import pytest
from jinja2 import UndefinedError

from morris_mlx.report.page import TEMPLATES, make_environment, render_page

HOSTILE = "</p><script>alert(1)</script> \"quoted\" 'single' {{ 7 * 7 }} {% raw %} ${title} &amp;"


def page_of(folder, content, style=None, title="A report", **values):
    template = folder / "report.html"
    template.write_text(
        '{% extends "shell.html" %}{% from "parts.html" import notes, share, tiles %}'
        f"{{% block content %}}{content}{{% endblock %}}",
        encoding="utf-8",
    )
    if style is not None:
        template.with_suffix(".css").write_text(style, encoding="utf-8")
    make_environment.cache_clear()
    return render_page(template, title, values)


def test_a_value_is_text_in_elements_and_in_attributes(tmp_path):
    page = page_of(tmp_path, '<p title="{{ said }}">{{ said }}</p>', title=HOSTILE, said=HOSTILE)
    assert "<script" not in page
    title, text = re.search(r'<p title="([^"]*)">(.*?)</p>', page).groups()
    assert html.unescape(title) == html.unescape(text) == HOSTILE
    assert html.unescape(re.search("<h1>(.*?)</h1>", page)[1]) == HOSTILE


def test_macros_keep_their_values_text(tmp_path):
    content = "{{ tiles([(said, said, said)]) }}{{ share(said, 0.5, 'train') }}{{ notes([note]) }}"
    note = {"title": HOSTILE, "text": f"Use --no-redact. {HOSTILE} --model"}
    page = page_of(tmp_path, content, said=HOSTILE, note=note)
    assert "<script" not in page
    assert html.unescape(page).count(HOSTILE) == 6
    assert re.findall("<code>(.*?)</code>", page) == ["--no-redact", "--model"]


def test_characters_that_cannot_be_seen_or_stored_are_replaced_by_signs(tmp_path):
    page = page_of(tmp_path, "<p>{{ said }}</p>", said="a\x00b\rc\x7fd\x9fe\ud800f\r\ng\th\n")
    assert "<p>a\u2400b\u240dc\ufffdd\ufffde\ufffdf\ng\th\n</p>" in page
    page.encode("utf-8")


def test_a_value_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UndefinedError, match="missing"):
        page_of(tmp_path, "{{ missing }}")
    with pytest.raises(UndefinedError, match="missing"):
        page_of(tmp_path, "{% if missing %}x{% endif %}")


@pytest.mark.parametrize("style", [None, 'p > b::before { content: "&<"; }\n'])
def test_the_style_of_shell_and_template_is_the_only_thing_allowed(tmp_path, style):
    page = page_of(tmp_path, "<p>x</p>", style)
    inside = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    known = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    policy = html.unescape(re.search(r'Security-Policy" content="(.*?)"', page)[1])
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{known}';")
    assert inside.startswith((TEMPLATES / "shell.css").read_text(encoding="utf-8"))
    assert inside.endswith(style or "}\n")


def test_a_template_may_replace_the_words_at_the_end(tmp_path):
    assert "your own words" in page_of(tmp_path, "x")
    other = page_of(tmp_path, "x{% endblock %}{% block footer %}<p>Of other people.</p>")
    assert "your own words" not in other and "<p>Of other people.</p>" in other
