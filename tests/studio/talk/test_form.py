"""The settings on the page: which values are accepted, and the errors of the others."""

import pytest
from support.studio_client import form_values

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.generation import GenerationSettings
from morris_mlx.studio.talk.form import SAMPLING_FIELDS, STRENGTH, read_form, read_number


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("strength", 1.6, "Strength is 1.6; it must be a number from 0 to 1.5."),
        ("strength", None, "Strength is empty; it must be a number from 0 to 1.5."),
        ("temperature", -1, "Temperature is -1; it must be a number from 0 to 5."),
        ("temperature", "warm", "Temperature is 'warm'; it must be a number from 0 to 5."),
        ("top_p", 0, "Top p is 0; it must be a number from 1e-06 to 1."),
        ("top_k", 1.5, "Top k is 1.5; it must be a whole number from 0 to 1,000,000."),
        ("min_p", True, "Min p is True; it must be a number from 0 to 1."),
        ("repetition_penalty", 0, "Repetition penalty is 0; it must be a number from 0.01 to 10."),
        ("max_tokens", 0, "Max tokens is 0; it must be a whole number from 1 to 1,000,000."),
        ("seed", "2e99", "Seed is 2e+99; it must be a whole number from 0 to 4,294,967,295."),
        ("seed", "nan", "Seed is nan; it must be a whole number from 0 to 4,294,967,295."),
        ("adapter", "gone", "There is no adapter 'gone' any more. Press Refresh."),
        ("adapter", ["a"], "There is no adapter ['a'] any more. Press Refresh."),
    ],
)
def test_the_error_for_a_bad_value_gives_its_range(name, value, message):
    with pytest.raises(MorrisError) as error:
        read_form(["sample"], *form_values(**{name: value}))
    assert str(error.value) == message


def test_all_fields_are_generation_settings_with_valid_defaults():
    for field in (STRENGTH, *SAMPLING_FIELDS):
        if field.default is not None:
            GenerationSettings(**{field.name: read_number(field, field.default)})
        with pytest.raises(UsageError):
            read_number(field, field.range[1] * 2)
