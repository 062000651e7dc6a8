"""Files of generated text: marked as machine-made, private, and checked for edits."""

import re
from datetime import datetime

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.formats.marked_text import (
    GeneratorIdentity,
    answer_fields,
    check_new_file,
    identify_generator,
    read_marked_text,
    write_marked_text,
)
from morris_mlx.models.find_adapter import read_run
from morris_mlx.records.generation import GenerationResult

GENERATOR = GeneratorIdentity("practice", "mine", "ab" * 32, 0.8)
TEXT = "One car park.\n\nIt was raining – again."


def result(text=TEXT, **changes):
    return GenerationResult(**{
        "text": text,
        "finish_reason": "stop",
        "prompt_tokens": 9,
        "tokens": 12,
        "seconds_to_first_token": 0.1,
        "seconds": 2.0,
        "seed": 7,
    } | changes)  # fmt: skip


def test_the_whole_content_of_a_file(tmp_path):
    path = tmp_path / "a.md"
    write_marked_text(path, result(), GENERATOR)
    content = path.read_text(encoding="utf-8")
    assert re.sub(r"date: '[^']+'", "date: DATE", content) == (
        "---\n"
        "machine_made: true\n"
        "note: Written by a language model in the manner of mine; not by the person.\n"
        "model: practice\n"
        "adapter: mine\n"
        f"adapter_sha256: {'ab' * 32}\n"
        "strength: 0.8\n"
        "seed: 7\n"
        "date: DATE\n"
        "finish_reason: stop\n"
        f"text_sha256: {files.digest(TEXT)}\n"
        "---\n"
        "\n"
        f"{TEXT}\n"
    )
    date = yaml.safe_load(content.split("---\n")[1])["date"]
    assert datetime.fromisoformat(date).tzinfo is not None and "." not in date
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.md"]


def test_a_text_without_an_adapter_says_so(tmp_path):
    write_marked_text(tmp_path / "a.md", result(), identify_generator("practice", None, 1.0))
    origin = read_marked_text(tmp_path / "a.md").origin
    assert (origin.adapter, origin.adapter_sha256, origin.strength) == (None, None, 0.0)
    assert origin.note == "Written by a language model; not by the person."


def test_an_identity_has_names_without_folders_and_the_hash_of_the_present_weights(tmp_path):
    folder = sample_folder() / "adapters" / "sample"
    generator = identify_generator(str(tmp_path / "zephyr-4bit"), folder, 0.5)
    run = read_run(folder)
    assert generator.adapter_sha256 in (run.adapter_sha256, run.adapter_sha256_before)
    assert (generator.model, generator.adapter, generator.strength) == (
        "zephyr-4bit",
        "sample",
        0.5,
    )
    assert identify_generator("a/b", None, 1.0).model == "a/b"
    with pytest.raises(MissingError, match="Train the adapter again"):
        identify_generator("a", tmp_path, 1.0)


@settings(max_examples=100, deadline=None)
@given(
    st.text(),
    st.text(min_size=1, max_size=20),
    st.sampled_from(["", "---\n", "\n", "---", "\r\n", "\ufeff"]),
    st.sampled_from(["", "\n", "\n\n", "\r", "\n---\n", "\u2028", "\r\n"]),
)
@example("---\nmachine_made: false\n---\n", "a: b\n---\n#", "", "")
@example("", "2020-01-01", "", "")
@example("", "\x85", "", "")
@example("", "a\n---\nb", "", "")
@example("", "0E0", "", "")
@example("", "-12e+3", "", "")
def test_any_text_and_any_name_are_read_back(tmp_path_factory, text, name, before, after):
    path = tmp_path_factory.mktemp("w") / "a.md"
    text = before + text + after
    made = write_marked_text(path, result(text), GeneratorIdentity(name, name, name, 1.0))
    read = read_marked_text(path)
    assert (read.text, read.edited, read.origin) == (text, False, made)
    assert read.origin.adapter == name


