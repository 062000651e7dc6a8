"""Keys as services issue them, and passwords as people write them."""

from __future__ import annotations

import base64
import json
import random
import string

from first_author.items import PlantedItem

from second_author.talk import place, place_link, random_digits, random_string

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


def key(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.2:
        opaque = rng.choice(
            (
                random_string(rng, 40, ALNUM + "/+"),
                random_string(rng, 32, HEX),
                random_string(rng, 64, HEX),
                random_string(rng, 24, URL_SAFE) + "7",
                _uuid(rng),
            )
        )
        return _framed(rng, opaque, LABELLED)
    if rng.random() < 0.12:
        return place(rng, "key", _block(rng), ("{}", "ключ от сервера\n{}", "id_rsa:\n{}"))
    if rng.random() < 0.1:
        return _url(rng)
    return _framed(rng, _service_key(rng), KEY_FRAMES)


def _framed(rng: random.Random, item: str, frames: tuple[str, ...]) -> PlantedItem:
    frame = rng.choice(frames)
    if frame.startswith("https:") and not item.startswith("https:"):
        return place_link(rng, "key", item, frame)
    return place(rng, "key", item, (frame,))


def _service_key(rng: random.Random) -> str:
    shapes = (
        "AKIA" + random_string(rng, 16, UPPER),
        "ASIA" + random_string(rng, 16, UPPER),
        "ghp_" + random_string(rng, 36, ALNUM),
        "gho_" + random_string(rng, 36, ALNUM),
        "ghs_" + random_string(rng, 36, ALNUM),
        "github_pat_11" + random_string(rng, 20, ALNUM) + "_" + random_string(rng, 59, ALNUM),
        "glpat-" + random_string(rng, 20, URL_SAFE),
        f"xoxb-{random_digits(rng, 12)}-{random_digits(rng, 12)}-{random_string(rng, 24, ALNUM)}",
        f"xoxp-{random_digits(rng, 11)}-{random_digits(rng, 11)}-{random_digits(rng, 12)}-{random_string(rng, 32, HEX)}",
        f"xapp-1-A{random_string(rng, 10, UPPER)}-{random_digits(rng, 13)}-{random_string(rng, 64, HEX)}",
        "sk-" + random_string(rng, 48, ALNUM),
        "sk-proj-" + random_string(rng, 74, URL_SAFE) + "a",
        "sk-ant-api03-" + random_string(rng, 93, URL_SAFE) + "AA",
        "hf_" + random_string(rng, 34, string.ascii_letters),
        "AIza" + random_string(rng, 35, URL_SAFE),
        "ya29." + random_string(rng, 60, URL_SAFE) + "x",
        "sk_live_" + random_string(rng, 24, ALNUM),
        "rk_live_" + random_string(rng, 24, ALNUM),
        "whsec_" + random_string(rng, 32, ALNUM),
        "npm_" + random_string(rng, 36, ALNUM),
        "pypi-AgEIcHlwaS5vcmc" + random_string(rng, 70, URL_SAFE) + "9",
        f"SG.{random_string(rng, 22, URL_SAFE)}.{random_string(rng, 42, URL_SAFE)}A",
        f"{random_digits(rng, 10)}:AA{random_string(rng, 32, URL_SAFE)}k",
        "dop_v1_" + random_string(rng, 64, HEX),
        "SK" + random_string(rng, 32, HEX),
        "y0_AgAAAA" + random_string(rng, 49, URL_SAFE) + "z",
        "AQVN" + random_string(rng, 35, URL_SAFE) + "b",
        _jwt(rng),
        f"https://hooks.slack.com/services/T{random_string(rng, 8, UPPER)}/B{random_string(rng, 10, UPPER)}/"
        + random_string(rng, 24, ALNUM),
    )
    return rng.choice(shapes)


def _jwt(rng: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": random_digits(rng, 10), "iat": 1516239022})
    head, body = (
        base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts
    )
    return f"{head}.{body}.{random_string(rng, 42, URL_SAFE)}A"


def _uuid(rng: random.Random) -> str:
    raw = random_string(rng, 32, HEX)
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
    lines = [random_string(rng, 64, ALNUM + "+/") for _ in range(rng.randint(3, 8))]
    return "\n".join(
        (
            f"-----BEGIN {name}-----",
            *lines,
            random_string(rng, 30, ALNUM) + "==",
            f"-----END {name}-----",
        )
    )


def _url(rng: random.Random) -> PlantedItem:
    """Return a URL with a password, all of it private: the host says whose the password is."""
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
    link = f"{scheme}admin:{random_string(rng, 10, ALNUM)}x7{host}"
    return PlantedItem("key", rng.choice(("база ", "DATABASE_URL=", "connect to ", "")), link, "")


def password(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.15:
        return place(rng, "password", random_digits(rng, rng.choice((4, 4, 6))), PIN_FRAMES)
    item = rng.choice(PASSWORDS)
    if rng.random() < 0.4:
        item = random_string(rng, rng.randint(7, 14), ALNUM + "!@#$%^*_-") + rng.choice("aA7")
        item = rng.choice("bK3") + item
    return place(rng, "password", item, PASSWORD_FRAMES)
