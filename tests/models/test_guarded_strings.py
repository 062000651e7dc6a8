"""The search for many strings at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.models.guarded_strings import GuardedStrings


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.text("ab<|]^-\\\n", min_size=1, max_size=4), max_size=6),
    st.text("ab<|]^-\\\n", max_size=30),
)
def test_the_longest_guarded_string_is_found_at_every_place(strings, text):
    pieces, start, at = [], 0, 0
    while at < len(text):  # the same, one string after another
        found = max((s for s in strings if text.startswith(s, at)), key=len, default="")
        if found:
            pieces += [(text[start:at], False)] * (start < at) + [(found, True)]
            start = at + len(found)
        at += len(found) or 1
    pieces += [(text[start:], False)] * (start < len(text))
    assert list(GuardedStrings(strings).split(text)) == pieces


def test_thousands_of_added_tokens_do_not_slow_the_search():
    """With a thousand special tokens, `morris prepare` once took 44 seconds instead of 8."""
    text = ("word <b>and</b> so\n" * 40 + "\n") * 100

    class Counted(str):
        compared = 0

        def __getitem__(self, place):
            Counted.compared += 1
            return str(self)[place]

    costs = []
    for count in (1, 6000):
        Counted.compared = 0
        strings = [f"<unused{n}>" for n in range(count)]
        assert "".join(piece for piece, _ in GuardedStrings(strings).split(Counted(text))) == text
        costs.append(Counted.compared)
    assert costs[1] < 5 * costs[0]
