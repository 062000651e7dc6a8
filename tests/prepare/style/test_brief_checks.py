"""Checks of briefs: each fault is found, and a plain sentence about the text passes."""

import pytest

from morris_mlx.prepare.style.brief_checks import BriefFault, find_brief_fault

TEXT = (
    "The museum gave me an audio guide last Tuesday, and the audio guide gave me a clergyman. He "
    "stood in front of the badger with 3 green buttons. I asked the museum for the money back; the "
    "museum in Sandbourne gave me a leaflet about the badger instead."
)
RUSSIAN = (
    "Вчера я ходил на почту за посылкой, которой там, разумеется, не оказалось. Очередь стояла "
    "смирно. Девушка сказала, что посылка уехала обратно, и повесила табличку про обед."
)


@pytest.mark.parametrize(
    ("brief", "fault"),
    [
        ("Write about a visitor to a museum whose audio guide fails.", None),
        ("", BriefFault.EMPTY),
        ("The author describes a museum and its audio guide.", BriefFault.OFF_TASK),
        ("I cannot write about the museum and its audio guide.", BriefFault.OFF_TASK),
        ("Write about a museum. Mention its audio guide.", BriefFault.SENTENCES),
        ("Write about a museum and its audio guide", BriefFault.SENTENCES),
        ("Write about the museum.", BriefFault.LENGTH),
        ("Write about the museum and its guide " * 8 + ".", BriefFault.LENGTH),
        ("Schreib über ein Museum und seinen Audioguide, der nicht mehr geht.",
         BriefFault.OTHER_LANGUAGE),
        ("Write about my visit to a museum with an audio guide.", BriefFault.NOT_NEUTRAL),
        ("Write a witty column about a museum and its audio guide.", BriefFault.NOT_NEUTRAL),
        ("Write about how the audio guide gave me a clergyman.", BriefFault.NOT_NEUTRAL),
        ("Write about how the audio guide stood in front of the badger.", BriefFault.COPY),
        ("Write about a museum with 12 badgers and an audio guide.", BriefFault.NEW_NUMBER),
        ("Write about a museum in Paris and its audio guide.", BriefFault.NEW_NAME),
        ("Write about the museum in Sandbourne and its audio guide.", None),
        ("Write about a football match between villages.", BriefFault.OFF_SUBJECT),
    ],
)  # fmt: skip
def test_a_brief_is_one_neutral_sentence_about_the_text(brief, fault):
    assert find_brief_fault(brief, TEXT) is fault


@pytest.mark.parametrize(
    ("brief", "fault"),
    [
        ("Напиши о том, как посылку увезли с почты до обеда.", None),
        ("Напиши о том, как я ходил на почту за посылкой.", BriefFault.NOT_NEUTRAL),
        ("Автор рассказывает о посылке и почте.", BriefFault.OFF_TASK),
        ("Напиши о том, как прошёл футбольный матч между деревнями.", BriefFault.OFF_SUBJECT),
    ],
)
def test_a_russian_brief_is_checked_by_the_same_rules(brief, fault):
    assert find_brief_fault(brief, RUSSIAN) is fault
