"""Declension of names: Russian cases, vocatives, possessives and diminutives; the English 's.

A form is in a slot: "0" to "5" are the six cases, with "f" and "p" before them for women's and
plural forms of a surname, "d0-" to "d2-" for diminutives, and "c" for spoken patronymics. The
invented name gets the form of the same slot, so a dative remains a dative. If two cases have the
same form (a man's accusative and genitive), they must also have it in the invented name, so that is
chosen from names of the same declension.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from morris_mlx.prepare.redact.word_lists import (
    NO_POSSESSIVE,
    is_female,
    is_given_name,
    is_male,
)
from morris_mlx.text.folding import fold_lowercase, without_accents

Gender = Literal["m", "f", ""]
Role = Literal["given", "patronymic", "surname"]
I_AFTER = "гкхжшщч"  # followed by и, never by ы
SIBILANTS = "жшщчц"  # an unstressed ending after them has е, not о
IRREGULAR_STEMS = {"павел": "павл", "лев": "льв", "петр": "петр"}
# Endings of surnames whose vowel may be lost in the other cases: Кравца and Кравеца.
FLEETING_VOWELS = (("ец", "ц"), ("ок", "к"), ("ек", "к"), ("ел", "л"), ("яц", "йц"), ("ей", "ь"))
DIMINUTIVE_ENDINGS = "а и е у ой/ою е"
GENITIVE = "genitive"  # the slot of German and other genitives: Peters, Fritz
VOCATIVE = "vocative"  # the slot of Саш, Тань, Лен
SPOKEN_PATRONYMICS = {
    "александрович": "саныч",
    "михайлович": "михалыч",
    "павлович": "палыч",
    "васильевич": "василич",
    "александровна": "санн",
    "михайловна": "михалн",
    "павловна": "палн",
}
WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
UMLAUT_WRITTEN_OUT = re.compile(r"(?<![aeiouq])([aou])e(?=[^aeiouy\W])")  # Mueller, not Bauer
POSSESSIVE_ENDINGS = ("", "а", "о", "ы", "ого", "ому", "ым", "ом", "ой", "ую", "у", "ых", "ыми")


@dataclass(frozen=True, slots=True)
class Name:
    """A word of a name and its forms by slot: the spellings of each, the usual one first.

    All are in lower case, with е for ё. Names of the same `declension` have the same forms for the
    same cases.
    """

    word: str
    role: Role
    gender: Gender
    declension: str
    slots: dict[str, tuple[str, ...]]


def decline_name(word: str, role: Role, gender: Gender) -> Name:
    """Return the forms of a word of a name; a word that is not Russian only gets the English 's."""
    low = fold_lowercase(word)
    if not any("а" <= c <= "я" for c in low):
        spellings = latin_variants(low, role)
        possessive = tuple(f"{spelling}{end}" for spelling in spellings for end in ("'s", "’s"))
        genitive = tuple(f"{spelling}{'' if low[-1] in 'sxz' else 's'}" for spelling in spellings)
        slots = {"0": spellings, "'s": possessive, GENITIVE: genitive}
        return Name(low, role, gender, "latin", slots)
    if "-" in low:
        return _decline_compound(low, role, gender)
    if role == "surname":
        return _decline_surname(low, gender)
    if role == "patronymic":
        return _decline_patronymic(low)
    declension, slots = _decline_given_name(low, gender)
    return Name(low, role, gender, declension, slots | _diminutives(low))


def latin_variants(low: str, role: Role) -> tuple[str, ...]:
    """Return the spellings of a name with and without accents: müller, muller, mueller.

    A surname with ue may also be written with ü, so that it has the spelling without both.
    """
    spellings = [low, without_accents(low)]
    spellings.append(without_accents(low.translate(WRITTEN_OUT)))
    if role == "surname" and low.isascii():
        spellings.append(UMLAUT_WRITTEN_OUT.sub(r"\1", low))
    return tuple(dict.fromkeys(spellings))


def _decline_compound(low: str, role: Role, gender: Gender) -> Name:
    """Decline every part of a name like Анна-Мария or Римский-Корсаков."""
    parts = [decline_name(part, role, gender) for part in low.split("-") if part]
    slots = dict(parts[0].slots)
    for part in parts[1:]:
        fixed = part.slots["0"] if len(part.slots) == 1 else ()
        slots = {
            slot: tuple(f"{a}-{b}" for a in spellings for b in part.slots.get(slot, fixed))
            for slot, spellings in slots.items()
            if slot in part.slots or fixed
        }
    return Name(low, role, gender, parts[-1].declension, slots)


