"""German look-alikes: texts that only look private and must be kept."""

from __future__ import annotations

import random

from second_author.german_people import TALK
from second_author.local_items import Lookalikes
from second_author.talk import random_digits, random_string

NAMESAKES = (
    "Der Koch hat heute frei.",
    "Zu viele Köche verderben den Brei",
    "ich koch uns was",
    "Das Nudelwasser kocht schon",
    "Im Sommer fahren wir an die Ostsee.",
    "Der Sommer war viel zu kurz",
    "Sommer, Sonne, Strand",
    "nächsten Sommer dann wirklich",
    "das Hemd ist zu klein",
    "Klein, aber fein",
    "von klein auf",
    "ein kleiner Fuchs im Garten",
    "Die Heide blüht im August.",
    "wir wandern durch die Lüneburger Heide",
    "Der Winter kommt früh dieses Jahr",
    "im Winter 1978 lag der Schnee meterhoch",
    "Mama ruft gleich zurück",
    "Frag Mama, ob sie Zeit hat.",
    "Papa grillt am Sonntag",
    "meine Oma strickt Socken",
    "Oma und Opa kommen zu Besuch",
    "Mein Handy ist leer",
    "Das Handy lag im Auto.",
    "Die Arbeit ruft",
    "viel Arbeit diese Woche",
    "bin noch auf der Arbeit",
    "Yoga fällt aus",
    "das Fitness-Studio hat zu",
    "Die Kita ist am Brückentag geschlossen.",
    "die Nachbarin gießt die Blumen",
    "unser Vermieter erhöht die Miete",
    "Der Zahnarzt hat gebohrt",
    "die WG-Party ist am Freitag",
    "Der Zimmermann baut den Dachstuhl",
    "Der Bauer fährt mit dem Traktor aufs Feld.",
    "Bauer auf E4",
    "Der Bach führt Hochwasser",
    "am Bach entlang bis zur Brücke",
    "Im Mai machen wir eine Radtour.",
    "1. Mai ist Feiertag",
    "Alles neu macht der Mai",
    "bis Ende Mai hab ich Zeit",
    "Der Wolf ist zurück in Brandenburg",
    "einen Wolf gerissen, na ja",
    "der Richter hat das Verfahren eingestellt",
    "Richter am Amtsgericht",
    "Das Kleid ist rosa.",
    "Rosa steht dir gut",
    "Ein Vogel sitzt auf dem Dach",
    "Du hast doch einen Vogel!",
    "die Wohnung ist groß genug",
    "Groß und Klein feierten mit",
    "das ist mir im großen Ganzen egal",
    "Ist das dein Ernst?",
    "im Ernst jetzt",
    "Der Ernst des Lebens beginnt",
    "Das war lustig!",
    "Sehr lustig.",
    "Du bist ein Engel!",
    "Engel auf der Baumspitze",
    "Eine Blume für dich",
    "die Blume vom Bier",
    "Der Jäger schoss daneben.",
    "Jäger und Sammler",
    "Schlau wie ein Fuchs",
    "der Fuchs hat die Gans geholt",
    "Der Kaiser trug keine Kleider",
    "Kaiser Franz wohnte in Schönbrunn",
    "ein Stein im Schuh",
    "mir fällt ein Stein vom Herzen",
    "Der Müller mahlt das Korn.",
    "mein Schatz, ich bin gleich da",
    "Schatz, wo ist der Dosenöffner?",
    "Der Schatz im Silbersee lief gestern",
    "das Stück hat einen guten Beat",
    "die Pannenhilfe kam nach 50 Minuten",
    "Mein Bruder kommt mit dem Zug",
    "ganz neu und ungebraucht",
    "der Freiherr im Roman ist ein Ekel",
    "Zwei Brüder, eine Tante und ein Onkel",
    "meine Tante aus Amerika",
)
WORDS = (
    "die Straße war gesperrt",
    "Straße ohne Wiederkehr",
    "Die Hauptstraße wird saniert",
    "auf der Straße lagen 3 Reifen",
    "Über die Straße schauen, dann gehen",
    "die Gasse ist zu eng für den LKW",
    "der Weg ist das Ziel",
    "Platz 3 ist auch gut",
    "am Platz 14 sitzt schon jemand",
    "Der Ring ist aus Gold, 585er",
    "A5 in Richtung Karlsruhe gesperrt",
    "B 27 zwischen km 12 und 14",
    "Allee der Kosmonauten ist dicht",
    "Das Passwort muss 8 Zeichen haben.",
    "Passwort vergessen?",
    "das Passwort ist falsch",
    "Dein Passwort läuft in 14 Tagen ab",
    "Bitte ändern Sie Ihr Kennwort regelmäßig",
    "ich hab das Passwort vergessen",
    "PIN eingeben und bestätigen",
    "die Kontonummer steht auf der Rechnung",
    "IBAN bitte bis morgen schicken",
    "meine Steuer-ID find ich nicht",
    "der Perso ist abgelaufen",
    "ruf mich an, Nummer hast du ja",
    "Handy: immer noch kaputt",
    "E-Mail folgt",
    "Insta löschen wäre auch mal was",
    "@all wer kommt?",
    "Tel. erreichbar ab 8 Uhr",
    "Herr Ober, zahlen bitte!",
    "meine Damen und Herren",
    "Sehr geehrte Damen und Herren,",
    "Frau Holle schüttelt die Betten",
    "Lieber heute als morgen",
    "Danke für die Blumen",
    "Von der Sache halte ich wenig",
    "zu Hause ist es am schönsten",
    "Guten Morgen zusammen",
    "Doktor bin ich keiner",
    "nach dem Spiel ist vor dem Spiel",
    "Der Pass über den Berg ist gesperrt",
    "Steilpass in die Mitte, Tor!",
    "das passt mir gut",
    "die Karte zeigt den Weg",
    "Speisekarte 2024 zum Download",
    "Zugangscode gibt's an der Rezeption",
)


