"""Every path, model name and default, once, with its reason."""

from __future__ import annotations

from pathlib import Path

# An adapter's files: mlx-lm's two, and ours.
ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapters.safetensors", "adapter_config.json"
RUN_FILE = "run.json"

PACKAGE = Path(__file__).resolve().parent

# --- models -----------------------------------------------------------------------------


def sample_folder() -> Path:
    """Columns, briefs and the sample adapter: in a checkout `data/sample`, else in the wheel."""
    checkout = PACKAGE.parent / "data" / "sample"
    return checkout if checkout.is_dir() else PACKAGE / "sample"


SAMPLE_ADAPTER = "sample"


# --- a user's project -------------------------------------------------------------------


# --- collect from the web ---------------------------------------------------------------
WEB_DELAY_SECONDS = 2.0  # between two requests to one host; robots.txt may ask for more
MAX_PAGES = 1000  # of one collection; more than most writers have, and an end to endless sites
CONTACT_VARIABLE = "MORRIS_CONTACT"  # whom a site's owner may write to, without --contact

# --- prepare ----------------------------------------------------------------------------
MIN_WORDS = 80  # shorter texts teach greetings, not style
SPLIT_SEED = 7
SYSTEM_PROMPT = "You are the author. Answer in your own voice."
SYSTEM_PROMPT_RU = "Ты автор. Отвечай своим голосом."  # its place in a Russian writer's habits

# --- pair -------------------------------------------------------------------------------
# General rows against forgetting: more than half would drown the voice.
MAX_MIX_SHARE = 0.5

# --- train ------------------------------------------------------------------------------
ADAPTER_NAME = "mine"


# --- generate ---------------------------------------------------------------------------
SAMPLE_PROMPTS = 3  # held-out requests that a training answers at each validation
SAMPLE_TOKENS = 60  # of each answer: enough to hear the voice

# --- evaluate ---------------------------------------------------------------------------
STYLE_ANSWERS = 24  # at most so many answers are written to reach MIN_STYLE_WORDS

# --- convert ----------------------------------------------------------------------------
