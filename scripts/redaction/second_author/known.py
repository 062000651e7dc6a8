"""The people whom the export lists, their names declined by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """The names of a person in the contacts, and the six cases of each word."""

    names: tuple[str, ...]
    cases: tuple[tuple[str, ...], ...]  # of the first name, the last name, the nickname
    latin: tuple[str, ...] = ()


def _declined(*words: str) -> tuple[tuple[str, ...], ...]:
    """Return the six cases of each word; a word alone is indeclinable."""
    return tuple(tuple(w.split()) if " " in w else (w,) * 6 for w in words)


# Nominative, genitive, dative, accusative, instrumental, prepositional.
RUSSIANS = (
    KnownPerson(
        ("Анна Ковальчук", "Аня"),
        _declined("Анна Анны Анне Анну Анной Анне", "Ковальчук", "Аня Ани Ане Аню Аней Ане"),
        ("Anna Kovalchuk",),
    ),
    KnownPerson(
        ("Дмитрий Соловьёв", "Дима"),
        _declined(
            "Дмитрий Дмитрия Дмитрию Дмитрия Дмитрием Дмитрии",
            "Соловьёв Соловьёва Соловьёву Соловьёва Соловьёвым Соловьёве",
            "Дима Димы Диме Диму Димой Диме",
        ),
        ("Dmitry Solovyov", "Dmitri"),
    ),
    KnownPerson(
        ("Пётр Вяземский", "Петя"),
        _declined(
            "Пётр Петра Петру Петра Петром Петре",
            "Вяземский Вяземского Вяземскому Вяземского Вяземским Вяземском",
            "Петя Пети Пете Петю Петей Пете",
        ),
        ("Pyotr", "Petr Vyazemsky"),
    ),
    KnownPerson(
        ("Любовь Гришина", "Люба"),
        _declined(
            "Любовь Любови Любови Любовь Любовью Любови",
            "Гришина Гришиной Гришиной Гришину Гришиной Гришиной",
            "Люба Любы Любе Любу Любой Любе",
        ),
    ),
    KnownPerson(
        ("Павел Щукин", "Паша"),
        _declined(
            "Павел Павла Павлу Павла Павлом Павле",
            "Щукин Щукина Щукину Щукина Щукиным Щукине",
            "Паша Паши Паше Пашу Пашей Паше",
        ),
        ("Pavel Shchukin",),
    ),
    KnownPerson(
        ("Ксения Трубецкая", "Ксюша"),
        _declined(
            "Ксения Ксении Ксении Ксению Ксенией Ксении",
            "Трубецкая Трубецкой Трубецкой Трубецкую Трубецкой Трубецкой",
            "Ксюша Ксюши Ксюше Ксюшу Ксюшей Ксюше",
        ),
        ("Ksenia",),
    ),
    KnownPerson(
        ("Лев Черных", "Лёва"),
        _declined("Лев Льва Льву Льва Львом Льве", "Черных", "Лёва Лёвы Лёве Лёву Лёвой Лёве"),
    ),
    KnownPerson(
        ("Илья Бабенко", "Илюха"),
        _declined(
            "Илья Ильи Илье Илью Ильёй Илье", "Бабенко", "Илюха Илюхи Илюхе Илюху Илюхой Илюхе"
        ),
        ("Ilya Babenko",),
    ),
    KnownPerson(
        ("Наталья Жук", "Наташа"),
        _declined(
            "Наталья Натальи Наталье Наталью Натальей Наталье",
            "Жук",
            "Наташа Наташи Наташе Наташу Наташей Наташе",
        ),
        ("Natalia", "Natalya"),
    ),
    KnownPerson(
        ("Юрий Мельник", "Юра"),
        _declined(
            "Юрий Юрия Юрию Юрия Юрием Юрии",
            "Мельник Мельника Мельнику Мельника Мельником Мельнике",
            "Юра Юры Юре Юру Юрой Юре",
        ),
        ("Yuri", "Yury Melnik"),
    ),
    KnownPerson(
        ("Евгения Заяц", "Женя"),
        _declined(
            "Евгения Евгении Евгении Евгению Евгенией Евгении",
            "Заяц",
            "Женя Жени Жене Женю Женей Жене",
        ),
        ("Evgenia", "Zhenya"),
    ),
    KnownPerson(
        ("Олег Семёнович Дубровин",),
        _declined(
            "Олег Олега Олегу Олега Олегом Олеге",
            "Дубровин Дубровина Дубровину Дубровина Дубровиным Дубровине",
            "Семёныч Семёныча Семёнычу Семёныча Семёнычем Семёныче",
        ),
        ("Oleg Dubrovin",),
    ),
    KnownPerson(
        ("Зульфия Ахметова", "Зуля"),
        _declined(
            "Зульфия Зульфии Зульфии Зульфию Зульфиёй Зульфие",
            "Ахметова Ахметовой Ахметовой Ахметову Ахметовой Ахметовой",
            "Зуля Зули Зуле Зулю Зулей Зуле",
        ),
    ),
    KnownPerson(
        ("Тигран Саркисян",),
        _declined(
            "Тигран Тиграна Тиграну Тиграна Тиграном Тигране",
            "Саркисян Саркисяна Саркисяну Саркисяна Саркисяном Саркисяне",
            "Тигран Тиграна Тиграну Тиграна Тиграном Тигране",
        ),
        ("Tigran",),
    ),
    KnownPerson(
        ("Анна-Мария Лобова",),
        _declined(
            "Анна-Мария Анны-Марии Анне-Марии Анну-Марию Анной-Марией Анне-Марии",
            "Лобова Лобовой Лобовой Лобову Лобовой Лобовой",
            "Анна-Мария Анны-Марии Анне-Марии Анну-Марию Анной-Марией Анне-Марии",
        ),
    ),
    KnownPerson(
        ("Вера Воробей", "Верочка"),
        _declined(
            "Вера Веры Вере Веру Верой Вере",
            "Воробей",
            "Верочка Верочки Верочке Верочку Верочкой Верочке",
        ),
    ),
    KnownPerson(
        ("Игорь Козёл", "Гоша"),
        _declined(
            "Игорь Игоря Игорю Игоря Игорем Игоре",
            "Козёл Козла Козлу Козла Козлом Козле",
            "Гоша Гоши Гоше Гошу Гошей Гоше",
        ),
        ("Igor",),
    ),
    KnownPerson(
        ("Софья Толстых", "Соня"),
        _declined(
            "Софья Софьи Софье Софью Софьей Софье", "Толстых", "Соня Сони Соне Соню Соней Соне"
        ),
        ("Sofia", "Sonya"),
    ),
    KnownPerson(
        ("Рустам Гарифуллин",),
        _declined(
            "Рустам Рустама Рустаму Рустама Рустамом Рустаме",
            "Гарифуллин Гарифуллина Гарифуллину Гарифуллина Гарифуллиным Гарифуллине",
            "Рустам Рустама Рустаму Рустама Рустамом Рустаме",
        ),
    ),
    KnownPerson(
        ("Татьяна Вебер", "Таня", "танюха"),
        _declined(
            "Татьяна Татьяны Татьяне Татьяну Татьяной Татьяне",
            "Вебер",
            "Танюха Танюхи Танюхе Танюху Танюхой Танюхе",
        ),
        ("Tatiana", "Tatyana"),
    ),
)
ENGLISH = (
    KnownPerson(("Oliver Whitcombe", "Ollie"), _declined("Oliver", "Whitcombe", "Ollie")),
    KnownPerson(("Siobhan O'Rourke",), _declined("Siobhan", "O'Rourke", "Siobhan")),
    KnownPerson(("Grace Adeyemi",), _declined("Grace", "Adeyemi", "Grace")),
    KnownPerson(("Will Hartnell",), _declined("Will", "Hartnell", "Will")),
    KnownPerson(("James Lindqvist", "Jimbo"), _declined("James", "Lindqvist", "Jimbo")),
    KnownPerson(("Mary-Jane Fox",), _declined("Mary-Jane", "Fox", "Mary-Jane")),
    KnownPerson(("José Núñez", "Pepe"), _declined("José", "Núñez", "Pepe")),
    KnownPerson(("Priya Raghunathan", "Pri"), _declined("Priya", "Raghunathan", "Pri")),
    KnownPerson(("Hope Baker",), _declined("Hope", "Baker", "Hope")),
    KnownPerson(("Mark Stone",), _declined("Mark", "Stone", "Mark")),
    KnownPerson(("Katarzyna Wójcik", "Kasia"), _declined("Katarzyna", "Wójcik", "Kasia")),
    KnownPerson(("Jean-Luc Moreau",), _declined("Jean-Luc", "Moreau", "Jean-Luc")),
    KnownPerson(("Mia Vandermeer",), _declined("Mia", "Vandermeer", "Mia")),
    KnownPerson(("Bill Rivers",), _declined("Bill", "Rivers", "Bill")),
)
PEOPLE = RUSSIANS + ENGLISH
