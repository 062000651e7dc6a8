"""Word lists of the name recognizer: given names, names that are words, words beside names."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
    "сестренка "
    "муж жена сын дочь дочка тетя тетка дядя теща свекровь тесть крестная друг подруга сосед "
    "соседка "
    "врач доктор стоматолог зубной мастер сантехник электрик ремонт такси водитель курьер доставка "
    "работа офис школа садик учитель учительница репетитор тренер юрист нотариус риелтор хозяйка "
    "хозяин квартира дача банк магазин парикмахер маникюр новый старый домашний мобильный рабочий "
    "личный поддержка чат группа канал бот мой моя из от для и на с по у не аккаунт удаленный "
    "удален начальник шеф коллега директор менеджер бухгалтер охрана консьерж домофон любимый "
    "любимая "
    "зайка котик солнышко малыш универ институт спортзал фитнес бассейн танцы йога английский "
    "клининг химчистка автосервис страховка кредит ипотека больница поликлиника аптека стройка "
    "mom mum mother dad father grandma grandpa granny brother sister son daughter husband wife "
    "aunt "
    "uncle friend boss work office home mobile taxi doctor dentist dr mr mrs ms miss sir landlord "
    "plumber school teacher bank support chat group channel bot deleted account unknown user the "
    "of and from new old my me you admin info team club service delivery driver neighbour neighbor "
    "gym uni "
    "university yoga insurance car garage cleaner cleaning accountant lawyer estate agent hotel "
    "restaurant cafe pizza church football tennis"
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
    "hello thanks bye dear sorry ok listen"
)
# A word before one of these is no name: "Вера в себя", "Will you", "Mark my words".
NOT_AFTER_NAMES = _words(
    "в во на к ко и из с со без до о об не ли же же это the a an you i we they he she it my your "
    "his "
    "our their of to in this that these those there be not"
)
