"""Keys as services give them out, and passwords as people tell them."""

from __future__ import annotations

import base64
import json
import random
import string

from first_author.items import Planted

from second_author.talk import figures, say, say_link, signs

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + "234567"
URL_SAFE = ALNUM + "_-"
HEX = "0123456789abcdef"

KEY_FRAMES = (
    "вот ключ {}",
    "ключ от апи: {}",
    "токен {} никому не давай",
    "держи: {}",
    "{}",
    "закинь в .env {}",
    "API_KEY={}",
    "api key: {}",
    "token: {}",
    "export TOKEN='{}'",
    "key is {} but rotate it later",
    '"secret": "{}",',
    "here you go {}",
    "I accidentally committed {} to the repo",
    "use {} for staging",
    "`{}`",
    "```\n{}\n```",
    "curl -H 'Authorization: Bearer {}' https://api.example.com/v1/me",
    "Authorization: Bearer {}",
    "https://api.example.com/v2/items?access_token={}&page=2",
    "бот: {}, положи в конфиг",
)
LABELLED = (
    "aws_secret_access_key = {}",
    "AWS_SECRET_ACCESS_KEY={}",
    "client_secret: {}",
    "Authorization: Bearer {}",
    "SECRET_KEY='{}'",
    "api_key={}",
    "apikey: {}",
    'api_token: "{}"',
    "X-Api-Key: {}",
    "секретный ключ: {}",
    "токен: {}",
    "access token {}",
    "https://example.com/hook?token={}",
)
PASSWORDS = (
    "qwerty123",
    "Kx9!vbLm",
    "hunter2",
    "correct-horse-battery",
    "Zima2024!",
    "lapochka",
    "12345678",
    "P@ssw0rd",
    "murzik_77",
    "йцукен12",
    "Барсик2019",
    "t7#Qw%e1",
    "iloveyou3000",
    "superman",
    "а1б2в3г4",
    "MyDogRex!",
    "gfhjkm",
    "0000-1111",
    "/dev/null42",
    "Tr0ub4dor&3",
)
PASSWORD_FRAMES = (
    "пароль {}",
    "пароль: {}",
    "Пароль - {}",
    "мой пароль {}",
    "пароль от вайфая {}",
    "пароль от вай-фая: {}, сеть Home5G",
    "пароль от почты такой: {}",
    "пароль от ноута — {}",
    "пасс {}",
    "пасс: {}",
    "логин vasya пароль {}",
    "логин/пароль: vasya / {}",
    "vasya:{} (логин:пароль)",
    "новый пароль:\n{}",
    "поменяла пароль на {} запиши",
    "пароль теперь {}",
    "пароль там был {}, вроде",
    "паролем стало «{}»",
    'пароль "{}" без кавычек',
    "ПАРОЛЬ={}",
    "password: {}",
    "password is {}",
    "the wifi password is {}",
    "wifi pw: {}",
    "pass: {}",
    "pwd={}",
    "my password's {} lol",
    "new password - {}",
    "username: tom, password: {}",
    "login tom / password {}",
    "Netflix password: {} don't share",
    "passwd {}",
    "the password for the router is {}.",
    "password = '{}'",
    "temp password:\n{}",
    "I set the password to {}",
    "passphrase: {}",
    "DB_PASSWORD={}",
    "user=admin&password={}&x=1",
    "wifi: HomeNet, pass {}",
)
PIN_FRAMES = (
    "пин-код {}",
    "пин {}",
    "пин от карты {}",
    "PIN: {}",
    "ПИН-код: {}",
    "my PIN is {}",
    "the pin for the card is {}",
    "код из смс {}",
    "код подтверждения: {}",
    "смс-код {}",
    "verification code: {}",
    "your login code is {}",
    "2fa code {}",
    "код для входа {}",
)


def key(rng: random.Random) -> Planted:
    if rng.random() < 0.2:
        opaque = rng.choice(
            (
                signs(rng, 40, ALNUM + "/+"),
                signs(rng, 32, HEX),
                signs(rng, 64, HEX),
                signs(rng, 24, URL_SAFE) + "7",
                _uuid(rng),
            )
        )
        return _framed(rng, opaque, LABELLED)
    if rng.random() < 0.12:
        return say(rng, "key", _block(rng), ("{}", "ключ от сервера\n{}", "id_rsa:\n{}"))
    if rng.random() < 0.1:
        return _url(rng)
    return _framed(rng, _given_out(rng), KEY_FRAMES)


