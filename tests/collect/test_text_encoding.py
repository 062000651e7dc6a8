"""Tests of the recognition of encodings: texts in many languages, and what is no text."""

import random

import pytest

from morris_mlx.collect.text import UnreadableError
from morris_mlx.collect.text_encoding import decode_bytes

TEXTS = {
    "de": "Es regnete die ganze Woche, und niemand in der Straße wunderte sich darüber.",
    "fr": "C'était un été très long, et la forêt brûlait déjà. Ça suffit, dit l'élève.",
    "es": "¿Qué pasó mañana? El niño comió piñones y cantó una canción.",
    "pt": "Choveu a semana inteira, e ninguém se admirou; são corações e opiniões.",
    "da": "Det regnede hele ugen, og på gården så ingen på æblerne eller øllet.",
    "pl": "Zażółć gęślą jaźń, powiedział sąsiad, i poszedł do domu przez łąkę.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy, a soused zavřel dveře.",
    "hu": "Árvíztűrő tükörfúrógép, mondta a szomszéd, és elment.",
    "tr": "Bütün hafta yağmur yağdı ve kimse şaşırmadı. Işık söndü.",
    "lt": "Visą savaitę lijo, ir niekas gatvėje nesistebėjo, žmonės žiūrėjo pro langą.",
    "ru": "Дождь шёл всю неделю, и никто на нашей улице этому уже не удивлялся.",
    "capitals": "ДОЖДЬ ШЁЛ ВСЮ НЕДЕЛЮ. И никто.",
    "dialog": "«Не надо», — сказал он. №5 — это „много“…",
    "uk": "Дощ ішов увесь тиждень, і ніхто не дивувався її словам.",
    "el": "Έβρεχε όλη την εβδομάδα και κανείς δεν απορούσε.",
    "he": "ירד גשם כל השבוע ואיש לא התפלא",
    "ja": "一週間ずっと雨が降って、誰も驚かなかった。これは本当です。",
    "zh": "整个星期都在下雨，没有人感到惊讶。这是真的。",
    "ko": "일주일 내내 비가 왔고 아무도 놀라지 않았다.",
    "typed": "It’s a café, they say – though “nobody” has had naïve coffee…",
}
ENCODINGS = {
    "cp1252": ("de", "fr", "es", "pt", "da", "typed"),
    "mac_roman": ("de", "fr", "es", "pt", "da", "typed"),
    "cp850": ("de", "fr", "es", "pt", "da"),
    "cp1250": ("pl", "cs", "hu"),
    "iso8859_2": ("pl", "cs", "hu"),
    "cp852": ("pl", "cs"),
    "cp1254": ("tr",),
    "cp1257": ("lt",),
    "cp1251": ("ru", "capitals", "dialog", "uk"),
    "koi8_r": ("ru", "capitals"),
    "koi8_u": ("uk",),
    "cp866": ("ru", "capitals"),
    "mac_cyrillic": ("ru", "capitals", "dialog", "uk"),
    "iso8859_5": ("ru",),
    "cp1253": ("el",),
    "cp1255": ("he",),
    "shift_jis": ("ja",),
    "euc_jp": ("ja",),
    "gb18030": ("zh",),
    "euc_kr": ("ko",),
    "utf-16-le": ("typed", "ru", "ja"),
    "utf-16-be": ("typed", "ru", "ja"),
    "utf-16": ("typed", "ja"),
    "utf-32": ("typed",),
    "utf-8-sig": ("typed", "zh"),
}
CASES = [(encoding, name) for encoding, names in ENCODINGS.items() for name in names]


@pytest.mark.parametrize(("encoding", "name"), CASES)
def test_a_text_is_read_in_the_encoding_of_its_program(encoding, name):
    assert decode_bytes(TEXTS[name].encode(encoding)).text == TEXTS[name]


def test_one_broken_byte_is_left_out_and_its_line_is_noted():
    raw = "One.\nIt’s a café.\n".encode() + b"cof\xfffee" + " – two".encode()
    found = decode_bytes(raw)
    assert found.text == "One.\nIt’s a café.\ncoffee – two"
    assert found.broken_lines == (3,)


def test_bytes_of_windows_in_a_text_in_utf_8_become_their_letters():
    raw = ("Ein “größerer” Bär. " * 20).encode() + b"Z\xfcrich \x96 ja"
    found = decode_bytes(raw)
    assert found.text.endswith("Zürich – ja") and not found.broken_lines


def test_a_letter_cut_in_two_does_not_become_a_latin_one():
    raw = ("Дождь шёл. " * 20).encode() + "я".encode()[:1]
    assert decode_bytes(raw).text == "Дождь шёл. " * 20


GERMAN = "Die Brücke ist schmal, und die Kuh weiß es.\nÜber uns flogen Störche.\n"


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_a_file_joined_of_two_encodings_is_read_line_by_line(encoding):
    found = decode_bytes(GERMAN.encode() + GERMAN.encode(encoding))
    assert found.text == GERMAN * 2 and not found.broken_lines


def test_russian_in_utf_8_after_windows_is_not_read_as_windows():
    text = "Лодка пришла в девять.\nПотом мы пошли домой под дождём.\n"
    assert decode_bytes(text.encode("cp1251") + text.encode()).text == text * 2


def test_a_turkish_text_of_windows_is_not_taken_for_a_czech_one():
    text = "Tekne dokuzda geldi ve ben rıhtımda gördüm. Tek başına bekliyordu, yağmurda."
    assert decode_bytes(text.encode("cp1254")).text == text


@pytest.mark.parametrize("damage", [b"\xff", b"\xfe\xff"])
def test_damage_in_an_english_text_is_left_out_and_noted(damage):
    raw = b"The bridge is narrow.\nWe wa" + damage + b"ited until she had crossed. " * 9
    found = decode_bytes(raw)
    assert "We waited until" in found.text and found.broken_lines == (2,)


def test_two_broken_bytes_do_not_cost_a_text_with_few_accents():
    raw = GERMAN.encode()[:20] + b"\xff" + GERMAN.encode()[20:50] + b"\xfe" + GERMAN.encode()[50:]
    assert decode_bytes(raw + GERMAN.encode() * 2).text == GERMAN * 3


def test_a_zero_byte_in_a_long_text_is_left_out():
    raw = GERMAN.encode() * 40
    assert decode_bytes(raw[:700] + b"\0" + raw[700:]).text == GERMAN * 40


def test_japanese_with_escape_sequences_is_read():
    text = "船は九時に着いて、私は桟橋で待っていた。"
    assert decode_bytes(text.encode("iso2022_jp")).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"PK\x03\x04\x00\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\x01\x02\x00",
        b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00",
        b"%PDF-1.4\n\x01\x02\x03\x04\x05\x06",
        bytes(range(256)) * 4,
        b"\xdf\xf7\xaf\x9d\x81\xff",
    ],
)
def test_a_binary_file_is_refused(raw):
    with pytest.raises(UnreadableError):
        decode_bytes(raw)


def test_random_bytes_are_refused():
    source = random.Random(1)
    for size in (20, 200, 2000) * 30:
        with pytest.raises(UnreadableError):
            decode_bytes(bytes(source.randrange(1, 256) for _ in range(size)))
