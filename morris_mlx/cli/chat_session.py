"""A conversation in the terminal: lines in, streamed replies out, and slash commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from morris_mlx.errors import MorrisError
from morris_mlx.files import write_text
from morris_mlx.records.corpus import Message

HELP = """/reset          forget the conversation
/rewrite DRAFT  rewrite a draft in this voice: the text, or the name of its file
/save FILE      save the conversation to FILE as Markdown
/help           show this list
/exit           end the chat (or Ctrl-D)
Ctrl-C stops a reply; at the prompt it ends the chat."""
MARK = "*Machine-made: a language model imitates a person here.*"


class ChatSession:
    """A conversation. `reply` streams the answer to a list of messages.

    The session prints to `out` and reads by `read_line`, which raises EOFError at the end. With the
    name of a `speaker`, for lines that come from a file, it prints the name before each message.
    For a message that cannot be answered it prints the error and continues. `rewrite` yields a
    draft's rewriting in pieces, and then what is wrong with it; it is no part of the conversation.
    """

    def __init__(
        self,
        reply: Callable[[tuple[Message, ...]], Iterator[str]],
        system_prompt: str,
        out: TextIO,
        read_line: Callable[[], str],
        speaker: str = "",
        rewrite: Callable[[str], Iterator[str]] | None = None,
    ) -> None:
        self._reply = reply
        self._rewrite = rewrite
        self._speaker = speaker
        self._system = Message("system", system_prompt)
        self._out = out
        self._read_line = read_line
        self.turns: list[Message] = []

    def run(self) -> None:
        """Read and answer lines until /exit or the end of input.

        KeyboardInterrupt at the prompt passes to the caller.
        """
        while True:
            try:
                line = self._read_line().strip()
            except EOFError:
                self._say("")
                return
            if line in ("/exit", "/quit", "/bye"):
                return
            if line.startswith("/"):
                self._command(line)
            elif line:
                self._answer(line)

    def _answer(self, line: str) -> None:
        asked = [*self.turns, Message("user", line)]
        pieces: list[str] = []
        stream: Iterator[str] | None = None
        try:
            self._check_bytes(line)
            if self._speaker:
                self._say(f"You: {line}")
            stream = self._reply((self._system, *asked))
            if self._speaker:
                self._out.write(f"{self._speaker}: ")
            for piece in stream:
                pieces.append(piece)
                self._out.write(piece)
                self._out.flush()
        except KeyboardInterrupt:
            self._out.write(" …")  # what was said so far stays in the conversation
        except MorrisError as error:
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
        elif name == "/rewrite" and self._rewrite is not None:
            self._print_rewriting(rest.strip())
        elif name == "/help":
            self._say(HELP)
        else:
            self._say(f"There is no command {name}.\n{HELP}")

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
                self._out.write(piece)
                self._out.flush()
            self._say("")
        except KeyboardInterrupt:
            self._say(" …")
        except MorrisError as error:
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
