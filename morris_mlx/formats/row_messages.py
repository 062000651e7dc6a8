"""The messages of one instruction row, whatever its format: recognized by keys, not by a name.

A row is a list of turns, a request with an answer, or a plain text. What no model of one person
should learn is cut: reasoning in <think>, and the turns of tools, because no tool is there later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from morris_mlx.records.corpus import Message, Role


class LeftOut(StrEnum):
    """The reason for not using a row; the value names it in reports and in a dataset's funnel."""

    not_json = "not valid JSON"
    not_an_object = "not a JSON object"
    machine_made = "marked as machine-made"
    preference = "a preference pair (chosen and rejected): give the chosen answer alone"
    rendered = "a text with a chat template in it: give its messages"
    unknown_format = "in none of the known formats"
    unknown_role = "a turn of an unknown role"
    not_text = "a turn that is not text"
    empty_turn = "an empty turn"
    not_learned = "every answer in it is marked as not to be learned (weight 0)"
    no_request = "nothing is asked before the answer"
    no_answer = "does not end with an answer"
    duplicate = "the same as an earlier row"


class Cut(StrEnum):
    """A part of a row that is not used although the row is, as reports show it."""

    thinking = "reasoning in <think> before answers: cut"
    tools = "turns of tool calls and their results: left out"
    unlearned = "turns around answers marked as not to be learned (weight 0): left out"


class LeftOutError(Exception):
    """A row that is not used."""

    def __init__(self, reason: LeftOut) -> None:
        super().__init__(reason)
        self.reason = reason


ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",  # OpenAI's newer name
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
}
TOOL_ROLES = frozenset(
    (
        "tool", "tools", "function", "ipython", "observation", "environment", "tool_call",
        "tool_calls", "tool_response", "tool_result", "function_call", "function_response",
    )
)  # fmt: skip
TOOL_KEYS = ("tool_calls", "function_call")  # in a turn of the assistant
# Keys that mark an answer as context only: OpenAI's weight, and those of other trainers.
SWITCHES = ("train", "train_on_turn", "trainable", "loss")
TURNS = ("messages", "conversations", "conversation")
# In this order: the keys of a row are looked up in each list, and the first one counts.
REQUESTS = (
    "instruction", "prompt", "question", "query", "input", "inputs", "user", "human", "q",
)  # fmt: skip
ANSWERS = (
    "output", "completion", "response", "answer", "outputs", "target", "targets", "assistant",
    "bot", "gpt", "a",
)  # fmt: skip
CONTEXTS = ("input", "context")
PREFERENCES = frozenset(("chosen", "rejected", "preferred_output", "non_preferred_output"))
TEXT = "text"
SENDERS = frozenset(("from", "sender", "speaker", "user", "username"))  # of a log of messages
THINKING_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.I)
# The marks of templates that other programs write into a "text". The plain words count only where
# both sides have them, since a writer may begin a line with "User:".
TEMPLATE_MARK = re.compile(
    r"<\|(?:im_start|system|user|assistant|start_header_id|start)\|>|<start_of_turn>|\[/INST\]"
    r"|^#{2,3} ?(?:instruction|response|assistant|human|user):",
    re.I | re.M,
)
BOTH_SIDES = (
    re.compile(r"^(?:user|human|question|q): ", re.I | re.M),
    re.compile(r"^(?:assistant|bot|ai|answer|a): ", re.I | re.M),
)


def is_turn(value: object) -> bool:
    """Return True for a turn of a conversation: a role or sender, and a text or a call."""
    if not isinstance(value, dict) or not ("role" in value or "from" in value):
        return False
    return any(key in value for key in ("content", "value", *TOOL_KEYS))


def is_row(value: object) -> bool:
    """Return True for a JSON value with the keys of one of the known formats."""
    if isinstance(value, list):
        return bool(value) and all(map(is_turn, value))
    if not isinstance(value, dict):
        return False
    row = _lowercase_keys(value)
    turns = _first(row, TURNS)
    if isinstance(turns, list) and (is_row(turns) or _pairs(turns)):
        return True
    keys = {key for key, held in row.items() if not isinstance(held, dict)}
    pair = not keys.isdisjoint(REQUESTS) and not keys.isdisjoint((*ANSWERS, "chosen"))
    return pair or not PREFERENCES.isdisjoint(keys) or isinstance(row.get(TEXT), str)


