"""Defaults that several rooms share, each with its reason."""

from __future__ import annotations

import os
from pathlib import Path

from morris_mlx.files import expanded_path

# An adapter's files: mlx-lm's two, and ours.
ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapters.safetensors", "adapter_config.json"
RUN_FILE = "run.json"
LAST = "last"  # the folder, beside the best adapter, with that of the last step

PACKAGE = Path(__file__).resolve().parent


def sample_folder() -> Path:
    """Return the folder of sample texts and the sample adapter, in a checkout or in the wheel."""
    checkout = PACKAGE.parent / "data" / "sample"
    return checkout if checkout.is_dir() else PACKAGE / "sample"


def built_in_adapter(name: str) -> Path:
    """Return the folder of an adapter that comes with the package."""
    return sample_folder() / "adapters" / name


def project_home() -> Path:
    """Return the folder of the user's project: `$MORRIS_HOME`, else the current folder.

    Raises MorrisError when `$MORRIS_HOME` begins with the "~" of an unknown user.
    """
    return expanded_path(os.environ.get("MORRIS_HOME") or ".", "MORRIS_HOME")


# Adapters that come with the package: of the sample columns on the practice base and on SmolLM2,
# and of the sample chats on SmolLM2.
SAMPLE_ADAPTER, SAMPLE_COLUMNS, SAMPLE_CHATS = "sample", "sample-columns", "sample-chats"
BUILT_IN_ADAPTERS = (SAMPLE_ADAPTER, SAMPLE_COLUMNS, SAMPLE_CHATS)

# --- collect from the web ---------------------------------------------------------------
WEB_DELAY_SECONDS = 2.0  # between two requests to one host; robots.txt may ask for more
MAX_PAGES = 1000  # in one collection: more than most writers have, and an end for endless sites
CONTACT_VARIABLE = "MORRIS_CONTACT"  # the contact for site owners when --contact is not given

# --- prepare ----------------------------------------------------------------------------
MIN_WORDS = 80  # shorter texts teach greetings, not style
SPLIT_SEED = 7
SYSTEM_PROMPT = "You are the author. Answer in your own voice."
# General rows against forgetting; with more than half the writer's style would get lost.
MAX_MIX_SHARE = 0.5

# --- train ------------------------------------------------------------------------------
ADAPTER_NAME = "mine"

# Parts of a batch that a CPU trains on at the same time: more would have few tokens each, and small
# products are slow.
MOST_LANES = 8

# --- audit ------------------------------------------------------------------------------
AUDIT_ANSWERS = 200  # a share of 2 % then has an interval from 0.5 to 5 %
