"""Invented names: one for every known word, of the same gender, declined alike, nobody's here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from morris_mlx.prepare.redact.name_forms import Gender, Name, Role, name_of
from morris_mlx.prepare.redact.names import KnownWord

# (role, declension, gender) → names without ё. Those who read the chats must not stumble: all are
# in use. More people than names share them.
GIVEN_MEN = (
    "Антон Денис Максим Егор Глеб Вадим Тимур Руслан Степан Федор Кирилл Захар Богдан Герман "
    "Эдуард "
    "Назар Мирон Платон Ростислав Святослав Артур Всеволод Демид Ефим Игнат Клим Лукьян Макар Наум "
    "Прохор Родион Савелий Тарас Филипп Эмиль Ян Арсений Валерий Виталий Геннадий Аркадий Леонтий"
)
GIVEN_MEN_A = (
    "Гоша Жора Сева Гриша Вася Петя Федя Митя Боря Толя Яша Гена Тима Сеня Лука Фома Кузьма Савва"
)
GIVEN_WOMEN = (
    "Тамара Инна Рита Нина Алла Лара Клавдюша Клава Зина Эмма Дина Ульяна Варвара Клара Раиса Инга "
    "Римма Лариса Жанна Диана Злата Эльза Фаина Берта Ирма Нонна Агата Марта Глафира Стелла Тася"
)
GIVEN_ANY = "Женя Шура Валя Слава Сима Тоша"
GIVEN_IYA = "Лидия Валерия Виктория Евгения Анастасия Эмилия Амалия Аврелия Юлия София Цецилия"
GIVEN_SOFT = "Эсфирь Юдифь Нинель Рахиль Ассоль"
GIVEN_FIXED = "Ли Мэри Элли Жаклин Лео Отто Хосе Тео"
FATHERS_HIS = (
    "Антонович Денисович Максимович Егорович Глебович Вадимович Русланович Степанович Захарович "
    "Германович Эдуардович Платонович Макарович Тарасович Наумович"
)
FATHERS_HER = (
    "Антоновна Денисовна Максимовна Егоровна Глебовна Вадимовна Руслановна Степановна Захаровна "
    "Германовна Эдуардовна Платоновна Макаровна Тарасовна Наумовна"
)
SURNAMES_OV = (
    "Кругликов Ванюшин Телегин Осокин Пташкин Мартышев Лукошкин Рябинин Огородов Тюленев Скворешин "
    "Пенкин Валежников Дубравин Ершов Калиткин Ладошкин Ключарев Печенкин Снегов Травников Уткин "
    "Хлебников Чугунов Шиповалов Щеглов Ялов Балакин Вихрев Горшенин Дёгтев Жаворонков Запрудин "
    "Ивняков Копытов Лопухин Межов Наличников Опенкин Пескарев"
).replace("ё", "е")
SURNAMES_SKY = (
    "Ольховский Заборский Приречный Загорский Луговской Тополевский Верховский Озерский Крапивский "
    "Березницкий Дубницкий Полянский Каменский Островский Лесницкий Гайский"
)
SURNAMES_HARD = (
    "Вальтер Гришук Бондарчук Зильбер Майзель Ремезюк Шпиллер Гурвич Кацман Лютер Мельничук Райхер "
    "Савчук Тимчук Штолле Якобсон"
)
SURNAMES_FIXED = "Рыбченко Дудченко Марченко Гриненко Павлено Стеценко Лозенко Хоменко Ярошенко"
SURNAMES_A = "Галушка Макуха Береста Сапега Пелюха Скрыпка Лобода Мазепа"
LATIN_MEN = (
    "Oliver Hugo Edgar Felix Gareth Rupert Conrad Desmond Lionel Marcus Nigel Osbert Quentin "
    "Roland "
    "Cedric Trevor Ulric Vernon Wilfred Alistair Barnaby Clement Dexter Ernest Fergus"
)
LATIN_WOMEN = (
    "Beatrice Cordelia Daphne Edith Felicity Greta Imogen Jocelyn Lavinia Mabel Nadine Ottilie "
    "Priscilla Rowena Sylvia Tabitha Ursula Winifred Agnes Bridget Constance Dora Esther"
)
LATIN_ANY = "Robin Ashley Jordan Morgan Casey Taylor Quinn Rowan Sidney Leslie Avery Blair Kelsey"
LATIN_SURNAMES = (
    "Aldwick Barrowby Coppel Dunmore Elverson Farrowdale Gillsby Hathersop Inglewick Jessop "
    "Kettley "
    "Lowick Marlby Netherton Ormsby Padgeley Quarmby Ravensdell Sotherby Thackley Ullworth Wexcombe"
)
Pool = tuple[str, Gender]
POOLS: dict[tuple[Role, str, Gender], Pool] = {
    ("given", "m2", "m"): (GIVEN_MEN, "m"),
    ("given", "1", "m"): (GIVEN_MEN_A, "m"),
    ("given", "1", "f"): (GIVEN_WOMEN, "f"),
    ("given", "1", ""): (GIVEN_ANY, ""),
    ("given", "fia", "f"): (GIVEN_IYA, "f"),
    ("given", "f3", "f"): (GIVEN_SOFT, "f"),
    ("given", "none", ""): (GIVEN_FIXED, ""),
    ("given", "latin", "m"): (LATIN_MEN, "m"),
    ("given", "latin", "f"): (LATIN_WOMEN, "f"),
    ("given", "latin", ""): (LATIN_ANY, ""),
    ("patronymic", "ич", "m"): (FATHERS_HIS, "m"),
    ("patronymic", "вна", "f"): (FATHERS_HER, "f"),
    ("surname", "ов", ""): (SURNAMES_OV, ""),
    ("surname", "ский", ""): (SURNAMES_SKY, ""),
    ("surname", "m2", ""): (SURNAMES_HARD, ""),
    ("surname", "none", ""): (SURNAMES_FIXED, ""),
    ("surname", "1", ""): (SURNAMES_A, ""),
    ("surname", "latin", ""): (LATIN_SURNAMES, ""),
}


def choose_stand_ins(words: Sequence[KnownWord]) -> dict[tuple[str, str], Name]:
    """For (word, declension) an invented name that no form of a known name is.

    Of all pairs of a word and an invented name the one with the lowest hash comes first: whoever
    joins later takes a name from somebody only where the hashes say so, and the others keep theirs.
    """
    theirs = {s for w in words for spelled in w.name.slots.values() for s in spelled}
    pools: dict[str, list[KnownWord]] = {}
    names: dict[str, list[Name]] = {}
    for word in words:
        pool, gender = _pool(word.name)
        pools.setdefault(pool, []).append(word)
        if pool not in names:
            names[pool] = _invented(pool, word.name.role, gender, theirs)
    chosen: dict[tuple[str, str], Name] = {}
    for pool, wanting in pools.items():
        chosen |= _matched(wanting, names[pool])
        for word in wanting:  # more people than names: they share them
            number = int.from_bytes(_hash(word.name.word)) % len(names[pool])
            chosen.setdefault((word.name.word, word.name.declension), names[pool][number])
    return chosen


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _matched(words: Sequence[KnownWord], names: Sequence[Name]) -> dict[tuple[str, str], Name]:
    pairs = sorted(
        (_hash(f"{w.name.word} {name.word}"), at, number)
        for at, w in enumerate(words)
        for number, name in enumerate(names)
    )
    given: dict[tuple[str, str], Name] = {}
    left = set(range(len(names)))
    for _, at, number in pairs:
        key = words[at].name.word, words[at].name.declension
        if number in left and key not in given:
            given[key] = names[number]
            left.discard(number)
    return given


def _pool(name: Name) -> Pool:
    for gender in (name.gender, ""):
        if pool := POOLS.get((name.role, name.declension, gender)):
            return pool
    # A word of no known gender, or of the other one than its ending says.
    same = [
        pool
        for (role, kind, _), pool in POOLS.items()
        if (role, kind) == (name.role, name.declension)
    ]
    return same[0] if same else (GIVEN_FIXED, "")


def _invented(pool: str, role: Role, gender: Gender, theirs: set[str]) -> list[Name]:
    names = [name_of(word, role, gender) for word in pool.split()]
    free = [n for n in names if not theirs & {s for spelled in n.slots.values() for s in spelled}]
    return free or names
