"""Every number of `morris prepare --enhance`, once, with its reason."""

from __future__ import annotations

# Off-topic texts teach what of the voice hangs on no subject. A text is off-topic when its distance
# from the usual words is so many median deviations beyond the median; such texts get this share of
# the rows, as far as twice their rows go. Beyond twice they would be learned by heart.
OFF_TOPIC_DEVIATIONS, OFF_TOPIC_SHARE, OFF_TOPIC_MOST = 2.5, 0.3, 2
MIN_TEXTS_FOR_TOPICS = 8  # of fewer nobody can say what is usual
# The system prompt stands in every row and every request: it must not eat the window.
HABITS_TOKENS = 120
MIN_TEXTS_FOR_HABITS = 3  # one text's mannerism is no habit
HABIT_SHARE = 1 / 3  # of the texts must open in a way to be told so: rarer is variety
# So many in 1,000 words are heard by a reader: about one in every second or third paragraph.
MARKS_HEARD = {
    "dash": 6.0,
    "brackets": 4.0,
    "semicolon": 3.0,
    "colon": 5.0,
    "question": 6.0,
    "exclamation": 3.0,
    "ellipsis": 2.0,
}
WORDS_FOR_NEVER = 2000  # a mark that is missing in fewer words is missing by chance
FAVOURITE_SHARE = 0.2  # of the texts have the word; a favourite is met every few texts
# Times in a text at most, on average: words of a subject come in heaps.
FAVOURITE_REPEATS = 1.5
PHRASE_SHARE, MIN_PHRASE_TEXTS = 0.06, 3  # of the texts: a saying comes back, a quotation does not
# Passages to draft: shorter ones say nothing in any voice, longer ones are summed up instead.
MIN_DRAFT_WORDS, MAX_DRAFT_WORDS = 30, 200
DRAFTS_PER_TEXT = 3  # one more than the mixture needs: some are rejected
DRAFT_TEMPERATURE = 0.0  # nothing is to be invented
DRAFT_TOKENS = 800  # 200 Russian words in the tokens of an English model
DRAFT_COPY_WORDS, MAX_DRAFT_COPY = 4, 0.3  # of its four-word runs; facts and names bring some
DRAFT_LENGTHS = (0.4, 1.8)  # times the passage's words: less lost facts, more added some
DRAFTS_LEARNED = "learned from"  # what the report calls drafts that became rows
