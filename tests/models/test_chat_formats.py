"""The table of chat formats."""

import pytest

from morris_mlx.models.chat_formats import FORMATS, ZEPHYR, find_format


def test_a_template_with_all_markers_has_their_format():
    for chat_format in FORMATS:
        assert find_format(" ".join(chat_format.markers.values())) is chat_format


def test_a_model_without_a_template_has_the_default_format():
    assert find_format("") is ZEPHYR


@pytest.mark.parametrize("template", ["<|im_start|>", "<|user|> and <|assistant|> alone", " "])
def test_a_template_that_lacks_a_marker_has_no_format(template):
    assert find_format(template) is None


def test_every_format_has_a_marker_for_each_role_and_an_end():
    for chat_format in FORMATS:
        assert set(chat_format.markers) == {"system", "user", "assistant"}
        assert chat_format.stop_strings == tuple(chat_format.markers.values())
        assert chat_format.end and chat_format.end not in chat_format.stop_strings
