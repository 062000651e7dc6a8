"""Tests of marks of programs that build pages."""

import pytest

from morris_mlx.collect.readers.site_marks import is_site_line, remove_site_marks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a {{< figure src="/b.jpg" caption="C" >}} b', "a  b"),
        ("{% include youtube.html id=1 %}a", "a"),
        ("{% raw %}mine{% endraw %}", "mine"),
        ("{{% notice %}}mine{{% /notice %}}", "mine"),
        ('{{< quote "X" >}}others{{< /quote >}}mine', "mine"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}mine", "mine"),
        ("{% comment %}no{% endcomment %}mine{% quote %}", "mine"),
        ("a {{ page.title }} b", "a  b"),
        ("a {/* b */} c <% tp.date.now() %> d", "a  c  d"),
        ('[caption id="a"]A boat[/caption]mine [gallery ids="1,2"]', "mine "),
        ("{++new++} {--old--}{~~x~>y~~} {>>Greta: cut this<<}{==hi==}", "new y hi"),
        ("As shown [@smith2004, p. 3] and [see @b].", "As shown and."),
        ("## Head {#id .cls}", "## Head"),
        ("a <!-- b\n\nc --> d <!-- e", "a  d  e"),
        ("Set {a, b} and {x}; f[0] [sic] {", "Set {a, b} and {x}; f[0] [sic] {"),
    ],
)
def test_instructions_go_and_the_text_between_them_stays(text, expected):
    assert remove_site_marks(text) == expected


def test_lines_of_instructions_are_recognized():
    for line in ("::: warning", ":::", "[TOC]", "[[toc]]", "{:toc}", "* TOC", "{: .lead}",
                 "*[HTML]: Hyper Text", "\\newpage"):  # fmt: skip
        assert is_site_line(line), line
    for line in ("text", "* a", "[sic]", ": a", "::", ""):
        assert not is_site_line(line), line


@pytest.mark.parametrize(
    "mark", ["{{<", "{%", "<!--", "{>>", "{~~a", "[caption ", "[@a ", "{#a ", "<%"]
)
def test_marks_that_are_never_closed_cost_linear_time(mark):
    assert len(remove_site_marks("x " + mark * 30_000)) > 1
