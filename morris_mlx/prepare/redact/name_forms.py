"""The forms of a name: Russian cases, vocatives, possessives; the English 's.

A form stands in a slot. The invented name takes the form of the same slot, so that what was in
the dative is in the dative again. Two slots with one form (a man's accusative and genitive) fall
together in the invented name, too, when both names decline alike: `Name.declension`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from morris_mlx.prepare.redact.word_lists import FEMALE, MALE, NO_POSSESSIVE
from morris_mlx.text.folding import fold_lowercase

Gender = Literal["m", "f", ""]
Role = Literal["given", "patronymic", "surname"]
HARD_I = "гкхжшщч"  # after them и, never ы
SIBILANTS = "жшщчц"  # after them an unstressed ending has е, not о
STEMS = {"павел": "павл", "лев": "льв", "петр": "петр"}  # a vowel that comes and goes
FLEETING = (("ец", "ц"), ("ок", "к"), ("ек", "к"), ("ел", "л"), ("яц", "йц"), ("ей", "ь"))
LIKE_A = "а и е у ой/ою е"
SPOKEN = {
    "александрович": "саныч",
    "михайлович": "михалыч",
    "павлович": "палыч",
    "васильевич": "василич",
    "александровна": "санн",
    "михайловна": "михалн",
    "павловна": "палн",
}
POSSESSIVE = ("", "а", "о", "ы", "ого", "ому", "ым", "ом", "ой", "ую", "у", "ых", "ыми")


@dataclass(frozen=True, slots=True)
class Name:
    """One word of a name with its forms, in lower case, ё as е: slot → spellings, first the usual.

    `declension` is the class within which forms fall together alike.
    """

    word: str
    role: Role
    gender: Gender
    declension: str
    slots: dict[str, tuple[str, ...]]


def name_of(word: str, role: Role, gender: Gender) -> Name:
    """The word declined as a name of this role; what is not Russian only gets the English 's."""
    low = fold_lowercase(word)
    if not any("а" <= c <= "я" for c in low):
        slots = {"0": (low,), "of": (f"{low}'s", f"{low}’s")}
        return Name(low, role, gender, "latin", slots)
    if "-" in low:
        return _compound(low, role, gender)
    if role == "surname":
        return _surname(low, gender)
    if role == "patronymic":
        return _patronymic(low)
    declension, slots = _given(low, gender)
    return Name(low, role, gender, declension, slots | _endearing(low))


def _compound(low: str, role: Role, gender: Gender) -> Name:
    """Анна-Мария, Римский-Корсаков: every part in the same case."""
    parts = [name_of(part, role, gender) for part in low.split("-") if part]
    slots = dict(parts[0].slots)
    for part in parts[1:]:
        fixed = part.slots["0"] if len(part.slots) == 1 else ()
        slots = {
            slot: tuple(f"{a}-{b}" for a in spelled for b in part.slots.get(slot, fixed))
            for slot, spelled in slots.items()
            if slot in part.slots or fixed
        }
    return Name(low, role, gender, parts[-1].declension, slots)


def _cases(stem: str, endings: str) -> dict[str, tuple[str, ...]]:
    """Slots 0 to 5 from six endings; "-" is none, "/" parts spellings of one case."""
    return {
        str(case): tuple(stem + ("" if e == "-" else e) for e in ending.split("/"))
        for case, ending in enumerate(endings.split())
    }


