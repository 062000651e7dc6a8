"""E-mail addresses, phones, IP addresses and handles, as people write them."""

from __future__ import annotations

import random
import string

from first_author.items import PlantedItem, disguise, place, random_digits, random_string

LOGINS = (
    "anna.k",
    "m_petrov",
    "j.smith99",
    "office",
    "dasha-2001",
    "x",
    "o'neill",
    "first+tag",
    "Kot.Uchony",
)
DOMAINS = (
    "mail.ru",
    "yandex.ru",
    "gmail.com",
    "proton.me",
    "uni-bonn.de",
    "co-op.org.uk",
    "list.ru",
    "firma.museum",
)


def email(rng: random.Random) -> PlantedItem:
    login, domain = rng.choice(LOGINS), rng.choice(DOMAINS)
    if rng.random() < 0.3:
        login = random_string(rng, string.ascii_lowercase, rng.randrange(1, 9)) + random_digits(
            rng, 2
        )
    way = rng.randrange(10)
    if way == 0:
        item = f"{login} (at) {domain.replace('.', ' (dot) ')}"
    elif way == 1:
        item = f"{login.replace('.', ' точка ')} собака {domain.replace('.', ' точка ')}"
    elif way == 2:
        item = f"{login}[at]{domain}"
    elif way == 3:
        item = f"{login} @ {domain}"
    elif way == 4:
        item = rng.choice(["почта@письмо.рф", "иван@кремлёвка.рф", "info@пример.рус"])
    else:
        item = disguise(rng, f"{login}@{domain}", 0.25)
    frames = (
        "пиши на {}",
        "Моя почта: {}.",
        "{}",
        "Write to {}, please.",
        "e-mail {}!",
        "<{}>",
        "(почта {}, если что)",
        "mailto:{}",
        "ящик {} больше не работает",
    )
    if way == 1 or way == 0 or way == 3:
        frames = frames[:5]
    return place(rng, "e-mail", item, frames)


def phone(rng: random.Random) -> PlantedItem:
    return rng.choice([_russian, _russian, _american, _british, _abroad])(rng)


