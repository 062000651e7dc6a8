"""How the page looks: plain, calm, light or dark as the machine is. No font is fetched."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

CSS = Path(__file__).with_name("page.css")
FONT = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
FIXED = ["ui-monospace", "Menlo", "Consolas", "monospace"]


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        radius_size="md",
        text_size="md",
        spacing_size="md",
        font=FONT,
        font_mono=FIXED,
    )
