"""Every path, model name and default, once, with its reason."""

from __future__ import annotations

from pathlib import Path

from morris_mlx.records.corpus import REWRITE_TASK
from morris_mlx.records.generation import MAX_STRENGTH as MAX_STRENGTH
from morris_mlx.records.generation import Sampling

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
VALID_SHARE = 0.1
TEST_SHARE = 0.1
CONTEXT_WORDS = 60  # of what came before, when a long text goes on in another row
MIN_SOURCES = 5  # texts, or conversations: fewer cannot fill three splits
# Stands before a conversation that the writer began: a turn must answer something, and it must
# not be told what it says. Ask for this, and the model begins one.
CHAT_OPENING = "Start a conversation with me."
CHAT_OPENING_RU = "Начни со мной разговор."
# A line at the edge of so many documents is the site's: fewer may be a writer's habit. One that
# says "subscribe" or holds a link is at once; any other must stand in most of them: many writers
# begin or end on words of their own.
BOILERPLATE_DOCUMENTS, BOILERPLATE_SHARE, MARKED_SHARE = 5, 0.6, 0.2
BOILERPLATE_LINES = 4  # at either end: further in it is the writer's text
MIN_LANGUAGE_LETTERS = 20  # of shorter texts py3langid's answer is a guess: "да" is Ukrainian to it
SURE_OF_LANGUAGE = 0.8  # a text goes for its language only when it is well known
MAIN_LANGUAGE_SHARE = 0.1  # a writer's second language is theirs; rarer ones are quotations
SHINGLE_WORDS = 5  # shorter runs are idioms that any two texts share
# 0.8: an edited copy with one word in fifty changed; two columns of one mould stay below 0.7.
DUPLICATE_JACCARD = 0.8
RELATED_JACCARD = 0.6  # a rewritten text: worth keeping, not on both sides of a split
MOST_TOGETHER = 0.5  # of all texts: a larger related group is a mould, and has to be parted
SYSTEM_PROMPT = "You are the author. Answer in your own voice."
SYSTEM_PROMPT_RU = "Ты автор. Отвечай своим голосом."  # its place in a Russian writer's habits

# --- pair -------------------------------------------------------------------------------
# Rows of a text to learn from, and how they are shared out over the ways of asking. Writers'
# models that learned from plain drafts won blind comparisons which models that learned from
# headlines lost, so drafts get as much as two other ways together; the others keep it able to
# begin a text of its own.
ROWS_PER_TEXT = 3
MIXTURE = {"headline": 1, "topic": 1, "opening": 1, REWRITE_TASK: 2}
MOST_OF_A_TASK = 2  # the same answer to the same kind of request: more is learning by heart
# General rows against forgetting: more than half would drown the voice.
MAX_MIX_SHARE = 0.5

# --- train ------------------------------------------------------------------------------
ADAPTER_NAME = "mine"


MAX_RESTARTS = 5  # of a training that died; more would only hide that it cannot work


# --- generate ---------------------------------------------------------------------------
SAMPLING = Sampling(
    max_tokens=700,  # a column of 450 words with room to end by itself
    temp=0.7,  # lively, still on the subject
    top_p=0.95,
    top_k=0,
    min_p=0.05,  # cuts the tail where small models fall into nonsense
    repetition_penalty=1.15,  # over mlx-lm's window of 20 tokens: stops stutter
)
STRENGTH = 1.0
SAMPLE_PROMPTS = 3  # held-out requests that a training answers at each validation
SAMPLE_TOKENS = 60  # of each answer: enough to hear the voice

# --- evaluate ---------------------------------------------------------------------------
STYLE_ANSWERS = 24  # at most so many answers are written to reach MIN_STYLE_WORDS

# --- convert ----------------------------------------------------------------------------