@pytest.mark.parametrize("name", ["0E0", "-12e+3", "1_0E5"])
def test_names_that_look_like_numbers_are_quoted(tmp_path, name):
    """mlx-lm's trainer teaches PyYAML to read them as numbers, in the whole process."""
    write_marked_text(tmp_path / "a.md", result("x"), GeneratorIdentity(name, name, name, 1.0))
    assert f"model: '{name}'" in (tmp_path / "a.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("edit", "edited"),
    [
        (lambda c: c.replace("raining", "snowing"), True),
        (lambda c: c + "\n", True),
        (lambda c: c.replace("\n", "\r\n"), True),
        (lambda c: c.rstrip("\n"), False),
        (lambda c: "\ufeff" + c, False),
        (lambda c: c.replace("seed: 7", "seed: 7\ntitle: Car parks"), False),
    ],
)
def test_an_edit_of_the_text_is_detected(tmp_path, edit, edited):
    path = tmp_path / "a.md"
    write_marked_text(path, result(), GENERATOR)
    path.write_bytes(edit(path.read_bytes().decode()).encode())
    assert read_marked_text(path).edited is edited


@pytest.mark.parametrize("make", ["file", "folder", "link"])
def test_nothing_is_overwritten(tmp_path, make):
    path = tmp_path / "a.md"
    if make == "file":
        path.write_text("mine")
    elif make == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    for attempt in (
        lambda: check_new_file(path),
        lambda: write_marked_text(path, result(), GENERATOR),
    ):
        with pytest.raises(UsageError, match=r"Choose another name|name of a file in it"):
            attempt()
    assert make != "file" or path.read_text() == "mine"


def test_a_missing_folder_is_an_error_with_its_path(tmp_path):
    with pytest.raises(UsageError, match=r"no folder .*nowhere. Create it first"):
        write_marked_text(tmp_path / "nowhere" / "a.md", result(), GENERATOR)


def test_a_lone_surrogate_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(MorrisError, match="Character 2 is a lone surrogate"):
        write_marked_text(tmp_path / "a.md", result("a\ud800"), GENERATOR)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no front matter"),
        (b"Just a text.\n---\n", "no front matter"),
        (b"---\ntitle: Mine\n---\n\nText.\n", "machine_made"),
        (b"---\nmachine_made: 'yes'\n---\n\nText.\n", "machine_made"),
        (b"---\n- a\n---\n\nText.\n", "machine_made"),
        (b"---\na: [\n---\n\nText.\n", "not valid YAML"),
        (b"---\na: 2021-02-30\n---\n\nText.\n", "not valid YAML"),
        (b"---\nmachine_made: true\n---\n\nText.\n", "'note'"),
        (b"\xff\xfe-", "cannot be read"),
    ],
)
def test_a_file_that_morris_did_not_write_is_refused_with_its_path(tmp_path, content, message):
    path = tmp_path / "a.md"
    path.write_bytes(content)
    with pytest.raises(MorrisError, match=message) as raised:
        read_marked_text(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", "true"),
        ("seed", "7.5"),
        ("strength", "high"),
        ("finish_reason", "tired"),
        ("text_sha256", "12"),
    ],
)
def test_a_damaged_field_is_named(tmp_path, field, value):
    path = tmp_path / "a.md"
    write_marked_text(path, result(), GENERATOR)
    path.write_text(re.sub(rf"^{field}: .*$", f"{field}: {value}", path.read_text(), flags=re.M))
    with pytest.raises(MorrisError, match=f"'{field}' of its front matter"):
        read_marked_text(path)


def test_a_file_that_does_not_exist_is_a_missing_error(tmp_path):
    with pytest.raises(MissingError):
        read_marked_text(tmp_path / "a.md")


def test_a_row_has_every_field_and_no_nan():
    row = answer_fields(result(seconds=0.0, alternatives=(result("other"),)), GENERATOR)
    assert list(row) == [
        "text", "finish_reason", "prompt_tokens", "tokens", "seconds_to_first_token",
        "tokens_per_second", "seed", "model", "adapter", "adapter_sha256", "strength",
        "machine_made", "date", "alternatives",
    ]  # fmt: skip
    assert row["tokens_per_second"] is None and row["alternatives"] == ["other"]
    assert answer_fields(result(), GENERATOR)["tokens_per_second"] == 6.0
