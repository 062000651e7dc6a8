"""Stand-ins: invented names of the same gender and declension as the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from morris_mlx.prepare.redact.name_forms import Gender, Name, Role, decline_name
from morris_mlx.prepare.redact.names import NameWord

# Names without ё, in actual use, so that a conversation reads naturally.
MEN = (
    "Антон Денис Максим Егор Глеб Вадим Тимур Руслан Степан Федор Кирилл Захар Богдан Герман "
    "Эдуард "
    "Назар Мирон Платон Ростислав Святослав Артур Всеволод Демид Ефим Игнат Клим Лукьян Макар Наум "
    "Прохор Родион Савелий Тарас Филипп Эмиль Ян Арсений Валерий Виталий Геннадий Аркадий Леонтий"
)
MEN_IN_A = (
    "Гоша Жора Сева Гриша Вася Петя Федя Митя Боря Толя Яша Гена Тима Сеня Лука Фома Кузьма Савва"
)
WOMEN = (
    "Тамара Инна Рита Нина Алла Лара Клавдюша Клава Зина Эмма Дина Ульяна Варвара Клара Раиса Инга "
    "Римма Лариса Жанна Диана Злата Эльза Фаина Берта Ирма Нонна Агата Марта Глафира Стелла Тася"
)
ANY_GENDER = "Женя Шура Валя Слава Сима Тоша"
WOMEN_IN_IYA = "Лидия Валерия Виктория Евгения Анастасия Эмилия Амалия Аврелия Юлия София Цецилия"
WOMEN_IN_SOFT_SIGN = "Эсфирь Юдифь Нинель Рахиль Ассоль"
INDECLINABLE_NAMES = "Ли Мэри Элли Жаклин Лео Отто Хосе Тео"
PATRONYMICS_MEN = (
    "Антонович Денисович Максимович Егорович Глебович Вадимович Русланович Степанович Захарович "
    "Германович Эдуардович Платонович Макарович Тарасович Наумович"
)
PATRONYMICS_WOMEN = (
    "Антоновна Денисовна Максимовна Егоровна Глебовна Вадимовна Руслановна Степановна Захаровна "
    "Германовна Эдуардовна Платоновна Макаровна Тарасовна Наумовна"
)
SURNAMES_IN_OV = (
    "Кругликов Ванюшин Телегин Осокин Пташкин Мартышев Лукошкин Рябинин Огородов Тюленев Скворешин "
    "Пенкин Валежников Дубравин Ершов Калиткин Ладошкин Ключарев Печенкин Снегов Травников Уткин "
    "Хлебников Чугунов Шиповалов Щеглов Ялов Балакин Вихрев Горшенин Дёгтев Жаворонков Запрудин "
    "Ивняков Копытов Лопухин Межов Наличников Опенкин Пескарев"
).replace("ё", "е")
SURNAMES_IN_SKY = (
    "Ольховский Заборский Приречный Загорский Луговской Тополевский Верховский Озерский Крапивский "
    "Березницкий Дубницкий Полянский Каменский Островский Лесницкий Гайский"
)
SURNAMES_IN_CONSONANT = (
    "Вальтер Гришук Бондарчук Зильбер Майзель Ремезюк Шпиллер Гурвич Кацман Лютер Мельничук Райхер "
    "Савчук Тимчук Штолле Якобсон"
)
INDECLINABLE_SURNAMES = (
    "Рыбченко Дудченко Марченко Гриненко Павлено Стеценко Лозенко Хоменко Ярошенко"
)
SURNAMES_IN_A = "Галушка Макуха Береста Сапега Пелюха Скрыпка Лобода Мазепа"
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
Pool = tuple[str, Gender]  # names, and the gender to decline them in
# By role, declension and gender.
POOLS: dict[tuple[Role, str, Gender], Pool] = {
    ("given", "m2", "m"): (MEN, "m"),
    ("given", "1", "m"): (MEN_IN_A, "m"),
    ("given", "1", "f"): (WOMEN, "f"),
    ("given", "1", ""): (ANY_GENDER, ""),
    ("given", "fia", "f"): (WOMEN_IN_IYA, "f"),
    ("given", "f3", "f"): (WOMEN_IN_SOFT_SIGN, "f"),
    ("given", "none", ""): (INDECLINABLE_NAMES, ""),
    ("given", "latin", "m"): (LATIN_MEN, "m"),
    ("given", "latin", "f"): (LATIN_WOMEN, "f"),
    ("given", "latin", ""): (LATIN_ANY, ""),
    ("patronymic", "ич", "m"): (PATRONYMICS_MEN, "m"),
    ("patronymic", "вна", "f"): (PATRONYMICS_WOMEN, "f"),
    ("surname", "ов", ""): (SURNAMES_IN_OV, ""),
    ("surname", "ский", ""): (SURNAMES_IN_SKY, ""),
    ("surname", "m2", ""): (SURNAMES_IN_CONSONANT, ""),
    ("surname", "none", ""): (INDECLINABLE_SURNAMES, ""),
    ("surname", "1", ""): (SURNAMES_IN_A, ""),
    ("surname", "latin", ""): (LATIN_SURNAMES, ""),
}


def choose_stand_ins(words: Sequence[NameWord]) -> dict[tuple[str, str], Name]:
    """Return an invented name for each (word, declension) of the known names.

    No form of it is a form of a known name. Pairs of a word and an invented name are taken in the
    order of their hashes, so a new person hardly changes the names of others. Names are shared only
    if there are more people than names.
    """
    known = {s for w in words for spellings in w.name.slots.values() for s in spellings}
    words_by_pool: dict[str, list[NameWord]] = {}
    names: dict[str, list[Name]] = {}
    for word in words:
        pool, gender = _pool(word.name)
        words_by_pool.setdefault(pool, []).append(word)
        if pool not in names:
            names[pool] = _unused_names(pool, word.name.role, gender, known)
    chosen: dict[tuple[str, str], Name] = {}
    for pool, of_pool in words_by_pool.items():
        chosen |= _matched(of_pool, names[pool])
        for word in of_pool:
            number = int.from_bytes(_hash(word.name.word)) % len(names[pool])
            chosen.setdefault((word.name.word, word.name.declension), names[pool][number])
    return chosen


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _matched(words: Sequence[NameWord], names: Sequence[Name]) -> dict[tuple[str, str], Name]:
    """Match words and names one to one, in the order of the pairs' hashes."""
    pairs = sorted(
        (_hash(f"{w.name.word} {name.word}"), at, number)
        for at, w in enumerate(words)
        for number, name in enumerate(names)
    )
    matched: dict[tuple[str, str], Name] = {}
    left = set(range(len(names)))
    for _, at, number in pairs:
        key = words[at].name.word, words[at].name.declension
        if number in left and key not in matched:
            matched[key] = names[number]
            left.discard(number)
    return matched


def _pool(name: Name) -> Pool:
    """Return the pool of a name; without one for its gender, any pool of its declension."""
    for gender in (name.gender, ""):
        if pool := POOLS.get((name.role, name.declension, gender)):
            return pool
    same = [
        pool
        for (role, declension, _), pool in POOLS.items()
        if (role, declension) == (name.role, name.declension)
    ]
    return same[0] if same else (INDECLINABLE_NAMES, "")


def _unused_names(pool: str, role: Role, gender: Gender, known: set[str]) -> list[Name]:
    """Return the names of a pool that have no form of a known name, or all if none is left."""
    names = [decline_name(word, role, gender) for word in pool.split()]
    unused = [n for n in names if known.isdisjoint(s for forms in n.slots.values() for s in forms)]
    return unused or names
