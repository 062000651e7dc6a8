"""Tests of templates, which are rendered as by transformers but within limits."""

import time

import pytest

from morris_mlx.models.chat_formats import Template, TemplateError, limits, sandbox
from morris_mlx.records.corpus import Message

HELLO = [Message("user", "hello")]


def rendered(text, **tokens):
    return Template(text, tokens).render(HELLO)


def test_blocks_are_trimmed_and_the_switches_are_given():
    text = (
        "{% for m in messages %}\n"
        "  {% if enable_thinking %}\n    thinks\n  {% endif %}\n"
        "{{ bos_token }}{{ m.content }} {{ date_string }} {{ tools is none }}\n"
        "  {% break %}\n{% endfor %}"
    )
    assert rendered(text, bos_token="<s>") == "<s>hello 26 Jul 2024 True\n"


def test_the_date_is_fixed_and_json_is_written_unescaped():
    text = "{{ strftime_now('%d %B %Y') }} {{ {'a': 'é<'} | tojson }} {{ [1] | tojson(indent=1) }}"
    assert rendered(text) == '26 July 2024 {"a": "é<"} [\n 1\n]'
    assert Template(text, {}).switches == {"strftime_now": "2024-07-26"}


def test_only_the_switches_that_a_template_reads_are_named():
    text = "{% if enable_thinking is defined and not enable_thinking %}x{% endif %}"
    assert Template(text, {}).switches == {"enable_thinking": "false"}
    assert Template("x", {}).switches == {}


def test_the_marks_of_answers_for_a_trainer_change_nothing():
    assert rendered("a{% generation %}{{ messages[0].content }}{% endgeneration %}b") == "ahellob"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ raise_exception('no system role') }}", "no system role"),
        ("{{ messages[3].content }}", "no element 3"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{% set x = 1e999 %}{{ x }}", "NameError"),
        ("{{ 'a' + 1 }}", "TypeError"),
        ("{% if x %}", "unclosed|end of template"),
        ("{{ x | unknown }}", "No filter named"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError|computed"),
        ("{{ messages.__class__.__mro__ }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe|not safely callable"),
        ("{{ '{:>999999999}'.format(1) }}", "unsafe|not safely callable"),
    ],
)
def test_a_template_that_fails_says_why(text, reason):
    with pytest.raises(TemplateError, match=reason):
        rendered(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ 'x' * 999 }}{% endfor %}",
        "{{ 'x' * 99999999 }}",
        "{{ 2 ** 99999999 }}",
        "{{ [1] * 99999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ 'x'.ljust(999999999) }}",
        "{{ 'x' | center(999999999) }}",
        "{{ ('x' * 9999).replace('x', 'y' * 9999) }}",
        "{{ ('x' * 9999) | replace('x', 'y' * 9999) }}",
        "{% set n = namespace(t='xx') %}{% for a in range(64) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
        "{% set n = namespace(t='xx') %}{% for a in range(64) %}{% set n.t = n.t + n.t %}{% endfor %}",
        "{% set n = namespace(t='xx') %}{% for a in range(64) %}{% set n.t = [n.t, n.t] | join %}"
        "{% endfor %}",
        "{% set n = namespace(t='xx') %}{% for a in range(64) %}{% set x %}{{ n.t }}{{ n.t }}"
        "{% endset %}{% set n.t = x %}{% endfor %}",
        "{% set n = namespace(x=7) %}{% for a in range(9) %}{% set n.x = n.x ** 64 %}{% endfor %}",
        "{{ ('x' * 99999).translate({120: 'y' * 99999}) }}",
        "{% set n = namespace(x=[]) %}{% for a in range(64) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
        "{{ n.x }}",
        "{% set n = namespace(x=0) %}{% for a in range(64) %}{% set n.x = (n.x, n.x) %}{% endfor %}"
        "{{ n.x | tojson }}",
        "{% set n = namespace(x=0, y=0) %}{% for a in range(64) %}{% set n.x = {1: n.x, 2: n.x} %}"
        "{% set n.y = {1: n.y, 2: n.y} %}{% endfor %}{{ n.x == n.y }}",
        "{% set n = namespace() %}{% set n.x = [n, n] %}{{ n }}",
        "{{ (['x' * 999999] * 9999) | join }}",
        "{{ range(9999) | map('center', 999999) | join }}",
        "{{ ''.join(range(9999) | map('center', 999999)) }}",
        "{{ ('%(a)s' * 9999) % {'a': 'x' * 9999} }}",
        "{% set t = 'x' * 999999 %}{% set x %}{% for a in range(9999) %}{{ t }}{% endfor %}"
        "{% endset %}",
        "{% set x %}{% for a in range(99999) %}" + "x" * 99999 + "{% endfor %}{% endset %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    ],
)
def test_no_template_keeps_the_machine_busy(text, monkeypatch):
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.05)
    began = time.process_time()
    with pytest.raises(TemplateError, match=r"more than 1,000,000|seconds of CPU time|pads"):
        rendered(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", ["_morris_tick", "_morris_join", "_\uff4dorris_tick"])
def test_a_template_cannot_replace_the_checks(name):
    text = "{% set NAME = namespace %}{% for a in range(99999) %}{% endfor %}{{ 'a' ~ 'b' }}"
    with pytest.raises(TemplateError, match="reserved"):
        rendered(text.replace("NAME", name))


def test_a_busy_machine_that_pauses_a_rendering_does_not_end_it(monkeypatch):
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(sandbox, "checked", lambda value: time.sleep(0.25) or value)
    assert rendered("{% for a in 'ab' %}{{ a.upper() }}{% endfor %}") == "AB"


def test_a_template_of_a_million_characters_is_refused():
    with pytest.raises(TemplateError, match="more than 1,000,000"):
        rendered("x" * 1_000_001)
