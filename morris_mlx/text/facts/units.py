"""Units of measure, percent and currencies: English and Russian forms by one name."""

from __future__ import annotations

import re

PERCENT = "%"
HOUR, CENTURY, YEAR = "hour", "century", "year"
# Forms of words after a number; compound units come first. "г" after a year is no gram:
# `quantities` decides that.
_UNITS: dict[str, str] = {
    "km²": r"km2|sq km|square kilomet(?:er|re)s?|км2|кв\. ?км",
    "m²": r"m2|sq m|square met(?:er|re)s?|м2|кв\. ?м|квадратн\w+ метр\w*",
    "km/h": r"km/h|kmh|kph|км/ч|километр\w+ в час|kilomet(?:er|re)s? (?:an|per) hour",
    "mph": r"mph|miles (?:an|per) hour|мил\w+ в час",
    PERCENT: r"percent|per cent|pct|процент\w*",
    "kg": r"kgs?|kilos?|kilogram(?:me)?s?|кг|кило|килограмм\w*",
    "gram": r"g|gr|gram(?:me)?s?|г|гр|грамм\w*",
    "mg": r"mg|milligram(?:me)?s?|мг|миллиграмм\w*",
    "tonne": r"tons?|tonnes?|т|тонн\w*",
    "ounce": r"oz|ounces?|унци\w*",
    "km": r"km|kilomet(?:er|re)s?|км|километр\w*",
    "metre": r"m|met(?:er|re)s?|м|метр\w*",
    "cm": r"cm|centimet(?:er|re)s?|см|сантиметр\w*",
    "mm": r"mm|millimet(?:er|re)s?|мм|миллиметр\w*",
    "mile": r"mi|miles?|мил[яиьюе]\w*",
    "foot": r"ft|feet|foot|фут\w*",
    "inch": r"inch(?:es)?|дюйм\w*",
    "yard": r"yds?|yards?|ярд\w*",
    "litre": r"l|lit(?:er|re)s?|л|литр\w*",
    "ml": r"ml|millilit(?:er|re)s?|мл|миллилитр\w*",
    "pint": r"pints?|пинт\w*",
    "gallon": r"gallons?|галлон\w*",
    "acre": r"acres?|акр\w*",
    "hectare": r"ha|hectares?|га|гектар\w*",
    "degree": r"degrees?|градус\w*",
    "second": r"s|secs?|seconds?|сек|секунд\w*",
    "minute": r"min|mins|minutes?|мин|минут\w*",
    HOUR: r"h|hrs?|hours?|ч|час(?:а|ов|ам|ами|ах|у)?|часовой|часовая|часового",
    "day": r"days?|день|дн(?:я|ей|ям|ями|ях|ю)|сут(?:ки|ок|кам|ками|ках)|дневн\w+",
    "week": r"wks?|weeks?|недел\w+|недель",
    "month": r"months?|месяц\w*",
    YEAR: r"years?|yrs?|yr|год(?:а|у|ом|е|ов|ам|ы|ами|ах)?|лет|летн\w+",
    CENTURY: r"centur(?:y|ies)|век(?:а|у|е|ом|ов|и)?|столети\w+",
    "watt": r"w|watts?|вт|ватт\w*",
    "kW": r"kw|kilowatts?|квт|киловатт\w*",
    "volt": r"v|volts?|вольт\w*",
    "MB": r"mb|megabytes?|мб|мегабайт\w*",
    "GB": r"gb|gigabytes?|гб|гигабайт\w*",
    "kcal": r"kcal|calories|ккал|килокалори\w*|калори\w*",
}
_CURRENCIES: dict[str, str] = {
    "dollar": r"dollars?|bucks|usd|долл\w*|бакс\w*",
    "euro": r"euros?|eur|евро",
    "pound": r"gbp|quid|pounds?|lbs?|фунт\w*",  # "5 pounds" may be money or weight
    "rouble": r"roubles?|rubles?|rub|руб|рубл\w*|р",
    "yen": r"yens?|jpy|иен\w*|йен\w*",
    "cent": r"cents?|цент(?:а|ов|ы)?",
    "penny": r"p|pence|penny|pennies|пенс\w*",
    "kopeck": r"kopecks?|копе\w+|коп",
    "franc": r"francs?|chf|франк\w*",
    "crown": r"crowns?|крон\w*",
    "shilling": r"shillings?|шиллинг\w*",
}
CURRENCY_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "₽": "rouble", "¥": "yen"}
CURRENCIES = frozenset(_CURRENCIES)
_ALL = _UNITS | _CURRENCIES
_PATTERNS = {unit: re.compile(rf"(?:{forms})\Z") for unit, forms in _ALL.items()}
_SIGN = r"[%€$£₽¥]|°(?: ?[cfсф]\b)?"
_WORDS = "|".join(f"(?:{forms})" for forms in _ALL.values())
# A unit after a number, in a folded text in lower case.
UNIT_AFTER = re.compile(rf"[ \n]?(?P<sign>{_SIGN})|[ \n-]?(?P<word>(?:{_WORDS})\b)")
IN_WORDS = frozenset((YEAR, "day", "week", "month", "second", "minute"))  # "one day" is no number


def unit_of(form: str) -> str:
    """Return the name of a unit written as `form`, in lower case, or "" for another word."""
    if form in CURRENCY_SIGNS or form[:1] in ("%", "°"):
        return CURRENCY_SIGNS.get(form, PERCENT if form == "%" else "degree")
    bare = form.rstrip(".")
    return next((unit for unit, pattern in _PATTERNS.items() if pattern.match(bare)), "")
