"""The Talk page: its parts, where they stand, and what each does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.studio.interfaces import AdapterCard, Workshop
from morris_mlx.studio.talk.form import BASE, SAMPLING_FIELDS, STRENGTH, Field
from morris_mlx.studio.talk.html import line, transcript
from morris_mlx.studio.talk.sessions import Desk, Shown
from morris_mlx.studio.talk.state import Talk

BARE: dict[str, Any] = {"padding": False, "container": False}
BANNER = (
    '<header class="banner"><h1>Morris</h1>'
    '<p role="note">You are talking with a machine that imitates a person. '
    "That person said none of this.</p></header>"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that something happens to."""

    talk: gr.State
    adapter: gr.Dropdown
    refresh: gr.Button
    compare: gr.Checkbox
    strength: gr.Slider
    base: gr.HTML
    clone: gr.HTML
    status: gr.HTML
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    retry: gr.Button
    undo: gr.Button
    new: gr.Button
    system_prompt: gr.Textbox
    sampling: tuple[gr.Number | gr.Textbox, ...]

    @property
    def page(self) -> list[Any]:
        """What `read_form` reads, in its order."""
        return [self.adapter, self.compare, self.strength, self.system_prompt, *self.sampling]

    @property
    def shown(self) -> list[Any]:
        """What `updates` writes, in its order."""
        buttons = [self.send, self.stop, self.retry, self.undo, self.new]
        return [self.talk, self.base, self.clone, self.status, self.box, *buttons]


def build_page(workshop: Workshop, desk: Desk) -> gr.Blocks:
    cards = desk.adapters()
    page = gr.Blocks(title="Morris", analytics_enabled=False)
    with page:
        parts = _lay_out(workshop, cards)
        _wire(page, parts, desk, workshop)
    return page


# --- where things stand -----------------------------------------------------------------
def _lay_out(workshop: Workshop, cards: Sequence[AdapterCard]) -> Parts:
    talk = gr.State(Talk())
    gr.HTML(BANNER, elem_id="banner", **BARE)
    with gr.Row(elem_id="voice", equal_height=True):
        chosen = _first(cards, workshop.adapter)
        adapter = gr.Dropdown(
            _choices(cards, workshop.base_model),
            value=chosen,
            label="Who speaks",
            filterable=False,
            scale=4,
            min_width=220,
            elem_id="adapter",
        )
        refresh = gr.Button("Refresh", size="sm", scale=0, min_width=84, elem_id="refresh")
        low, high = STRENGTH.range
        strength = gr.Slider(
            low, high, STRENGTH.start, step=0.05, label=STRENGTH.label, info=STRENGTH.info,
            scale=3, min_width=200, buttons=[], elem_id="strength",
        )  # fmt: skip
    with gr.Row(elem_id="talks"):
        base = gr.HTML(transcript(Talk(), "base"), visible=False, elem_id="base", **BARE)
        clone = gr.HTML(transcript(Talk(), "clone"), elem_id="clone", **BARE)
    status = gr.HTML("", elem_id="status", **BARE)
    box, send, stop = _composer()
    with gr.Row(elem_id="actions"):
        retry, undo, new = (
            gr.Button(word, size="sm", scale=0, min_width=72, elem_id=name)
            for word, name in (("Retry", "retry"), ("Undo", "undo"), ("New conversation", "new"))
        )
        compare = gr.Checkbox(
            label="Side by side with the base", container=False, min_width=210, elem_id="compare"
        )
    system_prompt, sampling = _settings(_prompt_of(cards, chosen))
    return Parts(
        talk, adapter, refresh, compare, strength, base, clone, status, box, send, stop, retry,
        undo, new, system_prompt, sampling,
    )  # fmt: skip


