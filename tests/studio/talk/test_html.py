"""Text in the HTML of a conversation."""

import re
from html import unescape

from morris_mlx.studio.talk.html import plain


def test_no_character_of_a_text_is_markup():
    hostile = "<img src=x onerror=a()> & \"quotes\" 'single' ${7*7} {{value}} `x`"
    safe = plain(hostile)
    assert not set(re.sub(r"&#?\w+;", "", safe)) & set("<>\"'&${}`") and unescape(safe) == hostile
