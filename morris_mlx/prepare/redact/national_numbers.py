"""Recognizer of identity, tax and insurance numbers of further countries, a row for each form.

After its word, a number counts by its form alone: one with a typing error is still private. Without
the word, only forms that hardly occur otherwise count, and their check digits must be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stdnum.ar import cbu, cuit
from stdnum.br import cpf
from stdnum.ch import ssn as swiss_ssn
from stdnum.cl import rut
from stdnum.es import ccc, dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.us import ssn

from morris_mlx.prepare.redact.numbers import is_other_number
from morris_mlx.prepare.redact.spans import Hit, find_across_lines, text_before
from morris_mlx.text.pii import PiiKind

GAP = r"[^\d\n]{0,30}$"  # between the word and the number: "DNI nº", "Steuer-ID der Kleinen ist"
SHORT_GAP = r"(?:[\s.:#=№(-]|n[ºo°]|nr|es|ist|is|lautet|número|nummer|number){0,6}$"


# Each form has five digits in a row or begins as an Italian one: other texts are not searched.
SOME_NUMBER = re.compile(r"\d(?:[ ./-]?\d){4}|(?<=[a-z]{6})\d\d[a-z]\d", re.I)


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """A form of numbers, the words that are before them, and a test of numbers without a word.

    Without `is_valid`, the number is recognized only after one of the words.
    """

    form: re.Pattern[str]
    word: re.Pattern[str]
    is_valid: Callable[[str], bool] | None = field(default=None)
    kind: PiiKind = PiiKind.id_number


def _number(
    form: str,
    words: str,
    is_valid: Callable[[str], bool] | None = None,
    *,
    kind: PiiKind = PiiKind.id_number,
    gap: str = GAP,
) -> NationalNumber:
    whole = rf"(?<![\w.,/-])(?<!\d[ ])(?:{form})(?![\w/]|[.,-]\w)"
    return NationalNumber(
        re.compile(whole, re.I), re.compile(rf"(?<!\w)(?:{words}){gap}", re.I), is_valid, kind
    )


def _dni_is_valid(shown: str) -> bool:
    """Return True for a DNI with the right letter; a small one after a space is the next word."""
    number = re.sub(r"[ .-]", "", shown)
    return not (shown[-1].islower() and " " in shown) and dni.is_valid(number.zfill(9))


def _rut_is_valid(shown: str) -> bool:
    return "." in shown and rut.is_valid(shown)


def _is_dashed(shown: str) -> bool:
    return "-" in shown


NATIONAL_NUMBERS = (
    # Germany: tax, insurance
    _number(
        r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}",
        r"steuer-?id\w*|steuer-?ident\w*|identifikationsnummer|id-?nr\.?",
    ),
    _number(r"\d{2,3} ?/ ?\d{3} ?/ ?\d{4,5}", r"steuernummer|steuer-?nr\.?|st\.?-?nr\.?"),
    _number(
        r"\d{2} ?\d{6} ?[a-z] ?\d{3}|\d{4} ?\d{6}",  # Germany, Austria
        r"sozialversicherung\w*|sv-?n\w*|svnr|rentenversicherung\w*|rv-?n\w*|versicherungsn\w*",
    ),
    # Switzerland
    _number(
        r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}",
        r"ahv\w*|versichertenn\w*|vers\.-?nr",
        swiss_ssn.is_valid,
    ),
    # Spain
    _number(
        r"\d{1,2}\.?\d{3}\.?\d{3}(?:-?[a-z]|[ ](?-i:[A-Z]))",
        r"dni|d\.n\.i\.|nif|n\.i\.f\.|documento|identidad",
        _dni_is_valid,
    ),
    _number(
        r"[xyz][ -]?\d{7}[ -]?[a-z]",
        r"nie|n\.i\.e\.|residencia|extranjeros?",
        lambda shown: nie.is_valid(shown.replace(" ", "")),
    ),
    _number(r"\d{2}[ /-]?\d{8}[ /-]?\d{2}", r"seguridad social|nuss|naf|n[ºo°] ?ss|afiliaci[óo]n"),
    _number(
        r"\d{4}[ -]?\d{4}[ -]?\d{2}[ -]?\d{10}", r"cuenta|ccc", ccc.is_valid, kind=PiiKind.iban
    ),
    # Argentina, Peru, Colombia, Venezuela, Ecuador
    _number(
        r"\d{1,2}\.?\d{3}\.?\d{3}|\d{1,3}(?:\.\d{3}){2,3}|\d{6,10}",
        r"dni|d\.n\.i\.|documento(?: de identidad)?|c[ée]dula(?: de \w+)?|c\.c\.|c\.i\."
        r"|identificad[oa] con(?: \w+){1,3}",
        gap=SHORT_GAP,
    ),
    _number(
        r"(?:2[03-7]|3[034])-?\d{8}-?\d", r"cui[tl]", lambda s: _is_dashed(s) and cuit.is_valid(s)
    ),
    _number(r"\d{22}", r"cbu|cvu", cbu.is_valid, kind=PiiKind.iban),
    # Mexico
    _number(r"\d{18}|\d{3} \d{3} \d{11} \d", r"clabe", kind=PiiKind.iban),
    _number(r"[a-z]{4}\d{6}[hmx][a-z]{5}[a-z\d]\d", r"curp", curp.is_valid),
    _number(r"[a-zñ&]{3,4}-?\d{6}-?[a-z\d]{3}", r"r\.?f\.?c\.?"),
    # Chile
    _number(r"\d{1,2}\.\d{3}\.\d{3}-[\dk]|\d{7,8}-[\dk]", r"ru[tn]", _rut_is_valid),
    # Brazil, Portugal, Italy, France, Poland, the Netherlands
    _number(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", r"cpf", lambda s: _is_dashed(s) and cpf.is_valid(s)),
    _number(r"\d{3} ?\d{3} ?\d{3}", r"nif|contribuinte|bsn|burgerservicenummer|sofinummer"),
    _number(
        r"[a-z]{6}\d{2}[a-ehlmprst]\d{2}[a-z]\d{3}[a-z]",
        r"codice fiscale|cod\. ?fisc\.?|c\.f\.",
        codicefiscale.is_valid,
    ),
    _number(
        r"[12] ?\d{2} ?[01]\d ?\d[\dab] ?\d{3} ?\d{3} ?\d{2}",
        r"s[ée]curit[ée] sociale|s[ée]cu|nir|n[°ºo] ?ss",
        nir.is_valid,
    ),
    _number(r"\d{11}", r"pesel\w*"),
    # The United States, the United Kingdom
    _number(
        r"\d{3}[ -]?\d{2}[ -]?\d{4}",
        r"ssn|social security(?: number| no\.?)?|social(?=\W+is)",
        lambda shown: shown.count("-") == 2 and ssn.is_valid(shown),
    ),
    _number(
        r"[a-ceghj-prstw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]",
        r"national insurance(?: number| no\.?)?|ni (?:number|no\.?)|nino",
    ),
)


def find_national_numbers(text: str) -> Iterator[Hit]:
    """Yield the numbers of all rows in a folded text, also those broken over two lines."""
    if SOME_NUMBER.search(text):
        yield from find_across_lines(_find, text)


def _find(text: str) -> Iterator[Hit]:
    for row in NATIONAL_NUMBERS:
        for match in row.form.finditer(text):
            named = row.word.search(text_before(text, match.start()))
            if not named:
                if row.is_valid is None or not row.is_valid(match.group()):
                    continue
                if is_other_number(text, *match.span()):
                    continue
            yield Hit(row.kind, *match.span())
