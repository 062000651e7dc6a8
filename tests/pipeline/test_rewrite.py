"""Rewriting by a scripted model that loses and invents facts on purpose."""

import pytest
from support.planted_drafts import DRAFTS, INVENTED

from morris_mlx.errors import UsageError
from morris_mlx.generate import scripted_generator
from morris_mlx.jobs.events import Progress
from morris_mlx.pipeline.rewrite import Rewriter
from morris_mlx.pipeline.rewrite_request import RewriteRequest
from morris_mlx.pipeline.rewritten import Rewriting, parts_to_json
from morris_mlx.prepare.examples.wordings.english import ENGLISH
from morris_mlx.prepare.examples.wordings.russian import RUSSIAN
from morris_mlx.project.folder import Project

DRAFT = "In May 1987 Anna sold 14 buns to us."
GOOD = "It was to us, in May 1987, that Anna sold 14 buns."
LOST = "It was to us that Anna once sold buns in May."
ADDED = "It was to us, in May 1987, that Anna sold 14 buns for £3."
LEARNED = (
    "I have said before that the bus is never late in our town, because nobody knows when it is "
    "expected and the driver will not tell."
)


class Scripted:
    """A rewriter over a model with prepared replies; `prompts` are its requests as text."""

    def __init__(self, practice, tokenizer, folder):
        self.prompts = []
        self.replies = iter(())
        self.llm = scripted_generator(self._answer, practice)
        self.rewriter = Rewriter(
            Project(folder), self.llm, "Be the writer.", training_texts=[LEARNED]
        )
        self._tokenizer = tokenizer

    def _answer(self, asked):
        self.prompts.append(self._tokenizer.decode(asked.ids))
        return next(self.replies, "No reply was left.")

    def __call__(self, replies, sink=lambda event: None, **request):
        self.replies, self.prompts = iter(replies), []
        wanted = RewriteRequest(**{"draft": DRAFT, "seed": 3} | request)
        return Rewriting(tuple(self.rewriter.rewrite(wanted, sink))), self.prompts


@pytest.fixture(scope="module")
def rewriting(practice, tokenizer, tmp_path_factory):
    scripted = Scripted(practice, tokenizer, tmp_path_factory.mktemp("project"))
    with scripted.llm:
        yield scripted


def test_a_faithful_reply_is_taken_at_the_first_try(rewriting):
    done, prompts = rewriting([GOOD])
    (part,) = done.parts
    assert done.text == GOOD and part.tries == 1 and not part.is_wrong and len(prompts) == 1


def test_the_request_is_worded_as_in_training(rewriting):
    _, prompts = rewriting([GOOD])
    assert any(wording.format(draft=DRAFT) in prompts[0] for wording in ENGLISH.rewrite)
    asked = "Это Анна продала нам тогда пять булок."
    _, prompts = rewriting(["Пять булок нам продала, между прочим, Анна."], draft=asked)
    assert any(wording.format(draft=asked) in prompts[0] for wording in RUSSIAN.rewrite)


def test_a_wrong_paragraph_is_tried_again_with_what_was_wrong(rewriting):
    done, prompts = rewriting([LOST, ADDED, GOOD])
    assert done.text == GOOD and done.parts[0].tries == 3
    assert "Keep exactly: 1987; 14." in prompts[1] and "Do not mention: £3." in prompts[2]
    assert "Keep" not in prompts[0]


def test_the_best_try_is_kept_and_marked(rewriting):
    done, _ = rewriting([LOST, ADDED, LOST])
    assert done.text == f"{ADDED}\n[Check: added amount of money “£3”]"
    assert len(done.wrong) == 1 and done.parts[0].tries == 3


def test_tries_are_bounded(rewriting):
    done, prompts = rewriting([LOST] * 2, tries=2)
    assert len(prompts) == 2 and "lost date “1987”" in done.text
    with pytest.raises(UsageError, match="tries"):
        RewriteRequest(DRAFT, tries=0)


def test_earlier_paragraphs_are_turns_before_the_request(rewriting):
    draft = f"# Buns and more\n\n{DRAFT}\n\nShe was very proud of them."
    done, prompts = rewriting([GOOD, "Proud of them she was, and very."], draft=draft)
    assert done.text.startswith("# Buns and more\n\nIt was to us")
    assert GOOD in prompts[1] and "Buns and more" not in prompts[1]


def test_notes_are_searched_and_their_facts_are_named(rewriting, tmp_path):
    notes = tmp_path / "notes.md"
    notes.write_text("Anna lives in Tver with 3 cats.\n\nNothing about the rest of it.")
    done, prompts = rewriting(["In May 1987 Anna, from Tver, sold us 14 buns."], facts=(notes,))
    assert "Facts that you may use:\n- Anna lives in Tver" in prompts[0]
    assert "Nothing about" not in prompts[0]
    assert not done.wrong and done.parts[0].remarks == ("name “Tver” is from the notes",)