def _russian(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.7:
        code = "9" + rng.choice(["03", "16", "26", "05", "11", "21", "50", "62", "77", "85", "99"])
    else:
        code = rng.choice(["495", "499", "812", "383", "343", "846", "863", "831", "843"])
    rest = rng.choice("23456789") + random_digits(rng, 6)
    a, b, c = rest[:3], rest[3:5], rest[5:]
    forms = [
        f"+7 {code} {a}-{b}-{c}",
        f"+7{code}{rest}",
        f"8{code}{rest}",
        f"8 ({code}) {a}-{b}-{c}",
        f"8-{code}-{a}-{b}-{c}",
        f"8 {code} {a} {b} {c}",
        f"+7 ({code}) {a} {b} {c}",
        f"7{code}{rest}",
        f"8({code}){a}{b}{c}",
        f"+7.{code}.{a}.{b}.{c}",
        " ".join(f"8{code}{rest}"),
    ]
    if code[0] == "9":
        forms += [f"{code} {a}-{b}-{c}", f"{code}{rest}", f"({code}) {a}-{b}-{c}"]
    frames = (
        "мой номер {}",
        "звони {} после шести",
        "Тел.: {}.",
        "{}",
        "вот её телефон {}, только не ночью",
        "Ватсап {}",
        "запиши новый: {}",
    )
    return place(rng, "phone", disguise(rng, rng.choice(forms), 0.2), frames)


ENGLISH = (
    "call me on {}",
    "My number is {}.",
    "Tel: {}",
    "{}",
    "Ring {} and ask for nobody.",
    "text {} when you land",
    "(phone {})",
)


def _american(rng: random.Random) -> PlantedItem:
    area = rng.choice(["212", "310", "415", "617", "305", "702", "206", "312", "512", "404"])
    office, line = rng.choice("23456789") + random_digits(rng, 2), random_digits(rng, 4)
    if office[1:] == "11":
        office = office[0] + "24"  # N11 are services, not subscribers
    forms = [
        f"({area}) {office}-{line}",
        f"{area}-{office}-{line}",
        f"{area}.{office}.{line}",
        f"+1 {area} {office} {line}",
        f"+1-{area}-{office}-{line}",
        f"1 {area} {office} {line}",
        f"+1{area}{office}{line}",
    ]
    return place(rng, "phone", disguise(rng, rng.choice(forms), 0.2), ENGLISH)


def _british(rng: random.Random) -> PlantedItem:
    mobile = (
        rng.choice(["71", "73", "74", "75", "77", "78", "79"])
        + rng.choice("2345678")
        + random_digits(rng, 1)
    )
    rest = random_digits(rng, 6)
    london = rng.choice("378") + random_digits(rng, 3)
    forms = [
        f"0{mobile} {rest}",
        f"+44 {mobile} {rest}",
        f"0{mobile} {rest[:3]} {rest[3:]}",
        f"+44 (0){mobile} {rest}",
        f"020 {london} {rest[:4]}",
        f"+44 20 {london} {rest[:4]}",
        f"(020) {london} {rest[:4]}",
    ]
    return place(rng, "phone", disguise(rng, rng.choice(forms), 0.2), ENGLISH)


def _abroad(rng: random.Random) -> PlantedItem:
    """Return a mobile number of another country, with its country code."""
    forms = [
        f"+49 15{rng.choice(['1', '7'])} {random_digits(rng, 8)}",
        f"+33 6 {' '.join(rng.choice('123456') + random_digits(rng, 1) for _ in range(4))}",
        f"+380 {rng.choice(['50', '67', '63'])} {random_digits(rng, 3)} {random_digits(rng, 2)} {random_digits(rng, 2)}",
        f"+375 29 {rng.choice('1357')}{random_digits(rng, 2)}-{random_digits(rng, 2)}-{random_digits(rng, 2)}",
        f"+7 701 {random_digits(rng, 3)} {random_digits(rng, 4)}",
        f"+995 599 {random_digits(rng, 3)} {random_digits(rng, 3)}",
        f"+972 52-{rng.choice('23456789')}{random_digits(rng, 2)}-{random_digits(rng, 4)}",
    ]
    frames = (*ENGLISH, "мой тут {}", "Телефон {}")
    return place(rng, "phone", disguise(rng, rng.choice(forms), 0.2), frames)


def ip(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.25:
        groups = [f"{rng.randrange(65536):x}" for _ in range(8)]
        groups[0] = rng.choice(["2a02", "2001", "2a00"])
        item = rng.choice([":".join(groups), f"{':'.join(groups[:4])}::{groups[-1]}"])
    else:
        item = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        item = (
            item.replace("127.", "126.", 1) if item.startswith("127.") else item
        )  # 127.0.0.1 is not private
        item = disguise(rng, item, 0.15)
    frames = (
        "сервер {} лёг",
        "ip {}",
        "ssh root@{}",
        "The host {} does not answer.",
        "{}",
        "http://{}/admin",
        "зашли с {}, это не я",
    )
    return place(rng, "ip", item, frames if ":" not in item else (*frames[:2], *frames[3:5]))


def handle(rng: random.Random) -> PlantedItem:
    name = rng.choice(["anna_k", "petrov1985", "the_real_mole", "dasha.fox", "Kot_Uchony", "zx81"])
    name += random_string(rng, string.ascii_lowercase, 2)
    if rng.random() < 0.3:
        item = (
            rng.choice(["t.me/", "https://t.me/", "vk.com/", "instagram.com/", "https://x.com/"])
            + name
        )
    else:
        item = "@" + name
    frames = (
        "спроси у {}",
        "мой ник {}.",
        "{} привет!",
        "Follow {}, he knows.",
        "({})",
        "thanks to {}, who was there",
        "пиши {}",
        "{}",
    )
    return place(rng, "handle", item, frames)
