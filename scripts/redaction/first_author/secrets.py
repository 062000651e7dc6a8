"""Keys, tokens and passwords in the shapes that their makers publish."""

from __future__ import annotations

import base64
import json
import random
import string

from first_author.items import Planted, choose, digits, placed

ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"


def key(rng: random.Random) -> Planted:
    """A service's key, a token in a link, a signed token, a private key."""
    makers = (
        lambda: "sk-" + choose(rng, ALNUM, 48),
        lambda: "sk-proj-" + choose(rng, URL_SAFE, 60) + "A",
        lambda: "hf_" + choose(rng, string.ascii_letters, 34),
        lambda: rng.choice(["ghp_", "gho_", "ghs_"]) + choose(rng, ALNUM, 36),
        lambda: "github_pat_" + choose(rng, ALNUM, 22) + "_" + choose(rng, ALNUM, 59),
        lambda: "glpat-" + choose(rng, ALNUM, 20),
        lambda: rng.choice(["AKIA", "ASIA"]) + choose(rng, UPPER, 16),
        lambda: f"xoxb-{digits(rng, 12)}-{digits(rng, 12)}-{choose(rng, ALNUM, 24)}",
        lambda: "AIza" + choose(rng, ALNUM, 35),
        lambda: f"{rng.randrange(10**8, 10**10)}:AA" + choose(rng, ALNUM, 33),
        lambda: "sk_live_" + choose(rng, ALNUM, 24),
        lambda: "npm_" + choose(rng, ALNUM, 36),
        lambda: f"SG.{choose(rng, ALNUM, 22)}.{choose(rng, ALNUM, 43)}",
        lambda: _jwt(rng),
        lambda: (
            f"https://{choose(rng, 'abcdefgh', 5)}:{choose(rng, ALNUM, 12)}@git.example.org/x.git"
        ),
        lambda: f"postgres://app:{choose(rng, ALNUM, 14)}@db.internal:5432/main",
        lambda: f"https://site.test/reset?token={choose(rng, ALNUM, 32)}",
        lambda: f"https://api.test/v1?lang=ru&api_key={choose(rng, HEX, 32)}",
        lambda: _pem(rng),
        lambda: "y0_AgAAAA" + choose(rng, ALNUM, 49),
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
    return placed(rng, "key", item, frames)


def _jwt(rng: random.Random) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT"})
    body = part({"sub": digits(rng, 8), "exp": rng.randrange(10**9, 2 * 10**9)})
    return f"{head}.{body}.{choose(rng, URL_SAFE, 42)}A"


def _pem(rng: random.Random) -> str:
    kind = rng.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    lines = "\n".join(choose(rng, ALNUM + "+/", 64) for _ in range(3))
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


def password(rng: random.Random) -> Planted:
    """A password where somebody says that it is one; short codes too."""
    mixed = choose(rng, ALNUM, rng.randrange(8, 14)) + rng.choice("!#$%7x9")
    item = rng.choice([mixed, rng.choice(SIMPLE), f"{choose(rng, 'abcdefgh', 5)}-{digits(rng, 4)}"])
    if rng.random() < 0.25:
        code = digits(rng, rng.choice([4, 5, 6]))
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
        return placed(rng, "password", code, frames)
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
    return placed(rng, "password", item, frames)
