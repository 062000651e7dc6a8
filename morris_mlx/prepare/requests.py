"""How a person might ask for a text: many wordings, so that the voice hangs on none of them."""

from __future__ import annotations

HEADLINE = (
    "Write the column with the headline “{title}”.",
    "Headline: {title}",
    "Give me your piece called “{title}”.",
    "I need a column. The headline is “{title}”. Write it.",
    "“{title}” – write what goes under it.",
    "Today's column: {title}",
    "Please write an article under the title “{title}”.",
    "Title: {title}. Write the text.",
)
TOPIC = (
    "Write a column about {topic}. Angle: {angle}.",
    "What do you make of {topic}? Think of {angle}.",
    "Write about {topic}, with an eye on {angle}.",
    "A piece on {topic}, please; come at it from {angle}.",
    "Topic: {topic}. Angle: {angle}. Write the text.",
    "Give me your view of {topic} and of {angle}.",
    "Tell me about {topic}. Do not forget {angle}.",
)
OPENING = (
    "Continue this column:\n\n{opening}",
    "Here is the opening. Go on from it.\n\n{opening}",
    "{opening}\n\nWrite the rest.",
    "You began like this. Finish it.\n\n{opening}",
    "Go on:\n\n{opening}",
)
CONTINUATION = (
    "Go on from here:\n\n{opening}",
    "Continue:\n\n{opening}",
    "What comes after this?\n\n{opening}",
    "Write the next part.\n\n{opening}",
)
