"""People of a German export, as their contacts name them, and how messages mention them."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.local_items import Contact, Talk, typed

TALK = Talk(
    openings=(
        "Na du! ",
        "Guten Morgen zusammen, ",
        "Sorry, war 2 Stunden offline. ",
        "Alles klar, bis 18:30. ",
        "Hab die 25 € bekommen, danke!\n",
        "Ach ja: ",
        "Servus! ",
        "Grüezi, ",
        "Hahaha 😂 ",
        "Also nochmal von vorn.\n",
        "PS: ",
    ),
    closings=(
        " LG",
        ", danke dir!",
        " 😊",
        " - bis Samstag!",
        "\nBring bitte 6 Semmeln mit",
        " (nur falls du's brauchst)",
        "\n\nViele Grüße",
        " Bussi",
        "!!",
        ", gell?",
        " und vergiss die 3 Flaschen nicht",
    ),
)
CONTACTS = (
    Contact(("Sabine Hofer-Leitner", "Bine"), "Sabine", "Hofer-Leitner", "Bine"),
    Contact(("Peter Koch",), "Peter", "Koch", plain="Koch"),
    Contact(("Anna Sommer",), "Anna", "Sommer", plain="Sommer"),
    Contact(("Jonas Klein", "Joni"), "Jonas", "Klein", "Joni", "Klein"),
    Contact(("Friederike von der Heide", "Rike"), "Friederike", "von der Heide", "Rike", "Heide"),
    Contact(("Dr. Annegret Winter",), "Annegret", "Winter", plain="Winter"),
    Contact(("Tobi WG",), nick="Tobi"),
    Contact(("Holger Arbeit",), "Holger"),
    Contact(("Oma Handy",)),
    Contact(("Mama",)),
    Contact(("Papa ❤️",)),
    Contact(("ADAC Pannenhilfe",)),
    Contact(("Tante Uschi",), nick="Uschi"),
    Contact(("Onkel Werner neu",), "Werner"),
    Contact(("Lisa (Yoga)",), "Lisa"),
    Contact(("Murat Fitness",), "Murat"),
    Contact(("Frau Zimmermann Kita",), last="Zimmermann", plain="Zimmermann"),
    Contact(("Vermieter Herr Bauer",), last="Bauer", plain="Bauer"),
    Contact(("Nachbarin Ilse",), "Ilse"),
    Contact(("Zahnarzt Dr. Bach",), last="Bach", plain="Bach"),
    Contact(("Ayşe Yıldırım",), "Ayşe", "Yıldırım"),
    Contact(("Mai Nguyen",), "Mai", "Nguyen", plain="Mai"),
    Contact(("Beat Zgraggen",), "Beat", "Zgraggen"),
    Contact(("Urs Brönnimann",), "Urs", "Brönnimann"),
    Contact(("Wolf Richter",), "Wolf", "Richter", plain="Wolf Richter"),
    Contact(("Rosa Vogel", "Rosi"), "Rosa", "Vogel", "Rosi", "Rosa Vogel"),
    Contact(("Heike Groß",), "Heike", "Groß", plain="Groß"),
    Contact(("Ludwig zu Hohenfels",), "Ludwig", "zu Hohenfels"),
    Contact(("Kathi 🌸",), nick="Kathi"),
    Contact(("Maximilian Freiherr von Bülow", "Maxl"), "Maximilian", "von Bülow", "Maxl"),
    Contact(("Christl Obermoser",), "Christl", "Obermoser"),
    Contact(("Huber Sepp",), "Sepp", "Huber"),
    Contact(("Magdalena Kowalczyk", "Leni"), "Magdalena", "Kowalczyk", "Leni"),
    Contact(("Ernst Lustig",), "Ernst", "Lustig", plain="Ernst Lustig"),
    Contact(("Frank Engel",), "Frank", "Engel", plain="Engel"),
    Contact(("Marie-Luise Blume", "Malu"), "Marie-Luise", "Blume", "Malu", "Blume"),
    Contact(("Omar al-Hashimi",), "Omar", "al-Hashimi"),
    Contact(("Björn Jäger",), "Björn", "Jäger", plain="Jäger"),
    Contact(("Lukas Fuchs", "Luki"), "Lukas", "Fuchs", "Luki", "Fuchs"),
    Contact(("Ingrid Kaiser geb. Stein",), "Ingrid", "Kaiser", plain="Kaiser"),
    Contact(("Steffi Mueller",), "Steffi", "Müller", plain="Müller"),
    Contact(("Gül Öztürk",), "Gül", "Öztürk"),
    Contact(("Hannes (Bruder von Vroni)",), "Hannes"),
    Contact(("Schatz 😘",)),
)
NAMED = tuple(contact for contact in CONTACTS if contact.first or contact.last or contact.nick)
FRAMES = (
    "{} kommt heute später",
    "hast du was von {} gehört?",
    "ich war gestern mit {} beim Italiener",
    "sag {} liebe Grüße",
    "{}, bist du schon da?",
    "das hat mir {} erzählt",
    "bei {} brennt noch Licht",
    "hab ich von {} bekommen",
    "Danke {}!!",
    "frag doch mal {}",
    "{} meint, wir sollen um 8 losfahren",
    "ohne {} wird's fad",
    "alles Gute zum Geburtstag, {} 🎂",
    "Hallo {},\nanbei die Unterlagen",
    "Lieber Gruß an {} und die Kinder",
    "ich glaub, {} hat den Schlüssel",
    "für {} hab ich auch was mitgebracht",
    "{} schuldet mir noch 20 Euro",
    "am Samstag heiraten {} und der Andi",
    "das war nicht ich, das war {}",
    "(laut {} fällt das Training aus)",
    "„Nie wieder“, hat {} gesagt",
    "wegen {} müssen wir noch reden",
)
ARTICLE_FRAMES = (
    "der {} hat angerufen",
    "die {} war auch dabei",
    "hast den {} gesehen?",
    "mit der {} kann man reden",
    "gib das dem {}",
    "I hob's der {} scho gsagt",
    "d'{} isch krank",
)
TITLE_FRAMES = (
    "Herr {} ist im Urlaub",
    "Frau {} hat zurückgerufen",
    "Sehr geehrter Herr {},",
    "Sehr geehrte Frau {},\nvielen Dank",
    "Termin bei Dr. {} um 9:15",
    "ich hab Herrn {} gefragt",
    "das Zeugnis von Frau Dr. {} fehlt",
    "Familie {} zieht aus",
)
LAST_FRAMES = (
    "{} hat gestern gekündigt",
    "mit {} aus dem Vertrieb telefoniert",
    "{} (Einkauf) ist krank",
    "ich hab {} zweimal angerufen, er geht nicht ran",
)
GENITIVE_FRAMES = (
    "{} Auto steht im Halteverbot",
    "wo ist {} Jacke?",
    "auf {} Party waren 40 Leute",
    "{} Mutter liegt im Spital",
    "das ist {} Idee gewesen",
)
FAMILY_FRAMES = (
    "wir sind bei {} eingeladen",
    "die {} sind schon an der Ostsee",
    "{} haben zwei Hunde",
)
PLAIN_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "Ö": "Oe",
        "ş": "s",
        "ı": "i",
        "Ä": "Ae",
    }
)


def mention(rng: random.Random) -> PlantedItem:
    """Return a mention of one of the people; surnames alone mostly have a title."""
    contact = rng.choice(NAMED)
    given = [name for name in (contact.first, contact.first, contact.nick) if name]
    chance = rng.random()
    if contact.last and (not given or chance < 0.3):
        if rng.random() < 0.75:
            item, frames = contact.last, TITLE_FRAMES
        elif rng.random() < 0.5:
            item, frames = contact.last, LAST_FRAMES
        else:
            item, frames = _genitive(contact.last), FAMILY_FRAMES
    elif chance < 0.45:
        item, frames = _genitive(rng.choice(given)), GENITIVE_FRAMES
    elif chance < 0.55 and given:
        item, frames = rng.choice(given), ARTICLE_FRAMES
    elif chance < 0.8 and contact.last and given:
        item, frames = contact.full(), FRAMES
        if rng.random() < 0.15 and " " not in contact.last:
            item = f"{contact.last} {contact.first or contact.nick}"  # as in Bavaria and in lists
    else:
        item, frames = rng.choice(given or [contact.last]), FRAMES
    item = typed(rng, item, contact.plain, lambda text: text.translate(PLAIN_LETTERS))
    return TALK.place(rng, "name", item, frames)


def _genitive(name: str) -> str:
    return name + ("'" if name[-1] in "sxzß" else "s")