def _cases(stem: str, endings: str) -> dict[str, tuple[str, ...]]:
    """Return slots 0 to 5 from six endings; "-" is none, and "/" separates two spellings."""
    return {
        str(case): tuple(stem + ("" if e == "-" else e) for e in ending.split("/"))
        for case, ending in enumerate(endings.split())
    }


def _decline_given_name(low: str, gender: Gender) -> tuple[str, dict[str, tuple[str, ...]]]:
    stem, last = low[:-1], low[-1]
    if low in IRREGULAR_STEMS:
        cases = _cases(IRREGULAR_STEMS[low], "- а у а ом е")
        return "m2", cases | {"0": (low,)}
    if low.endswith("ия"):  # with е if the ending is stressed: Зульфие
        return "fia", _cases(stem, "я и и/е ю ей/ею и/е") | {"possessive": (stem + "н",)}
    if last == "я":
        vocative = {} if low[-2] in "ьаеиоуюыэ" else {VOCATIVE: (stem + "ь",)}
        return "1", _cases(stem, "я и е ю ей/ею е") | vocative | _possessives(low, stem)
    if last == "а":
        genitive = "и" if stem[-1:] in I_AFTER else "ы"
        instrumental = "ей/ею/ой" if stem[-1:] in SIBILANTS else "ой/ою"
        forms = _cases(stem, f"а {genitive} е у {instrumental} е")
        return "1", forms | {VOCATIVE: (stem,)} | _possessives(low, stem)
    if last == "ь":
        if gender == "f":
            return "f3", _cases(stem, "ь и и ь ью и")
        return "m2", _cases(stem, "ь я ю я ем е")
    if last == "й":
        return "m2", _cases(stem, f"й я ю я ем {'и' if low.endswith('ий') else 'е'}")
    if last in "оеиуюыэ" or gender == "f":
        return "none", {"0": (low,)}
    return "m2", _cases(low, f"- а у а {'ем/ом' if last in SIBILANTS else 'ом'} е")


def _diminutives(low: str) -> dict[str, tuple[str, ...]]:
    """Return the diminutives that are formed by rule: Тигранчик, Танечка, Машенька, Димка.

    A short form like Саша for Александр is another word.
    """
    stem, last = low[:-1], low[-1]
    if last.isalpha() and last not in "аеиоуыэюяйьъ" and low not in IRREGULAR_STEMS:
        chik = _cases(low + "чик", "- а у а ом е")
        ushka = _cases(low + "ушк", DIMINUTIVE_ENDINGS)
        return _prefixed("d0-", chik) | _prefixed("d1-", ushka)
    if last not in "ая" or len(low) < 3 or stem[-1] in "иькгх":
        return {}
    after_vowel = stem[-1] in "аеоуыэюя"
    soft = last == "я" or stem[-1] in SIBILANTS
    stems = [stem + ("ечк" if soft else "очк"), *([] if after_vowel else [stem + "еньк"])]
    stems.append(stem + ("йк" if after_vowel else "ьк" if last == "я" else "к"))
    slots: dict[str, tuple[str, ...]] = {}
    for number, diminutive in enumerate(stems):
        slots |= _prefixed(f"d{number}-", _cases(diminutive, DIMINUTIVE_ENDINGS))
    return slots


