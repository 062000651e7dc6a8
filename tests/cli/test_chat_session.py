"""The terminal chat: history, commands, and Ctrl-C in the middle of a reply."""

import io
import re

import pytest

from morris_mlx.cli.chat_session import ChatSession
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.corpus import Message


class Talk:
    """A chat with a scripted voice, which notes what it is asked."""

    def __init__(self, lines, reply=None, rewrite=None, speaker="", writer=None):
        self.lines = iter(lines)
        self.asked, self.drafts, self.done = [], [], []
        self.system_prompt = "sys"
        self.out = io.StringIO()
        self.answer = reply or (lambda messages: iter([f"reply {len(self.asked)}"]))
        self.session = ChatSession(self, self.out, self._read, speaker, rewrite, writer)

    def reply(self, messages):
        self.asked.append(messages)
        return self.answer(messages)

    def use(self, name):
        if name == "lost":
            raise MorrisError("There is no adapter 'lost'.")
        self.done.append(("use", name))
        return f"{name} answers."

    def use_base(self):
        return "The base answers."

    def set_strength(self, text):
        self.done.append(("strength", text))
        return f"The strength is {text}."

    def set_system_prompt(self, text):
        self.system_prompt = text
        return "Changed."

    def stats(self):
        return "12 tokens/s"

    def _read(self, draft):
        self.drafts.append(draft)
        try:
            return next(self.lines)
        except StopIteration:
            raise EOFError from None

    def run(self):
        self.session.run()
        return self.out.getvalue()


def test_each_turn_sees_the_turns_before_it():
    talk = Talk(["one", "", "two"])
    talk.run()
    assert [m.content for m in talk.asked[1]] == ["sys", "one", "reply 1", "two"]
    assert [m.role for m in talk.asked[1]] == ["system", "user", "assistant", "user"]


def test_reset_forgets_and_exit_leaves():
    talk = Talk(["one", "/reset", "two", "/exit", "never"])
    assert "The conversation is forgotten." in talk.run()
    assert [m.content for m in talk.asked[-1]] == ["sys", "two"]
    assert len(talk.asked) == 2


def test_save_writes_a_marked_transcript_once(tmp_path):
    target = tmp_path / "talk.md"
    said = Talk(
        ["one", f"/save {target}", f"/save {target}", "/save", "/save /no/where/x.md"]
    ).run()
    text = target.read_text()
    assert text.startswith("*Machine-made") and "**You:** one" in text and "reply 1" in text
    assert "Saved 2 turns" in said and "exists already" in said
    assert "Give the name of a file" in said and "There is no folder /no/where" in said
    assert target.stat().st_mode & 0o077 == 0


def test_an_unknown_command_lists_the_known_ones():
    assert "There is no command /sing." in Talk(["/sing"]).run()


def test_ctrl_c_stops_the_reply_and_keeps_what_was_said():
    closed = []

    def interrupted(messages):
        try:
            yield "half a"
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    talk = Talk(["one"], interrupted)
    assert "half a …" in talk.run()
    assert closed
    assert talk.session.turns == [Message("user", "one"), Message("assistant", "half a")]


def test_an_error_is_told_and_the_chat_goes_on():
    def failing(messages):
        raise MorrisError("The prompt is too long.")
        yield

    talk = Talk(["one"], failing)
    assert "The prompt is too long." in talk.run()
    assert talk.session.turns == []


def test_a_message_that_is_refused_at_once_does_not_end_the_chat(tmp_path):
    """The generator refuses a message that is too long before there is a reply to read."""
    target = tmp_path / "talk.md"

    def reply(messages):
        if "long" in messages[-1].content:
            raise UsageError("The prompt has 3033 tokens.")
        return iter(["Fine."])

    talk = Talk(["one", "long", "two", f"/save {target}"], reply)
    said = talk.run()
    assert "The prompt has 3033 tokens." in said and "Saved 4 turns" in said
    assert [m.content for m in talk.session.turns] == ["one", "Fine.", "two", "Fine."]


def test_a_line_of_broken_bytes_is_said_and_not_sent():
    talk = Talk([b"broken \xff\xfe".decode("utf-8", "surrogateescape"), "two"])
    assert "character 8 is not valid UTF-8" in talk.run()
    assert [messages[-1].content for messages in talk.asked] == ["two"]