def _price(_rng: random.Random, a: int, b: str) -> tuple[str, ...]:
    return (
        f"kostet {a},{b[:2]} €",
        f"für {a}.{b},00 Euro gekauft",
        f"das Haus soll {a}0.000 € kosten",
        f"EUR {a}.{b},- VB",
        f"{a}'{b} Franken im Monat",
        f"CHF {a}'{b}.50",
        f"Umsatz {a}.{b}.000 €",
        f"zwischen {a}0 und {a}5 Euro pro Nacht",
        f"Netto {a}.{b},{b[:2]}, MwSt. 19 %",
        f"{a} {b} Euro warm",
        f"Gesamt: 0{a},50€",
    )


def _date(_rng: random.Random, d: int, m: int, y: int, h: int, s: int) -> tuple[str, ...]:
    return (
        f"am {d}.{m}.{y} um {h}:{s} Uhr",
        f"{d:02d}.{m:02d}.{y} - {d:02d}.{m:02d}.{y + 1}",
        f"Stand {d:02d}/{m:02d}/{y}",
        f"seit {y} im Verein",
        f"{y}/{(y + 1) % 100:02d} war eine gute Saison",
        f"{d}. Mai {y}",
        f"{d}. Jänner bis {d}. März",
        f"Mo-Fr {h % 12:02d}:00-18:00, Sa 9-13 Uhr",
        f"KW {d + 10}, {d}.-{d + 2}.{m}.",
        f"IMG_{y}{m:02d}{d:02d}_{s}{s}{s}",
        f"Sommersemester {y}",
        f"({y}–{y + 44})",
        f"Jahrgang {y}, Nr. {m}",
    )


def _timetable(rng: random.Random, h: int, s: int, g: int) -> tuple[str, ...]:
    return (
        f"ICE {random_digits(rng, 3)} ab {h}:{s} Gleis {g}",
        f"RE {g} nach Kassel, {h:02d}:{s}, heute von Gleis {g}",
        f"S{g % 9 + 1} alle 20 Minuten, letzte um {h}.{s} Uhr",
        f"an {h:02d}:{s} ab {h:02d}:{s} an {h + 1:02d}:{s}",
        f"Bus {random_digits(rng, 3)}, Haltestelle Rathaus, Steig {g}",
        f"Flug LH{random_digits(rng, 4)}, Gate B{g}, Boarding {h}:{s}",
        f"Wagen {g}, Platz {s}",
        f"Linie {g} hält nicht am Südbahnhof",
    )


