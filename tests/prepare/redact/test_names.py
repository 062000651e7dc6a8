"""The recognizer of names, and the stand-ins for them."""

import random

import pytest
from first_author.people import known_people

from morris_mlx.prepare.redact import stand_ins
from morris_mlx.prepare.redact.redactor import Redactor, redact_corpus
from morris_mlx.records.corpus import Document
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.pii import Person

SASHA = Person(("Саша Петрова", "Саня"))


PEOPLE = (SASHA, Person(("Игорь Ковальский",)), Person(("Mary Fletcher",)))


def redacted(text: str, people=PEOPLE) -> str:
    return Redactor(people, ("RU", "US", "GB")).redact_message(text)


def test_a_stand_in_has_the_case_and_capitals_of_the_name():
    first = redacted("Саша пришла").split()[0]
    stem = first[:-1]
    assert first != "Саша"
    for form, ending in (("Саши", "иы"), ("Саше", "е"), ("Сашу", "ую"), ("Сашей", "йю")):
        shown = redacted(f"это {form} тут").split()[1]
        assert shown.startswith(stem[:-1]) and shown[-1] in ending, (form, shown)
    assert redacted("САША пришла").split()[0] == first.upper()
    assert redacted("саша пришла").split()[0] == first.lower()


def test_a_person_always_has_the_same_stand_in():
    one = redacted("спроси у Петровой")
    assert one == redacted("спроси у Петровой", PEOPLE[::-1]) != "спроси у Петровой"
    assert redacted("Саша Петрова").split()[1][:-1] == one.split()[-1][:-2]
    assert redacted("Саша").split()[0] != redacted("Саня").split()[0] != "Саня"


def test_a_stand_in_is_never_a_known_name():
    people = [
        Person((f"{p.given.split()[0]} {p.surname.split()[0]}",))
        for p in known_people(random.Random(2))
    ]
    theirs = {fold_lowercase(word) for p in people for n in p.names for word in n.split()}
    out = {fold_lowercase(w) for p in people for n in p.names for w in redacted(n, people).split()}
    assert not theirs & out


def test_new_people_hardly_change_the_stand_ins_of_others():
    words = (
        "Тигран",
        "Зоя",
        "Олег",
        "Инесса",
        "Savanna",
        "Юрий",
        "Клавдия",
        "Бруно",
        "Пётр",
        "Ада",
    )
    people = [Person((f"{word} Петрова",)) for word in words]
    few = [redacted(word, people[:7]).split()[0] for word in words[:7]]
    many = [redacted(word, people).split()[0] for word in words[:7]]
    assert sum(a == b for a, b in zip(few, many, strict=True)) >= 6, (few, many)
    assert len(set(many)) == 7


def test_a_stand_in_has_the_gender_of_the_name():
    assert redacted("Mary Fletcher").split()[0] in stand_ins.LATIN_WOMEN.split()
    assert redacted("Игорь Ковальский").split()[0] in stand_ins.MEN.split()


@pytest.mark.parametrize(
    "text",
    [
        "вера в людей помогает",
        "моя любовь к морю",
        "Will you come?",
        "will he come?",
        "Вера в себя важнее всего",
        "включи свет",
        "a mark on the wall",
        "22:05 Will anyone come?",
        "[08:10] Will it rain?",
        "TOM: Will you bring the rope?",
    ],
)
def test_ordinary_words_are_not_taken_for_names(text):
    people = [Person(("Вера Ланская",)), Person(("Любовь Шток",)), Person(("Will Harcastle",))]
    people += [Person(("Света Ланская",)), Person(("Mark Brown",))]
    assert redacted(text, people) == text


@pytest.mark.parametrize(
    "text", ["вера ланская", "позвони Вере", "Вера сказала да", "Will said no", "привет, вера"]
)
def test_a_name_that_is_an_ordinary_word_is_found_by_its_context(text):
    people = [Person(("Вера Ланская",)), Person(("Will Harcastle",))]
    assert fold_lowercase(text.split()[0]) not in fold_lowercase(
        redacted(text, people)
    ).split() or text.startswith(("позвони", "привет"))
    assert redacted(text, people) != text


