"""Numbers in sentences."""

from morris_mlx.text.numbers import counted, percent


def test_a_noun_is_singular_for_one_alone():
    assert [counted(n, "text") for n in (0, 1, 2000)] == ["0 texts", "1 text", "2,000 texts"]


def test_small_shares_have_a_decimal():
    assert [percent(share) for share in (0, 0.004, 0.12, 1)] == ["0 %", "0.4 %", "12 %", "100 %"]
