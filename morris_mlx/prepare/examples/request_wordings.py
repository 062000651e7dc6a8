"""Wordings of requests for a text: so many that the style is tied to none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """The wordings of each task in one language; `and_` joins two keywords."""

    headline: tuple[str, ...]
    topic: tuple[str, ...]
    opening: tuple[str, ...]
    continuation: tuple[str, ...]
    rewrite: tuple[str, ...]
    and_: str


ENGLISH = Wordings(
    headline=(
        "Write the column with the headline “{title}”.",
        "Headline: {title}",
        "Give me your piece called “{title}”.",
        "I need a column. The headline is “{title}”. Write it.",
        "“{title}” – write what goes under it.",
        "Today's column: {title}",
        "Please write an article under the title “{title}”.",
        "Title: {title}. Write the text.",
        "{title}",
        "What would you write under the headline “{title}”?",
        "The page has a gap and a headline, “{title}”. Fill it.",
        "Here is a title: “{title}”. The rest is yours.",
        "Write something called “{title}”.",
        "An article, please, entitled “{title}”.",
        "Your next text is called “{title}”. Let me read it.",
        "Suppose it says “{title}” at the top. What stands below?",
    ),
    topic=(
        "Write a column about {topic}. Angle: {angle}.",
        "What do you make of {topic}? Think of {angle}.",
        "Write about {topic}, with an eye on {angle}.",
        "A piece on {topic}, please; come at it from {angle}.",
        "Topic: {topic}. Angle: {angle}. Write the text.",
        "Give me your view of {topic} and of {angle}.",
        "Tell me about {topic}. Do not forget {angle}.",
        "Brief: {topic}. It should touch on {angle}.",
        "I would like to read you on {topic}, and on {angle} as well.",
        "Can you do something on {topic}? There should be {angle} in it.",
        "Notes for a text: {topic}; also {angle}. Turn them into one.",
        "Say what you think about {topic}. Bring in {angle}.",
        "The editor wants {topic}, with {angle} along the way.",
        "Think aloud about {topic} and where {angle} come in.",
        "Subject: {topic}\nKeep in mind: {angle}",
        "Start from {topic}, end up at {angle} or wherever you like.",
    ),
    opening=(
        "Continue this column:\n\n{opening}",
        "Here is the opening. Go on from it.\n\n{opening}",
        "{opening}\n\nWrite the rest.",
        "You began like this. Finish it.\n\n{opening}",
        "Go on:\n\n{opening}",
        "This is how it starts:\n\n{opening}\n\nHow does it go on?",
        "The first lines are there, the rest is not:\n\n{opening}",
        "Take it from here.\n\n{opening}",
        "{opening}\n\n… and then?",
        "Somebody left your text unfinished. Write on.\n\n{opening}",
        "Opening:\n\n{opening}\n\nNow the remainder, please.",
        "Pick up the thread after this:\n\n{opening}",
    ),
    continuation=(
        "Go on from here:\n\n{opening}",
        "Continue:\n\n{opening}",
        "What comes after this?\n\n{opening}",
        "Write the next part.\n\n{opening}",
        "So far, lastly:\n\n{opening}\n\nCarry on.",
        "{opening}\n\nKeep going.",
        "The text stands here now:\n\n{opening}\n\nWrite what follows.",
        "And further?\n\n{opening}",
    ),
    rewrite=(
        "Rewrite this in your own voice:\n\n{draft}",
        "Here is a plain draft. Make it yours.\n\n{draft}",
        "Say this the way you would:\n\n{draft}",
        "{draft}\n\nPut that in your own words.",
        "This is correct and dull. Write it as you write.\n\n{draft}",
        "Turn these facts into a passage of yours:\n\n{draft}",
        "How would you have put it?\n\n{draft}",
        "Draft:\n\n{draft}\n\nYour version, please.",
        "An intern wrote this. Write it again, your way:\n\n{draft}",
        "Keep what it says and change how it says it:\n\n{draft}",
        "Give this your tone:\n\n{draft}",
        "It should sound like you and does not yet:\n\n{draft}",
    ),
    and_="{} and {}",
)
RUSSIAN = Wordings(
    headline=(
        "Напиши колонку под заголовком «{title}».",
        "Заголовок: {title}",
        "Нужен твой текст с названием «{title}».",
        "«{title}» – напиши, что стоит под этим заголовком.",
        "Сегодняшняя колонка: {title}",
        "Пожалуйста, напиши статью «{title}».",
        "Название: {title}. Напиши текст.",
        "{title}",
        "Что бы ты написал под заголовком «{title}»?",
        "Есть заголовок – «{title}». Остальное за тобой.",
        "Твой следующий текст называется «{title}». Дай почитать.",
        "На полосе пусто, есть только заголовок «{title}». Заполни её.",
    ),
    topic=(
        "Напиши колонку на тему: {topic}. Ракурс: {angle}.",
        "Что ты думаешь на тему: {topic}? Вспомни и это: {angle}.",
        "Тема: {topic}. Ракурс: {angle}. Напиши текст.",
        "Нужен текст. Ключевые слова: {topic}; ещё {angle}.",
        "Расскажи вот о чём: {topic}. Не забудь: {angle}.",
        "Задание: {topic}. По пути затронь: {angle}.",
        "Заметки к тексту: {topic}; также {angle}. Сделай из них текст.",
        "Редактор просит: {topic}, и чтобы было про {angle}.",
        "Порассуждай. Предмет: {topic}. Держи в уме: {angle}.",
        "Хочу прочитать тебя на тему «{topic}», и чтобы там было: {angle}.",
    ),
    opening=(
        "Продолжи эту колонку:\n\n{opening}",
        "Вот начало. Пиши дальше.\n\n{opening}",
        "{opening}\n\nНапиши остальное.",
        "Ты начал так. Закончи.\n\n{opening}",
        "Дальше:\n\n{opening}",
        "Текст начинается так:\n\n{opening}\n\nКак он продолжается?",
        "Первые строки есть, остального нет:\n\n{opening}",
        "Подхвати отсюда.\n\n{opening}",
        "{opening}\n\n… а потом?",
        "Начало:\n\n{opening}\n\nТеперь продолжение, пожалуйста.",
    ),
    continuation=(
        "Продолжай отсюда:\n\n{opening}",
        "Дальше:\n\n{opening}",
        "Что идёт после этого?\n\n{opening}",
        "Напиши следующую часть.\n\n{opening}",
        "{opening}\n\nПиши дальше.",
        "Текст дошёл до этого места:\n\n{opening}\n\nЧто потом?",
    ),
    rewrite=(
        "Перепиши это своим голосом:\n\n{draft}",
        "Вот простой черновик. Сделай его своим.\n\n{draft}",
        "Скажи это так, как сказал бы ты:\n\n{draft}",
        "{draft}\n\nИзложи это по-своему.",
        "Всё верно, но скучно. Напиши, как пишешь ты.\n\n{draft}",
        "Сделай из этих фактов свой абзац:\n\n{draft}",
        "Как бы это звучало у тебя?\n\n{draft}",
        "Черновик:\n\n{draft}\n\nТеперь твой вариант.",
        "Смысл оставь, слог смени на свой:\n\n{draft}",
        "Это писал стажёр. Перепиши по-своему:\n\n{draft}",
    ),
    and_="{} и {}",
)


def wordings_for(language: str) -> Wordings:
    """Return the wordings in a language (ISO 639-1), in English if there are none."""
    return RUSSIAN if language == "ru" else ENGLISH
