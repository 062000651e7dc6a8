"""Word runs: a context that does not give the answer away."""

from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.text.word_runs import shares_words, trim_overlap, word_runs

words = st.lists(st.sampled_from("abcdefg"), max_size=40).map(" ".join)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words, words)
def test_the_end_of_a_context_does_not_give_the_answer_away(context, answer):
    end = trim_overlap(context, lambda part: shares_words(part, answer))
    assert context.endswith(end) and not shares_words(end, answer)
    dropped = len(context.split()) - len(end.split())
    assert not dropped or shares_words(" ".join(context.split()[dropped - 1 :]), answer)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words, words)
def test_a_shared_run_is_found_wherever_it_is(request, answer):
    assert shares_words(request, answer) == bool(word_runs(request) & word_runs(answer))
