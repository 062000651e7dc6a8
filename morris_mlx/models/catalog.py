"""Names and aliases of the models that Morris knows."""

from __future__ import annotations

import platform

from morris_mlx.defaults import PACKAGE

PRACTICE_MODEL = "practice"  # comes with the package, too small for real use: see its card
ZEPHYR_MODEL = "HuggingFaceH4/zephyr-7b-beta"
SMOLLM2_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
MODEL_ALIASES = {"zephyr": ZEPHYR_MODEL, "smollm2": SMOLLM2_MODEL}
PRACTICE_FOLDER = PACKAGE / "practice"
# Tokens. Zephyr was tuned on 2,048: longer rows cost memory and improve no style.
WINDOW = 2048


def default_model() -> str:
    """Return the model for a user who names none: Zephyr on a Mac, else the practice base."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return "zephyr" if apple else PRACTICE_MODEL