def _given(low: str, gender: Gender) -> tuple[str, dict[str, tuple[str, ...]]]:
    stem, last = low[:-1], low[-1]
    if low in STEMS:
        return "m2", {"0": (low,)} | _without_first(_cases(STEMS[low], "- а у а ом е"))
    if low.endswith("ия"):  # е where the stress is on the end: Зульфие
        return "fia", _cases(stem, "я и и/е ю ей/ею и/е") | {"own": (stem + "н",)}
    if last == "я":
        vocative = {} if low[-2] in "ьаеиоуюыэ" else {"call": (stem + "ь",)}
        return "1", _cases(stem, "я и е ю ей/ею е") | vocative | _possessive(low, stem)
    if last == "а":
        plural = "и" if stem[-1:] in HARD_I else "ы"
        with_ = "ей/ею/ой" if stem[-1:] in SIBILANTS else "ой/ою"
        forms = _cases(stem, f"а {plural} е у {with_} е")
        return "1", forms | {"call": (stem,)} | _possessive(low, stem)
    if last == "ь":
        if gender == "f":
            return "f3", _cases(stem, "ь и и ь ью и")
        return "m2", _cases(stem, "ь я ю я ем е")
    if last == "й":
        return "m2", _cases(stem, f"й я ю я ем {'и' if low.endswith('ий') else 'е'}")
    if last in "оеиуюыэ" or gender == "f":
        return "none", {"0": (low,)}
    return "m2", _cases(low, f"- а у а {'ем/ом' if last in SIBILANTS else 'ом'} е")


def _endearing(low: str) -> dict[str, tuple[str, ...]]:
    """Тигранчик, Танечка, Машенька, Димка: formed by rule; Саша for Александр is another word."""
    stem, last = low[:-1], low[-1]
    if last.isalpha() and last not in "аеиоуыэюяйьъ" and low not in STEMS:
        men = _cases(low + "чик", "- а у а ом е")
        return _marked("d0-", men) | _marked("d1-", _cases(low + "ушк", LIKE_A))
    if last not in "ая" or len(low) < 3 or stem[-1] in "иькгх":
        return {}
    vowel = stem[-1] in "аеоуыэюя"
    soft = last == "я" or stem[-1] in SIBILANTS
    forms = [stem + ("ечк" if soft else "очк"), *([] if vowel else [stem + "еньк"])]
    forms.append(stem + ("йк" if vowel else "ьк" if last == "я" else "к"))
    return {
        slot: spelled
        for number, form in enumerate(forms)
        for slot, spelled in _marked(f"d{number}-", _cases(form, LIKE_A)).items()
    }


