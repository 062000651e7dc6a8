"""E-mail addresses, IP addresses and handles."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.talk import (
    distort,
    lookalike_letters,
    place,
    place_link,
    random_digits,
    random_string,
)

LOGINS = (
    "petya.smirnov",
    "o.kuznetsova",
    "maria_k",
    "dr.house",
    "a-b-c",
    "kate.o'hara",
    "info+lists",
    "j.r.r.t",
    "SALES",
    "Anna.Lind",
    "x",
    "buh",
    "1986vasya",
    "first.last+shop-2024",
    "_hidden_",
    "no-reply.me",
    "tom&jerry",
    "kolya%work",
    "sveta=home",
    "вася",
    "олег.петров",
    "müller",
)
HOSTS = (
    "mail.ru",
    "yandex.ru",
    "ya.ru",
    "gmail.com",
    "GMAIL.COM",
    "rambler.ru",
    "bk.ru",
    "outlook.com",
    "icloud.com",
    "proton.me",
    "cs.ox.ac.uk",
    "mx.dept-7.firma.com.ua",
    "студия.рф",
    "xn--e1aybc.xn--p1ai",
    "t-online.de",
    "my.museum",
    "startup.photography",
    "kv.ai",
    "[203.0.113.9]",
)
MAIL_FRAMES = (
    "почта {}",
    "моя почта: {}",
    "пиши на {} или звони",
    "скинь на{}пожалуйста",
    "мыло {}, отвечаю за день",
    "Отправила на {}.",
    "e-mail:{};тел позже",
    "ящик такой — {} — проверь спам",
    "это {}?",
    "<{}>",
    "({})",
    "«{}»",
    "mailto:{}",
    "копию на {} и бухгалтеру",
    "📧{}",
    "рабочая почта\n{}\nличную не дам",
    "my email is {}",
    "drop me a line at {}!",
    "cc {} please",
    "Email: {}, office hours 10-4",
    "From: Olga <{}>",
    "forward it to {}/thanks",
    "[write me](mailto:{})",
    "{}",
    "it's {}, all lowercase",
    "invoices → {}",
    "login {} works again",
    "*{}*",
    '"{}"',
)
NETS = ("85.143", "176.9", "31.13", "10.20", "192.168", "8.26", "213.180", "172.16")
IP_FRAMES = (
    "сервер на {}",
    "айпи {}",
    "пингани {} плиз",
    "зайди по ssh на {} под рутом",
    "камера висит на {}, пароль спроси у меня",
    "с адреса {} пришло 300 запросов",
    "IP: {}",
    "ip={}",
    "роутер ({}) опять завис",
    "my ip is {}",
    "blocked {} after 5 attempts",
    "ping {} gives 40 ms",
    "the printer's at {}.",
    "allow {} in the firewall",
    "http://{}/admin",
    "Connection from {} closed",
    "[{}]",
    "ssh deploy@{}",
    "{}",
    "прокси {} живой",
)
NICKS = (
    "ivan_petroff",
    "masha.kvn",
    "the_real_tom",
    "nikolai1987",
    "kate_from_spb",
    "xX_sniper_Xx",
    "deadmau55",
    "a_smirnova",
    "JaneDoeWrites",
    "vika",
    "oleg_76rus",
    "bookworm.london",
    "mr_white",
    "Lena_Nails_Msk",
    "tim_k",
)
HANDLE_FRAMES = (
    "мой ник @{}",
    "тг @{}",
    "телега: @{}",
    "напиши @{}, он в теме",
    "инста @{} там фотки",
    "спасибо @{} за наводку!",
    "@{} а ты идёшь?",
    "(@{})",
    "автор канала — @{}.",
    "скинь контакт @{} плз",
    "найдёшь её так: @{}",
    "https://t.me/{}",
    "t.me/{}",
    "пиши сюда https://t.me/{}?start=1",
    "telegram.me/{} вот канал",
    "insta: @{}",
    "follow @{} for more",
    "ask @{} about it",
    "via @{}: great read",
    "@{} what time?",
    "cc @{}",
    "find me as @{} everywhere",
    "Photo: @{}",
    "tg://resolve?domain={}",
    ".@{} nailed it",
    "@{}'s last post was fun",
)


def email(rng: random.Random) -> PlantedItem:
    login = rng.choice(LOGINS)
    if login.isascii() and rng.random() < 0.5:
        login += random_digits(rng, rng.randint(1, 4))
    host = rng.choice(HOSTS)
    item = f"{login}@{host}"
    chance = rng.random()
    if chance < 0.08 and host.isascii():
        item = lookalike_letters(rng, item)
    elif chance < 0.14:
        item = item.replace("@", "＠")  # from a full-width keyboard
    else:
        item = distort(rng, item, 0.1)
    frames = MAIL_FRAMES if item.isascii() and not item.startswith("_") else MAIL_FRAMES[:3]
    return place(rng, "e-mail", item, frames)


def ip(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.6:
        item = f"{rng.choice(NETS)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        if rng.random() < 0.3:
            item += rng.choice((":8080", ":22", "/24", "/32", ":3306"))
        elif rng.random() < 0.1:
            item = distort(rng, item, 1.0)
    else:
        item = _version_six(rng)
    return place(rng, "ip", item, IP_FRAMES)


def _version_six(rng: random.Random) -> str:
    groups = [f"{rng.randrange(0x1000, 0xFFFF):x}" for _ in range(8)]
    shapes = (
        ":".join(["2001", "db8", *groups[:6]]),
        "2a02:6b8:" + ":".join(groups[:2]) + "::" + groups[3],
        "fe80::" + ":".join(groups[:4]),
        "fe80::" + ":".join(groups[:3]) + "%eth0",
        ":".join(["2A00", "1450", *groups[:6]]).upper(),
        "fd12:3456::" + groups[0],
        "::ffff:" + f"85.143.{rng.randrange(256)}.{rng.randrange(1, 255)}",
    )
    return rng.choice(shapes)


def handle(rng: random.Random) -> PlantedItem:
    nick = rng.choice(NICKS)
    if rng.random() < 0.4:
        nick += "_" + random_string(rng, 3, "abcdefghikmnoprstuvxyz")
    frame = rng.choice(HANDLE_FRAMES)
    before, after = frame.split("{}")
    if ("." in nick and "t.me" in before) or ("domain=" in before and "." in nick):
        nick = nick.replace(".", "_")
    if before.endswith("@") and rng.random() < 0.08:
        nick = f"{nick}@mastodon.social"  # the server is part of the handle
    if before.endswith("@"):
        return place(rng, "handle", "@" + nick, (before[:-1] + "{}" + after,))
    return place_link(rng, "handle", nick, frame)
