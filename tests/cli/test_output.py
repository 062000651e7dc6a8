"""Wrapped lines of output."""

from morris_mlx.cli.output import OUTPUT_WIDTH, print_wrapped, wrapped


def test_lines_are_as_wide_as_the_output_with_their_indents(capsys):
    text = "word " * 60
    first, *others = wrapped(text, "- ", "    ").split("\n")
    assert first.startswith("- word") and all(line.startswith("    word") for line in others)
    assert max(map(len, [first, *others])) <= OUTPUT_WIDTH
    print_wrapped(text, "  ")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2 and all(line.startswith("  word") for line in lines)