def messages_of_row(row: object, cuts: Counter[Cut]) -> tuple[Message, ...]:
    """Return the messages of a row; count in `cuts` what was cut from it.

    A plain text has one message, of the assistant. Raises LeftOutError for a row not to use.
    """
    if isinstance(row, list) and is_row(row):
        row = {"messages": row}
    if not isinstance(row, dict):
        raise LeftOutError(LeftOut.not_an_object)
    row = _lowercase_keys(row)
    if row.get("machine_made") is True:  # as `morris generate` marks its answers
        raise LeftOutError(LeftOut.machine_made)
    rated = "completion" in row and isinstance(row.get("label"), bool)  # KTO
    if rated or not PREFERENCES.isdisjoint(row):
        raise LeftOutError(LeftOut.preference)
    if _is_unlearned(row):
        raise LeftOutError(LeftOut.not_learned)
    turns = _first(row, TURNS)
    found = Counter[Cut]()
    if isinstance(turns, list):
        messages = _conversation(turns, found)
        if row.get("system") and not any(m.role == "system" for m in messages):
            messages.insert(0, _message("system", row["system"]))
    elif _first(row, REQUESTS) is not None and _first(row, ANSWERS) is not None:
        messages = list(_instruction(row, found))
    elif row.get(TEXT) is not None and not row.keys() & SENDERS:
        return (_plain_text(row[TEXT]),)
    else:
        raise LeftOutError(LeftOut.unknown_format)
    messages = [_without_thinking(message, found) for message in messages]
    _check(messages)
    cuts.update(found)  # of rows that are used
    return tuple(messages)


def _check(messages: list[Message]) -> None:
    """Merge the system messages at the beginning, and raise LeftOutError for a row not to use."""
    while len(messages) > 1 and messages[0].role == messages[1].role == "system":
        both = "\n\n".join(m.content for m in messages[:2] if m.content)
        messages[:2] = [Message("system", both)]
    if messages and messages[0].role == "system" and not messages[0].content:
        del messages[0]
    if any(not m.content for m in messages):
        raise LeftOutError(LeftOut.empty_turn)
    if not messages or messages[-1].role != "assistant":
        raise LeftOutError(LeftOut.no_answer)
    if next(m.role for m in messages if m.role != "system") != "user":
        raise LeftOutError(LeftOut.no_request)


def _lowercase_keys(row: Mapping[object, object]) -> dict[str, object]:
    """Return a row with its keys in lower case: tables have Instruction and Output."""
    return {str(key).strip().casefold(): value for key, value in row.items()}


def _conversation(turns: Sequence[object], cuts: Counter[Cut]) -> list[Message]:
    """Return the messages of a list of turns, without those of tools.

    What the assistant said before and after a call becomes one message.
    """
    messages: list[Message] = []
    after_tool = False
    for turn in _learned(_pairs(turns) or turns, cuts):
        if not isinstance(turn, dict):
            raise LeftOutError(LeftOut.not_text)
        name = str(turn.get("role", turn.get("from"))).casefold()
        role = _role(turn)
        content = turn.get("content", turn.get("value"))
        calls = any(turn.get(key) for key in TOOL_KEYS)
        if name in TOOL_ROLES or (calls and not content):
            cuts[Cut.tools] += 1
            after_tool = True
            continue
        if role is None:
            raise LeftOutError(LeftOut.unknown_role)
        message = _message(role, content)
        if after_tool and role == "assistant" and messages and messages[-1].role == role:
            message = Message(role, f"{messages.pop().content}\n\n{message.content}".strip())
        messages.append(message)
        after_tool = calls
    return messages


def _learned(turns: Sequence[object], cuts: Counter[Cut]) -> Sequence[object]:
    """Return the turns without the answers that are marked as not to be learned.

    Every answer in a row is learned, so the turns are cut at these answers and the longest part is
    kept (the last one of equal length), with the system prompt. Raises LeftOutError if no part has
    an answer.
    """
    if not any(map(_is_unlearned, turns)):
        return turns
    system = [turn for turn in turns if _role(turn) == "system"]
    parts: list[list[object]] = [[]]
    for turn in turns:
        if _is_unlearned(turn):
            parts.append([])
        elif _role(turn) != "system":
            parts[-1].append(turn)
    answers = [sum(_role(turn) == "assistant" for turn in part) for part in parts]
    if not any(answers):
        raise LeftOutError(LeftOut.not_learned)
    best = max(range(len(parts)), key=lambda n: (answers[n], n))
    kept = parts[best]
    while _role(kept[-1]) == "user":  # the request of the next answer, which is not learned
        del kept[-1]
    cuts[Cut.unlearned] += len(turns) - len(system) - len(kept)
    return [*system, *kept]


