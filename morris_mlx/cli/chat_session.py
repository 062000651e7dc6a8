"""A conversation in the terminal: lines in, streamed replies out, and slash commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from morris_mlx.cli.terminal_text import TerminalWriter, without_controls
from morris_mlx.errors import MorrisError
from morris_mlx.files import write_text
from morris_mlx.records.corpus import Message

HELP = """/retry          answer the last message again
/undo           take back the last message and its answer
/edit           take back the last message, to change it
/adapter NAME   let another adapter of the same base answer
/base           let the base answer, without an adapter
/strength X     the adapter's strength, 0 to 1.5
/system TEXT    another system prompt; without a text, show the present one
/rewrite DRAFT  rewrite a draft in this voice: the text, or the name of its file
/save FILE      save the conversation to FILE as Markdown
/stats          figures of the last answer
/reset          forget the conversation
/help           show this list
/exit           end the chat (or exit, quit, Ctrl-D)
A message of several lines begins and ends with \"\"\".
Ctrl-C stops an answer; twice at the prompt, it ends the chat."""
LEAVE = ("/exit", "/quit", "/bye", "exit", "quit", "bye")
BLOCK = '"""'  # begins and ends a message of several lines
MARK = "*Machine-made: a language model imitates a person here.*"


class Voice(Protocol):
    """The voice that a chat talks with."""

    system_prompt: str

    def reply(self, messages: Sequence[Message]) -> Iterable[str]:
        """Return the answer to messages in pieces."""
        ...

    def use(self, name: str) -> str:
        """Take another adapter; return what was done."""
        ...

    def use_base(self) -> str:
        """Let the base answer; return what was done."""
        ...

    def set_strength(self, text: str) -> str:
        """Set the strength from what was typed; return what was done."""
        ...

    def set_system_prompt(self, text: str) -> str:
        """Set the system prompt; return what was done."""
        ...

    def stats(self) -> str:
        """Return the figures of the last reply."""
        ...


