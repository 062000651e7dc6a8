"""Choice of the best of several answers to a request: the judges rank them, with guards.

The judges see only style. An answer that copies a training text, repeats itself, is unusable or has
no word of the request's subject is therefore ranked behind every answer without such a fault,
whatever its score.

ranker = CandidateRanker(jury, training_texts, "en")
best, assessment = ranker.rank(request, results)[0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from morris_mlx.evaluate.checks import check_text
from morris_mlx.evaluate.judges.grammar import function_words
from morris_mlx.evaluate.judges.measured_text import measure
from morris_mlx.evaluate.judges.pieces import cut_pieces
from morris_mlx.evaluate.judges.population import PIECE_WORDS
from morris_mlx.evaluate.jury import Jury
from morris_mlx.models.chat_formats import ChatFormat
from morris_mlx.records.generation import CandidateFault, CandidateScore, GenerationResult
from morris_mlx.text.copying import MAX_COPIED_WORDS, CopiedSpan, find_copies
from morris_mlx.text.words import PROSE_WORD

# Pieces of 30 words of the sample's author have an AUC of 0.99 against newswire, of 15 words 0.97;
# between texts of one model it is lower.
MIN_WORDS = 30
# Of the subject's words, shorter ones being mostly grammar; an ending of up to so many letters more
# may follow the first letters: "museum" is taken up by "museums", "rain" by "rainy".
SUBJECT_LETTERS, STEM, ENDING = 3, 5, 3

Ranked = tuple[GenerationResult, CandidateScore]


class CandidateRanker:
    """Judges of one author, and all that the answers are compared with."""

    def __init__(
        self,
        jury: Jury,
        learned: Sequence[str],
        language: str,
        asking: frozenset[str] = frozenset(),
        chat_format: ChatFormat | None = None,
    ) -> None:
        """Store what the candidates are compared with.

        Args:
            jury: Judges that were fitted on the author.
            learned: The texts that the adapter was trained on, for copies.
            language: The language of the author's texts.
            asking: Words that only ask for a text, such as "write" and "column", in lower case.
            chat_format: The model's format, whose markers must not be in a text.
        """
        self._jury = jury
        self._learned = learned
        self._grammar = function_words(language) | asking
        self._chat_format = chat_format

    def rank(self, request: str, results: Sequence[GenerationResult]) -> list[Ranked]:
        """Return the candidates of a request, each with its assessment, the best first."""
        return self.rank_all([request], [results])[0]

    def rank_all(
        self, requests: Sequence[str], groups: Sequence[Sequence[GenerationResult]]
    ) -> list[list[Ranked]]:
        """Return the ranked candidates of each request. The training texts are read once."""
        texts = [result.text for group in groups for result in group]
        spans = iter(find_copies(texts, self._learned).spans)
        return [
            self._ranked(group, [self._faults(request, r, next(spans)) for r in group])
            for request, group in zip(requests, groups, strict=True)
        ]

    def _ranked(
        self,
        results: Sequence[GenerationResult],
        faults: Sequence[tuple[CandidateFault, ...]],
    ) -> list[Ranked]:
        counts = [len(PROSE_WORD.findall(result.text)) for result in results]
        scores = self._scores([r.text for r in results], counts, [not found for found in faults])
        assessed = [
            CandidateScore(result.seed, result.tokens, words, score, found)
            for result, words, score, found in zip(results, counts, scores, faults, strict=True)
        ]
        order = sorted(range(len(results)), key=lambda at: _rank_key(assessed[at], at))
        return [(results[at], assessed[at]) for at in order]

    def _faults(
        self, request: str, result: GenerationResult, span: CopiedSpan
    ) -> tuple[CandidateFault, ...]:
        # "stop": an answer that was cut at a limit is not worse than another one.
        kinds = {f.kind for f in check_text(result.text, "stop", (), self._chat_format)}
        found = {
            CandidateFault.COPIES: len(span.words) > MAX_COPIED_WORDS,
            CandidateFault.REPEATS: "repetition" in kinds or result.finish_reason == "loop",
            CandidateFault.OFF_REQUEST: not self._takes_up(request, result.text),
            CandidateFault.UNUSABLE: bool(kinds & {"empty", "template"}),
        }
        return tuple(fault for fault, holds in found.items() if holds)

    def _takes_up(self, request: str, answer: str) -> bool:
        """Return True if the answer has a word of the request's subject, or there is none."""
        words = (word.casefold() for word in PROSE_WORD.findall(request))
        wanted = {w for w in words if len(w) >= SUBJECT_LETTERS and w not in self._grammar}
        given = {word.casefold() for word in PROSE_WORD.findall(answer)}
        return not wanted or any(
            word.startswith(w[:STEM]) and len(word) <= len(w) + ENDING
            for w in wanted
            for word in given
        )

    def _scores(
        self, texts: Sequence[str], counts: Sequence[int], sound: Sequence[bool]
    ) -> list[float | None]:
        """Return the mean ratio of the pieces of each text; None for a text that is too short.

        The ratio depends on the length of a text, so all are judged in pieces as long as the
        shortest one. If most are too short, as chat replies are, all are None: otherwise the choice
        would only prefer long answers.
        """
        judged = [count >= MIN_WORDS for count in counts]
        if 2 * sum(judged) < len(texts):
            return [None] * len(texts)
        usable = [
            count for count, long, good in zip(counts, judged, sound, strict=True) if long and good
        ] or [count for count in counts if count >= MIN_WORDS]
        words = min(PIECE_WORDS, *usable)
        return [
            self._mean_ratio(text, words) if long else None
            for text, long in zip(texts, judged, strict=True)
        ]

    def _mean_ratio(self, text: str, words: int) -> float | None:
        pieces = cut_pieces([text], words)
        if not pieces:  # a faulty text that is shorter than all others
            return None
        measured = [measure(piece, self._jury.inventory) for piece in pieces]
        return float(self._jury.ratios_once(measured).mean())


def _rank_key(candidate: CandidateScore, number: int) -> tuple[bool, bool, float, int]:
    score = candidate.score
    return bool(candidate.faults), score is None, -(score or 0.0), number


def chosen_of(ranked: Sequence[Ranked]) -> GenerationResult:
    """Return the best candidate, with the assessments of all."""
    return replace(ranked[0][0], alternatives=(), candidates=tuple(one for _, one in ranked))