def _prefixed(prefix: str, slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {prefix + slot: spellings for slot, spellings in slots.items()}


def _possessives(low: str, stem: str) -> dict[str, tuple[str, ...]]:
    if low in NO_POSSESSIVE or len(stem) < 2:
        return {}
    return {f"possessive{n}": (f"{stem}ин{ending}",) for n, ending in enumerate(POSSESSIVE_ENDINGS)}


def _decline_patronymic(low: str) -> Name:
    """Decline a patronymic, together with its spoken form: Иваныч, Сергеич, Пална."""
    endings = "- а у а ем е" if low.endswith("ич") else "а ы е у ой/ою е"
    forms = _cases(low if low.endswith("ич") else low[:-1], endings)
    if spoken := _spoken_patronymic(low):
        forms |= _prefixed("c", _cases(spoken, endings))
    if low.endswith("ич"):
        return Name(low, "patronymic", "m", "ич", forms)
    return Name(low, "patronymic", "f", "вна", forms)


def _spoken_patronymic(low: str) -> str:
    """Return the stem of the spoken form, or "" if it is not shorter."""
    if low in SPOKEN_PATRONYMICS:
        return SPOKEN_PATRONYMICS[low]
    if low.endswith("ович"):
        return low[:-4] + "ыч"
    if low.endswith(("аевич", "еевич")):
        return low[:-4] + "ич"
    return low[:-4] + "н" if low.endswith("новна") else ""


def _decline_surname(low: str, gender: Gender) -> Name:
    """Decline a surname in both genders and in the plural, as a family shares it."""
    for masculine, feminine in (("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("ын", "ына")):
        if low.endswith((masculine, feminine)) and len(low) > 4:
            stem = low if low.endswith(masculine) else low[:-1]
            forms = _family(stem, "- а у а ым е", "а ой ой у ой ой", "ы ых ым ых ыми ых")
            return Name(low, "surname", gender, "ов", forms)
    for ending in ("ий", "ый", "ой", "ая"):
        if low.endswith(ending) and len(low) > 4:
            stem = low[:-2]
            i = "и" if stem[-1] in I_AFTER else "ы"
            nominative = "ой" if ending == "ой" else f"{i}й"
            men = f"{nominative} ого ому ого {i}м ом"
            forms = _family(stem, men, "ая ой ой ую ой ой", f"{i}е {i}х {i}м {i}х {i}ми {i}х")
            return Name(low, "surname", gender, "ский", forms)
    if low[-1] in "оеиуюыэ" or low.endswith(("ых", "их")):
        return Name(low, "surname", gender, "none", {"0": (low,)})
    if low[-1] in "ая":
        return Name(low, "surname", gender, "1", _only_cases(_decline_given_name(low, gender)[1]))
    _, forms = _decline_given_name(low, "m")
    shorter = next((low.removesuffix(e) + s for e, s in FLEETING_VOWELS if low.endswith(e)), "")
    if shorter and len(low) > 4:
        endings = "- я ю я ем е" if shorter.endswith("ь") else "- а у а ом/ем е"
        short = _cases(shorter, endings)
        forms = {s: (*old, *(short[s] if s != "0" else ())) for s, old in forms.items()}
    plural = low[:-1] + ("и" if low[-1] in "ьй" else low[-1] + ("и" if low[-1] in I_AFTER else "ы"))
    return Name(low, "surname", gender, "m2", forms | {"p0": (plural,)})


def _family(stem: str, men: str, women: str, plural: str) -> dict[str, tuple[str, ...]]:
    """Return the slots of a surname from the endings for men, for women, and of the plural."""
    forms = _cases(stem, men)
    return forms | _prefixed("f", _cases(stem, women)) | _prefixed("p", _cases(stem, plural))


def _only_cases(slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {slot: spellings for slot, spellings in slots.items() if slot.isdigit()}


def guess_roles(words: list[str]) -> list[Role]:
    """Return the role of each word of a name: by its ending, lists of given names, and position."""
    low = [fold_lowercase(w) for w in words]
    roles: list[Role] = []
    for at, word in enumerate(low):
        if at and word.endswith(("вич", "ьич", "вна", "чна", "мич")) and len(word) > 5:
            roles.append("patronymic")
        elif is_given_name(word):
            roles.append("given")
        elif has_surname_ending(word):
            roles.append("surname")
        else:
            roles.append("given" if "given" not in roles and at == 0 else "surname")
    if len(roles) > 1 and set(roles) == {"surname"}:
        roles[0] = "given"
    if len(roles) > 1 and roles.count("given") == len(roles):
        unlisted = [at for at, word in enumerate(low) if not is_given_name(word)]
        roles[unlisted[0] if unlisted else -1] = "surname"
    return roles


def has_surname_ending(low: str) -> bool:
    """Return True if a Russian word, in lower case, ends like a surname."""
    weak = ("ой", "ая", "ых", "ких", "ко", "ец", "ман")
    return has_certain_surname_ending(low) or (len(low) > 4 and low.endswith(weak))


def has_certain_surname_ending(low: str) -> bool:
    """Return True if few other words end so; рыжая, молоко and конец end like surnames, too."""
    endings: tuple[str, ...] = ("ов", "ова", "ев", "ева", "ин", "ина", "ын", "ына", "ский", "ская")
    endings += ("цкий", "цкая", "енко", "чук", "юк", "ян", "берг", "штейн", "дзе", "швили")
    return len(low) > 4 and low.endswith(endings)


def guess_gender(words: list[str]) -> Gender:
    """Return the gender by the patronymic, a listed given name, or the surname; "" if unknown."""
    low = [fold_lowercase(w) for w in words]
    for word, role in zip(low, guess_roles(words), strict=True):
        if role == "patronymic":
            return "m" if word.endswith("ич") else "f"
    for word in low:
        if is_male(word) and not is_female(word):
            return "m"
        if is_female(word) and not is_male(word):
            return "f"
    for word, role in zip(low, guess_roles(words), strict=True):
        if role == "surname" and len(low) > 1:
            if word.endswith(("ова", "ева", "ина", "ына", "ая")):
                return "f"
            if word.endswith(("ов", "ев", "ин", "ын", "ий", "ый")):
                return "m"
    return ""
