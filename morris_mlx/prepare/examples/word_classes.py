"""Small word lists by language (ISO 639-1) that tell nouns from other words, and light stemming."""

from __future__ import annotations

from collections.abc import Mapping


def _by_language(words: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {language: frozenset(listed.split()) for language, listed in words.items()}


CAPITALIZED_NOUNS = frozenset({"de"})
DECLINED = frozenset({"ru"})  # the forms of a noun tell it from an adjective

# Articles, possessives and demonstratives. In a language without this list, no word is known as a
# noun. Of two meanings the rarer one does not matter: several occurrences decide together. German
# has capitals on nouns and names alike, but articles before nouns alone.
ARTICLES = _by_language(
    {
        "en": "the a an this these those my your his her its our their some any no every each",
        "fr": (
            "le la les l un une des du au aux mon ma mes ton ta tes son sa ses notre nos votre "
            "vos leur leurs ce cet cette ces quelques plusieurs chaque"
        ),
        "es": (
            "el la los las un una unos unas del al mi mis tu tus su sus nuestro nuestra nuestros "
            "nuestras este esta estos estas ese esa esos esas aquel aquella"
        ),
        "it": (
            "il lo la i gli le l un uno una del dello della dei degli delle al allo alla ai nel "
            "nella dal dalla sul sulla mio mia suo sua questo questa"
        ),
        "pt": (
            "o a os as um uma uns umas do da dos das no na nos nas meu minha seu sua este esta "
            "esse essa pelo pela"
        ),
        "de": (
            "der die das den dem des ein eine einen einem einer eines mein meine meinen meiner "
            "dein deine sein seine seinen seiner ihr ihre ihren unser unsere kein keine keinen "
            "dieser diese dieses diesen jeder jede jedes jeden im am zum zur vom beim"
        ),
        "nl": "de het een mijn jouw zijn haar ons onze hun dit deze",
        "ru": "мой моя моё мои твой твоя наш наша этот эта каждый каждая",
    }
)
PREPOSITIONS = _by_language(
    {
        "en": "of in on at with for from by about into over under without between through",
        "fr": "de d en sans avec",
        "es": "de con sin en sobre",
        "it": "di con per senza",
        "pt": "de com sem por",
        "nl": "van in op met voor bij zonder",
        "ru": (
            "в во на о об с со из к ко от до для без под над при про через между у за по после "
            "перед около вокруг"
        ),
    }
)
# Pronouns and auxiliary verbs.
BEFORE_VERBS = _by_language(
    {
        "en": (
            "to i you he she we they who will would can could should shall must may might not did "
            "do does let never t ll d ve re"
        ),
        "fr": "je j tu il elle on nous vous ils elles ne n se s qui y en",
        "es": "yo tú él ella nosotros ustedes ellos ellas no se me te nos que",
        "it": "io tu lui lei noi voi loro non si ci che",
        "pt": "eu tu ele ela nós eles elas não se que",
        "nl": "ik je jij hij zij wij we jullie ze niet te",
        "ru": "я ты он она мы вы они не надо можно нельзя чтобы",
    }
)
# The nouns among the common words: a phrase does not end before them ("the mathematical mind").
COMMON_NOUNS = _by_language(
    {
        "en": (
            "case course country day days end fact half hand hands head home hour hours house kind "
            "life man matter men mind minutes moment money month months morning name night number "
            "part people person place point reason room side thing things time times way week "
            "weeks woman women word words work world year years"
        ),
        "ru": "время год года году дело день дня лет люди людей раз человек человека",
    }
)
# Words that the rules above take for nouns, and nouns that say nothing about a text.
NO_TOPICS = _by_language(
    {
        "en": (
            "plus thank thanks dear please seven eight nine eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty "
            "seventy eighty ninety hundred thousand million billion dozen third fourth fifth "
            "sixth seventh eighth ninth tenth quarter nought two-thirds pence pound penny "
            "shilling dollar cent degree metre meter millimetre centimetre kilometre mile inch "
            "yard kilo gram litre pint second page question answer state face leg step unit "
            "thickness bottom neck edge middle centre center piece sort lot pair series rest "
            "bit average value rate total percentage past present outside inside front true "
            "wrong same other wife husband brother sister father mother son daughter aunt uncle "
            "niece nephew cousin parent gentleman gentlemen lady girl boy fellow friend person "
            "persons someone thumb finger arm head eye ear mouth nose breath voice sir madam "
            "way sense purpose manner example reason instance extent amount level line word "
            "name paragraph sentence chapter abroad multitude ground body end north south east "
            "west foot hip nation standard company business copy rule chance number account "
            "to-day to-night to-morrow show"
        ),
        "de": (
            "ihre ihren ihrem ihrer ihres ihnen euch euer eure mal dinge sache sachen jahr jahre "
            "jahren tag tage tagen zeit leute menschen uhr herr frau"
        ),
        "fr": (
            "même mêmes autre autres petit petite petits petites grand grande grands grandes "
            "premier première dernier dernière seul seule bon bonne fois chose choses jour jours "
            "plus moins temps gens tout toute toute tous toutes beau belle vieux vieille"
        ),
        "es": (
            "mismo misma mismos mismas otro otra otros otras gran grande primer primera primero "
            "último última vez veces cosa cosas día días todo toda todos todas bueno buena mejor "
            "gente tiempo cual que quien pequeño pequeña viejo vieja"
        ),
        "it": "stesso stessa altro altra altri altre volta volte cosa cose giorno",
        "pt": "mesmo mesma outro outra outros outras vez vezes coisa coisas dia",
        "nl": "zelfde andere ander keer dingen dag dagen",
    }
)
# Endings of words that are no nouns in most cases.
NO_NOUN_ENDINGS = {
    "en": ("ly", "ed", "ing"),
    "fr": ("ment", "aient", "èrent", "ait", "ez"),
    "es": ("mente", "aron", "ieron", "aba", "aban", "ando", "iendo"),
    "ru": (
        "ться", "тся", "лся", "лась", "лось", "лись", "ешь", "ишь", "ать", "ять", "еть", "ить",
        "ыть", "уть", "ует", "ают", "яют", "ает", "яет", "ый", "ая", "яя", "ое", "ые", "ого", "его",
        "ому", "ему", "ых", "ую", "юю", "ыми", "ими", "нно",
    ),
}  # fmt: skip
# Endings that are removed, the longest first, so that a word and its plural are one keyword.
ENDINGS = {
    "en": ("s",),
    "de": ("ern", "en", "er", "es", "em", "e", "n"),
    "fr": ("es", "s", "x", "e"),
    "es": ("es", "os", "as", "s", "o", "a", "e"),
    "it": ("o", "a", "e", "i"),
    "pt": ("os", "as", "es", "s", "o", "a", "e"),
    "nl": ("en", "es", "s", "e"),
    "ru": (
        "иями", "ями", "ами", "иях", "ием", "иям", "ях", "ах", "ией", "ью", "ою", "ею", "ем",
        "ём", "ой", "ей", "ёй", "ов", "ев", "ам", "ям", "ом", "ию", "ия", "ии", "ие", "ий", "ь",
        "й", "а", "я", "о", "е", "ы", "и", "у", "ю",
    ),
}  # fmt: skip
MIN_STEM = 3
IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "wives": "wife", "lives": "life", "knives": "knife",
    "leaves": "leaf", "shelves": "shelf", "wolves": "wolf", "halves": "half", "thieves": "thief",
    "potatoes": "potato", "tomatoes": "tomato", "heroes": "hero",
    "workmen": "workman", "policemen": "policeman",
}  # fmt: skip
UMLAUTS = str.maketrans("äöü", "aou")  # Haus and Häuser


def stem(word: str, language: str) -> str:
    """Return a key that a word and its plural or its cases have in common; it is not for reading.

    stem("diaries", "en") == stem("Diary", "en")
    """
    low = word.casefold()
    if language == "en":
        if low in IRREGULAR:
            return IRREGULAR[low]
        if low.endswith("ies") and len(low) > 4:
            return low[:-3] + "y"
        if low.endswith(("ches", "shes", "sses", "xes", "zes")):
            return low[:-2]
        if low.endswith(("ss", "us", "is")):
            return low
    if language == "es" and low.endswith("ces"):
        return low[:-3] + "z"
    if language == "fr" and low.endswith("aux") and not low.endswith("eaux"):
        return low[:-3] + "al"
    if language == "de":
        low = low.translate(UMLAUTS)
    for ending in ENDINGS.get(language, ("s",)):
        if low.endswith(ending) and len(low) - len(ending) >= MIN_STEM:
            return low[: -len(ending)]
    return low


def is_no_noun(word: str, language: str) -> bool:
    """Return True for a word with an ending of verbs, adjectives or adverbs."""
    return word.casefold().endswith(NO_NOUN_ENDINGS.get(language, ()))
