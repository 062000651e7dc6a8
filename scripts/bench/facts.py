"""Facts named by `morris rewrite` in forty planted drafts, and false alarms on faithful rewritings.

    python scripts/bench/facts.py

The drafts are those of the tests: every planted fact is removed and altered once, and each invented
sentence is appended to every rewriting.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.planted_drafts import DRAFTS, INVENTED, gone, names_item, new

from morris_mlx.pipeline.rewrite_lexicon import build_lexicon
from morris_mlx.text.facts.compare import compare_facts


def main() -> None:
    """Print the table."""
    lexicon = build_lexicon()
    lost, changed, added = [], [], []
    alarms = mentions = 0
    for draft in DRAFTS:
        faithful = compare_facts(draft.draft, draft.rewriting, lexicon)
        alarms += bool(faithful)
        mentions += len(faithful.perhaps_lost) + len(faithful.perhaps_added)
        for planted, text in draft.without():
            lost.append(names_item(gone(compare_facts(draft.draft, text, lexicon)), planted))
        for planted, wrong, text in draft.changed():
            found = compare_facts(draft.draft, text, lexicon)
            changed.append(names_item(gone(found), planted) or names_item(new(found), wrong))
        for sentence, item in INVENTED[draft.language]:
            found = compare_facts(draft.draft, f"{draft.rewriting} {sentence}", lexicon)
            added.append(names_item(new(found), item))
    for name, named in (("removed", lost), ("altered", changed), ("invented", added)):
        print(f"{name:<9} {sum(named):>4} of {len(named):>4} named")
    print(f"faithful rewritings called wrong: {alarms} of {len(DRAFTS)}")
    print(f"words mentioned that may be names: {mentions}")


if __name__ == "__main__":
    main()