def _marked(mark: str, cases: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {mark + slot: spelled for slot, spelled in cases.items()}


def _possessive(low: str, stem: str) -> dict[str, tuple[str, ...]]:
    if low in NO_POSSESSIVE or len(stem) < 2:
        return {}
    return {f"own{n}": (f"{stem}ин{ending}",) for n, ending in enumerate(POSSESSIVE)}


def _without_first(forms: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {slot: spellings for slot, spellings in forms.items() if slot != "0"}


def _patronymic(low: str) -> Name:
    """With what becomes of it when it is spoken: Иваныч, Сергеич, Пална."""
    endings = "- а у а ем е" if low.endswith("ич") else "а ы е у ой/ою е"
    whole = low if low.endswith("ич") else low[:-1]
    forms = _cases(whole, endings)
    if spoken := _spoken(low):
        forms |= {f"c{slot}": s for slot, s in _cases(spoken, endings).items()}
    if low.endswith("ич"):
        return Name(low, "patronymic", "m", "ич", forms)
    return Name(low, "patronymic", "f", "вна", forms)


def _spoken(low: str) -> str:
    """Without the ending -а."""
    if low in SPOKEN:
        return SPOKEN[low]
    if low.endswith("ович"):
        return low[:-4] + "ыч"
    if low.endswith(("аевич", "еевич")):
        return low[:-4] + "ич"
    return low[:-4] + "н" if low.endswith("новна") else ""


def _surname(low: str, gender: Gender) -> Name:
    """Both genders and the plural: a family bears one name."""
    for masculine, feminine in (("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("ын", "ына")):
        if low.endswith((masculine, feminine)) and len(low) > 4:
            stem = low if low.endswith(masculine) else low[:-1]
            return Name(
                low,
                "surname",
                gender,
                "ов",
                _family(stem, "- а у а ым е", "а ой ой у ой ой", "ы ых ым ых ыми ых"),
            )
    for ending in ("ий", "ый", "ой", "ая"):
        if low.endswith(ending) and len(low) > 4:
            stem = low[:-2]
            i = "и" if stem[-1] in HARD_I else "ы"
            nominative = "ой" if ending == "ой" else f"{i}й"
            his = f"{nominative} ого ому ого {i}м ом"
            forms = _family(stem, his, "ая ой ой ую ой ой", f"{i}е {i}х {i}м {i}х {i}ми {i}х")
            return Name(low, "surname", gender, "ский", forms)
    if low[-1] in "оеиуюыэ" or low.endswith(("ых", "их")):
        return Name(low, "surname", gender, "none", {"0": (low,)})
    if low[-1] in "ая":
        return Name(low, "surname", gender, "1", _without_calls(_given(low, gender)[1]))
    _, forms = _given(low, "m")
    # A vowel that goes, or stays: Кравца and Кравеца, Козла, Зайца, Соловья.
    shorter = next((low.removesuffix(e) + s for e, s in FLEETING if low.endswith(e)), "")
    if shorter and len(low) > 4:
        endings = "- я ю я ем е" if shorter.endswith("ь") else "- а у а ом/ем е"
        short = _cases(shorter, endings)
        forms = {s: (*spelled, *(short[s] if s != "0" else ())) for s, spelled in forms.items()}
    plural = low[:-1] + ("и" if low[-1] in "ьй" else low[-1] + ("и" if low[-1] in HARD_I else "ы"))
    return Name(low, "surname", gender, "m2", forms | {"p0": (plural,)})


def _family(stem: str, his: str, hers: str, theirs: str) -> dict[str, tuple[str, ...]]:
    forms = _cases(stem, his)
    for mark, endings in (("f", hers), ("p", theirs)):
        forms |= {mark + slot: spelled for slot, spelled in _cases(stem, endings).items()}
    return forms


def _without_calls(forms: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {slot: spelled for slot, spelled in forms.items() if slot.isdigit()}


def roles_of(words: list[str]) -> list[Role]:
    """What each word of a name is: by its ending, by lists of given names, by its place."""
    low = [fold_lowercase(w) for w in words]
    roles: list[Role] = []
    for at, word in enumerate(low):
        if at and word.endswith(("вич", "ьич", "вна", "чна", "мич")) and len(word) > 5:
            roles.append("patronymic")
        elif word in MALE | FEMALE:
            roles.append("given")
        elif is_surname_like(word):
            roles.append("surname")
        else:
            roles.append("given" if "given" not in roles and at == 0 else "surname")
    if len(roles) > 1 and set(roles) == {"surname"}:
        roles[0] = "given"
    if len(roles) > 1 and roles.count("given") == len(roles):
        unlisted = [at for at, word in enumerate(low) if word not in MALE | FEMALE]
        roles[unlisted[0] if unlisted else -1] = "surname"
    return roles


def is_surname_like(low: str) -> bool:
    endings: tuple[str, ...] = ("ов", "ова", "ев", "ева", "ин", "ина", "ын", "ына", "ский", "ская")
    endings += ("цкий", "цкая", "ой", "ая", "ых", "ких", "енко", "ко", "чук", "юк", "ец", "ян")
    endings += ("берг", "ман", "штейн", "дзе", "швили")
    return len(low) > 4 and low.endswith(endings)


def gender_of(words: list[str]) -> Gender:
    """By the patronymic, a known given name, the ending of the surname; "" where none tells."""
    low = [fold_lowercase(w) for w in words]
    for word, role in zip(low, roles_of(words), strict=True):
        if role == "patronymic":
            return "m" if word.endswith("ич") else "f"
    for word in low:
        if word in MALE and word not in FEMALE:
            return "m"
        if word in FEMALE and word not in MALE:
            return "f"
    for word, role in zip(low, roles_of(words), strict=True):
        if role == "surname" and len(low) > 1:
            if word.endswith(("ова", "ева", "ина", "ына", "ая")):
                return "f"
            if word.endswith(("ов", "ев", "ин", "ын", "ий", "ый")):
                return "m"
    return ""
