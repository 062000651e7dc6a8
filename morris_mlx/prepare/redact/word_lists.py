"""Word lists of the name recognizer: given names, names that are words, words beside names.

The longer lists are files in words/, one language a line; the lists of English and Russian names
and of the words beside names are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from morris_mlx.text.folding import fold_lowercase, without_accents

FOLDER = Path(__file__).parent / "words"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _read(name: str) -> dict[str, frozenset[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {code: _words(fold_lowercase(words)) for code, _, words in rows}


@cache
def function_words() -> Mapping[str, frozenset[str]]:
    """Return the function words of each language, by ISO 639 code."""
    return _read("function_words.txt")


@cache
def languages_of_word() -> Mapping[str, tuple[str, ...]]:
    """Return the languages in which a word is a function word, by word."""
    found: dict[str, list[str]] = {}
    for code, words in function_words().items():
        for word in words:
            found.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in found.items()}


@cache
def ordinary_words() -> Mapping[str, frozenset[str]]:
    """Return, by language, ordinary words that are also names or words of nicknames.

    They are also there without accents, as people type them.
    """
    lists = _read("ordinary_words.txt")
    return {code: words | {without_accents(w) for w in words} for code, words in lists.items()}


@cache
def determiners() -> Mapping[str, frozenset[str]]:
    """Return articles by language, and by keys such as "en-own" and "de-given" special ones."""
    return _read("determiners.txt")


@cache
def person_signs() -> Mapping[str, frozenset[str]]:
    """Return words that occur beside a person, by the keys in the file, such as "de-with"."""
    return _read("person_signs.txt")


@cache
def _given_names() -> Mapping[str, frozenset[str]]:
    rows = _read("given_names.txt")
    return {key: names | {without_accents(n) for n in names} for key, names in rows.items()}


def given_names() -> frozenset[str]:
    """Return all listed given names."""
    return MALE.union(FEMALE, *_given_names().values())


def is_given_name(low: str) -> bool:
    """Return True for a listed given name; each part of one with a hyphen must be listed."""
    parts = [part for part in low.split("-") if part]
    return bool(parts) and all(_is_listed(part) for part in parts)


def _is_listed(low: str) -> bool:
    if low in MALE or low in FEMALE:
        return True
    plain = without_accents(low)
    return any(plain in names for names in _given_names().values())


def is_male(low: str) -> bool:
    """Return True for a given name of men, which may be one of women, too."""
    return low in MALE or without_accents(low.partition("-")[0]) in _given_names()["m"]


def is_female(low: str) -> bool:
    """Return True for a given name of women, which may be one of men, too."""
    return low in FEMALE or without_accents(low.partition("-")[0]) in _given_names()["f"]


# Given names, full and short, with е for ё.
MALE = _words(
    # Russian
    "александр алексей анатолий андрей антон аркадий арсений артем борис вадим валентин валерий "
    "василий виктор виталий владимир владислав вячеслав геннадий георгий герман глеб григорий "
    "даниил данил денис дмитрий евгений егор захар иван игорь илья кирилл константин лев леонид "
    "макар максим марк матвей михаил никита николай олег павел петр платон прохор роман ростислав "
    "руслан семен сергей станислав степан тарас тимофей тимур федор филипп эдуард юрий яков "
    "ярослав алеша андрюша боря вадик валера вася ваня витя вова володя гена гоша гриша данила "
    "дима женя жора игорек илюша кирюша коля костя кузьма леня леха леша макс миша митя паша петя "
    "ростик рома сава саша сашка санек саня сева семка сережа серега слава стас степа тема тима "
    "толя федя фома шура эдик юра яша ашот армен рустам ильдар ринат мурат "
    # English
    "adam alan albert alex alexander andrew anthony arthur ben benjamin bill bob brian charles "
    "charlie chris christopher daniel dave david dennis donald douglas edward eric ethan frank "
    "fred gary george graham grant greg harry henry hugh ian jack jacob james jason jeff jeremy "
    "jim joe john jonathan joseph josh joshua keith ken kevin larry leo liam louis luke mark "
    "martin matt matthew max michael mike nathan neil nicholas nick noah oliver oscar patrick "
    "paul peter phil philip ralph ray richard rob robert roger ron ryan sam samuel scott sean "
    "simon stephen steve steven stuart ted terry thomas tim tom tony victor vincent walter will "
    "william"
)
FEMALE = _words(
    "александра алевтина алена алина алиса алла анастасия ангелина анна антонина анжела арина "
    "валентина валерия варвара вера вероника виктория галина дарья диана дина ева евгения "
    "екатерина елена елизавета жанна зинаида зоя инга инна ирина карина кира клавдия кристина "
    "ксения лариса лидия лилия любовь людмила майя маргарита марина мария милана мирослава "
    "надежда наталия наталья нелли ника нина нинель оксана олеся ольга полина раиса регина римма "
    "роза светлана серафима софия софья таисия тамара татьяна ульяна фаина эльвира эмма юлия яна "
    "алеся аня анюта ася валя варя вика галя даша женя зина ира катя катюша клава ксюша лара лена "
    "лера лида лиза люба люда люся маня маша машка настя надя наташа нюра оля полинка поля рая "
    "рита саша света соня таня тася тома тоня уля шура эля юля алия айгуль гузель динара мадина "
    "abigail alice amanda amy andrea angela anita ann anna anne annie barbara beth betty brenda "
    "carol caroline catherine charlotte chloe christine claire clara daisy deborah diana donna "
    "dorothy eleanor elizabeth ella ellen emily emma eva evelyn faith fiona florence grace hannah "
    "harriet heather helen holly hope irene isabel jane janet jean jennifer jessica joan joanna "
    "joy judith judy julia julie karen kate katherine kathy katie laura lily linda lisa louise "
    "lucy lynn margaret maria marie martha mary megan melissa molly nancy natalie nicole nora "
    "olivia pamela patricia paula rachel rebecca rose ruth sally samantha sandra sara sarah "
    "sharon sheila siobhan sophia sophie stella stephanie sue susan tina vera victoria violet "
    "wendy zoe"
)

# Forms of names that are ordinary words, too: alone and in lower case, they are not names.
ORDINARY = _words(
    "вера веры вере веру верой верою вер надежда надежды надежде надежду надеждой надежд любовь "
    "любви "
    "любовью любой люб роман романа роману романом романе лев льва льву львом льве слава славы "
    "славе славу славой слав света свете свет свету светом светин кости костей кость роза розы "
    "розе "
    "розу розой роз лилия лилии лилию лилией мае маю мая май мире мира миру мирой рая раю рай люди "
    "люду люд поля поле полю полей поль сони тони тон тону тоне тонь тома томе тому том томы гена "
    "гены ген коль коли толь толи ром лен лень лени лид лиды маши машу маш паши пашу жени жене "
    "дань "
    "дани сани саней сени сень вене марк марка марку марке марки марком тема теме тему темы тем "
    "темой тим вали валю вить варю вари зоря сева яр "
    "черных толстой толстого толстому толстым толстом толстая толстую бойко волк волка волку "
    "волком "
    "заяц мороз мороза морозу морозом морозе король короля королю королем кот кота коту котом "
    "козел "
    "гора горы горе гору горой шуба зима зимы зиме зиму зимой белый белая белого белой белую белым "
    "белых черный черная черного черной черную черным седой седых красный красная красных долгих "
    "чужой сухих тихий тихая тихой тихого лисица сорока соловей воробей баран рыба рыбы рыбу рыбой "
    "калина береза быка быку быков крылов орлов козлов волков зайцев воронов соколов баранов "
    "морозов громов гусей правда мельник кузнец гончар ткач пушка дорогой хороший "
    "галка галки галке галку галкой полька польки польке польку полькой инка инки инке инку инкой "
    "майка майки майке майку майкой розочка розочки розочку розочкой лилька "
    "кирка кирки кирку киркой норка норки норку норкой зорька зорьки "
    "зорьку зорькой симка симки симке симку симкой "
    "will wills may mark marks rose grace hope faith joy june april bill bills art frank grant "
    "hunter chase drew pat rob sue ray dawn daisy lily violet holly ivy amber ruby pearl jade guy "
    "jack jean dick don dean earl eve gene grey heath iris jasmine lance miles nick norm penny "
    "reed "
    "rich robin rusty sandy skip sky summer van wade warren "
    "young brown king green white black baker cook stone wood woods hill long short strong walker "
    "fox wolf bush field fields bell ball banks barber best bishop bond butler carpenter carter "
    "church cross day fish fisher ford forest french gold good gray hall hand hart head house hunt "
    "knight lake lane law lee little love marsh mason mills moon moore nail noble page park parks "
    "pope potter price queen reader rivers rice rock rush sharp shepherd singer smart smith snow "
    "spring steel swan sweet taylor temple trout turner wall ward water waters way webb weeks "
    "wells "
    "west winter wise worth"
)
# English words that are also Russian names in Latin letters.
ENGLISH_WORDS = _words(
    "roman romans era alla boris lion mark max timer arena marina marinas raisa yana polka sever "
    "victor viola regal mira soya nora vita diva lava gala vera boyar dan stan slava"
)
# Names whose possessives are other words: машина, Ленин, Галина.
NO_POSSESSIVE = _words("маша лена галя поля марья карла роза кара мария валя рая катя вера рома")

# Vocatives (Тём, Лен, Свет) that are other words before a comma, too: "тем, кто …".
NOT_VOCATIVES = _words(
    "тем том тон тим свет лен роз мир ром яр лид ген поль толь коль тонь дань сень люд"
)
# A contact with one of these words is a company: none of its words is a name.
COMPANY_WORDS = _words("ооо оао зао пао ип гбу мфц тсж llc ltd inc gmbh corp company")

# Words in contacts that are not names, but say who somebody is.
NOT_NAMES = _words(
    "мама мамочка мамуля папа папочка папуля бабушка бабуля дедушка дед брат братик сестра "
    "сестренка муж жена сын дочь дочка тетя тетка дядя теща свекровь тесть крестная друг подруга "
    "сосед соседка врач доктор стоматолог зубной мастер сантехник электрик ремонт такси водитель "
    "курьер доставка работа офис школа садик учитель учительница репетитор тренер юрист нотариус "
    "риелтор хозяйка хозяин квартира дача банк магазин парикмахер маникюр новый старый домашний "
    "мобильный рабочий личный поддержка чат группа канал бот мой моя из от для и на с по у не "
    "аккаунт удаленный удален начальник шеф коллега директор менеджер бухгалтер охрана консьерж "
    "домофон любимый любимая зайка котик солнышко малыш универ институт спортзал фитнес бассейн "
    "танцы йога английский клининг химчистка автосервис страховка кредит ипотека больница "
    "поликлиника аптека стройка mom mum mother dad father grandma grandpa granny brother sister "
    "son daughter husband wife aunt uncle friend boss work office home mobile taxi doctor dentist "
    "dr mr mrs ms miss sir landlord plumber school teacher bank support chat group channel bot "
    "deleted account unknown user the of and from new old my me you admin info team club service "
    "delivery driver neighbour neighbor gym uni university yoga insurance car garage cleaner "
    "cleaning accountant lawyer estate agent hotel restaurant cafe pizza church football tennis "
    "mama papa mutti vati mutter vater oma opa bruder schwester onkel tante chef chefin arbeit "
    "büro praxis arzt zahnarzt schule handwerker vermieter nachbar nachbarin handy privat familie "
    "maman papi mamie papy frère sœur oncle tata tonton travail bureau médecin dentiste école "
    "voisin voisine famille mamá papá abuela abuelo hermano hermana tío tía trabajo oficina "
    "médico dentista escuela vecino vecina familia mamma papà babbo nonna nonno fratello sorella "
    "zio zia lavoro ufficio medico scuola vicino vicina famiglia mam moeder vader broer zus werk "
    "kantoor huisarts tandarts buurman buurvrouw mãe pai irmão irmã avó avô trabalho escritório "
    "vizinho vizinha "
    "mami festnetz kita kindergarten verein fitness fußball chor werkstatt versicherung "
    "sparkasse hausarzt tierarzt frisör friseurin klempner vermieterin kollege kollegin wg geb "
    "pannenhilfe coche seguro taller fontanero electricista facu gimnasio cole peluquería jefe "
    "jefa móvil celular vda"
)

# A word at the beginning of a sentence is a name if one of these verbs follows.
VERBS = _words(
    "said says is was has had isn't wasn't hasn't told tells asked asks came comes went goes wrote "
    "called calls lives lived works worked wants wanted knows thinks thought does did doesn't "
    "didn't "
    "got gets took made found left and's lent gave brought bought sent met saw won lost paid sat "
    "rang texted replied married cooks plays"
)
NOT_VERBS = _words("был было была стол пол угол стал цел весел свет нет рот кот вот тот этот ответ")
GREETINGS = _words(
    "привет здравствуй спасибо пока эй слушай ну хай прости извини дорогая дорогой милая милый hi "
    "hey "
    "hello thanks bye dear sorry ok listen hallo servus moin grüezi danke tschüss hola querido "
    "querida gracias estimado estimada bonjour salut merci grazie"
)
# A word before one of these is no name: "Вера в себя", "Will you", "Mark my words".
NOT_AFTER_NAMES = _words(
    "в во на к ко и из с со без до о об не ли же же это the a an you i we they he she it my your "
    "his "
    "our their of to in this that these those there be not"
)

# --- other languages ----------------------------------------------------------------------------
# Particles of surnames. They are no names by themselves, with or without a capital.
PARTICLES = _words(
    "von van vom zu zum zur der den dem ter ten te de del della delle dello dei degli di da do dos "
    "das du des d' l' la le lo les los las el al bin ibn bint abu of the y e i af av till 't op"
)
# Given names that are German nouns, so that an article or a capital is no sign of a person.
GIVEN_NOUNS = _words("ernst wolf heide")
GERMAN_ENDINGS = ("e", "er", "en", "es", "em")  # of adjectives
# Before the plural of a German surname, and after one: "die Kochs", "Kochs haben".
FAMILY_BEFORE = _words("die bei den")
PLURAL_VERBS = _words("haben hatten sind waren kommen kamen fahren wohnen feiern ziehen")
# Languages that write all nouns with a capital.
NOUN_CAPITALS = frozenset(("de", "lb"))
# Before a surname: a person is meant.
TITLES = _words(
    "mr mrs ms miss dr prof sir coach pastor father rabbi nurse officer sergeant judge madam aunt "
    "uncle auntie captain professor doctor herr herrn frau fräulein familie onkel tante oma opa "
    "doktor mevrouw meneer mijnheer mevr dhr oom monsieur madame mademoiselle mme mlle docteur "
    "oncle tante señor señora señorita sr sra don doña tío tía signor signore signora signorina "
    "dottor dottoressa zio zia senhor senhora dona pan pani herra rouva fru dra lic licenciado "
    "licenciada ing profe profesor profesora maestra abuela abuelo abuelita abuelito familia "
    "famille famiglia família nachbar nachbarin vermieter vermieterin hausarzt zahnarzt "
    "kollege kollegen kollegin trainer trainerin lehrer lehrerin pfarrer bürgermeister "
    "bürgermeisterin präsident präsidentin minister ministerin colega presidente presidenta "
    "alcalde alcaldesa ministro ministra collègue président présidente ministre collega professore "
    "professoressa dottore ingegnere avvocato buurman buurvrouw dokter juf"
)
# Given names that are places, too.
PLACES = _words(
    "paris london florence sydney chelsea brooklyn dallas austin houston savannah madison "
    "charlotte georgia virginia carolina dakota montana phoenix india china asia america ireland "
    "israel jordan chad kenya milan vienna verona sienna adelaide victoria lincoln washington "
    "jackson orlando bristol kent devon chester lancaster york berlin hamburg valencia lourdes "
    "guadalupe santiago toledo sevilla granada troy geneva odessa francisco salvador boston "
    "denver camden hull bath wells reading lancaster durham stafford bradford sheffield preston "
    "burton alabama roma venezia lorraine normandie france bretagne catania bergamo mailand wien "
    "köln"
)
# Before a place, hardly before a person.
BEFORE_PLACES = _words("in near around through nach naar vers hacia desde verso")
MOTIONS = _words(
    "go goes going went gone come came drive drives driving drove fly flies flying flew move moves "
    "moving moved travel traveled travelled travels trip train flight bus road way back return "
    "returned miles walk walked sailed sail"
)
MONTHS = _words(
    "january february march april may june july august september october november december "
    "januar jänner februar märz mai juni juli oktober dezember enero febrero marzo abril mayo "
    "junio julio agosto septiembre octubre noviembre diciembre janvier février mars avril juin "
    "juillet août septembre octobre novembre décembre gennaio febbraio aprile maggio giugno "
    "luglio settembre ottobre dicembre"
)
COPULAS = _words("is was isn't wasn't has had hasn't does doesn't did didn't")
# Ordinary words that do things: "Summer came early", "Hope dies last", "Paris is far".
NEEDS_HUMAN_VERB = PLACES | _words(
    "art christian angel summer spring winter autumn april may june july august dawn hope faith "
    "joy love sky snow rain frost rock stone lane hill wood woods field fields lake rivers river "
    "day king queen dog cat fish fox wolf swan price bell ball house church cross street park law "
    "light night morning star storm moon sun ocean forest bird sparrow зима мороз волк заяц кот "
    "король соловей воробей сорока галка рыба калина береза мир свет слава ночь солнце"
)
HUMAN_VERBS = _words(
    "said says told tells asked asks wrote writes replied texted rang called calls knows thinks "
    "thought married wants wanted smiled laughed nodded shouted whispered lent invited plays "
    "cooks worked works did didn't gave brought bought met sagte sagt meinte meint fragte fragt "
    "antwortete schrieb schreibt rief lachte lacht erzählte erzählt weiß wusste glaubt denkt "
    "wohnt wohnte heißt schickte schickt grüßt zei zegt vroeg vraagt schreef schrijft belde belt "
    "denkt weet woont vertelde dit disait demande répond répondit écrit pense sait habite raconte "
    "travaille appelle dijo dice preguntó respondió escribió escribe llamó llama piensa sabe "
    "quiere vive trabaja contó cree disse chiese chiede rispose scrive scrisse pensa vuole vive "
    "lavora racconta ride crede diz perguntou respondeu escreveu escreve ligou quer mora trabalha "
    "contou acha сказал сказала говорит спросил спросила ответил ответила написал написала пишет "
    "позвонил позвонила звонит звонила думает знает приехал приехала живет работает уехал уехала "
    "смеется обещал обещала купил купила просит просила просил зовет звал звала"
)
# Before an ordinary word with a capital: a time or a place, "in Summer", "last Spring".
NOT_BEFORE_NAMES = _words("in during last next this every each since until late early mid per")
# Before a name that is a place, too: a person is meant.
BEFORE_PEOPLE = _words(
    "with told ask asked tell met call called thank invite invited mit fragte traf rief sag frag "
    "grüß met vroeg avec con com с"
)
# After Вера, Надежда, Любовь, Роман: the word is meant, not the person.
NOT_OF_PEOPLE = _words(
    "умирает умерла гаснет угасла тает растает крепнет окрепла исчезла исчезает пропала появилась "
    "появляется осталась остается теплится помогает спасает спасла творит победит побеждает лечит "
    "проходит прошла есть нужна нужен была был светит греет завяла расцвела цветет пахнет растет "
    "вышел выходит понравился написан издан начинается кончается закончился дочитан"
)
PRONOUNS = _words("он она они я мы вы ты")  # "Роман он не дочитал"
