"""Keys and tokens in the formats of their services, and passwords."""

from __future__ import annotations

import base64
import json
import random
import string

from first_author.items import PlantedItem, place, random_digits, random_string

ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"


def key(rng: random.Random) -> PlantedItem:
    """Return the key of a service, a token in a link, a signed token, or a private key."""
    makers = (
        lambda: "sk-" + random_string(rng, ALNUM, 48),
        lambda: "sk-proj-" + random_string(rng, URL_SAFE, 60) + "A",
        lambda: "hf_" + random_string(rng, string.ascii_letters, 34),
        lambda: rng.choice(["ghp_", "gho_", "ghs_"]) + random_string(rng, ALNUM, 36),
        lambda: "github_pat_" + random_string(rng, ALNUM, 22) + "_" + random_string(rng, ALNUM, 59),
        lambda: "glpat-" + random_string(rng, ALNUM, 20),
        lambda: rng.choice(["AKIA", "ASIA"]) + random_string(rng, UPPER, 16),
        lambda: (
            f"xoxb-{random_digits(rng, 12)}-{random_digits(rng, 12)}-{random_string(rng, ALNUM, 24)}"
        ),
        lambda: "AIza" + random_string(rng, ALNUM, 35),
        lambda: f"{rng.randrange(10**8, 10**10)}:AA" + random_string(rng, ALNUM, 33),
        lambda: "sk_live_" + random_string(rng, ALNUM, 24),
        lambda: "npm_" + random_string(rng, ALNUM, 36),
        lambda: f"SG.{random_string(rng, ALNUM, 22)}.{random_string(rng, ALNUM, 43)}",
        lambda: _jwt(rng),
        lambda: (
            f"https://{random_string(rng, 'abcdefgh', 5)}:{random_string(rng, ALNUM, 12)}@git.example.org/x.git"
        ),
        lambda: f"postgres://app:{random_string(rng, ALNUM, 14)}@db.internal:5432/main",
        lambda: f"https://site.test/reset?token={random_string(rng, ALNUM, 32)}",
        lambda: f"https://api.test/v1?lang=ru&api_key={random_string(rng, HEX, 32)}",
        lambda: _pem(rng),
        lambda: "y0_AgAAAA" + random_string(rng, ALNUM, 49),
    )
    item = rng.choice(makers)()
    frames = (
        "вот ключ {} никому не давай",
        "{}",
        "Use {} for the bot.",
        "положил в .env: {}",
        "the key: {}\nthanks",
        "токен ({})",
        "Ключ «{}» уже отозван.",
    )
    return place(rng, "key", item, frames)


def _jwt(rng: random.Random) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT"})
    body = part({"sub": random_digits(rng, 8), "exp": rng.randrange(10**9, 2 * 10**9)})
    return f"{head}.{body}.{random_string(rng, URL_SAFE, 42)}A"


def _pem(rng: random.Random) -> str:
    kind = rng.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    lines = "\n".join(random_string(rng, ALNUM + "+/", 64) for _ in range(3))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


SIMPLE = (
    "qwerty123",
    "Solnyshko88",
    "letmein!",
    "Zima2021",
    "p@ssw0rd",
    "barsik1985",
    "Tr0mb0ne#7",
)


def password(rng: random.Random) -> PlantedItem:
    """Return a password, or a short code, with the word for it."""
    mixed = random_string(rng, ALNUM, rng.randrange(8, 14)) + rng.choice("!#$%7x9")
    item = rng.choice(
        [mixed, rng.choice(SIMPLE), f"{random_string(rng, 'abcdefgh', 5)}-{random_digits(rng, 4)}"]
    )
    if rng.random() < 0.25:
        code = random_digits(rng, rng.choice([4, 5, 6]))
        frames = (
            "код подтверждения {}",
            "пин-код {}",
            "пинкод от карты: {}",
            "Your verification code is {}.",
            "PIN: {}",
            "cvv {}",
            "код от домофона {}",
            "код из смс: {}",
            "Ваш код: {}",
            "Your code is {}",
            "код {}, никому не говорите",
            "{} is your verification code",
        )
        return place(rng, "password", code, frames)
    frames = (
        "пароль: {}",
        "пароль от вайфая {}",
        "пароль от почты — {}",
        "Пароль {} не забудь",
        "логин admin пароль {}",
        "password: {}",
        "The password is {} as always.",
        "wifi password {}",
        "pwd={}",
        "passphrase: {}",
        "my pass: {}",
        "парол {}",
        "Пароль\n{}",
    )
    return place(rng, "password", item, frames)