def test_a_name_is_found_after_a_time_or_a_colon_where_a_person_is_meant():
    for text in ("22:05 Will said no", "Present: Will and Tom", "Note: ask Will"):
        assert "Will" not in redacted(text, [Person(("Will Harcastle",))]), text


def test_contacts_that_are_not_names_redact_nothing():
    people = [Person(("Мама",)), Person(("Саша работа",)), Person(("Такси 24",)), Person(("Кот",))]
    assert (
        redacted("мама на работе, такси ждёт, кот спит", people)
        == "мама на работе, такси ждёт, кот спит"
    )


# --- contacts of several languages ----------------------------------------------------------------
def redact_corpus_of(contacts, texts) -> list[str]:
    people = [Person((contact,)) for contact in contacts]
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    return [document.text for document in redact_corpus(documents, (), people).documents]


ORDINARY_TEXTS = {
    "de": (
        ("Ursula von der Aue", "Jan van der Berg", "Peter Koch", "Hans König", "Sabine Wolf"),
        (
            "Ich komme von der Arbeit.",
            "Der Hund lief von der Brücke bis an den Rand der Wiese.",
            "Der Koch kam nicht, und der König der Möwen wartete auf den Koch der Kantine.",
            "Der Berg war klein, und der Wolf war es auch.",
            "Am Berg ist es schön, zum Koch geht keiner.",
        ),
    ),
    "nl": (
        ("Jan van den Berg", "Piet de Boer", "Thijs Bakker"),
        ("Op den duur is de boer moe van het werk.", "De bakker bakt het brood van de dag."),
    ),
    "fr": (
        ("Paul Le Petit", "Anne de La Tour", "Rose Blanc"),
        (
            "Le petit chien de la voisine a mangé le pain.",
            "La tour de l’église sonnait, et la rose est blanche.",
            "Un petit café, et puis un tour au marché.",
            "Le Petit Prince est un livre.",
        ),
    ),
    "es": (
        ("María de los Santos", "Pedro del Pueblo", "Ana Rey", "Luz Calle"),
        (
            "Los vecinos del pueblo hablan de los santos.",
            "El rey ha muerto, y la luz de la calle no llega.",
        ),
    ),
    "it": (
        ("Marco La Porta", "Gianni di Casa", "Chiara Monti", "Mia Rossi"),
        (
            "La porta di casa era chiusa.",
            "I monti sono alti, e la luce è chiara.",
            "Mia madre ha una casa con la porta rossa.",
        ),
    ),
    "pl": (("Magda Mała", "Jan Król"), ("To jest mała książka, a król jest w zamku.",)),
    "tr": (("Deniz Yıldız", "Umut Can"), ("Bugün deniz mavi, ve bu bir umut.",)),
    "en": (
        ("White Van Man", "London Flat", "Best Man", "Guy From The Gym", "Will Young", "Rose Hill"),
        (
            "A white van, and the guy from the gym came by.",
            "The London Flat is let, and he is the best man for it.",
            "Will young people come?",
            "My dear young lady, the rose hill is steep.",
        ),
    ),
}


@pytest.mark.parametrize("language", list(ORDINARY_TEXTS))
def test_ordinary_words_of_contacts_are_kept_in_each_language(language):
    contacts, texts = ORDINARY_TEXTS[language]
    assert redact_corpus_of(contacts, texts) == list(texts)