def test_ctrl_c_before_the_first_word_stops_the_reply_only():
    def interrupted(messages):
        raise KeyboardInterrupt

    talk = Talk(["one", "/help"], interrupted)
    assert "/save FILE" in talk.run() and talk.session.turns == []


def test_lines_that_are_not_typed_are_printed_with_the_speakers():
    talk = Talk(["one", "two"], speaker="mine")
    assert talk.run() == "You: one\nmine: reply 1\n\nYou: two\nmine: reply 2\n\n\n"


def test_rewrite_prints_the_rewriting_and_leaves_the_conversation_alone():
    drafts = []

    def rewrite(draft):
        drafts.append(draft)
        if draft == "bad.md":
            raise UsageError("bad.md is not UTF-8 text.")
        yield "Anna came, "
        yield "and how."

    talk = Talk(["/rewrite Anna came.", "/rewrite", "/rewrite bad.md", "one"], rewrite=rewrite)
    said = talk.run()
    assert "Anna came, and how.\n" in said and "/rewrite DRAFT" in said
    assert "bad.md is not UTF-8 text." in said and drafts == ["Anna came.", "bad.md"]
    assert [m.content for m in talk.asked[0]] == ["sys", "one"]


def test_the_second_ctrl_c_at_the_prompt_ends_the_chat():
    def lines():
        yield KeyboardInterrupt
        yield "one"
        yield KeyboardInterrupt
        yield KeyboardInterrupt

    talk = Talk([])
    given = lines()

    def read(_):
        line = next(given)
        if line is KeyboardInterrupt:
            raise KeyboardInterrupt
        return line

    talk.session = ChatSession(talk, talk.out, read)
    with pytest.raises(KeyboardInterrupt):
        talk.run()
    assert len(talk.asked) == 1 and talk.out.getvalue().count("once more") == 2


def test_words_leave_the_chat_and_sentences_do_not():
    for word in ("exit", "quit", "Bye", "/quit"):
        assert not Talk([word, "never"]).asked
        talk = Talk([word, "never"])
        talk.run()
        assert talk.asked == []
    talk = Talk(["exit the room", "bye"])
    talk.run()
    assert len(talk.asked) == 1


def test_a_message_of_several_lines_is_one_message():
    talk = Talk(['"""one', "", "two", 'three"""', '"""four"""'])
    talk.run()
    assert [messages[-1].content for messages in talk.asked] == ["one\n\ntwo\nthree", "four"]


def test_retry_answers_again_undo_and_edit_take_back():
    talk = Talk(["one", "two", "/retry", "/undo", "/edit", "one and a half", "/undo", "/undo"])
    said = talk.run()
    assert [m.content for m in talk.asked[2]] == ["sys", "one", "reply 1", "two"]
    assert [m.content for m in talk.asked[3]] == ["sys", "one and a half"]
    assert talk.drafts[5] == "one" and set(talk.drafts) == {"", "one"}
    assert talk.session.turns == [] and "There is no message yet." in said
    assert said.count("Taken back: ") == 3


def test_a_retry_without_an_answer_keeps_the_earlier_one():
    replies = iter([iter(["first"]), None])

    def reply(messages):
        answer = next(replies)
        if answer is None:
            raise MorrisError("Memory ran out.")
        return answer

    talk = Talk(["one", "/retry"], reply)
    assert "Memory ran out." in talk.run()
    assert [m.content for m in talk.session.turns] == ["one", "first"]


def test_commands_change_the_voice_and_errors_are_told():
    changes = ["/adapter mine", "/adapter lost", "/strength 0.5", "/system Be brief.", "/base"]
    talk = Talk([*changes, "/stats", "one"])
    said = talk.run()
    for text in (
        "mine answers.",
        "no adapter 'lost'",
        "is 0.5.",
        "The base answers.",
        "12 tokens/s",
    ):
        assert text in said
    assert talk.done == [("use", "mine"), ("strength", "0.5")]
    assert talk.asked[0][0] == Message("system", "Be brief.")


def test_an_answer_cannot_control_the_terminal():
    talk = Talk(["one"], lambda _: iter(["a\x1b[2J\x1b]0;title\x07b\x9bc\r\u202ed"]))
    said = talk.run()
    assert "a[2J]0;titlebcd" in said and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