def _is_unlearned(value: object) -> bool:
    """Return True for an answer, or a row, that is marked as not to be learned."""
    if not isinstance(value, dict) or _role(value) not in ("assistant", None):
        return False
    weight = value.get("weight")
    has_no_weight = isinstance(weight, (int, float)) and weight == 0
    return has_no_weight or any(value.get(switch) is False for switch in SWITCHES)


def _role(turn: object) -> Role | None:
    """Return the role of a turn; None for an unknown role, or a value that is not a turn."""
    if not isinstance(turn, dict):
        return None
    return ROLES.get(str(turn.get("role", turn.get("from"))).casefold())


def _pairs(turns: Sequence[object]) -> list[dict[str, object]]:
    """Return the turns of a list of {"human": …, "assistant": …}; none for another list."""
    found: list[dict[str, object]] = []
    for turn in turns:
        if not isinstance(turn, dict) or "role" in turn or "from" in turn:
            return []
        asked, answer = _first(turn, ("human", "user")), _first(turn, ("assistant", "gpt", "bot"))
        if asked is None or answer is None:
            return []
        found += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return found


def _instruction(row: Mapping[str, object], cuts: Counter[Cut]) -> Iterator[Message]:
    """Yield the messages of a request and its answer; its context follows the request.

    Either may also be a list of turns, as in TRL's conversational prompts and completions.
    """
    asked_by = next(key for key in REQUESTS if row.get(key) is not None)
    request, answer = row[asked_by], _first(row, ANSWERS)
    if row.get("system"):
        yield _message("system", row["system"])
    history = row.get("history")
    for pair in history if isinstance(history, list) else ():
        if not isinstance(pair, list) or len(pair) != 2:
            raise LeftOutError(LeftOut.unknown_format)
        yield _message("user", pair[0])
        yield _message("assistant", pair[1])
    about = _first(row, [key for key in CONTEXTS if key != asked_by])
    if isinstance(request, list) and is_row(request):
        yield from _conversation(request, cuts)
    else:
        asked = _message("user", request)
        if about is not None and (context := _message("user", about).content):
            asked = Message("user", f"{asked.content}\n\n{context}".strip())
        yield asked
    if isinstance(answer, list) and is_row(answer):
        yield from _conversation(answer, cuts)
    else:
        yield _message("assistant", answer)


def _plain_text(value: object) -> Message:
    """Return a text without a request as a message of the assistant."""
    message = _message("assistant", value)
    if not message.content:
        raise LeftOutError(LeftOut.empty_turn)
    both = all(pattern.search(message.content) for pattern in BOTH_SIDES)
    if both or TEMPLATE_MARK.search(message.content):
        raise LeftOutError(LeftOut.rendered)
    return message


def _first(row: Mapping[str, object], keys: Iterable[str]) -> object:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _message(role: Role, content: object) -> Message:
    """Return a message; OpenAI's list of parts is joined if all of them are text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        if all(isinstance(part, str) for part in parts):
            content = "\n\n".join(str(part) for part in parts)
    if not isinstance(content, str):
        raise LeftOutError(LeftOut.not_text)
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        raise LeftOutError(LeftOut.not_text) from None
    return Message(role, content.strip())


def _without_thinking(message: Message, cuts: Counter[Cut]) -> Message:
    """Return an answer without the reasoning of a model before it."""
    if message.role != "assistant" or not THINKING_TAG.search(message.content):
        return message
    text = cut_thinking(message.content)
    cuts[Cut.thinking] += text != message.content
    return Message("assistant", text)


def cut_thinking(text: str) -> str:
    """Return a text without what is between <think> and </think>.

    Everything before a </think> that nothing opened is cut, too, because some templates put the
    opening tag into the prompt. A text that begins with a <think> that is never closed is all
    reasoning; any other tag without its counterpart is left as it is.
    """
    kept: list[str] = []
    start = 0
    opened = -1  # the position of an open tag
    for tag in THINKING_TAG.finditer(text):
        closes = bool(tag.group(1))
        if closes and opened < 0:
            kept = []
        elif closes:
            kept.append(text[start:opened])
        elif opened < 0:
            opened = tag.start()
        if closes:
            start, opened = tag.end(), -1
    if opened >= 0 and not "".join([*kept, text[start:opened]]).strip():
        return ""
    return "".join([*kept, text[start:]]).strip()
