"""Look-alikes: texts that only look private and must be kept."""

from __future__ import annotations

import random
from collections.abc import Callable

from second_author.harmless_words import CODE, FIXED, NAMESAKES
from second_author.talk import CLOSINGS, OPENINGS, random_digits, random_string


def harmless(rng: random.Random) -> tuple[str, str]:
    """Return the kind and the text of a look-alike."""
    kind = rng.choice(list(MAKERS))
    text = MAKERS[kind](rng)
    if rng.random() < 0.3:
        text = rng.choice(OPENINGS) + text
    if rng.random() < 0.3:
        text += rng.choice(CLOSINGS)
    return kind, text


def _n(rng: random.Random, low: int, high: int) -> int:
    return rng.randint(low, high)


def price(rng: random.Random) -> str:
    a, b, c = _n(rng, 1, 99), random_digits(rng, 3), random_digits(rng, 3)
    return rng.choice(
        (
            f"взял за {a} {b} рублей",
            f"квартира стоит {a} {b} {c} руб.",
            f"бюджет {a}.{b}.{c} ₽",
            f"отдали {a} {b},50 р за ремонт",
            f"it cost ${a},{b},{c}",
            f"€{a}.{b},00 incl. VAT",
            f"£{a}{b} for that?",
            f"{a}{b}00-{a + 1}{b}00 руб за метр",
            f"выручка 8 916 {b} {c[:2]}0 рублей",
            f"зарплата {a}0 000 — {a + 2}0 000 на руки",
            f"{a}{b}{c} сум это сколько?",
            f"оплата {a}{b}{c} руб 00 коп",
            f"sold for {a}0,000,000 won",
        )
    )


def year(rng: random.Random) -> str:
    a = _n(rng, 1700, 1990)
    return rng.choice(
        (
            f"жил в {a}-{a + 44} годах",
            f"({a}–{a + 60})",
            f"с {a} по {a + 9} год служил",
            f"the {a}s and {a + 10}s",
            f"издания {a}, {a + 3}, {a + 5} и {a + 7} годов",
            f"between {a} and {a + 20}, then again in {a + 31}",
            f"в {a}/{a + 1 - 1700 - (a - 1700) // 100 * 100:02d} учебном году",
            f"{a}, {a + 1}, {a + 2} — три засушливых года",
        )
    )


def date(rng: random.Random) -> str:
    d, m, y = _n(rng, 1, 28), _n(rng, 1, 12), _n(rng, 1980, 2026)
    h, s = _n(rng, 0, 23), _n(rng, 10, 59)
    return rng.choice(
        (
            f"{d:02d}.{m:02d}.{y} в {h:02d}:{s}",
            f"{y}-{m:02d}-{d:02d}T{h:02d}:{s}:00Z",
            f"{y}{m:02d}{d:02d}_{h:02d}{s}{s}.jpg",
            f"IMG_{y}{m:02d}{d:02d}_{s}{s}{s}",
            f"{m}/{d}/{y}, {h % 12 + 1}:{s} PM",
            f"от {d:02d}.{m:02d}.{y} до {d:02d}.{m:02d}.{y + 1}",
            f"[{d:02d}.{m:02d}.{y % 100:02d}, {h:02d}:{s}:{s}]",
            f"working hours 10:00-18:00, {d}-{d + 2} May",
            f"сеансы 10:{s} 12:{s} 15:{s} 18:{s}",
            f"timestamp 16{random_digits(rng, 8)}",
            f"поезд в {h:02d}:{s}, прибытие {h:02d}:{s} {d:02d}.{m:02d}",
        )
    )


def print_run(rng: random.Random) -> str:
    a = f"{_n(rng, 1, 9)}{random_digits(rng, 3)}000"
    return rng.choice(
        (
            f"тираж {a} экз.",
            f"Тираж 8 91{random_digits(rng, 1)} {random_digits(rng, 3)} {random_digits(rng, 2)}0 экземпляров",
            f"print run of {a}",
            f"общий тираж 8916{random_digits(rng, 6)}",
            f"вышла тиражом {a} экземпляров",
            f"first printing: {a} copies",
            f"Формат 84×108/32. Тираж {a}. Заказ {random_digits(rng, 4)}",
        )
    )


