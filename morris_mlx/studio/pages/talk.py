"""The Talk page: its components, their layout and their events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.project.adapters import AdapterCard
from morris_mlx.studio.interfaces import StudioContext
from morris_mlx.studio.talk.form import BASE, SAMPLING_FIELDS, STRENGTH, Field
from morris_mlx.studio.talk.html import status_line, transcript
from morris_mlx.studio.talk.sessions import PageUpdate, Sessions
from morris_mlx.studio.talk.state import Conversation, Side

BARE: dict[str, Any] = {"padding": False, "container": False}
BANNER = (
    '<header class="banner"><h1>Morris</h1>'
    '<p role="note">You are talking with a machine that imitates a person. '
    "That person said none of this.</p></header>"
)


@dataclass(frozen=True, slots=True)
class Components:
    """The components that events read or change."""

    conversation: gr.State
    adapter: gr.Dropdown
    refresh: gr.Button
    compare: gr.Checkbox
    strength: gr.Slider
    base: gr.HTML
    chosen: gr.HTML
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
    def form(self) -> list[Any]:
        """The arguments of `read_form`, in its order."""
        return [self.adapter, self.compare, self.strength, self.system_prompt, *self.sampling]

    @property
    def outputs(self) -> list[Any]:
        """The values of `component_updates`, in its order."""
        buttons = [self.send, self.stop, self.retry, self.undo, self.new]
        return [self.conversation, self.base, self.chosen, self.status, self.box, *buttons]


def build_page(context: StudioContext, sessions: Sessions) -> gr.Blocks:
    """Return the page, with its events connected to the sessions."""
    cards = sessions.adapters()
    page = gr.Blocks(title="Morris", analytics_enabled=False)
    with page:
        components = _create_components(context, cards)
        _connect_events(page, components, _Handlers(sessions, context.base_model))
    return page


# --- layout -----------------------------------------------------------------------------
def _create_components(context: StudioContext, cards: Sequence[AdapterCard]) -> Components:
    conversation = gr.State(Conversation())
    gr.HTML(BANNER, elem_id="banner", **BARE)
    initial = _listed_or_base(cards, context.adapter)
    adapter, refresh, strength = _model_row(context, cards, initial)
    with gr.Row(elem_id="transcripts"):
        base, chosen = (
            gr.HTML(
                transcript(Conversation(), side),
                visible=side is Side.CHOSEN,
                elem_id=side.value,
                **BARE,
            )
            for side in Side
        )
    status = gr.HTML("", elem_id="status", **BARE)
    box, send, stop = _composer()
    with gr.Row(elem_id="actions"):
        retry, undo, new = (
            gr.Button(label, size="sm", scale=0, min_width=72, elem_id=name)
            for label, name in (("Retry", "retry"), ("Undo", "undo"), ("New conversation", "new"))
        )
        compare = gr.Checkbox(
            label="Compare with the base model", container=False, min_width=210, elem_id="compare"
        )
    system_prompt, sampling = _settings(_system_prompt_of(cards, initial))
    return Components(
        conversation, adapter, refresh, compare, strength, base, chosen, status, box, send, stop,
        retry, undo, new, system_prompt, sampling,
    )  # fmt: skip


def _model_row(
    context: StudioContext, cards: Sequence[AdapterCard], initial: str
) -> tuple[gr.Dropdown, gr.Button, gr.Slider]:
    with gr.Row(elem_id="model", equal_height=True):
        adapter = gr.Dropdown(
            _choices(cards, context.base_model),
            value=initial,
            label="Model",
            filterable=False,
            scale=4,
            min_width=220,
            elem_id="adapter",
        )
        refresh = gr.Button("Refresh", size="sm", scale=0, min_width=84, elem_id="refresh")
        low, high = STRENGTH.range
        strength = gr.Slider(
            low, high, STRENGTH.default, step=0.05, label=STRENGTH.label, info=STRENGTH.info,
            scale=3, min_width=200, buttons=[], elem_id="strength",
        )  # fmt: skip
    return adapter, refresh, strength


def _composer() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Row(elem_id="composer", equal_height=False):
        box = gr.Textbox(
            label="Message",
            show_label=False,
            placeholder="Write a message",
            lines=1,  # with more lines Enter would not send
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


def _settings(prompt: str) -> tuple[gr.Textbox, tuple[gr.Number | gr.Textbox, ...]]:
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        system_prompt = gr.Textbox(
            prompt,
            label="System prompt",
            info="Instructions before the conversation. The adapter was trained with this text.",
            lines=2,
            max_lines=6,
            elem_id="system_prompt",
        )
        with gr.Row(elem_id="sampling"):
            return system_prompt, tuple(_number(field) for field in SAMPLING_FIELDS)


def _number(field: Field) -> gr.Number | gr.Textbox:
    options: dict[str, Any] = {"label": field.label, "info": field.info, "elem_id": field.name}
    if field.default is None:
        return gr.Textbox("", min_width=150, max_lines=1, **options)  # gr.Number would show a 0
    # No minimum and maximum: Gradio's message would appear in place of ours.
    return gr.Number(field.default, min_width=150, **options)


def _choices(cards: Sequence[AdapterCard], base_model: str) -> list[tuple[str, str]]:
    named = [
        (" · ".join(filter(None, (card.name, card.written[:10]))), card.name) for card in cards
    ]
    return [*named, (f"{base_model}, without an adapter", BASE)]


def _listed_or_base(cards: Sequence[AdapterCard], name: object) -> str:
    return str(name) if name in [card.name for card in cards] else BASE


def _system_prompt_of(cards: Sequence[AdapterCard], name: object) -> str:
    return next((card.system_prompt for card in cards if card.name == name), SYSTEM_PROMPT)


# --- events -----------------------------------------------------------------------------
class _Handlers:
    """The functions that events of the page call, with the values of its components."""

    def __init__(self, sessions: Sessions, base_model: str) -> None:
        self._sessions = sessions
        self._base_model = base_model

    def send(
        self, request: gr.Request, conversation: Conversation, question: object, *fields: object
    ) -> Iterator[list[Any]]:
        for update in self._sessions.send(_session(request), conversation, question, *fields):
            yield component_updates(update)

    def retry(
        self, request: gr.Request, conversation: Conversation, *fields: object
    ) -> Iterator[list[Any]]:
        for update in self._sessions.retry(_session(request), conversation, *fields):
            yield component_updates(update)

    def undo(self, request: gr.Request, conversation: Conversation, box: object) -> list[Any]:
        return component_updates(self._sessions.undo(_session(request), conversation, box))

    def new(self, request: gr.Request) -> list[Any]:
        return component_updates(self._sessions.start_again(_session(request)))

    def stop(self, request: gr.Request) -> None:
        self._sessions.stop(_session(request))

    def refresh(self, chosen: object) -> tuple[Any, str]:
        """List the adapters again; a chosen one that is gone gives way to the base model."""
        cards = self._sessions.adapters()
        value = _listed_or_base(cards, chosen)
        choices = _choices(cards, self._base_model)
        return gr.update(choices=choices, value=value), _system_prompt_of(cards, value)

    def system_prompt(self, chosen: object) -> str:
        return _system_prompt_of(self._sessions.adapters(), chosen)


def _connect_events(page: gr.Blocks, parts: Components, handlers: _Handlers) -> None:
    # `preprocess=False`: Gradio's own checks would come before ours, and not say what to do.
    options: dict[str, Any] = {"show_progress": "hidden", "preprocess": False}
    # No limit: the scheduler decides which reply waits, not Gradio's queue.
    unlimited = options | {"concurrency_limit": None}
    gr.on(
        [parts.box.submit, parts.send.click],
        handlers.send,
        [parts.conversation, parts.box, *parts.form],
        parts.outputs,
        api_name="talk",
        trigger_mode="multiple",  # otherwise Enter does nothing during a reply, and says nothing
        **unlimited,
    )
    retried = [parts.conversation, *parts.form]
    parts.retry.click(handlers.retry, retried, parts.outputs, api_name="retry", **unlimited)
    undone = [parts.conversation, parts.box]
    parts.undo.click(handlers.undo, undone, parts.outputs, api_name="undo", **options)
    parts.new.click(handlers.new, None, parts.outputs, api_name="new", **options)
    parts.stop.click(handlers.stop, None, None, api_name="stop", queue=False, **options)
    listed = [parts.adapter, parts.system_prompt]
    parts.refresh.click(handlers.refresh, parts.adapter, listed, api_name="refresh", **options)
    options["api_visibility"] = "private"
    page.load(handlers.refresh, parts.adapter, listed, **options)
    parts.adapter.input(handlers.system_prompt, parts.adapter, parts.system_prompt, **options)
    parts.compare.change(
        lambda checked: gr.update(visible=bool(checked)), parts.compare, parts.base, **options
    )


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def component_updates(update: PageUpdate) -> list[Any]:
    """Return the new values of `Components.outputs`; a None of the update changes nothing."""
    skip = gr.skip()
    transcripts = [skip] * 3
    if (conversation := update.conversation) is not None:
        running = update.running is not False
        transcripts = [conversation, *(transcript(conversation, side, running) for side in Side)]
    buttons = [skip] * 5
    if (running_now := update.running) is not None:
        others = [gr.update(interactive=not running_now)] * 3
        buttons = [gr.update(visible=not running_now), gr.update(visible=running_now), *others]
    box = skip if update.box is None else update.box
    status = skip if update.status is None else status_line(update.status, update.is_error)
    return [*transcripts, status, box, *buttons]