class ChatSession:
    """A conversation with a voice.

    The session prints to `out` and reads by `read_line`, which raises EOFError at the end; its
    argument is a text to begin the line with. With the name of a `speaker`, for lines that come
    from a file, it prints the name before each message. For a message that cannot be answered it
    prints the error and continues. `rewrite` yields a draft's rewriting in pieces, and then what is
    wrong with it; it is no part of the conversation. `writer` prints what the model writes; None
    prints it to `out` as it comes.
    """

    def __init__(
        self,
        voice: Voice,
        out: TextIO,
        read_line: Callable[[str], str],
        speaker: str = "",
        rewrite: Callable[[str], Iterator[str]] | None = None,
        writer: TerminalWriter | None = None,
    ) -> None:
        self._voice = voice
        self._rewrite = rewrite
        self._speaker = speaker
        self._out = out
        self._read_line = read_line
        self._writer = writer or TerminalWriter(out)
        self._draft = ""  # what the next line begins with, after /edit
        self.turns: list[Message] = []

    def run(self) -> None:
        """Read and answer lines until /exit or the end of input.

        The second of two KeyboardInterrupts at the prompt passes to the caller.
        """
        interrupted = False
        while True:
            try:
                line = self._read_message()
            except EOFError:
                self._say("")
                return
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                self._say("\nCtrl-C once more, or Ctrl-D, ends the chat.")
                continue
            interrupted = False
            if line.lower() in LEAVE:
                return
            if line.startswith("/"):
                self._command(line)
            elif line:
                self._answer(line)

    def _read_message(self) -> str:
        """Return the next message: a line, or several between two lines of quotation marks."""
        draft, self._draft = self._draft, ""
        line = self._read_line(draft).strip()
        if not line.startswith(BLOCK):
            return line
        text = line[len(BLOCK) :]
        while BLOCK not in text:
            text += "\n" + self._read_line("")
        return text.partition(BLOCK)[0].strip()

    def _answer(self, line: str) -> None:
        asked = [*self.turns, Message("user", line)]
        pieces: list[str] = []
        stream: Iterable[str] | None = None
        try:
            self._check_bytes(line)
            if self._speaker:
                self._say(f"You: {line}")
            system = Message("system", self._voice.system_prompt)
            stream = self._voice.reply((system, *asked))
            if self._speaker:
                self._out.write(f"{self._speaker}: ")
            for piece in stream:
                pieces.append(piece)
                self._writer.write(piece)
            self._writer.end()
        except KeyboardInterrupt:
            self._writer.end()
            self._out.write(" …")  # what was said so far stays in the conversation
        except MorrisError as error:
            self._writer.end()
            self._say(str(error))
            return
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
        self._say("\n")
        if text := "".join(pieces).strip():
            self.turns = [*asked, Message("assistant", text)]

    @staticmethod
    def _check_bytes(line: str) -> None:
        """Raise MorrisError for a line with bytes that could not be decoded."""
        try:
            line.encode("utf-8")
        except UnicodeEncodeError as error:
            raise MorrisError(
                f"This message was not sent: character {error.start + 1} is not valid UTF-8. Write "
                "it without that character, or save the file that it comes from as UTF-8."
            ) from None

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if name == "/reset":
            self.turns = []
            self._say("The conversation is forgotten.")
        elif name == "/save":
            self._save(rest.strip())
        elif name in ("/retry", "/undo", "/edit"):
            self._take_back(name)
        elif name in self._changes:
            self._change(name, rest.strip())
        elif name == "/rewrite" and self._rewrite is not None:
            self._print_rewriting(rest.strip())
        elif name == "/help":
            self._say(HELP)
        else:
            self._say(f"There is no command {name}.\n{HELP}")

    @property
    def _changes(self) -> dict[str, Callable[[str], str]]:
        """The commands that change what answers, or tell its figures."""
        voice = self._voice
        return {
            "/adapter": voice.use,
            "/base": lambda _: voice.use_base(),
            "/strength": voice.set_strength,
            "/system": voice.set_system_prompt,
            "/stats": lambda _: voice.stats(),
        }

    def _change(self, name: str, rest: str) -> None:
        try:
            self._check_bytes(rest)
            self._say(without_controls(self._changes[name](rest)))
        except MorrisError as error:
            self._say(str(error))

    def _take_back(self, command: str) -> None:
        """Take back the last message with its answer, and with /retry answer it again."""
        last = max((at for at, m in enumerate(self.turns) if m.role == "user"), default=None)
        if last is None:
            self._say("There is no message yet.")
            return
        kept, text = self.turns[:last], self.turns[last].content
        if command == "/retry":
            before, self.turns = self.turns, kept
            self._answer(text)
            if self.turns == kept:  # there was no answer: the earlier one remains
                self.turns = before
            return
        self.turns = kept
        if command == "/edit":
            self._draft = text
        self._say(f"Taken back: {text.splitlines()[0][:60]}")

    def _print_rewriting(self, draft: str) -> None:
        if not draft:
            self._say("Give a draft, or the name of its file: /rewrite DRAFT")
            return
        assert self._rewrite is not None
        pieces: Iterator[str] | None = None
        try:
            self._check_bytes(draft)
            pieces = self._rewrite(draft)
            for piece in pieces:
                self._writer.write(piece)
            self._writer.end()
            self._say("")
        except KeyboardInterrupt:
            self._writer.end()
            self._say(" …")
        except MorrisError as error:
            self._writer.end()
            self._say(str(error))
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _save(self, name: str) -> None:
        if not name:
            self._say("Give the name of a file: /save FILE")
            return
        path = Path(name).expanduser()
        try:
            if path.exists():
                self._say(f"{path} exists already. Choose another name.")
                return
            if not path.parent.is_dir():
                self._say(f"There is no folder {path.parent}. Choose another place.")
                return
        except OSError as error:
            self._say(f"{name[:60]} cannot be a file: {error.strerror}. Choose another name.")
            return
        who = {"user": "You", "assistant": "Morris", "system": "System"}
        turns = "\n\n".join(f"**{who[m.role]}:** {m.content}" for m in self.turns)
        try:
            write_text(path, f"{MARK}\n\n{turns}\n")
        except MorrisError as error:
            self._say(str(error))
            return
        self._say(f"Saved {len(self.turns)} turns to {path}.")

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()
