"""Look-alikes: numbers and words that only look like private items and must be kept."""

from __future__ import annotations

import random

from first_author.items import random_digits


def lookalike(rng: random.Random) -> tuple[str, str]:
    """Return the kind and the text of a look-alike."""
    kind = rng.choice(sorted(MAKERS))
    return kind, MAKERS[kind](rng)


def _price(rng: random.Random) -> str:
    whole = f"{rng.randrange(1, 999)} {rng.randrange(1000):03}"
    return rng.choice(
        [
            f"стоит {whole} 000 рублей",
            f"Заплатили {whole} ₽ за всё.",
            f"It was £{rng.randrange(1, 99)},{random_digits(rng, 3)},{random_digits(rng, 3)} in the end.",
            f"${rng.randrange(10, 999)}.{rng.randrange(100):02} plus tax",
            f"бюджет {rng.randrange(1000, 9999)}000000 руб.",
            f"от {rng.randrange(100, 999)}000 до {rng.randrange(1000, 9999)}000 евро",
            f"€{rng.randrange(1, 9)} {rng.randrange(100, 999)} {rng.randrange(100, 999)}",
        ]
    )


def _year(rng: random.Random) -> str:
    a = rng.randrange(1700, 2030)
    return rng.choice(
        [
            f"в {a} году всё было иначе",
            f"{a}-{a + rng.randrange(1, 9)}",
            f"Between {a} and {a + 40} nothing happened.",
            f"годы {a}, {a + 1}, {a + 2} и {a + 3}",
            f"{a} {a + 1} {a + 2} были сухими",
            f"In {a} Wall Street fell.",
            f"the class of {a}",
        ]
    )


def _print_run(rng: random.Random) -> str:
    return rng.choice(
        [
            f"тираж 8{random_digits(rng, 9)}",
            f"Тираж: {rng.randrange(1, 99)}00000 экз.",
            f"тираж 89{random_digits(rng, 9)} экземпляров",
            f"a print run of {rng.randrange(10**9, 10**10)} copies",
            f"продано {rng.randrange(10**6, 10**7)} штук",
            f"{rng.randrange(1, 999)} {random_digits(rng, 3)} {random_digits(rng, 3)} просмотров",
        ]
    )


def _isbn(rng: random.Random) -> str:
    body = "978" + rng.choice("015") + random_digits(rng, 8)
    check = -sum(int(f) * (1, 3)[i % 2] for i, f in enumerate(body)) % 10
    number = f"{body}{check}"
    dashed = f"{number[:3]}-{number[3]}-{number[4:6]}-{number[6:12]}-{number[12]}"
    ten = random_digits(rng, 9)
    last = sum(int(f) * (i + 1) for i, f in enumerate(ten)) % 11
    old = f"{ten[0]}-{ten[1:4]}-{ten[4:9]}-{'X' if last == 10 else last}"
    return rng.choice(
        [
            f"ISBN {dashed}",
            f"ISBN {number}",
            f"isbn: {old}",
            f"({dashed})",
            f"ISBN-13: {dashed}, paper",
        ]
    )


def _order(rng: random.Random) -> str:
    number = random_digits(rng, rng.choice([6, 8, 9, 10, 11]))
    return rng.choice(
        [
            f"заказ {number} уже едет",
            f"Заказ №{number}",
            f"order {number} has shipped",
            f"Order #{number}-{random_digits(rng, 2)}",
            f"трек-номер RA{random_digits(rng, 9)}RU",
            f"ticket {number} is closed",
            f"накладная {random_digits(rng, 4)}-{random_digits(rng, 4)}",
            f"артикул {number}",
            f"invoice no. {number}",
            f"договор № {random_digits(rng, 4)}-{random_digits(rng, 6)}",
        ]
    )


def _version(rng: random.Random) -> str:
    a, b, c, d = (rng.randrange(0, 30) for _ in range(4))
    return rng.choice(
        [
            f"версия {a}.{b}.{c}.{d} падает",
            f"v{a}.{b}.{c}",
            f"Python 3.{b}.{c} is fine",
            f"обновился до {a}.{b}.{c}",
            f"macOS 14.{b}, build 23{random_digits(rng, 4)}",
            f"version {a}.{b}.{c}.{d} of the driver",
            f"Chrome {a + 90}.0.{random_digits(rng, 4)}.{b}",
            f"раздел {a}.{b}.{c} договора",
            f"see section {a}.{b}.{c}.{d}",
        ]
    )


