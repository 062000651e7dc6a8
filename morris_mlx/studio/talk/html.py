"""A conversation as HTML in which every word is text: nothing of it is markup, link or image.

Gradio's own chat shows HTML that it is told not to render (an `<img>` in a reply is loaded), so
the page does not use it.
"""

from __future__ import annotations

from html import escape

from morris_mlx.studio.talk.state import Answer, Side, Talk

# Signs that mean something in the templates of gr.HTML.
TEMPLATE_SIGNS = {ord("$"): "&#36;", ord("{"): "&#123;", ord("}"): "&#125;", ord("`"): "&#96;"}
NOTHING_YET = '<p class="empty">Ask something. The machine answers in the voice it has learned.</p>'
LABELS: dict[Side, str] = {"base": "The base model's side", "clone": "Conversation"}


def plain(text: str) -> str:
    """Text that a browser shows as it is."""
    return escape(text).translate(TEMPLATE_SIGNS)


def line(text: str, alarm: bool = False) -> str:
    """A line of plain text; an alarm is read out at once."""
    kind, role = ("line alarm", "alert") if alarm else ("line", "status")
    return f'<p class="{kind}" role="{role}">{plain(text)}</p>'


def transcript(talk: Talk, side: Side, busy: bool = False) -> str:
    """All turns of one side; `busy` marks an answer that has not begun."""
    turns = []
    for number, turn in enumerate(talk.turns, 1):
        turns.append(_said("you", "You", turn.question))
        answer = turn.answer(side)
        if answer.text:
            turns.append(_said("machine", answer.who, answer.text, answer.figures))
        elif busy and number == len(talk.turns):
            turns.append(_said("machine waiting", answer.who, "…"))
        else:
            turns.append(_silence(answer))
    inner = "".join(turns) or NOTHING_YET
    return (
        f'<div class="transcript" role="log" tabindex="0" aria-label="{LABELS[side]}">'
        f'<div class="turns">{inner}</div></div>'
    )


def _said(kind: str, who: str, text: str, figures: str = "") -> str:
    below = f'<p class="figures">{plain(figures)}</p>' if figures else ""
    return (
        f'<article class="{kind}"><p class="who">{plain(who)}</p>'
        f'<div class="words" dir="auto">{plain(text)}</div>{below}</article>'
    )


def _silence(answer: Answer) -> str:
    return f'<p class="silence">{plain(answer.who)} said nothing. Retry asks again.</p>'
