"""Forty plain drafts with planted facts, and a faithful rewriting of each, in English and Russian.

In a draft, `[2:fourteen]` is the planted fact number 2. In its rewriting, `[2:14|15]` has the form
in which the fact is kept, and a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARK = re.compile(r"\[(\d):([^|\]]+)(?:\|([^\]]+))?\]")


@dataclass(frozen=True)
class PlantedDraft:
    """A draft and its rewriting, with marks."""

    language: str
    marked_draft: str
    marked_rewriting: str

    @property
    def draft(self) -> str:
        return MARK.sub(lambda m: m[2], self.marked_draft)

    @property
    def rewriting(self) -> str:
        return MARK.sub(lambda m: m[2], self.marked_rewriting)

    def planted(self) -> dict[str, str]:
        """Return the planted facts as the draft has them."""
        return {m[1]: m[2] for m in MARK.finditer(self.marked_draft)}

    def without(self) -> Iterator[tuple[str, str]]:
        """Yield each planted fact with the rewriting that loses it."""
        filler = "что-то" if self.language == "ru" else "something"
        for number, planted in self.planted().items():
            yield planted, self._with({number: filler})

    def changed(self) -> Iterator[tuple[str, str, str]]:
        """Yield each planted fact with its wrong form and the rewriting that has it."""
        wrong = {m[1]: m[3] for m in MARK.finditer(self.marked_rewriting)}
        for number, planted in self.planted().items():
            yield planted, wrong[number], self._with({number: wrong[number]})

    def _with(self, other: dict[str, str]) -> str:
        return MARK.sub(lambda m: other.get(m[1], m[2]), self.marked_rewriting)


# A sentence with an invented fact, and the fact.
INVENTED = {
    "en": (
        ("Gregor Platt watched it all from the gate.", "Gregor Platt"),
        ("Ulverston has seen worse.", "Ulverston"),
        ("It cost £45.", "£45"),
        ("That was on 9 August, of all days.", "9 August"),
        ("“Never again in this county,” said the clerk.", "“Never again in this county,”"),
        ("The rest is at www.example.com/fair for anyone who cares.", "www.example.com/fair"),
        ("Some 37 percent would do it again.", "37 percent"),
        ("It was over by 6:40 pm.", "6:40 pm"),
        ("Seventeen geese looked on.", "Seventeen"),
        ("Complaints go to fair@example.net as usual.", "fair@example.net"),
    ),
    "ru": (
        ("Всё это видел от ворот Григорий Плотников.", "Григорий Плотников"),
        ("Кинешма и не такое видала.", "Кинешма"),
        ("Обошлось это в 450 рублей.", "450 рублей"),
        ("Было это, как нарочно, 9 августа.", "9 августа"),
        ("«Больше никогда и ни за что», – сказал писарь.", "«Больше никогда и ни за что»"),
        ("Остальное есть на www.example.com/yarmarka для любопытных.", "www.example.com/yarmarka"),
        ("Не пожалели об этом 37 процентов.", "37 процентов"),
        ("Кончилось всё к 18:40.", "18:40"),
        ("Семнадцать гусей смотрели молча.", "Семнадцать"),
        ("Жалобы, как водится, шлют на yarmarka@example.net.", "yarmarka@example.net"),
    ),
}

_ENGLISH = (
    (
        "On [1:3 June 1988] [2:Hilda Marsh] sold [3:fourteen] barrels of cider to the hotel. "
        "The hotel paid [4:£210] for them.",
        "It was [1:June 3, 1988|June 4, 1988], if you please, and [2:Hilda Marsh|Hilda Marshall] had "
        "talked the hotel into [3:14|40] barrels of her cider, for which it parted with "
        "[4:£210|£120].",
    ),
    (
        "The library opens at [1:9:30 am] on [2:Mondays]. The fine for a late book is "
        "[3:20 pence] per day.",
        "Come [2:Monday|Tuesday], then, and not before [1:half past nine|half past eight]; a book that "
        "is late costs you [3:20p|25p] a day, and the look you get for it is free.",
    ),
    (
        "[1:Tobias Fenn] walked [2:26 miles] from [3:Harrogate] in [4:seven hours].",
        "[4:Seven hours|Six hours] it took him, and all of [2:26 miles|62 miles]: out of "
        "[3:Harrogate|Harlow] on foot went [1:Tobias Fenn|Tobias Finn], who owns a bicycle.",
    ),
    (
        "The mayor said: [1:“The bridge will be finished before the snow.”] The work began in "
        "[2:March 2019] and has cost [3:$3.5 million].",
        "They started in [2:March 2019|March 2018], they have got through [3:$3.5 million|$35 million], "
        "and still the mayor says [1:“The bridge will be finished before the snow”|“The bridge will be "
        "finished after the snow”]; he did not say which snow.",
    ),
    (
        "According to [1:https://example.org/survey], [2:62 percent] of the tenants want the "
        "laundry back. [3:Mrs Okonkwo] collected the answers.",
        "[2:62 %|26 %] of us want our laundry back, and it was [3:Mrs Okonkwo|Mrs Okoro] who went from "
        "door to door to learn it; the figures stand at [1:example.org/survey|example.org/poll], should "
        "the landlord ever learn to read.",
    ),
    (
        "The choir has [1:31] members. In [2:1994] it had [3:twelve]. [4:Father Dominic] leads it.",
        "We were [3:twelve|eleven] in [2:1994|1949] and we are [1:thirty-one|thirty] now, and still "
        "[4:Father Dominic|Father Benedict] waits with his arms in the air for the altos.",
    ),
    (
        "The train to [1:Carlisle] left at [2:17:45]. It was [3:52 minutes] late.",
        "The [1:Carlisle|Lancaster] train, which I had given up for dead, went at "
        "[2:5.45 pm|4.45 pm]: a mere [3:52 minutes|25 minutes] behind the promise.",
    ),
    (
        "Please send the form to [1:office@example.com] by [2:12 October]. The fee is [3:€15].",
        "[3:15 euros|50 euros], one form, [1:office@example.com|post@example.com], and all of it before "
        "[2:October 12|October 21] is out. One would think we were buying the school.",
    ),
    (
        "The farm has [1:340 acres] and [2:1,200] sheep. The farmer, [3:Edwin Tarrant], is "
        "[4:71] years old.",
        "[2:1200|2100] sheep on [1:340 acres|430 acres], and one man of [4:71 years|77 years] to count "
        "them: [3:Edwin Tarrant|Edwin Tarrow] says that this is why he sleeps so well.",
    ),
    (
        "The book [1:“A Short History of Fog”] was printed in [2:500] copies. [3:Nine] were sold.",
        "[3:Nine|Ten] people own [1:“A Short History of Fog”|“A Short History of Frost”]. It was printed "
        "[2:500|5,000] times, so there is hope for the rest of you.",
    ),
    (
        "[1:Ruth Abernathy] told the council: [2:“We have asked for this lamp since the spring.”] "
        "The council meets again on [3:8 May].",
        "[2:“We have asked for this lamp,”|“We have prayed for this lamp,”] said [1:Ruth Abernathy|Ruth "
        "Abercrombie], “since the spring.” The council will consider the dark again "
        "on [3:May 8|May 18].",
    ),
    (
        "The soup needs [1:2 kg] of potatoes, [2:half a litre] of cream and [3:45 minutes]. "
        "It serves [4:8] people.",
        "For [4:eight|six] at table: [1:two kilos|three kilos] of potatoes, [2:half a litre|half a "
        "pint] of cream, and [3:45 minutes|54 minutes] in which nobody may come into the kitchen.",
    ),
    (
        "The exhibition at the [1:Whitlock Gallery] runs until [2:30 November]. [3:Priya Raman] "
        "painted [4:23] of the pictures.",
        "[4:Twenty-three|Twenty-two] of the pictures are by [3:Priya Raman|Priya Rahman]; the others are "
        "merely there. You have until [2:November 30|November 13] to see them at the [1:Whitlock "
        "Gallery|Whitmore Gallery].",
    ),
    (
        "Flight [1:BA284] was cancelled. [2:180] passengers slept in [3:Reykjavik]. The airline "
        "gave each of them a voucher for [4:$40].",
        "[2:A hundred and eighty|A hundred and eighteen] of us lay down in [3:Reykjavik|Oslo] because "
        "[1:BA284|BA248] would not get up, and every one was handed [4:forty dollars|fourteen dollars] "
        "in the form of paper.",
    ),
    (
        "The pond froze on [1:Tuesday]. The ice was [2:11 cm] thick. [3:Kevin] fell in anyway.",
        "Eleven is not the number I would have chosen, but [2:11 centimetres|12 centimetres] of ice we "
        "had by [1:Tuesday|Thursday], and through it, as he goes through everything, went "
        "[3:Kevin|Colin].",
    ),
    (
        "In [1:the 1970s] the village had [2:three] shops and the [3:Railway Arms]. The pub closed "
        "in [4:2003].",
        "[2:Three|Four] shops there were in [1:the 1970s|the 1960s], and the [3:Railway Arms|Station "
        "Arms] to recover in; that went in [4:2003|2013], and I have not been well since.",
    ),
    (
        "The lottery paid [1:1.2 million pounds] to [2:Agnes Pickering]. She bought a kettle for "
        "[3:£18.50].",
        "[2:Agnes Pickering|Agnes Pickford], into whose lap the lottery had dropped [1:£1.2m|£2.1m], "
        "went out the same day and laid down [3:£18.50|£18.90] for a kettle.",
    ),
    (
        "The court met at [1:noon]. Judge [2:Halloran] read the sentence: [3:“Nobody owns a "
        "hedge.”] The case had lasted [4:6 years].",
        "[4:Six years|Eight years] of it, and at [1:midday|midnight] precisely [2:Halloran|Hannigan] "
        "put on his spectacles and told us: [3:“Nobody owns a hedge.”|“Everybody owns a hedge.”]",
    ),
    (
        "The parcel weighs [1:4.5 kg] and must reach [2:Bruges] before [3:2024-03-05].",
        "It is [2:Bruges|Ghent] or nothing, and it is [3:5 March 2024|6 March 2024] at the latest, with "
        "[1:4.5 kilos|5.4 kilos] of other people's crockery.",
    ),
    (
        "[1:Desmond] and [2:Ivy] have been married for [3:fifty-two] years. They met at the "
        "[4:21st] annual flower show.",
        "It was over the dahlias of the [4:twenty-first|twentieth] flower show that [2:Ivy|Iris] first "
        "told [1:Desmond|Dennis] to mind his feet, and in [3:52|51] years he has not been let off.",
    ),
)

_RUSSIAN = (
    (
        "[1:3 июня 1988 года] [2:Анна Лебедева] продала столовой [3:четырнадцать] вёдер вишни за "
        "[4:2100 рублей].",
        "Случилось это [1:третьего июня 1988 года|третьего июля 1988 года]: [3:14|40] вёдер вишни ушло "
        "в столовую, [4:2100 руб.|1200 руб.] пришло обратно, и [2:Анне Лебедевой|Алле Лебедевой] ещё "
        "помогли донести пустую тару.",
    ),
    (
        "Библиотека открывается в [1:9:30] по [2:понедельникам]. Штраф за книгу – [3:5 рублей] в день.",
        "Если вам нужна книга, дождитесь [2:понедельника|вторника] и [1:9.30 утра|8.30 утра]; вернуть "
        "забудете – с вас [3:пять рублей|шесть рублей] за каждый день забывчивости.",
    ),
    (
        "[1:Тимофей Громов] прошёл [2:26 километров] от [3:Калуги] за [4:семь часов].",
        "Пешком, из [3:Калуги|Тулы], все [2:26 км|62 км], и на это у него, [1:Тимофея "
        "Громова|Тимофея Егорова], ушло [4:семь часов|шесть часов] и одни ботинки.",
    ),
    (
        "Мэр сказал: [1:«Мост достроят до снега»]. Работы начались в [2:марте 2019 года] и стоили "
        "[3:3,5 млн рублей].",
        "Начали, стало быть, в [2:марте 2019-го|апреле 2019-го], потратили [3:3,5 миллиона "
        "рублей|35 миллионов рублей], а мэр всё своё: [1:«Мост достроят до снега»|«Мост достроят после "
        "снега»]. До какого – не уточнил.",
    ),
    (
        "По данным [1:https://example.org/opros], [2:62 процента] жильцов хотят вернуть прачечную. "
        "Ответы собирала [3:Нина Ким].",
        "[2:62 %|26 %] из нас хотят стирать по-человечески – это не я придумал, это [3:Нина "
        "Ким|Инна Ким] обошла все двери, а цифры лежат на [1:example.org/opros|example.org/spros].",
    ),
    (
        "В хоре [1:31] человек. В [2:1994] году было [3:двенадцать]. Руководит хором [4:Доминик "
        "Орлов].",
        "Было нас [3:двенадцать|одиннадцать] в [2:1994-м|1949-м], стал [1:тридцать один|тридцать] "
        "человек, а [4:Доминик Орлов|Доминик Соколов] всё так же стоит с поднятыми руками и ждёт альтов.",
    ),
    (
        "Поезд на [1:Вологду] ушёл в [2:17:45]. Он опоздал на [3:52 минуты].",
        "Ушёл он всё-таки, поезд до [1:Вологды|Костромы], хоть я и не верил; и было на часах "
        "[2:17.45|16.45], то есть [3:52 минуты|25 минут] сверх обещанного.",
    ),
    (
        "Анкету нужно прислать на [1:office@example.com] до [2:12 октября]. Взнос – [3:15 евро].",
        "С вас [3:15 €|50 €] и анкета, и чтобы до [2:12-го октября|21-го октября] всё это было на "
        "[1:office@example.com|post@example.com], – будто мы школу покупаем.",
    ),
    (
        "На ферме [1:340 гектаров] земли и [2:1200] овец. Фермеру [3:Егору Тарасову] [4:71 год].",
        "[2:1 200|2 100] овец, [1:340 га|430 га], а человек на всё про всё один: [3:Егор "
        "Тарасов|Егор Тимофеев] считает их на ночь и в свои [4:71 год|77 лет] засыпает первым.",
    ),
    (
        "Книга [1:«Краткая история тумана»] вышла тиражом [2:500] экземпляров. Продано [3:девять].",
        "[3:Девять|Десять] человек уже знают, чем кончается [1:«Краткая история тумана»|«Краткая история "
        "мороза»]; напечатали её [2:500|5000] раз, так что надежда у прочих есть.",
    ),
    (
        "[1:Руфина Абрамова] заявила совету: [2:«Мы просим этот фонарь с весны»]. Совет соберётся "
        "[3:8 мая].",
        "[2:«Мы просим этот фонарь|«Мы ждём этот фонарь]», – сказала [1:Руфина Абрамова|Руфина "
        "Адамова], – «с весны». О темноте совет подумает снова [3:восьмого мая|"
        "восемнадцатого мая].",
    ),
    (
        "Для супа нужно [1:2 кг] картошки, [2:300 мл] сливок и [3:45 минут]. Хватит на [4:восемь] "
        "человек.",
        "На [4:8|6] душ: картошки [1:два кило|три кило], сливок [2:300 миллилитров|30 миллилитров], и "
        "ещё [3:45 минут|54 минуты], чтобы на кухню никто не входил.",
    ),
    (
        "Выставка в галерее [1:Белогорова] открыта до [2:30 ноября]. [3:Прасковья Раева] написала "
        "[4:23] картины.",
        "До [2:тридцатого ноября|тринадцатого ноября] ещё можно зайти к [1:Белогорову|Белозёрову] и "
        "посмотреть [4:двадцать три|двадцать две] картины, за которые спасибо [3:Прасковье "
        "Раевой|Прасковье Рогожиной]; остальные там просто висят.",
    ),
    (
        "Рейс [1:SU284] отменили. [2:180] пассажиров ночевали в [3:Казани]. Каждому дали талон на "
        "[4:400 рублей].",
        "В [3:Казани|Самаре] и заночевали, все [2:сто восемьдесят|сто восемнадцать], потому что "
        "[1:SU284|SU248] лететь раздумал; утешали нас бумажкой ценою в [4:четыреста рублей|четыре рубля].",
    ),
    (
        "Пруд замёрз во [1:вторник]. Толщина льда – [2:11 см]. [3:Костя] всё равно провалился.",
        "Лёд встал ко [1:вторнику|четвергу], и неплохой, [2:11 сантиметров|12 сантиметров]. Провалиться "
        "под такой сумел бы один человек на свете, и [3:Костя|Коля] его не подвёл.",
    ),
    (
        "В [1:1970-х] годах в селе было [2:три] магазина и столовая [3:«Паровоз»]. Её закрыли в "
        "[4:2003] году.",
        "[2:Три|Четыре] магазина стояло у нас в [1:1970-е|1960-е], и ещё [3:«Паровоз»|«Тепловоз»], где от "
        "них отдыхали; закрыли его в [4:2003-м|2013-м], и с тех пор мне нездоровится.",
    ),
    (
        "Лотерея выплатила [1:1,2 миллиона рублей] [2:Агнии Пирожковой]. Она купила чайник за "
        "[3:1850 рублей].",
        "[2:Агния Пирожкова|Агния Пирогова], на которую свалилось [1:1,2 млн рублей|2,1 млн рублей], в "
        "тот же день пошла и выложила [3:1850 руб.|1580 руб.] – за чайник.",
    ),
    (
        "Суд собрался в [1:полдень]. Судья [2:Галкин] прочёл: [3:«Забор ничей»]. Дело тянулось "
        "[4:6 лет].",
        "[4:Шесть лет|Восемь лет] тянулось, и ровно в [1:полдень|полночь] [2:Галкин|Палкин] надел очки и "
        "прочёл: [3:«Забор ничей»|«Забор общий»].",
    ),
    (
        "Посылка весит [1:4,5 кг]. Она должна прийти в [2:Тверь] до [3:05.03.2024].",
        "И вот эти [1:4,5 килограмма|5,4 килограмма] чужой посуды обязаны быть в [2:Твери|Рязани] до "
        "[3:5 марта 2024 года|6 марта 2024 года], хоть тресни.",
    ),
    (
        "[1:Денис] и [2:Ида] женаты [3:пятьдесят два] года. Они познакомились на [4:21-й] выставке "
        "цветов.",
        "У георгинов, на [4:двадцать первой|двадцатой] выставке, [2:Ида|Инна] велела ему смотреть под "
        "ноги, и все [3:52|51] года [1:Денис|Данила] смотрит.",
    ),
)

DRAFTS = tuple(
    PlantedDraft(language, draft, rewriting)
    for language, pairs in (("en", _ENGLISH), ("ru", _RUSSIAN))
    for draft, rewriting in pairs
)


def names_item(facts, item: str) -> bool:
    """Return True if one of the facts is an item or a part of it, or has it as a part."""
    texts = [fact.text.lower() for fact in facts]
    return any(text in item.lower() or item.lower() in text for text in texts)


def gone(changes):
    """Return the facts of the draft that a comparison names."""
    return [*changes.lost, *changes.perhaps_lost, *(pair.before for pair in changes.changed)]


def new(changes):
    """Return the facts of the rewriting that a comparison names."""
    return [*changes.added, *changes.perhaps_added, *(pair.after for pair in changes.changed)]
