"""Common words: a writer's favorite words are looked for among the others."""

from __future__ import annotations

_ENGLISH = """
a able about above across after again against ago all almost alone along already also although
always am among an and another any anybody anyone anything are around as ask asked at away back be
became because become been before began behind being below best better between big both bring but
by call called came can cannot case come could country course day days did didn’t different do does
doesn’t doing done don’t down during each early either else end enough even ever every everybody
everyone everything fact far few find first five for found four from full further gave get gets
getting give given gives go goes going gone good got great had half hand hands has hasn’t have
having he head held help her here herself high him himself his home hour hours house how however i
i’d i’ll i’m i’ve if in instead into is isn’t it its itself it’s just keep kept kind knew know
known knows large last later least leave left less let life like little long longer look looked lot
made make makes making man many matter may me mean means men might mind minutes moment money month
months more morning most much must my myself name near need never new next nice night no nobody
none nor not nothing now number of off often old on once one only open or order other others our
out over own part people per perhaps place point possible put quite rather read really reason right
room said same saw say saying says second see seem seemed seems seen set several shall she should
side since small so some somebody someone something soon still stop such sure take taken takes
taking tell ten than that that’s the their them themselves then there there’s these they thing
things think third this those though thought three through time times to today together told too
took toward towards tried try turn turned two under until up upon us use used very want wanted was
wasn’t way we week weeks well went were what when where whether which while who whole whom whose
why will with within without woman women word words work world would year years yes yet you young
your yourself you’re
"""
_RUSSIAN = """
а без более больше будет будто буду будут будь бы был была были было быть в вам вами вас ваш весь
во вообще вот время все всего всегда всей всем всему всех всю вся всё вы где говорит говорить год
года году да давно даже два две дело для день дня до должен должна должно должны другие других
другой друг его ее ей ему если есть ещё еще её ею же за здесь знает знаю и из или им иметь ими
иногда их к каждый как какая какие какой когда кого кое кому которая которого которой которую
которые который которых кто куда ли лет лишь лучше люди людей между меня мне много мной мог могла
могли могло могу может можно мой моя моё мы на над надо нам нами нас наш наша наше наши не него нее
ней нельзя нему неё ни нибудь никогда никто ним ними них ничего но ну нужно о об обо один одна одни
одно около он она они оно от очень перед по под пока после потом потому почему почти при про просто
раз разве с сам сама сами само самый самое самые свое своего своей свои своих свой свою себе себя
сегодня сейчас со совсем стал стала стало стать так такая также такие такого такое такой там те
тебе тебя тем теперь то тоже той только том того тогда тот три туда тут ты тысяч у уж уже ха хорошо
хоть хотя чего чего-то человек человека чем через что чтоб чтобы чуть эта эти этим этих это этого
этой этом этому этот эту я
"""
ENGLISH, RUSSIAN = frozenset(_ENGLISH.split()), frozenset(_RUSSIAN.split())
# In a language without a list, the most frequent words of the writer are taken for common ones.
UNLISTED_COMMON_WORDS = 100


def common_words(language: str) -> frozenset[str]:
    """Return the common words of a language (ISO 639-1), or none if there is no list."""
    return {"en": ENGLISH, "ru": RUSSIAN}.get(language, frozenset())
