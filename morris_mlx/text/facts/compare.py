"""The facts of a text, and those that a rewriting of it loses, changes or adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from morris_mlx.text.copying import normalize_words
from morris_mlx.text.facts.dates import find_dates, find_times
from morris_mlx.text.facts.fact import Fact, FactKind
from morris_mlx.text.facts.names import Lexicon, find_names, name_stems, word_stems
from morris_mlx.text.facts.quantities import find_quantities
from morris_mlx.text.facts.quotations import find_links, find_quotations
from morris_mlx.text.facts.repeated import FewerUses, find_fewer_uses
from morris_mlx.text.folding import fold, lowercase

SHORT_QUOTATION = 3  # words: a title or an ironical word, which may lose its quotation marks
LIKE = 0.5  # similarity at which a lost and an added fact are one that was changed
NUMERIC = frozenset(
    (FactKind.DATE, FactKind.TIME, FactKind.PERCENT, FactKind.MONEY, FactKind.NUMBER)
)


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact of the draft and the one that stands in its place."""

    before: Fact
    after: Fact


@dataclass(frozen=True, slots=True)
class FactChanges:
    """Differences in facts.

    `fewer` are numbers that the draft uses for more things than the text. `perhaps_lost` and
    `perhaps_added` are words at the beginning of a sentence that may be names; `from_notes` are
    added facts that are in the user's notes. These three are not counted as wrong.
    """

    lost: tuple[Fact, ...] = ()
    changed: tuple[ChangedFact, ...] = ()
    added: tuple[Fact, ...] = ()
    perhaps_lost: tuple[Fact, ...] = ()
    perhaps_added: tuple[Fact, ...] = ()
    from_notes: tuple[Fact, ...] = ()
    fewer: tuple[FewerUses, ...] = ()

    @property
    def count(self) -> int:
        """The number of facts that are wrong."""
        return len(self.lost) + len(self.changed) + len(self.added) + len(self.fewer)

    def __bool__(self) -> bool:
        return self.count > 0


def find_facts(text: str, lexicon: Lexicon | None = None) -> list[Fact]:
    """Return the facts of a text in order, with positions in the folded text.

    [fact.text for fact in find_facts("In 1987 she met Anna.")] == ["1987", "Anna"]
    """
    folded = fold(text).text
    lowered = lowercase(folded)
    links = list(find_links(folded))
    folded, lowered = _blank(folded, links), _blank(lowered, links)
    quotations = list(find_quotations(folded))
    dates = list(find_dates(folded, lowered))
    named = _blank(folded, dates)
    folded, lowered = named, _blank(lowered, dates)
    times = list(find_times(folded, lowered))
    folded, lowered = _blank(folded, times), _blank(lowered, times)
    amounts = list(find_quantities(folded, lowered))
    names = list(
        find_names(_blank(named, [a for a in amounts if _is_code(a)]), lexicon or Lexicon())
    )
    names = [name for name in names if not any(_overlap(name, a) for a in amounts)]
    found = [*links, *quotations, *dates, *times, *amounts, *names]
    return sorted(found, key=lambda fact: (fact.start, fact.end))


def names_of(text: str, lexicon: Lexicon) -> frozenset[str]:
    """Return the stems of the names of a text, by which its names begin sentences, too."""
    names = (f for f in find_facts(text, lexicon) if f.kind == FactKind.NAME and not f.unsure)
    return frozenset(stem for fact in names for stem in name_stems(lowercase(fact.text)))


def compare_facts(
    draft: str, text: str, lexicon: Lexicon | None = None, background: str = "", notes: str = ""
) -> FactChanges:
    """Return the facts of `draft` that `text` loses or changes, and those that it adds.

    `background` is the rest of the draft, whose names may be used again; `notes` are texts whose
    facts may be added.
    """
    lexicon = lexicon or Lexicon()
    whole = f"{background}\n\n{draft}"
    lexicon = replace(lexicon, known=lexicon.known | names_of(whole, lexicon))
    old, new = find_facts(draft, lexicon), find_facts(text, lexicon)
    lost = [fact for fact in old if not _is_in(fact, new, text)]
    in_background = find_facts(background, lexicon) if background else []
    known = [*old, *(fact for fact in in_background if fact.kind == FactKind.NAME)]
    added = [fact for fact in new if not _is_in(fact, known, draft) and not _is_bare(fact, old)]
    noted = find_facts(notes, lexicon) if notes else []
    from_notes = [fact for fact in added if notes and _is_in(fact, noted, notes)]
    added = [fact for fact in added if fact not in from_notes]
    lost, added = _once(lost), _once(added)
    sure_lost, sure_added = ([f for f in facts if not f.unsure] for facts in (lost, added))
    changed = list(_paired(sure_lost, sure_added))
    done = {id(fact) for pair in changed for fact in (pair.before, pair.after)}
    in_draft, in_text = fold(draft).text, fold(text).text
    return FactChanges(
        lost=tuple(_joined(in_draft, [f for f in sure_lost if id(f) not in done])),
        changed=tuple(changed),
        added=tuple(_joined(in_text, [f for f in sure_added if id(f) not in done])),
        perhaps_lost=tuple(f for f in lost if f.unsure),
        perhaps_added=tuple(f for f in added if f.unsure),
        from_notes=tuple(_joined(in_text, _once(from_notes))),
        fewer=tuple(find_fewer_uses(in_draft, old, in_text, new)),
    )