def _date(rng: random.Random) -> str:
    d, m, y = rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(1950, 2030)
    h, n = rng.randrange(24), rng.randrange(60)
    return rng.choice(
        [
            f"{d:02}.{m:02}.{y}",
            f"{y}-{m:02}-{d:02} {h:02}:{n:02}:{n:02}",
            f"с {d:02}.{m:02}.{y} по {d + 1:02}.{m:02}.{y}",
            f"встреча {d:02}/{m:02}/{y} в {h}:{n:02}",
            f"on {d} March {y} at {h}:{n:02}",
            f"{y}{m:02}{d:02}",
            f"{d:02}-{m:02}-{y}",
            f"дедлайн {d:02}.{m:02} {h:02}:{n:02}",
        ]
    )


def _score(rng: random.Random) -> str:
    a, b = rng.randrange(9), rng.randrange(9)
    return rng.choice(
        [
            f"сыграли {a}:{b}, потом {b}:{a}",
            f"6-4 {a}-6 7-{b}",
            f"The final score was {a}–{b}.",
            f"25:{a + 10} 25:{b + 10} 19:25 15:13",
            f"счёт {a}-{b} в нашу пользу",
            f"рейтинг {rng.randrange(1000, 2900)} против {rng.randrange(1000, 2900)}",
            f"8-10 12-14 {a}-{b} человек",
            f"pi is 3.14159265358979{random_digits(rng, 2)}",
            f"коды {random_digits(rng, 3)} и {random_digits(rng, 3)} в таблице",
        ]
    )


# Ordinary words that are names, or forms of names, in other sentences.
WORDS = (
    "вера в людей помогает",
    "моя вера крепка",
    "это любовь, детка",
    "читаю роман про море",
    "в романе три части",
    "лев в зоопарке спал",
    "включи свет, света нет",
    "кости домино на столе",
    "will you come tomorrow?",
    "he will not say",
    "with grace and patience",
    "mark my words",
    "on the mark, get set",
    "young people in brown coats",
    "the ball is brown",
    "черных кошек было две",
    "толстой тетради хватило",
    "боевой пароль придумали в кино",
    "забыл пароль, сбросил",
    "password must have eight letters",
    "код на питоне красивый",
    "код ревью завтра",
    "the code is ugly and the test is red",
    "на улице холодно, 15 градусов",
    "улица полна народу",
    "дом 2 опять по телеку",
    "the road to hell, 3 lanes wide",
    "Street food for 5 people",
    "паспорт надо менять в 45 лет",
    "my passport expires in 2027",
    "телефон за 89990 рублей",
    "звони в 10 или в 11:30",
    "call me at 5 or at 17:45",
    "@property\ndef x(self): ...",
    "@everyone встаём",
    "токен ринга и прочие кольца",
    "std::vector<int> v; a::b",
    "с 12:30:45 до 13:00:00",
    "карта метро на 2024 год",
    "счёт за свет 4500",
    "любовью не наешься",
    "верой и правдой",
    "Вера в себя важнее",
    "По словам коллег, роман удался",
    "ip-камера и wi-fi роутер",
    "sk-что-то там, hf тоже",
    "петровский пост, ивановский ситец",
    "катись ты, ленивый",
    "катит, лениться, дашь, дашь списать?",
    "саше с лавандой",
    "светлый день, костяной нож",
    "ванна и ваниль",
    "johnny walker is a drink, marked down",
    "willing and graceful",
    "127.0.0.1 и localhost",
    "#хештег2024 и #tag_one",
    "user@ и @ сами по себе",
    "e = mc2 @ 20 C",
    "3 км от 5 станции",
    "широта 55, долгота 37",
    "тем, кто опоздал, места нет",
    "тем, что было",
    "лен, хлопок и шёлк",
    "свет, камера, мотор",
    "код 404 и код 500",
    "код ошибки 1234",
    "собака точка запятая",
    "1000 мелочей, 10000 шагов, 100500 дел",
)


def _word(rng: random.Random) -> str:
    return rng.choice(WORDS)


MAKERS = {
    "price": _price,
    "year": _year,
    "print run": _print_run,
    "isbn": _isbn,
    "order": _order,
    "version": _version,
    "date": _date,
    "score": _score,
    "word": _word,
}
