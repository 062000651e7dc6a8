"""The check for copies: spans of generated texts in the training texts, beside the writer's own.

Every writer repeats some phrases. So the same measure is taken between the writer's own texts, and
only what goes beyond it is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from morris_mlx.audit.intervals import share_interval
from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, as_figures
from morris_mlx.text.copying import MAX_COPIED_WORDS, SHOWN_WORDS, Copying, find_copies
from morris_mlx.text.numbers import counted, percent

# An author's held-out essay shares at most 12 words with the others in 13 of 15 cases, and up to 31
# where a law is quoted. No chance and no habit explains 50.
LONG_COPY = 50  # words
MOST_COPIED = 0.05  # the share that is allowed at most where too few own texts say little
SHOWN_SPANS = 5


def own_repetition(texts: Sequence[str], words: int) -> Copying:
    """Return the longest spans that the writer's own texts share with one another.

    Every second text is searched for in the others, in pieces of about `words` words, the length
    of the generated texts: a longer text has more chances.
    """
    pieces = []
    for text in texts[1::2]:
        split = text.split()
        pieces += [" ".join(split[at : at + words]) for at in range(0, len(split), words)]
    return find_copies(pieces, texts[::2])


def check_copying(found: Copying, own: Copying) -> AuditCheck:
    """Return the check of generated texts against the training texts.

    Args:
        found: The longest spans of the generated texts in the training texts.
        own: The same measure between the writer's own texts, `own_repetition`.
    """
    share = share_interval(found.many_over_limit, len(found.spans))
    usual = share_interval(own.many_over_limit, len(own.spans))
    longest, usual_longest = len(found.longest.words), len(own.longest.words)
    problems = []
    if share.low > min(usual.high, max(usual.value, MOST_COPIED)):
        problems.append(
            f"{counted(found.many_over_limit, 'answer')} of {len(found.spans)} "
            f"({percent(share.value)}) have more than {MAX_COPIED_WORDS} words in a row from the "
            f"training texts. Your own texts share such a span with one another in "
            f"{percent(usual.value)} of the cases."
        )
    if longest > max(LONG_COPY, usual_longest):
        problems.append(
            f"One answer repeats {longest} words in a row of training text "
            f"{found.longest.source + 1}."
        )
    if not found.spans:
        problems.append("The model wrote no text, so copies cannot be excluded.")
    return AuditCheck(
        CheckName.copying,
        CheckStatus.failed if problems else CheckStatus.passed,
        f"{percent(share.value)} of the answers have more than {MAX_COPIED_WORDS} words in a row "
        f"from your texts; your own texts repeat each other in {percent(usual.value)} of the "
        "cases.",
        tuple(problems),
        "Train for fewer epochs, with a lower rank or on more texts, or give a low `--strength`."
        if problems
        else "",
        figures=as_figures(
            {
                "answers": len(found.spans),
                f"share over {MAX_COPIED_WORDS} words": share,
                "the same between your texts": usual,
                "longest span, words": longest,
                "longest span, characters": found.longest.characters,
                "median span, words": found.median_words,
                "longest span between your texts, words": usual_longest,
            }
        ),
    )


def shown_spans(found: Copying, conceal: Callable[[str], str] = str) -> tuple[str, ...]:
    """Return the longest spans over the limit for a reader: only their first and last words.

    `conceal` masks redacted items.
    """
    over = [span for span in found.spans if len(span.words) > MAX_COPIED_WORDS]
    over.sort(key=lambda span: -len(span.words))
    lines = []
    for span in over[:SHOWN_SPANS]:
        first, last = " ".join(span.words[:SHOWN_WORDS]), " ".join(span.words[-SHOWN_WORDS:])
        shown = conceal(f"{first} … {last}")
        lines.append(f"{len(span.words)} words of training text {span.source + 1}: “{shown}”")
    return tuple(lines)