@pytest.mark.parametrize("language", list(ORDINARY_TEXTS))
def test_full_names_are_found_in_each_language_beside_their_words_in_use(language):
    contacts, texts = ORDINARY_TEXTS[language]
    names = [name for name in contacts if language != "en" or name in ("Will Young", "Rose Hill")]
    mentions = [f"{name} — {name}." for name in names]
    for name, made in zip(
        names, redact_corpus_of(contacts, [*texts, *mentions])[len(texts) :], strict=True
    ):
        capitals = [word for word in name.split() if word[0].isupper()]
        assert not set(capitals) & set(made.replace(".", "").split()), made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Frau von der Aue kommt.", "Frau [name] kommt."),
        ("Ursula von der Aue kommt.", "[name] [name] kommt."),
        ("Das ist von der Aue.", "Das ist von der [name]."),
        ("Peter Koch kam mit Hans König.", "[name] [name] kam mit [name] [name]."),
        ("peter koch ruft an", "[name] [name] ruft an"),
        ("Koch sagte nichts.", "[name] sagte nichts."),
        ("P. Koch war hier.", "P. [name] war hier."),
        ("Peters Auto steht da.", "[name] Auto steht da."),
        ("Der Koch sagte nichts.", "Der Koch sagte nichts."),
    ],
)
def test_a_word_is_a_name_where_a_person_is_meant(text, made):
    contacts = ("Ursula von der Aue", "Peter Koch", "Hans König")
    prose = "Der Koch kam nicht, und der König der Möwen wartete auf den Koch von der Kantine."
    assert redact_corpus_of(contacts, [prose, text]) == [prose, made]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("It is not today.", "It is not today."),
        (
            "Today is Tuesday, and good coffee is black.",
            "Today is Tuesday, and good coffee is black.",
        ),
        ("I asked Not Today about it.", "I asked [name] about it."),
        ("Hi Black Coffee, are you up?", "Hi [name], are you up?"),
        ("the Black Coffee was cold", "the Black Coffee was cold"),
    ],
)
def test_a_nickname_of_ordinary_words_is_replaced_only_as_a_whole(text, made):
    contacts = ("Not Today", "Black Coffee", "Every Other Tuesday")
    assert redact_corpus_of(contacts, [text]) == [made]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We drove to Paris.", False),
        ("I told Paris about it.", True),
        ("The Paris of our youth is gone.", False),
        ("We flew from Austin to Georgia.", False),
        ("Austin gave it to Georgia.", True),
        ("April showers bring May flowers.", False),
        ("Summer came early that year.", False),
        ("Summer said yes.", True),
        ("Rich people pay the bill.", False),
        ("Bill said no to Rich.", True),
        ("Роман он не дочитал.", False),
        ("Роман пришёл вчера.", True),
        ("Надежда умирает последней.", False),
        ("Надежда сказала да.", True),
        ("Купил молоко, и рыжая лиса его выпила.", False),
    ],
)
def test_names_that_are_places_seasons_or_words_need_a_person(text, found):
    people = (
        "Paris Hart",
        "Austin",
        "Georgia Vex",
        "April",
        "May",
        "Summer Jones",
        "Rich",
        "Bill",
        "Роман",
        "Надежда",
        "Саша Молоко",
    )
    made = redact_corpus_of((*people, "Рыжая Лиса"), [text])
    assert (made != [text]) is found, made


@pytest.mark.parametrize(
    "text", ["I saw Zoe.", "zoe said hi", "with jean-luc", "Frau Mueller", "Herr Muller", "Nunez"]
)
def test_names_are_found_without_their_accents_and_in_lower_case(text):
    contacts = ("Zoë", "Jean-Luc", "Zoë Müller", "André Núñez")
    assert "[name]" in redact_corpus_of(contacts, [text])[0]


def test_names_in_scripts_without_spaces_are_found_inside_sentences():
    contacts = ("王小明", "老师", "田中 花子", "สมชาย")
    texts = ("我和王小明去了学校。", "老师说不。", "昨日、田中花子に会った。", "เมื่อวานสมชายมาที่นี่")
    made = redact_corpus_of(contacts, texts)
    assert made == [
        "我和[name]去了学校。",
        "老师说不。",
        "昨日、[name][name]に会った。",
        "เมื่อวาน[name]มาที่นี่",
    ]


def test_particles_are_kept_with_the_name_that_has_them():
    contacts = ("Luca De Luca", "Ольга Ко", "Van Nguyen", "Grace Church")
    texts = (
        "Luca De Luca scrive.",
        "без Ольги Ко никак",
        "Van Nguyen called.",
        "Grace Church said so.",
    )
    made = redact_corpus_of(contacts, texts)
    assert made == [
        "[name] [name] scrive.",
        "без [name] никак",
        "[name] called.",
        "[name] said so.",
    ]


def test_a_word_with_more_accents_is_no_name_in_lower_case():
    text = "Il est marié, et sa grâce est connue de tous."
    assert redact_corpus_of(("Marie Dupont", "Grace Adeyemi"), [text]) == [text]