def _framed(rng: random.Random, item: str, frames: tuple[str, ...]) -> Planted:
    frame = rng.choice(frames)
    if frame.startswith("https:") and not item.startswith("https:"):
        return say_link(rng, "key", item, frame)
    return say(rng, "key", item, (frame,))


def _given_out(rng: random.Random) -> str:
    shapes = (
        "AKIA" + signs(rng, 16, UPPER),
        "ASIA" + signs(rng, 16, UPPER),
        "ghp_" + signs(rng, 36, ALNUM),
        "gho_" + signs(rng, 36, ALNUM),
        "ghs_" + signs(rng, 36, ALNUM),
        "github_pat_11" + signs(rng, 20, ALNUM) + "_" + signs(rng, 59, ALNUM),
        "glpat-" + signs(rng, 20, URL_SAFE),
        f"xoxb-{figures(rng, 12)}-{figures(rng, 12)}-{signs(rng, 24, ALNUM)}",
        f"xoxp-{figures(rng, 11)}-{figures(rng, 11)}-{figures(rng, 12)}-{signs(rng, 32, HEX)}",
        f"xapp-1-A{signs(rng, 10, UPPER)}-{figures(rng, 13)}-{signs(rng, 64, HEX)}",
        "sk-" + signs(rng, 48, ALNUM),
        "sk-proj-" + signs(rng, 74, URL_SAFE) + "a",
        "sk-ant-api03-" + signs(rng, 93, URL_SAFE) + "AA",
        "hf_" + signs(rng, 34, string.ascii_letters),
        "AIza" + signs(rng, 35, URL_SAFE),
        "ya29." + signs(rng, 60, URL_SAFE) + "x",
        "sk_live_" + signs(rng, 24, ALNUM),
        "rk_live_" + signs(rng, 24, ALNUM),
        "whsec_" + signs(rng, 32, ALNUM),
        "npm_" + signs(rng, 36, ALNUM),
        "pypi-AgEIcHlwaS5vcmc" + signs(rng, 70, URL_SAFE) + "9",
        f"SG.{signs(rng, 22, URL_SAFE)}.{signs(rng, 42, URL_SAFE)}A",
        f"{figures(rng, 10)}:AA{signs(rng, 32, URL_SAFE)}k",
        "dop_v1_" + signs(rng, 64, HEX),
        "SK" + signs(rng, 32, HEX),
        "y0_AgAAAA" + signs(rng, 49, URL_SAFE) + "z",
        "AQVN" + signs(rng, 35, URL_SAFE) + "b",
        _jwt(rng),
        f"https://hooks.slack.com/services/T{signs(rng, 8, UPPER)}/B{signs(rng, 10, UPPER)}/"
        + signs(rng, 24, ALNUM),
    )
    return rng.choice(shapes)


def _jwt(rng: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": figures(rng, 10), "iat": 1516239022})
    head, body = (
        base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts
    )
    return f"{head}.{body}.{signs(rng, 42, URL_SAFE)}A"


def _uuid(rng: random.Random) -> str:
    raw = signs(rng, 32, HEX)
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))


def _block(rng: random.Random) -> str:
    name = rng.choice(
        (
            "RSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "EC PRIVATE KEY",
            "PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
        )
    )
    lines = [signs(rng, 64, ALNUM + "+/") for _ in range(rng.randint(3, 8))]
    return "\n".join(
        (f"-----BEGIN {name}-----", *lines, signs(rng, 30, ALNUM) + "==", f"-----END {name}-----")
    )


def _url(rng: random.Random) -> Planted:
    """The host tells whose the password is."""
    scheme, host = rng.choice(
        (
            ("postgres://", "@db.example.com:5432/shop"),
            ("postgresql+psycopg://", "@localhost/app"),
            ("mongodb+srv://", "@cluster0.ab1cd.example.net/prod"),
            ("redis://", "@cache.example.com:6379/0"),
            ("https://", "@git.example.com/team/repo.git"),
            ("ftp://", "@files.example.com/"),
        )
    )
    link = f"{scheme}admin:{signs(rng, 10, ALNUM)}x7{host}"
    return Planted("key", rng.choice(("база ", "DATABASE_URL=", "connect to ", "")), link, "")


def password(rng: random.Random) -> Planted:
    if rng.random() < 0.15:
        return say(rng, "password", figures(rng, rng.choice((4, 4, 6))), PIN_FRAMES)
    item = rng.choice(PASSWORDS)
    if rng.random() < 0.4:
        item = signs(rng, rng.randint(7, 14), ALNUM + "!@#$%^*_-") + rng.choice("aA7")
        item = rng.choice("bK3") + item
    return say(rng, "password", item, PASSWORD_FRAMES)
