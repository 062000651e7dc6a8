"""A conversation as HTML in which all text of users and models is escaped.

Gradio's own chat component renders HTML that it is asked not to render (it loads the `<img>` of a
reply), so the page does without it.
"""

from __future__ import annotations

from html import escape

from morris_mlx.studio.talk.state import Answer, Conversation, Side

# Characters with a meaning in the templates of gr.HTML.
TEMPLATE_CHARACTERS = {ord("$"): "&#36;", ord("{"): "&#123;", ord("}"): "&#125;", ord("`"): "&#96;"}
EMPTY = '<p class="empty">Write a message. Enter sends it, Shift+Enter begins a new line.</p>'
LABELS = {Side.BASE: "Conversation with the base model", Side.CHOSEN: "Conversation"}


def plain(text: str) -> str:
    """Return HTML that shows the text as it is."""
    return escape(text).translate(TEMPLATE_CHARACTERS)


def status_line(text: str, is_error: bool = False) -> str:
    """Return a line of plain text. A screen reader reads an error out at once."""
    kind, role = ("line error", "alert") if is_error else ("line", "status")
    return f'<p class="{kind}" role="{role}">{plain(text)}</p>'


def transcript(conversation: Conversation, side: Side, running: bool = False) -> str:
    """Return all turns of one side; `running` marks a last answer that has no text yet."""
    turns = []
    for number, turn in enumerate(conversation.turns, 1):
        turns.append(_message("user", "You", turn.question))
        answer = turn.answer(side)
        if answer.text:
            turns.append(_message("model", answer.author, answer.text, answer.metrics))
        elif running and number == len(conversation.turns):
            turns.append(_message("model pending", answer.author, "…"))
        else:
            turns.append(_no_answer(answer))
    inner = "".join(turns) or EMPTY
    return (
        f'<div class="transcript" role="log" tabindex="0" aria-label="{LABELS[side]}">'
        f'<div class="turns">{inner}</div></div>'
    )


def _message(kind: str, author: str, text: str, metrics: str = "") -> str:
    below = f'<p class="metrics">{plain(metrics)}</p>' if metrics else ""
    return (
        f'<article class="{kind}"><p class="author">{plain(author)}</p>'
        f'<div class="text" dir="auto">{plain(text)}</div>{below}</article>'
    )


def _no_answer(answer: Answer) -> str:
    return f'<p class="no-answer">{plain(answer.author)}: no answer. Press Retry to try again.</p>'
