"""Tests of surnames that are ordinary words: found where a person is meant, kept elsewhere."""

import re

import pytest

from morris_mlx.prepare.redact.name_recognizer import NameRecognizer
from morris_mlx.prepare.redact.names import collect_name_words
from morris_mlx.prepare.redact.redactor import measure_name_usage
from morris_mlx.text.folding import fold
from morris_mlx.text.pii import Person

# The language of each corpus is shown by a text without any name.
FILLER = {
    "de": "Ich komme heute nicht, weil es regnet und weil wir noch auf die Kinder warten. Das ist "
    "aber nicht so schlimm, denn am Sonntag haben wir mehr Zeit und gehen dann an den See.",
    "nl": "Ik kom vandaag niet omdat het regent en omdat we nog op de kinderen wachten. Dat is niet "
    "zo erg, want we hebben zondag meer tijd en gaan dan samen naar het meer met de boot.",
    "es": "Hoy no voy porque llueve y porque todavía estamos esperando a los niños. No es tan malo, "
    "ya que el domingo tenemos más tiempo y vamos juntos al lago con la comida.",
    "fr": "Je ne viens pas aujourd'hui parce qu'il pleut et parce que nous attendons encore les "
    "enfants. Ce n'est pas si grave, car nous avons plus de temps dimanche et nous irons au lac.",
    "it": "Oggi non vengo perché piove e perché stiamo ancora aspettando i bambini. Non è così "
    "grave, dato che domenica abbiamo più tempo e poi andiamo insieme al lago con il cibo.",
    "ru": "Сегодня я не приду, потому что идёт дождь и мы ещё ждём детей. Это не страшно, ведь в "
    "воскресенье у нас будет больше времени, и мы пойдём на озеро вместе с ними.",
    "en": "I will not come today because it rains and because we are still waiting for the children. "
    "That is not so bad, since we have more time on Sunday and will then go to the lake.",
}
PEOPLE = {
    "ru": "Анна Победа, Олег Мороз",
    "de": "Peter Koch, Anna Bach, Uwe Wolf, Hans König, Karl Stein, Jan Berg, Petra Klein, Udo Fuchs",
    "nl": "Jan Bakker, Piet Visser, Els Kok, Tom Groot",
    "es": "Ana Rey, Marta Moreno, Carlos Bueno, Juan Torre, Luz Calle",
    "fr": "Paul Petit, Max Noir, Louis Roi, Rose Fontaine, Hélène Grand",
    "it": "Luca Greco, Mia Rossi, Bruno Leone, Viola Costa, Marco Porta",
    "en": "Tom Stone, Joe Fox, Pat King, Ron Day",
}
SENTENCES = """
de Gestern war ich bei [Koch] zum Essen.
de [Bach] hat gekündigt.
de Hab noch mit [Wolf] telefoniert, er kommt nicht.
de Ohne [Koch] geht hier gar nichts.
de Laut [Stein] ist alles in Ordnung.
de Wir haben mit [Stein] gesprochen.
de [Kochs] Auto steht vor der Tür.
de [Koch], kommst du heute?
de [Wolf] und ich fahren morgen hin.
de [Wolf] und [Bach] kommen auch.
de Mit [Koch] und [Bach] war ich essen.
de Hat [Koch] schon angerufen?
de Wo ist [Koch]?
de Das hat mir [Fuchs] erzählt.
de Ich habe [Wolf] im Kino getroffen.
de [Fuchs] ist krank.
de [Berg] fährt morgen nach Hause.
de Mit [Klein] war es nett.
de Viele Grüße, [Koch]
de Der Häuptling hieß Tarrik-petra.
de Heute kommt auch [Karl]-[petra].
de Bis morgen, [Koch]!
de Ich komme heute Abend mit Kollege [Wolf].
de [Koch's] Auto ist neu.
de Sag mal, hast du [Koch] gesehen?
de Kannst du [Koch] bitte fragen?
de Gib [Koch] bitte den Schlüssel.
de Wenn [Koch] anruft, sag nein.
de Als Koch hat man keine freien Abende.
de Er hat Angst vor Wolf und Hund.
de Er hat Koch gelernt.
de Er hat Angst, wenn König Olaf kommt.
de Er arbeitet als Koch in Kiel, und ein Koch kauft selbst ein.
de Koch ist ein schöner Beruf.
de Koch hat er gelernt.
de Koch und Kellner streiten.
de Mit Stein und Holz wird hier gebaut.
de Die Mauer ist mit Stein verkleidet.
de Von Stein zu Stein springt er.
de Für König und Vaterland zogen sie los.
de Das Buch handelt von König Olaf.
de Der Weg führt zu Berg.
de Stein ist härter als Holz.
de Klein war die Wohnung.
de Von Klein auf kann er das.
de Es gibt hier weder Wolf noch Bär.
de Das ist des Kochs Messer.
nl [Visser] heeft ontslag genomen.
nl Ik was bij [Kok] op zaterdag.
nl [Kok] en ik gaan morgen.
nl [Bakker] was er ook bij.
nl Groot is het huis niet.
nl Hij is kok in Gent.
es [Rey] me dijo que no viene.
es ¿Viene [Torre] también?
es [Moreno] y yo vamos mañana.
es [Rey] nos invitó a cenar.
es Fuese Rey de España o no, comía bien.
es Vivo en la calle Moreno desde mayo.
es ¡Bueno! Ya está bien.
es ¡Calle usted!
es Bueno es saberlo.
fr [Petit] m'a dit qu'il ne vient pas.
fr [Roi] a démissionné.
fr [Noir] et moi, on y va demain.
fr [Grand] est malade.
fr [Petit] ne viendra pas ce soir.
fr [Roi] était là aussi.
fr On a vu [Rose] de Kerguen au marché.
fr Grand opéra ce soir à Lyon.
fr J'habite rue Fontaine depuis un an.
fr Grand est le plaisir de vous voir.
it [Rossi] si è licenziato.
it [Costa] mi ha detto che non viene.
it [Leone] è malato.
it [Leone] era qui anche lui.
it Costa poco, prendilo.
it Abito in via Rossi da un anno.
it Ieri abbiamo visto Porta a Porta.
it Grande è la gioia di Costa d'Avorio.
en [King] and I are going.
en Day broke over the lake.
en Here stands the House of Stone.
en They waited for the Day of the Fox.
ru Мы видели [Победу] вчера.
ru Завтра День Победы, и мы гуляем.
ru Он живёт на проспекте Победы.
ru Это была наша победа.
"""
CASES = [line.split(" ", 1) for line in SENTENCES.strip().split("\n")]


@pytest.mark.parametrize(("language", "marked"), CASES)
def test_a_surname_is_found_where_a_person_is_meant_and_kept_elsewhere(language, marked):
    people = [Person((entry,)) for entry in PEOPLE[language].split(", ")]
    text = fold(re.sub(r"[\[\]]", "", marked)).text
    usage = measure_name_usage(people, [FILLER[language]] * 3 + [text])
    names = NameRecognizer(people, collect_name_words(people, usage), None, usage)
    assert [text[h.start : h.end] for h in names.find(text)] == re.findall(r"\[(.*?)\]", marked)
