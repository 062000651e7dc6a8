"""Chats in the layouts of many programs, and texts with times and colons that are no chats."""

from __future__ import annotations

SAID = (
    "The gate is painted, and the bench as well.",
    "I saw it from the bridge on my way home.",
    "Who did the bench? It was green before.",
    "A man with a brush, who would not say.",
    "Then it stays as it is for another year.",
    "Bring the dog when you come to look at it.",
)
# Each with n: the name, m: minutes, t: the text, N: the name in capitals, nick: one word.
CHATS = {
    "IRC": "[21:{m}] <{nick}> {t}",
    "IRC with a date": "2018-06-13 21:{m}:10 <{nick}> {t}",
    "IRC without times": "<{nick}> {t}",
    "IRC in columns": "2018-06-13 21:{m}:10\t{nick}\t{t}",
    "Zoom": "21:{m}:10 From {n} to Everyone:\n\t{t}",
    "Zoom, older": "21:{m}:10\t From  {n} : {t}",
    "Zoom, newer": "00:{m}:12\t{n}:\t{t}",
    "Teams": "{n}  9:{m} PM\n{t}\n",
    "Teams with brackets": "[9:{m} PM] {n}\n{t}\n",
    "Teams, yesterday": "[Yesterday 9:{m} PM] {n}\n{t}\n",
    "Teams, name above the time": "{n}\n9:{m} PM\n{t}\n",
    "the time below the text": "{n}\n{t}\nSep 13, 2020, 12:{m} PM\n",
    "Google Chat": "{n}, Wed 9:{m} PM\n{t}",
    "Google Chat with a date": "{n}, Jun 13, 2018, 9:{m} PM\n{t}",
    "Telegram, copied": "{n}, [13.06.18 21:{m}]\n{t}\n",
    "Discord, copied": "{n} — 13/06/2018 21:{m}\n{t}\n",
    "Discord, on several lines": "{n}\n — \n13/06/2018 21:{m}\n{t}",
    "Slack, copied": "{n}  [9:{m} PM]\n{t}",
    "DiscordChatExporter": "[13-Jun-18 09:{m} PM] {nick}#0001\n{t}\n",
    "imessage-exporter": "Jun 13, 2018  9:{m}:10 PM (Read by you after 5 seconds)\n{n}\n{t}\n",
    "a transcript": "{N} [00:{m}:12]: {t}",
    "a transcript with the time first": "00:{m}:12 {N}: {t}",
    "a transcript with times on lines of their own": "{n}  0:{m}\n{t}\n",
    "Pidgin": "(21:{m}:10) {nick}: {t}",
    "ICQ": "-----------------------<-\n{nick} (21:{m}:10 13/06/2018)\n{t}\n",
    "QQ": "2018-06-13 21:{m}:10 {n}(12345)\n{t}\n",
    "Skype": "[13.06.2018 21:{m}:11] {n}: {t}",
    "Skype, copied": "{n}, 21:{m}\n{t}",
    "VK, copied": "{n} 13 июн 2018 в 21:{m}\n{t}",
    "LinkedIn": "{n} sent the following message at 9:{m} PM\n{t}",
    "KakaoTalk": "[{n}] [오후 9:{m}] {t}",
    "LINE": "下午9:{m}\t{n}\t{t}",
    "an unknown calendar": "15 Mehr 1403, 10:{m} e pasdites - {n}: {t}",
    "a list": "* {n} (21:{m}) – {t}",
    "the time at the end": "{n}: {t} (21:{m})",
    "bars": "13/06/2018, 21:{m} | {n}: {t}",
    "a table": "2018-06-13 21:{m}:10,{n},{t}",
    "the name before the date": "{n} 2018-06-13 21:{m}: {t}",
}
TEXTS = {
    "a log": "2021-05-03 06:30 - Weather: grey.\n2021-05-03 09:10 - Engine: coughs.\n"
    "2021-05-03 12:00 - Lunch: the last of the eggs.\n2021-05-04 06:45 - Weather: as promised.",
    "a log with two labels": "06:30 Weather: grey\n09:10 Engine: coughs\n12:00 Engine: off\n"
    "18:00 Weather: as promised\n21:00 Engine: off",
    "a captain's log": "[12/03/2024, 18:00] Captain: Day one.\nThe plain is empty.\nAnd more.\n"
    "[13/03/2024, 08:00] Captain: Day two.\nAgain prose here.\nMore.\n"
    "[14/03/2024, 08:00] Captain: Day three.\nMore of it.",
    "a diary": "3 May 2021, 9:30 PM\nI went to the harbour and saw nothing of note.\n"
    "4 May 2021, 9:40 PM\nAgain I went, and it was better.\n5 May 2021, 10:10 PM\nRain.",
    "a food diary": "Breakfast, 8:00\nTwo eggs.\nLunch, 12:30\nSoup.\nDinner, 19:00\nFish.\n"
    "Breakfast, 8:10\nToast.\nLunch, 12:30\nSoup.\nDinner, 19:30\nMeat.",
    "a timetable": "9:00 Doors\n9:30 Welcome: Ann\n10:00 Talk: Boats\n11:00 Coffee\n"
    "11:30 Talk: Paint\n12:30 Lunch",
    "a screenplay": "\n".join(f"{n}: {t}" for n, t in zip(("GRETA", "IVO") * 3, SAID, strict=True)),
    "a letter": "Dear Ann,\nI came at 9:30 and left at 10:15: it rained.\nYours: Ivo",
    "prose with times": "At 9:20 Greta said: come.\nAt 9:25 Ivo said: no.\n"
    "At 9:30 Greta said: then stay.\nIt was late, and the rain had set in.",
    "verses": "23:1 The Lord is my shepherd: I shall not want.\n"
    "23:2 He maketh me to lie down: in green pastures.\n23:3 He restoreth my soul: he leadeth me.",
    "a list of songs": "The Boats - Harbour 3:45\nThe Boats - Rain 4:10\nPaint - Grey 2:50\n"
    "Paint - Blue 3:30\nPaint - Red 2:30",
    "a record of training": "2021-05-03 06:30 Run: 5 km\n2021-05-03 18:30 Swim: 1 km\n"
    "2021-05-04 06:30 Run: 6 km\n2021-05-04 18:30 Swim: 2 km\n2021-05-05 06:30 Run: 5 km",
    "a program's log": "2024-03-04 10:00:01 INFO: Started.\n2024-03-04 10:00:02 WARN: Low.\n"
    "2024-03-04 10:00:02 INFO: Opened.\n2024-03-04 10:00:03 ERROR: Stuck.",
    "a log with levels in brackets": "[2024-03-04 10:00:01] INFO: Started.\n"
    "[2024-03-04 10:00:02] WARN: Low.\n[2024-03-04 10:00:03] INFO: Opened.\n[2024-03-04 10:00:04] ERROR: Stuck.",
    "a log with levels between dashes": "2024-03-04 10:00:01,123 - INFO - Started: now.\n"
    "2024-03-04 10:00:02,123 - INFO - Opened it.\n2024-03-04 10:00:03,123 - ERROR - Stuck: again.",
    "measurements": "2024-03-04T10:00:00Z pump1: 3.4 bar\n2024-03-04T10:01:00Z pump2: 3.1 bar\n"
    "2024-03-04T10:02:00Z pump1: 3.5 bar\n2024-03-04T10:03:00Z pump2: 3.0 bar",
    "numbered verses": "\n".join(
        f"{book} {chapter}:{verse}: And the boat was upon the water."
        for book, chapter in (("Ruth", 1), ("Ruth", 2), ("Jonah", 1), ("Jonah", 2))
        for verse in range(10, 18)
    ),
    "verses below their numbers": "\n".join(
        f"{book} {chapter}:{verse}\nAnd the boat was upon the water."
        for book, chapter in (("Ruth", 1), ("Ruth", 2), ("Jonah", 1))
        for verse in range(10, 16)
    ),
    "an agenda": "09:00 Welcome: coffee and buns\n09:30 Opening: a word by the chair\n"
    "10:00 Talk: On paint\n10:45 Break: coffee\n11:00 Talk: On gates\n11:45 Break: soup\n"
    "13:00 Talk: On boys\n14:00 Closing: thanks",
    "an agenda of speakers": "09:00 Greta Holm: On paint\n09:30 Ivo Marsh: On gates\n"
    "10:00 Paul Rudd: On boys\n10:30 Greta Holm: On rain\n11:00 Zoe Lamb: On tides\n11:30 Ivo Marsh: On soup",
    "a log with labels of its own": "2021-05-03 06:30 - Ballast: moved it forward.\n"
    "2021-05-03 09:10 - Mizzen: reefed, with some words.\n2021-05-03 12:00 - Ballast: moved it back.\n"
    "2021-05-04 06:45 - Mizzen: as before.\n2021-05-04 09:45 - Ballast: sulks.",
    "a beekeeper's round": "\n".join(
        f"{hour}:{10 * hive} Hive {hive}: {state}."
        for hour in (7, 12, 18)
        for hive, state in ((1, "quiet and cold"), (2, "humming"), (3, "angry"))
    ),
    "a journal of pumps": "2024-03-04 10:00 Pump 1: started by hand\n"
    "2024-03-04 10:20 Pump 2: would not start\n2024-03-04 11:00 Pump 1: tripped\n"
    "2024-03-04 11:05 Pump 2: started\n2024-03-04 12:00 Pump 1: repaired",
    "the stops of a bus": "08:05 Harbour: bus 5\n08:12 Market: bus 5\n08:20 Station: bus 5\n"
    "08:35 Harbour: bus 6\n08:42 Market: bus 6\n08:50 Station: bus 6",
}


def made_chat(layout: str) -> str:
    """Return a chat of two people in a layout."""
    names = ("Greta Holm", "Ivo Brandt") * 3
    lines = [
        layout.format(n=name, m=20 + k, t=text, N=name.upper(), nick=name.split()[0].lower())
        for k, (name, text) in enumerate(zip(names, SAID, strict=True))
    ]
    return "\n".join(lines)