def _is_in(fact: Fact, facts: Sequence[Fact], text: str) -> bool:
    """Return True if one of `facts`, those of `text`, is the same fact; also for a weak fact."""
    if fact.weak:
        return True
    if fact.kind == FactKind.QUOTATION:
        return _is_quoted(fact, facts, text)
    if any(fact.keys & other.keys for other in facts):
        return True
    # "the Committee" may become "the committee"; a day gives its month.
    return fact.kind == FactKind.NAME and bool(fact.keys & word_stems(fold(text).text))


def _is_bare(fact: Fact, facts: Sequence[Fact]) -> bool:
    """Return True for a number without the unit that it has in `facts`: "all twelve of them"."""
    bare = [key for key in fact.keys if key.startswith("amount ") and key.endswith(" ")]
    return any(key.startswith(one) for one in bare for other in facts for key in other.keys)


def _is_quoted(fact: Fact, facts: Sequence[Fact], text: str) -> bool:
    """Return True if the words of a quotation are in quotations of the other text.

    A quotation may be interrupted: “I came,” she said, “on Monday.”
    """
    words = next(iter(fact.keys))
    quoted = " ".join(next(iter(f.keys)) for f in facts if f.kind == FactKind.QUOTATION)
    if f" {words} " in f" {quoted} ":
        return True
    short = len(words.split()) <= SHORT_QUOTATION
    return short and f" {words} " in f" {' '.join(normalize_words(text))} "


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts without those that occurred before."""
    found: list[Fact] = []
    for fact in facts:
        if not any(fact.kind == other.kind and fact.keys & other.keys for other in found):
            found.append(fact)
    return found


def _paired(lost: Sequence[Fact], added: Sequence[Fact]) -> Iterator[ChangedFact]:
    """Yield the lost facts with the most similar added fact of the same sort."""
    free = list(added)
    for fact in lost:
        like = [other for other in free if _sort(other) == _sort(fact)]
        if not like:
            continue
        best = max(like, key=lambda other: _likeness(fact, other))
        alone = len(like) == 1 and sum(_sort(other) == _sort(fact) for other in lost) == 1
        if alone or _likeness(fact, best) >= LIKE:
            free.remove(best)
            yield ChangedFact(fact, best)


def _sort(fact: Fact) -> str:
    return "amount" if fact.kind in NUMERIC else fact.kind


def _likeness(one: Fact, other: Fact) -> float:
    same = 0.5 * (one.kind == other.kind)
    return same * 0.5 + SequenceMatcher(None, one.text.lower(), other.text.lower()).ratio()


def _joined(folded: str, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the facts, neighboring words of a name as one."""
    held: Fact | None = None
    for fact in facts:
        both_names = held is not None and {held.kind, fact.kind} == {FactKind.NAME}
        if held and both_names and folded[held.end : fact.start] in (" ", "-", ". ", "\n"):
            held = replace(
                held,
                text=folded[held.start : fact.end],
                keys=held.keys | fact.keys,
                end=fact.end,
            )
            continue
        if held:
            yield held
        held = fact
    if held:
        yield held


def _blank(text: str, facts: Iterable[Fact]) -> str:
    """Return a text of the same length with full stops in place of facts that were found."""
    characters = list(text)
    for fact in facts:
        if fact.start < fact.end:
            characters[fact.start : fact.end] = "\x00" * (fact.end - fact.start)
    return "".join(characters)


def _is_code(fact: Fact) -> bool:
    return any(key.startswith("code ") for key in fact.keys)


def _overlap(one: Fact, other: Fact) -> bool:
    return one.start < other.end and other.start < one.end
