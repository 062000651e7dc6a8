"""Encoding of the parts of a conversation: structure with control tokens, contents without any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tokenizers import Tokenizer

from morris_mlx.errors import check_unicode
from morris_mlx.models.guarded_strings import GuardedStrings

Run = tuple[list[int], bool]  # ids, and True if they are learned


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a conversation's text between two control tokens.

    A `content` is the text of a message; the rest is structure. `learned` parts are in the loss.
    """

    text: str
    content: bool = False
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A control token of the structure."""

    id: int
    learned: bool = False


class TextEncoder:
    """An encoder of texts to ids in which the contents of messages form no control tokens.

    `split` splits structural texts at control tokens. The text between two control tokens is
    encoded together, as in a rendered template: the end of a content may form one token with the
    structure after it ("." and a line break often do). The text is separated in two places: after a
    line break, which never joins what follows, and before an answer, so that a prompt is always the
    beginning of its training row.
    """

    def __init__(self, tokenizer: Tokenizer, guarded: Iterable[str]) -> None:
        """Set up a tokenizer for texts.

        Args:
            tokenizer: The model's own. It is changed so that no text forms a special token.
            guarded: Texts that no content may form as a token, besides special tokens.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._added = tokenizer.get_added_tokens_decoder()
        self._ids = {token.content: number for number, token in self._added.items()}
        tokenizer.encode_special_tokens = False
        self._joins_first = self._continues_after_special()
        tokenizer.encode_special_tokens = True
        self._guarded_texts = frozenset(guarded)

    @cached_property
    def special_tokens(self) -> frozenset[str]:
        """The texts of the special tokens."""
        return frozenset(token.content for token in self._added.values() if token.special)

    @cached_property
    def _guarded(self) -> GuardedStrings:
        return GuardedStrings(self.special_tokens | self._guarded_texts)

    @cached_property
    def _guarded_ids(self) -> frozenset[int]:
        guarded = self.special_tokens | self._guarded_texts
        return frozenset(i for text, i in self._ids.items() if text in guarded)

    @cached_property
    def _special(self) -> GuardedStrings:
        return GuardedStrings(self.special_tokens)

    def _continues_after_special(self) -> bool:
        """Return True if a text has the same ids after a special token as within a text.

        Many SentencePiece tokenizers put a space before each text after a special token, some only
        before the first.
        """
        for token in self._added.values():
            if token.special and not (token.rstrip or token.normalized):
                after = self._encode(token.content + "a")[1:]
                return after != self._encode("a") and after == self.encode_within("a")
        return False

    def id_of(self, token: str) -> int | None:
        """Return the id of a special token, or None for any other text."""
        return self._ids[token] if token in self.special_tokens else None

    def split(self, structure: str) -> list[str | int]:
        """Return a structural text as control tokens' ids and the texts between them.

        White space beside a token that absorbs it is dropped, as by the tokenizer.
        """
        pieces: list[str | int] = []
        takes_in = False
        for text, is_token in self._special.split(structure):
            if not is_token:
                pieces.append(text.lstrip() if takes_in else text)
                takes_in = False
                continue
            token = self._added[self._ids[text]]
            if token.lstrip and pieces and isinstance(pieces[-1], str):
                pieces[-1] = pieces[-1].rstrip()
            pieces.append(self._ids[text])
            takes_in = token.rstrip
        return [piece for piece in pieces if piece != ""]

    def encode_stretch(self, parts: Sequence[Part], after_token: bool) -> list[Run]:
        """Return the ids of the parts between two control tokens, in runs with one loss mask each.

        `after_token` is False for a stretch at the beginning of a conversation.
        """
        encoded: list[Run] = []
        within = after_token and self._joins_first
        for run in _runs(parts):
            encoded.append((self._encode_run(run, within), run[0].learned))
            within = True
        return encoded

    def _encode_run(self, run: Sequence[Part], within: bool) -> list[int]:
        """Return the ids of parts encoded together, except for guarded texts in contents."""
        pieces: list[tuple[str, bool]] = []
        for part in run:
            split = self._guarded.split(part.text) if part.content else [(part.text, False)]
            for text, guarded in split:
                if pieces and not guarded and not pieces[-1][1]:
                    pieces[-1] = (pieces[-1][0] + text, False)
                else:
                    pieces.append((text, guarded))
        ids: list[int] = []
        for text, guarded in pieces:
            if guarded:
                ids += self._encode_characters(text)
            else:
                ids += self.encode_within(text) if within else self._encode(text)
            within = True
        if self._guarded_count(ids) > sum(
            self._guarded_count(self._encode(part.text)) for part in run if not part.content
        ):
            # Only a damaged tokenizer does this; then no token of two characters is safe.
            ids = self._encode_characters("".join(part.text for part in run))
        return ids

    def _guarded_count(self, ids: Sequence[int]) -> int:
        return sum(i in self._guarded_ids for i in ids)

    def encode_structure(self, text: str) -> list[int]:
        """Return the ids of a structural text."""
        ids: list[int] = []
        for piece in self.split(text):
            ids += [piece] if isinstance(piece, int) else self._encode(piece)
        return ids

    def encode_content(self, text: str) -> list[int]:
        """Return the ids of the text of a message. Raises MorrisError for a lone surrogate."""
        check_unicode(text)
        return self._encode_run([Part(text, content=True)], within=True)

    def _encode_characters(self, text: str) -> list[int]:
        return [i for character in text for i in self.encode_within(character)]

    def encode_within(self, text: str) -> list[int]:
        """Return the ids that a text has after a line break, where no space is put before it."""
        anchor, whole = self._encode("\n"), self._encode("\n" + text)
        if whole[: len(anchor)] == anchor:
            return whole[len(anchor) :]
        return self._encode(text)  # begins with white space that joined the line break

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Group parts that are encoded together."""
    runs: list[list[Part]] = []
    for part in parts:
        before = runs[-1][-1] if runs else None
        if before is None or before.learned != part.learned or _is_closed(before, part):
            runs.append([part])
        else:
            runs[-1].append(part)
    return runs


def _is_closed(before: Part, part: Part) -> bool:
    return not before.content and before.text.endswith("\n") and part.content