def _composer() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Row(elem_id="composer", equal_height=False):
        box = gr.Textbox(
            label="Your words",
            show_label=False,
            placeholder="Write here. Shift-Enter makes a new line.",
            lines=1,  # only then does Enter send
            max_lines=8,
            autofocus=True,
            scale=1,
            container=False,
            elem_id="box",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        send = gr.Button("Send", variant="primary", scale=0, min_width=92, elem_id="send")
        stop = gr.Button(
            "Stop", variant="stop", scale=0, min_width=92, visible=False, elem_id="stop"
        )
    return box, send, stop


def _settings(system_prompt: str) -> tuple[gr.Textbox, tuple[gr.Number | gr.Textbox, ...]]:
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        told = gr.Textbox(
            system_prompt,
            label="System prompt",
            info="What the model is told before the conversation. It learned with this one.",
            lines=2,
            max_lines=6,
            elem_id="system_prompt",
        )
        with gr.Row(elem_id="sampling"):
            return told, tuple(_number(field) for field in SAMPLING_FIELDS)


def _number(field: Field) -> gr.Number | gr.Textbox:
    how: dict[str, Any] = {"label": field.label, "info": field.info, "elem_id": field.name}
    if field.start is None:
        return gr.Textbox("", min_width=150, max_lines=1, **how)  # an empty gr.Number shows a 0
    # No minimum and no maximum: they would be told in Gradio's words, in place of ours.
    return gr.Number(field.start, min_width=150, **how)


def _choices(cards: Sequence[AdapterCard], base_model: str) -> list[tuple[str, str]]:
    said = [(" · ".join(filter(None, (card.name, card.when[:10]))), card.name) for card in cards]
    return [*said, (f"{base_model}, without an adapter", BASE)]


def _first(cards: Sequence[AdapterCard], wanted: object) -> str:
    return str(wanted) if wanted in [card.name for card in cards] else BASE


def _prompt_of(cards: Sequence[AdapterCard], name: object) -> str:
    return next((card.system_prompt for card in cards if card.name == name), SYSTEM_PROMPT)


# --- what things do ---------------------------------------------------------------------
def _wire(page: gr.Blocks, parts: Parts, desk: Desk, workshop: Workshop) -> None:
    def talk(
        request: gr.Request, kept: Talk, question: object, *values: object
    ) -> Iterator[list[Any]]:
        for shown in desk.send(_session(request), kept, question, *values):
            yield updates(shown)

    def retry(request: gr.Request, kept: Talk, *values: object) -> Iterator[list[Any]]:
        for shown in desk.retry(_session(request), kept, *values):
            yield updates(shown)

    def undo(request: gr.Request, kept: Talk, box: object) -> list[Any]:
        return updates(desk.undo(_session(request), kept, box))

    def forget(request: gr.Request) -> list[Any]:
        return updates(desk.forget(_session(request)))

    def stop(request: gr.Request) -> None:
        desk.stop(_session(request))

    def refresh(chosen: object) -> tuple[Any, str]:
        cards = desk.adapters()
        value = _first(cards, chosen)
        choices = _choices(cards, workshop.base_model)
        return gr.update(choices=choices, value=value), _prompt_of(cards, value)

    # `preprocess=False`: Gradio's own checks would speak before ours, and not say what to do.
    # No limit: who waits for the model is told so by the desk, not by Gradio's queue.
    how: dict[str, Any] = {"show_progress": "hidden", "preprocess": False}
    many = how | {"concurrency_limit": None}
    asked = [parts.talk, parts.box, *parts.page]
    gr.on(
        [parts.box.submit, parts.send.click],
        talk,
        asked,
        parts.shown,
        api_name="talk",
        trigger_mode="multiple",  # Gradio would ignore Enter during a reply; the desk says why
        **many,
    )
    parts.retry.click(retry, [parts.talk, *parts.page], parts.shown, api_name="retry", **many)
    parts.undo.click(undo, [parts.talk, parts.box], parts.shown, api_name="undo", **how)
    parts.new.click(forget, None, parts.shown, api_name="new", **how)
    parts.stop.click(stop, None, None, api_name="stop", queue=False, **how)
    listed = [parts.adapter, parts.system_prompt]
    parts.refresh.click(refresh, parts.adapter, listed, api_name="refresh", **how)
    how["api_visibility"] = "private"
    page.load(refresh, parts.adapter, listed, **how)
    parts.adapter.input(
        lambda name: _prompt_of(desk.adapters(), name), parts.adapter, parts.system_prompt, **how
    )
    parts.compare.change(lambda on: gr.update(visible=bool(on)), parts.compare, parts.base, **how)


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def updates(shown: Shown) -> list[Any]:
    """`Parts.shown` for what the desk says; what it does not speak of stays as it is."""
    skip = gr.skip()
    talks = [skip] * 3
    if (talk := shown.talk) is not None:
        busy = shown.running is not False
        talks = [talk, transcript(talk, "base", busy), transcript(talk, "clone", busy)]
    buttons = [skip] * 5
    if (on := shown.running) is not None:
        quiet = [gr.update(interactive=not on)] * 3
        buttons = [gr.update(visible=not on), gr.update(visible=on), *quiet]
    box = skip if shown.box is None else shown.box
    status = skip if shown.status is None else line(shown.status, shown.alarm)
    return [*talks, status, box, *buttons]