def test_words_that_the_user_excludes_are_names_only_inside_full_names():
    people = [Person(("Tilda Quorn",)), Person(("Marlow Vex",))]
    texts = ("Quorn is food, Marlow Vex is a brand.", "Tilda Quorn and Marlow came.")
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    made = redact_corpus(documents, (), people, ["quorn", "Marlow Vex"]).documents
    assert made[0].text == texts[0]
    assert made[1].text == "[name] [name] and Marlow came."


GERMAN_TEXTS = (
    "Heute haben wir mit den Kindern im Garten gespielt und danach bei uns zu Hause gegessen.",
    "Der Koch hat frei, und die Bauern warten auf den Sommer, der noch lange nicht da ist.",
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Wir sind bei Kochs eingeladen.", "bei Kochs"),
        ("Ich glaube, die Kochs sind in Rom.", "die Kochs"),
        ("Kochs haben zwei Hunde.", "Kochs haben"),
        ("Familie Yildirim zieht aus.", "Yildirim"),
        ("Frau al-Hashimi war auch da.", "al-Hashimi"),
        ("Herr Koch hat mir das gesagt.", "Herr Koch"),
        ("Bei Ernst brennt noch Licht.", "Ernst"),
    ],
)
def test_families_and_people_with_titles_are_found_in_german(text, kept):
    contacts = ["Vermieter Herr Koch", "Ayşe Yıldırım", "Omar al-Hashimi", "Ernst Lustig"]
    out = redact_corpus_of(contacts, [*GERMAN_TEXTS, text])
    assert kept not in out[-1], out[-1]


@pytest.mark.parametrize(
    "text",
    [
        "Am 17. Mai 1985 war es kalt.",
        "Herr Ober, zahlen!",
        "Der Koch hat heute frei.",
        "Ein guter Koch weiß, wann er den Topf in Ruhe lässt.",
        "Unser lieber alter Koch sagt immer, das Salz kommt zuletzt.",
        "Das sage ich in vollem Ernst.",
        "Ist das dein Ernst?",
    ],
)
def test_months_titles_and_nouns_are_kept_in_german(text):
    contacts = ["Vermieter Herr Koch", "Mai Nguyen", "Ernst Lustig"]
    assert redact_corpus_of(contacts, [*GERMAN_TEXTS, text])[-1] == text


def test_families_and_contacts_with_titles_are_found_in_spanish():
    texts = [
        "Hoy hemos ido al campo con los niños y después hemos comido en la casa de la abuela.",
        "Las iglesias del pueblo estaban cerradas, y la pared blanca no se veía desde la calle.",
        "Ayer estuvimos con los Vaca, y los reyes magos no vinieron.",
        "Me lo dijo Blanca Iglesias.",
    ]
    contacts = ["Andrés Vaca", "Dra. Blanca Iglesias", "Fernanda Reyes"]
    out = redact_corpus_of(contacts, texts)
    assert out[:2] == texts[:2]
    assert "Vaca" not in out[2] and "los reyes magos" in out[2]
    assert "Blanca" not in out[3] and "Iglesias" not in out[3]


@pytest.mark.parametrize(
    ("contacts", "text", "made"),
    [
        (("Rosa di Casa",), "La rosa di casa nostra è bella.", None),
        (("Rosa Branca",), "Eu vi a rosa branca no campo.", None),
        (("Aurore Dumas",), "La pierre du mur est froide à l’aurore.", None),
        (("Heinz zum Stein",), "Zum Stein am Ufer ist es weit, der Stein ist groß.", None),
        (("All Of Us", "Just Me"), "All of us went. Just me, and all of us.", None),
        (("Hope Little",), "The little bill was paid. Little did we know.", None),
        (("Мир Вам",), "Мир вам, сказал он.", None),
        (("All Of Us",), "I asked All Of Us about it.", "I asked [name] about it."),
        (("Rosa del Mar",), "Rosa del Mar y el mar de la rosa.", "[name] y el mar de la rosa."),
        (("Franco Bello",), "Franco Bello è stato franco.", "[name] è stato franco."),
    ],
)
def test_words_of_contacts_are_told_from_the_contacts(contacts, text, made):
    prose = "Il bello della casa è il monte, e la valle è lontana da qui."
    languages = {"F": [prose], "Z": ["Der Hund lief von der Brücke, und die Katze auch."]}
    texts = [*languages.get(text[0], []), text]
    assert redact_corpus_of(contacts, texts)[-1] == (made or text)
