"""What `morris prepare` prints about its dataset."""

from morris_mlx.cli.prepare import print_other_languages


def test_languages_that_were_left_out_are_named_with_the_way_to_keep_them(capsys):
    print_other_languages({"es": 2, "ru": 15, "xx": 1}, chosen=False)
    shown = capsys.readouterr().out
    assert "language: Russian (ru) 15, Spanish (es) 2, xx (xx) 1\n" in shown
    assert "--language CODE for every language" in shown
    print_other_languages({"es": 2}, chosen=True)
    assert "--language" not in capsys.readouterr().out
    print_other_languages({}, chosen=False)
    assert capsys.readouterr().out == ""
