"""Phone numbers, as people type them in chats, advertisements and signatures."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.talk import distort, place, random_digits

RU_MOBILE = (
    "903",
    "905",
    "909",
    "910",
    "915",
    "916",
    "919",
    "921",
    "925",
    "926",
    "950",
    "961",
    "977",
    "985",
    "999",
)
RU_CITY = ("495", "499", "812", "343", "383", "831", "846", "861")
US_AREAS = ("212", "305", "312", "404", "415", "503", "512", "617", "646", "702", "718", "917")

RU_SHAPES = (
    "+7 ({a}) {b}-{c}-{d}",
    "+7 {a} {b}-{c}-{d}",
    "+7{a}{b}{c}{d}",
    "+7-{a}-{b}-{c}-{d}",
    "+7 {a} {b} {c} {d}",
    "+7({a}){b}{c}{d}",
    "+7.{a}.{b}.{c}.{d}",
    "+7 {a} {b}{c}{d}",
    "8{a}{b}{c}{d}",
    "8 {a} {b} {c} {d}",
    "8-{a}-{b}-{c}-{d}",
    "8({a}){b}-{c}-{d}",
    "8 ({a}) {b} {c} {d}",
    "8-{a}-{b}{c}{d}",
    "8 {a} {b}-{c}-{d}",
    "8.{a}.{b}.{c}.{d}",
    "8 {a} {b}{c}{d}",
    "8-{a} {b} {c} {d}",
    "8  {a}  {b}-{c}-{d}",
    "7{a}{b}{c}{d}",
    "7 {a} {b} {c} {d}",
)
# Without a country code or trunk prefix, but with a word for a phone.
RU_SHORT = (
    "{a} {b}-{c}-{d}",
    "{a}-{b}-{c}-{d}",
    "({a}) {b}-{c}-{d}",
    "{a}{b}{c}{d}",
    "{a} {b} {c} {d}",
)
US_SHAPES = (
    "({a}) {b}-{c}",
    "{a}-{b}-{c}",
    "{a}.{b}.{c}",
    "{a} {b} {c}",
    "+1 {a} {b} {c}",
    "+1 ({a}) {b}-{c}",
    "+1-{a}-{b}-{c}",
    "1-{a}-{b}-{c}",
    "+1{a}{b}{c}",
    "({a}){b}-{c}",
    "{a}/{b}-{c}",
)
# Of many countries: N is a digit from 2 to 7, and n is any digit.
ABROAD = (
    "+44 77Nn nnnnnn",
    "+44 (0)20 7Nnn nnnn",
    "0044 7788 Nnnnnn",
    "07788 Nnnnnn",
    "+49 151 Nnnnnnnn",
    "+49 (0)30 Nnnnnnn",
    "0049 171 Nnnnnnn",
    "+49-30-2nnnnnn",
    "+33 6 Nn nn nn nn",
    "+33 (0)6 Nn nn nn nn",
    "+380 (67) Nnn-nn-nn",
    "+38050Nnnnnnn",
    "+38 (063) Nnn nn nn",
    "+375 29 6nn-nn-nn",
    "+375(33)6nn-nn-nn",
    "+7 701 Nnn nn nn",
    "+7 (777) Nnn-nnnn",
    "+972 54-Nnn-nnnn",
    "+972-52-Nnnnnnn",
    "+995 599 Nn nn nn",
    "+374 91 Nn nn nn",
    "+998 90 Nnn nn nn",
    "+996 555 Nnn nnn",
    "+90 532 Nnn nn nn",
    "+34 612 Nnn nnn",
    "+39 347 Nnn nnnn",
    "+48 601 Nnn nnn",
    "+420 603 Nnn nnn",
    "+371 29 Nnn nnn",
    "+370 612 Nn nnn",
    "+372 5123 Nnnn",
    "+358 40 Nnn nnnn",
    "+31 6 1234 Nnnn",
    "+41 79 Nnn nn nn",
    "+43 664 Nnnnnnn",
    "+351 912 Nnn nnn",
    "+381 64 Nnn nnnn",
    "+91 98765 Nnnnn",
    "+86 138 Nnnn nnnn",
    "+55 11 98Nnn-nnnn",
    "+61 412 Nnn nnn",
    "+971 50 Nnn nnnn",
)

AFTER_WORDS = (
    "мой номер {}",
    "номер у неё {}, звони после 19:00",
    "тел. {}",
    "тел.{} (Ольга, менеджер)",
    "Тел: {}, стоимость 2 500 руб",
    "телефон {} спросить Николая",
    "Телефон для связи — {}.",
    "позвони ему {} он всё объяснит",
    "звони на {}!!",
    "звоните: {} с 9:00 до 18:00",
    "моб. {}",
    "вотсап {}",
    "напиши в WhatsApp на {} пожалуйста",
    "перевод по номеру {} на Сбер",
    "это мой новый номер: {} старый больше не работает",
    "📞 {}",
    "☎{}",
    "набери {} как освободишься",
    "контакты: {}",
    "моб {} дом. нет",
    "my number is {}",
    "call me on {}",
    "call {} and ask for extension",
    "text {} when you're downstairs",
    "tel: {}",
    "Tel.: {}",
    "Phone {} (after 5pm)",
    "you can reach her at {}.",
    "whatsapp {} is best",
    "my cell: {}",
    "M: {}",
    "ring {} if the door's locked",
    "Mobile: {}\nOffice closed until Monday",
    "new phone, who dis? lol its {}",
)
ANY_WORDS = (
    *AFTER_WORDS,
    "{}",
    "{} это Вадик с работы",
    "{}, если что",
    "вот: {}",
    "Лена, {}\nпередай",
    "{} - call anytime",
    "here: {}",
    "({})",
    "её — {}, его не знаю",
    "сантехник {} берёт 3000 за выезд",
    "Электрик Сергей {}. Рекомендую",
    "the plumber ({}) charges £80",
    "Dr Hale's office, {}, ask for Tuesday",
)
EXTENSIONS = (" доб. 123", " (доб. 45)", ", доб 1204", " ext. 204", " x17", " ext 9", " доб.7")
LINKS = ("https://wa.me/7{a}{b}{c}{d}", "tel:+7{a}{b}{c}{d}", "wa.me/7{a}{b}{c}{d}")
SEVEN = ("{b}-{c}-{d}", "{b} {c} {d}")
SEVEN_WORDS = (
    "тел. {}",
    "домашний телефон {}",
    "городской: {}",
    "мой домашний тел {}",
    "тел {} спросить Марину",
    "Телефон: {}",
)


def phone(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.03:
        # A local number without an area code.
        return place(rng, "phone", _russian(rng, rng.choice(SEVEN)), SEVEN_WORDS)
    if rng.random() < 0.06:
        return place(
            rng, "phone", _russian(rng, rng.choice(LINKS)), ("{}", "пиши {}", "ссылка {} открой")
        )
    way = rng.random()
    frames = ANY_WORDS
    if way < 0.4:
        item = _russian(rng, rng.choice(RU_SHAPES))
    elif way < 0.48:
        item, frames = _russian(rng, rng.choice(RU_SHORT)), AFTER_WORDS
    elif way < 0.68:
        item = _american(rng)
    else:
        item = _abroad(rng)
    if rng.random() < 0.06:
        item += rng.choice(EXTENSIONS)
    return place(rng, "phone", distort(rng, item), frames)


def _russian(rng: random.Random, shape: str) -> str:
    area = rng.choice(RU_MOBILE + RU_CITY if rng.random() < 0.3 else RU_MOBILE)
    first = str(rng.randint(200, 799))
    return shape.format(a=area, b=first, c=random_digits(rng, 2), d=random_digits(rng, 2))


def _american(rng: random.Random) -> str:
    exchange = rng.choice("23456789") + rng.choice("02345678") + rng.choice("23456789")
    return rng.choice(US_SHAPES).format(a=rng.choice(US_AREAS), b=exchange, c=random_digits(rng, 4))


def _abroad(rng: random.Random) -> str:
    fill = {"N": "234567", "n": "0123456789"}
    return "".join(rng.choice(fill.get(c, c)) for c in rng.choice(ABROAD))
