"""Tests of the dates of posts, in the forms that exports use."""

import pytest

from morris_mlx.collect.readers.posts.timestamps import post_date


@pytest.mark.parametrize(
    "moment",
    [
        *("2024-03-04", "2024-03-04T10:00:00.000Z", "2024-03-04 10:00:00", "2024/03/04 10:00"),
        *("Mon Mar 04 10:00:00 +0000 2024", "Mon, 04 Mar 2024 10:00:00 +0000", "@March 4, 2024"),
        *("March 4, 2024 10:00 AM", "March 4, 2024 10:00:00 AM", "4 March 2024", "04.03.2024"),
        *(1709546400, 1709546400000, 1709546400000000, "1709546400", "1709546400.0"),
    ],
)
def test_a_moment_gives_its_day(moment):
    assert post_date(moment) == "2024-03-04"


@pytest.mark.parametrize(
    "moment",
    [
        *(
            None,
            True,
            "",
            "soon",
            "0000-00-00 00:00:00",
            0,
            -1,
            1e400,
            10**400,
            float("nan"),
            12,
            [],
            {},
        ),
        *("9" * 5000, "2024-02-30", "Mon Foo 99 10:00:00 +0000 2024", "99 Mar 2024 10:00:00"),
    ],
)
def test_anything_else_gives_no_day(moment):
    assert post_date(moment) == ""