def _room(_rng: random.Random, a: int, b: str) -> tuple[str, ...]:
    return (
        f"Raum {a}{b}, zweiter Stock",
        f"Zimmer {a}{b} ist frei",
        f"Hörsaal {a}, Seminar {b}",
        f"Saal {a}, Reihe {b}, Platz {a + 3}",
        f"Tür {a} links, dann Treppe",
        f"Halle {a}, Stand {a}{b}",
        f"Station {a}B, Bett {b}",
        f"Parkdeck {a}, Stellplatz {a}{b}",
        f"Kapitel {a}.{b} auf Seite {a}{b}",
        f"Tisch {b} auf der Terrasse",
    )


def _result(_rng: random.Random, a: int, b: int, c: int) -> tuple[str, ...]:
    return (
        f"{a}:{b} verloren, zur Halbzeit {a}:0",
        f"Bayern - Dortmund {a}:{b} ({b}:0)",
        f"Handball {c}:{c + 3} in Kiel",
        f"6:4, 3:6, 7:6 ({a + 7}:{b})",
        f"nach {c} Spieltagen {c + 20} Punkte",
        f"Skat: {c * 6} Augen, Kontra, Re",
        f"3000 m in 9:{c + 10},{b}",
        f"Endstand {c}:21, 21:{c}, 15:13",
        f"Würfel: {a + 1}-{b + 1}-6",
    )


def _recipe(_rng: random.Random, a: int, b: int) -> tuple[str, ...]:
    return (
        f"{a}00 g Mehl, {a} Eier, 1/2 l Milch",
        f"bei 180 °C (Umluft 160) {b} Minuten backen",
        f"{a} EL Zucker, {a} TL Salz und 1 Pck. Vanillezucker",
        f"Für {a} Personen: 1,5 kg Kartoffeln, {b} dag Butter",
        f"den Teig {a} Stunden ruhen lassen, dann {b} min. kneten",
        f"Type 405 oder 550, {b}0 ml Wasser",
        f"{a}-{a + 1} Knoblauchzehen, {b} g Speck",
    )


def _order(rng: random.Random, a: str) -> tuple[str, ...]:
    return (
        f"Bestellnummer {a}",
        f"Bestellnr. 0{a[:3]} {a[3:]}",
        f"Auftrag Nr. {a[:3]}-{a[2:]}",
        f"Sendungsnummer 003404341610{a[:8]}",
        f"Rechnung Nr. 2024-{a[:4]} vom 12.03.",
        f"Rechnungsnr. RE{a[:8]}",
        f"Aktenzeichen 7 O {a[:3]}/23",
        f"Az. 12 C {a[:4]}/22",
        f"Artikel-Nr. {a[:3]}.{a[3:6]}.{a[6:8]}",
        f"Art.-Nr. DE{a[:2]} {a[2:6]} {a[6:]}",
        f"Ersatzteil AT{a[:2]}-{a[2:6]}-{a[6:]}",
        f"Losnummer CH{a[:2]} {a[2:]}",
        f"Ticket #{a[:6]}",
        f"Seriennummer SN{a}",
        f"ISBN 978-3-{a[:5]}-{a[5:8]}-{int(a[9]) % 10}",
        f"PZN {a[:8]}",
        f"Buchungscode {random_string(rng, 6, 'ABCDEFGHKLMN')}",
        f"Lieferschein {a[:5]}/{a[5:8]}",
    )


def _measure(_rng: random.Random, a: int, b: str) -> tuple[str, ...]:
    return (
        f"{a} qm, 3. OG, Baujahr 19{a + 10}",
        f"Tachostand {a}{b[:1]}.{b} km",
        f"{a} km/h zu schnell",
        f"Auflage {a}.{b} Stück",
        f"{a}.{b} Einwohner",
        f"{a} x {a + 20} x {a + 5} cm",
        f"DIN A4, {a} Blatt",
        f"§ {a} Abs. 2 BGB",
        f"Art. {a} DSGVO, Satz 1",
        f"BGBl. I S. {a}{b}",
        f"0,{b} Promille",
        f"Blutdruck 1{a}/80",
        f"Version {a % 10}.{b[0]}.{b[1]}",
        f"Schuhgröße {a % 10 + 36}, Kragen {a % 6 + 36}",
        f"von {a} auf {a + 9} Prozent gestiegen",
        f"Opus {a}, Nr. 2 in d-Moll, BWV {b}",
    )


LOOKALIKES = Lookalikes(
    TALK,
    NAMESAKES,
    WORDS,
    {
        "price": _price,
        "date": _date,
        "timetable": _timetable,
        "room": _room,
        "result": _result,
        "recipe": _recipe,
        "order": _order,
        "measure": _measure,
    },
)