def test_replies_that_are_no_rewriting_are_faults(rewriting):
    long, empty = GOOD + " And so on, as ever." * 12, "..."
    done, _ = rewriting([long, empty, empty])
    assert done.parts[0].text == long[: len(done.parts[0].text)] and done.parts[0].is_wrong
    done, _ = rewriting([long], tries=1)
    assert [fault.kind for fault in done.parts[0].faults][-1] == "length"
    draft = "The bakery in our street sold us a great many buns, and we were happy with them."
    german = "Die Bäckerei in unserer Straße verkaufte uns sehr viele Brötchen, und wir waren froh."
    done, _ = rewriting([german], draft=draft, tries=1)
    assert [fault.kind for fault in done.parts[0].faults] == ["language"]


def test_a_text_that_is_cut_off_names_the_limit_that_can_be_changed(rewriting):
    endless = " ".join(f"Word {n} comes here." for n in range(200))
    (part,) = rewriting([endless], tries=1)[0].parts
    assert "unfinished: it was cut off, because it became much longer" in "; ".join(part.problems)
    rewriting.llm.max_tokens = 20
    try:
        (part,) = rewriting([endless], tries=1)[0].parts
    finally:
        rewriting.llm.max_tokens = 700
    assert "it was cut off at --max-tokens; set a larger one" in "; ".join(part.problems)


def test_a_copy_of_a_training_text_is_a_fault(rewriting):
    draft = "The bus always comes at some time or other, and it is no use to ask the man when."
    twelve_words = LEARNED.split(" town")[0] + "."
    done, prompts = rewriting([LEARNED, twelve_words], draft=draft, tries=2)
    assert len(prompts) == 2 and not done.wrong
    done, _ = rewriting([LEARNED], draft=draft, tries=1)
    (fault,) = done.parts[0].faults
    assert fault.kind == "copy" and fault.detail.startswith("26 words in a row as in training text")
    assert "[Check: copy: 26 words in a row" in done.text


def test_what_the_draft_itself_has_of_a_training_text_is_no_copy(rewriting):
    done, _ = rewriting([LEARNED], draft=LEARNED, tries=1)
    assert not done.wrong
    again = f"{LEARNED} And that, as I said, was that."
    done, _ = rewriting([again], draft=f"Well. {LEARNED}", tries=1)
    assert not done.wrong


def test_a_number_that_the_draft_uses_twice_is_asked_for_twice(rewriting):
    draft = "We sold 40 in the spring and 40 in the autumn."
    lost, good = "In spring we sold 40, and in autumn none.", "Forty in spring, in autumn 40."
    done, prompts = rewriting([lost, good], draft=draft, tries=2)
    assert done.text == good and "Keep exactly: 40 in the spring; 40 in the autumn." in prompts[1]
    done, _ = rewriting([lost], draft=draft, tries=1)
    assert done.text.endswith("[Check: lost one of two: number “40”]")


def test_progress_counts_the_words_of_the_draft(rewriting):
    events = []
    rewriting([LOST, GOOD], events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert {event.total for event in progress} == {9.0}
    assert progress[0].done == 0 and progress[-1].done == 9.0
    assert progress[-1].detail == "paragraph 1 of 1, try 2"


def test_the_seed_decides_wordings_and_seeds(rewriting):
    first, prompts = rewriting([LOST, GOOD])
    again, same_prompts = rewriting([LOST, GOOD])
    assert prompts == same_prompts and prompts[0] != prompts[1]
    assert parts_to_json(first) == parts_to_json(again)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_model_that_loses_and_invents_is_named_each_time(rewriting, language):
    drafts = [draft for draft in DRAFTS if draft.language == language]
    for number, draft in enumerate(drafts):
        losses, inventions = list(draft.without()), INVENTED[language]
        planted, loss = losses[number % len(losses)]
        sentence, item = inventions[number % len(inventions)]
        done, _ = rewriting([loss], draft=draft.draft, tries=1)
        named = " ".join((*done.parts[0].problems, *done.parts[0].remarks)).lower()
        assert "lost" in named or "changed" in named, (planted, loss, named)
        done, _ = rewriting([f"{draft.rewriting} {sentence}"], draft=draft.draft, tries=1)
        named = " ".join((*done.parts[0].problems, *done.parts[0].remarks))
        assert "added" in named or "changed" in named, (item, named)
        done, _ = rewriting([loss, draft.rewriting], draft=draft.draft)
        assert done.text == draft.rewriting and done.parts[0].tries == 2
