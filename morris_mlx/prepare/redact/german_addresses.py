"""Recognizer of street addresses in German: a street, a house number, and the town after them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import Hit, pattern_hits

CAPITAL = r"[A-ZÄÖÜ]"
WORD = rf"{CAPITAL}(?:[^\W\d_]|[.'’-])*"
# Endings of street names; after the second group a word may also be another thing.
CERTAIN_END = r"(?:stra(?:ß|ss)e|str\.?|gasse|allee|chaussee|damm|twiete|stieg)"
END = r"(?:weg|platz|ring|ufer|steig|pfad|promenade|kai|wall|graben|zeile|anlage)"
NOT_STREETS = (
    r"(?!(?:park|sitz|stell|steh|arbeits|camping|listen|tabellen|fenster|spiel|start|zelt|lager"
    r"|speicher|um|heim|rück|hin|schul|arbeits|aus|bürger|bahn|radwander|rund)(?:weg|platz|steig)"
    r"(?!\w))"
)
BEFORE_NAMES = (
    r"(?:Am|An[ ]der|An[ ]den|Im|In[ ]der|In[ ]den|Zum|Zur|Auf[ ]dem|Auf[ ]der|Unter[ ]den"
    r"|Hinter[ ]de[mrn]|Vor[ ]de[mrn]|Bei[ ]de[mrn]|Beim)"
)
NOT_PLACES = (
    r"(?!(?:Gleis|Zimmer|Raum|Tisch|Jahre?|Halle|Saal|Stand|Haus|Stock|Kapitel|Teil|Band|Tag|Tor"
    r"|Spieltag|Bahnsteig|Level|Alter|Schnitt|Artikel|Absatz|Satz|Seite|Block|Wagen|Gate|Kanal"
    r"|Abschnitt|Monat|Quartal|Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober"
    r"|November|Dezember|\w+tag|Sommer|Winter|Herbst|Frühling|Frühjahr)(?!\w))"
)
UNIT = (
    r"(?![ \t]?(?i:min|uhr|km|m(?!\w)|meter|euro|eur|€|prozent|%|stunde|jahr|person|leute|station"
    r"|haltestelle|kilometer|tage|mal(?!\w)|grad|°|x(?!\w)))"
)
YEAR = r"(?!(?:19|20)\d\d(?!\d))"
FLOOR = (
    r"(?:,?[ \t/]*(?:\d{1,2}\.[ ]?(?:OG|Stock|Etage|Stiege)|[ED]G|Hinterhaus|Vorderhaus|HH|VH"
    r"|(?:Stiege|Tür|Top|Whg\.?|Wohnung|Apartment|App\.)[ ]?\d{1,4})(?!\w)"
    r"(?:[ ](?:links|rechts|mitte)(?!\w))?)"
)
HOUSE = (
    rf"(?:Nr\.?[ ]?)?{YEAR}\d{{1,4}}(?:[ ]?[a-zA-Z](?![\w'’:]))?(?:[ ]?[/–-][ ]?\d{{1,4}}[a-z]?)*"
    rf"(?![\d:]|[.,]\d){UNIT}{FLOOR}*"
)
TOWN_NAME = (
    rf"(?:(?:St\.|Sankt|Bad|Markt|Neu|Alt|Groß|Klein)[ ])?{CAPITAL}[\w-]+"
    rf"(?:[ ](?:am|an[ ]der|im|in|bei|ob[ ]der|vor[ ]der|auf)[ ]{CAPITAL}[\w-]+)?"
    rf"(?:[ ]\({CAPITAL}\w+\))?"
)
TOWN = rf"(?:(?:D|A|CH|DE|AT)[ -]{{1,3}})?\d{{4,5}}[ \t]+{TOWN_NAME}"
AFTER = rf"(?:(?:,?[ \t]+in|,)?[ \t\n]+{TOWN})"
AFTER_MARK = rf"(?:(?:,?[ \t]+in|,)[ \t\n]+|\n){TOWN}"  # "Teil 5156 1359 Stück" is no town
# Words after which any name with a number is an address.
ADDRESS_WORD = (
    r"(?:\b(?:[Aa]dresse|[Aa]nschrift|[Tt]reffpunkt|wohn(?:e|t|en)|gezogen|[Ll]ieferung|[Gg]eliefert"
    r"|[Ll]iefern|[Pp]raxis|[Ww]ohnung)\b[\w ]{0,14}?(?:[:,]|[ ](?:ist|an|nach|in|jetzt))?[ \t\n]+)"
)
# An adjective before the street: "Frankfurter Landstraße", "Große Bleichen".
ADJECTIVE = rf"(?:(?![\w-]*[Aa]dresse){CAPITAL}[\w-]+(?:er|e|es|en)[ ])"
STREET = (
    rf"(?:{ADJECTIVE}?{CAPITAL}[\w.'-]*(?i:{CERTAIN_END})"
    rf"|{ADJECTIVE}?(?i:{NOT_STREETS}){CAPITAL}[\w.-]*(?i:{END})"
    rf"|{CAPITAL}[\w-]+er[ ](?:Anlage|Kai|Tor)"
    rf"|{CAPITAL}[\w.-]*[ ](?:Straße|Strasse|Str\.?|Gasse|Allee|Weg|Platz|Ring|Ufer|Steig|Damm"
    r"|Chaussee|Promenade|Wall|Graben|Markt|Tor|Bleichen)"
    r"|[\wäöüß-]{3,}(?:stra(?:ß|ss)e|str\.))"
)
OF_SOMETHING = (
    rf"(?:Straße|Strasse|Platz|Allee|Ring|Weg|Ufer)[ ](?:de[srmn]|am|an[ ]der|zum|zur)"
    rf"[ ](?:\d{{1,2}}\.[ ])?{CAPITAL}[\w-]+(?:[ ]{CAPITAL}[\w-]+)?"
)
NAMED = rf"(?:{WORD}[ ]){{0,2}}{WORD}"
PREPOSITIONAL = rf"{BEFORE_NAMES}[ ]{NOT_PLACES}(?:{WORD}[ ])?{WORD}"
SOME_STREET = rf"(?:{OF_SOMETHING}|{PREPOSITIONAL}|{NAMED})"
BEFORE = rf"(?:{TOWN},?[ \t\n]+)?"
PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w-]){BEFORE}(?:{STREET}|{OF_SOMETHING})[ \t]*{HOUSE}{AFTER}?",
        # A preposition with a capital inside a sentence begins a name: "ich wohne Am Markt 3".
        rf"(?<=[a-zäöüß,][ ]){PREPOSITIONAL}[ ]{HOUSE}{AFTER}?",
        rf"(?<![\w-]){SOME_STREET}[ ]{HOUSE}{AFTER_MARK}",
        rf"(?<![\w-]){TOWN},[ \t]+{SOME_STREET}[ ]{HOUSE}",
        rf"{ADDRESS_WORD}(?P<item>(?!Nr\b){SOME_STREET}[ ]{HOUSE}{AFTER}?)",
        r"\bPostfach[ ]\d[\d ]{1,8}\d(?!\w)",
    )
)


def find_german_addresses(text: str) -> Iterator[Hit]:
    """Yield German, Austrian and Swiss street addresses and postal boxes in a folded text."""
    for pattern in PATTERNS:
        yield from pattern_hits("address", pattern, text)