def isbn(rng: random.Random) -> str:
    body = (
        rng.choice(("978", "979")) + rng.choice(("5", "0", "3", "10")[:3]) + random_digits(rng, 8)
    )
    check = -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10
    whole = f"{body}{check}"
    shown = f"{whole[:3]}-{whole[3]}-{whole[4:8]}-{whole[8:12]}-{whole[12]}"
    ten = whole[3:12]
    last = sum(int(c) * (i + 1) for i, c in enumerate(ten)) % 11
    short = ten + ("X" if last == 10 else str(last))
    return rng.choice(
        (
            f"ISBN {shown}",
            f"ISBN {whole}",
            f"ISBN: {short}",
            f"isbn-13 {shown}",
            f"ISBN-10: {short[0]}-{short[1:5]}-{short[5:9]}-{short[9]}",
            f"книга есть, ISBN {shown}, 320 с.",
            f"ISSN {random_digits(rng, 4)}-{random_digits(rng, 4)}",
            f"DOI 10.{random_digits(rng, 4)}/j.{random_digits(rng, 6)}",
            f"УДК {random_digits(rng, 3)}.{random_digits(rng, 3)}, ББК {random_digits(rng, 2)}.{random_digits(rng, 1)}",
            f"штрихкод 46{random_digits(rng, 11)}",
        )
    )


def order(rng: random.Random) -> str:
    a = random_digits(rng, 9)
    return rng.choice(
        (
            f"заказ № {a}",
            f"номер заказа {a}{random_digits(rng, 2)}",
            f"order #{a[:3]}-{a[2:]}-{random_digits(rng, 7)}",
            f"заявка {a} принята",
            f"трек-номер RA{a}RU",
            f"трек 80{random_digits(rng, 12)}",
            f"order number {a}",
            f"your booking reference is {random_string(rng, 6, 'ABCDEFGHKLMN')}",
            f"счёт № {a[:5]} от 12.03.2024",
            f"договор №{a[:4]}/{a[4:6]}-К",
            f"ticket #{a[:6]}",
            f"артикул {a}",
            f"арт. {a[:4]}-{a[4:8]}",
            f"SKU {a[:3]}-{a[3:6]}-{a[6:]}",
            f"инвойс INV-{a}",
            f"дело № 2-{a[:4]}/2023",
            f"case no. {a[:2]}-{a[2:7]}",
        )
    )


def measures(rng: random.Random) -> str:
    a, b = _n(rng, 1, 89), random_digits(rng, 6)
    return rng.choice(
        (
            f"{a}.{b}, {a // 2}.{b[::-1]} метров по оси",
            f"pi = 3.1415926535{b}",
            f"({a} + {a * 3}) / 7 = {a * 4 / 7:.4f}",
            f"{a}×{a + 10}×{a + 40} см",
            f"f(x) = {a}x^2 - {a + 1}x + {b[:3]}",
            f"2^{a} = {2**a}",
            f"население {a} {b[:3]} {b[3:]} человек",
            f"{b[:3]} {b[3:]} км от Солнца",
            f"0x{random_string(rng, 8, '0123456789ABCDEF')}",
            f"#{random_string(rng, 6, '0123456789abcdef')}",
            f"rgb({a}, {a + 9}, {a + 100})",
            f"давление 120/80, пульс {a + 50}",
            f"{a},{b} гигабайт",
            f"расход {a},5 л на 100 км, пробег {b[:3]} {b[3:]}",
            f"счёт {a // 9}:{a // 11}, потом 25-23, 21-25, 15-13",
            f"6-4 3-6 7-6 ({a % 9 + 7}-5)",
            f"resolution 1920x1080, 3840 x 2160, {a} fps",
            f"схема 4-4-2, 4-3-3, 3-5-2, счёт {a % 6}-1",
            f"{a}% от {b} это {int(b) * a // 100}",
        )
    )


def code(rng: random.Random) -> str:
    digest = random_string(rng, 40, "0123456789abcdef")
    a, b = _n(rng, 1, 12), _n(rng, 0, 40)
    return rng.choice(
        (
            f"fixed in commit {digest}",
            f"see {digest[:7]}..{digest[7:14]}",
            f"git checkout {digest[:10]}",
            f"коммит {digest[:8]} всё сломал",
            f"версия {a}.{b}.{a + 3}",
            f"python 3.{a}.{b}, torch 2.{a}.0+cu121",
            f"v{a}.{b}.{b + 1}.{a}",
            f"Chrome/{100 + a}.0.{4000 + b}.{b + 10}",
            f"обновись до {a}.{b}.{b}.{random_digits(rng, 3)}9",
            f"sha256 sum {random_string(rng, 64, '0123456789abcdef')}",
            f"md5: {digest[:32]}",
            f"RFC {random_digits(rng, 4)}, section {a}.{b}.1",
            rng.choice(CODE),
            rng.choice(CODE),
            rng.choice(CODE),
        )
    )


def fixed(rng: random.Random) -> str:
    return rng.choice(FIXED)


def namesake(rng: random.Random) -> str:
    return rng.choice(NAMESAKES)


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "price": price,
    "year": year,
    "date": date,
    "print run": print_run,
    "isbn": isbn,
    "order": order,
    "measure": measures,
    "code": code,
    "words": fixed,
    "namesake": namesake,
}
