"""`morris convert FILE.gguf`, from the plan to the folder, and the search for the conversion."""

import json
import os
import shutil
from dataclasses import replace

import gguf
import mlx.core as mx
import pytest
from support.gguf_toys import make_toy
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.cli.convert import warning_of_loss
from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.convert.gguf import verify
from morris_mlx.convert.gguf.verify import WrittenRows
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import file_digest
from morris_mlx.models import gguf_files
from morris_mlx.models.converted import PRECISIONS, find_damage, read_conversion, write_conversion
from morris_mlx.models.gguf_files import find_gguf_conversion, gguf_digest, gguf_file, model_name
from morris_mlx.models.load import load_mlx_model

pytestmark = pytest.mark.usefixtures("model_caches")
PRECISION = {precision.name: precision for precision in PRECISIONS}
Q4_0, Q8_0 = gguf.GGMLQuantizationType.Q4_0, gguf.GGMLQuantizationType.Q8_0


@pytest.fixture
def file(tmp_path):
    return make_toy("llama").write(tmp_path / "toy.Q4_0.gguf", {"weight": Q4_0})


def convert(name, precision=None, steps=None):
    plan = plan_conversion(str(name), precision)
    return run_conversion(plan, (steps if steps is not None else []).append)


def test_a_file_is_converted_with_a_card_and_found_again(file):
    assert find_gguf_conversion(file) is None
    done = convert(file, steps=(steps := []))
    card = read_conversion(done.folder)
    assert done.fresh and card == done.conversion and not find_damage(done.folder, thorough=True)
    assert (card.source, card.revision) == ("toy.Q4_0", file_digest(file))
    assert (card.precision.name, card.precision.bits) == ("as-stored", 4)
    # 4 bits and, for each 32 of them, two numbers of 16 bits; the norms are floats.
    assert 5 < card.bits_per_weight < 5.2
    assert card.check.positions > 30 and card.check.max_difference < 1e-3
    assert card.check.same_choice > 0.999
    page = (done.folder / "README.md").read_text()
    assert "`morris convert toy.Q4_0.gguf` made" in page and "as in the file" in page
    assert {step.kind for step in steps} == {"convert", "compare"}
    assert [s for s in steps if s.kind == "compare"][-1].done == 4
    assert find_gguf_conversion(file) == done.folder
    again = convert(file)
    assert not again.fresh and again.folder == done.folder


def test_the_folder_depends_on_the_content_and_the_bits(file, tmp_path):
    first = convert(file)
    (tmp_path / "other").mkdir()
    other = convert(make_toy("llama", seed=1).write(tmp_path / "other" / "toy.Q4_0.gguf"))
    assert other.folder != first.folder and other.conversion.precision.name == "16bit"
    fewer = convert(file, PRECISION["16bit"])
    assert fewer.folder.name.endswith("-16bit") and fewer.conversion.check.max_difference < 1e-2
    assert find_gguf_conversion(file) == first.folder


def test_a_renamed_copy_is_not_converted_again(file, tmp_path):
    first = convert(file)
    copy = shutil.copy(file, tmp_path / "another name.gguf")
    assert find_gguf_conversion(copy) == first.folder
    again = convert(copy)
    assert not again.fresh and again.folder == first.folder


def test_a_conversion_of_another_model_is_not_taken_for_this_ones(file):
    digest = gguf_digest(file)
    done = convert(file)
    other = digest[:8] + "0" * 56  # the folder's name has only the beginning
    write_conversion(done.folder, replace(done.conversion, revision=other))
    assert find_gguf_conversion(file) is None
    again = convert(file)
    assert again.fresh and again.folder == done.folder and again.conversion.revision == digest


@pytest.mark.parametrize("name", ["ж" * 120, "two\nlines\x1b[31m", "*[!a]?"])
def test_any_name_of_a_file_is_converted_and_found_again(file, tmp_path, name):
    odd = file.rename(tmp_path / f"{name}.gguf")
    done = convert(odd)
    assert done.folder.name.isprintable() and find_gguf_conversion(odd) == done.folder


def test_a_file_that_changes_during_its_conversion_is_converted_again(file, tmp_path):
    plan = plan_conversion(str(file), None)
    make_toy("llama", seed=1).write(file, {"weight": Q4_0})
    with pytest.raises(MorrisError, match=r"changed while it was converted.*again"):
        run_conversion(plan, [].append)
    assert find_gguf_conversion(file) is None and not [*plan.target.parent.glob("folder*")]


@pytest.mark.parametrize("name", ["gemma3", "phi3", "smollm3", "mistral3"])
def test_the_comparison_by_blocks_runs_every_architecture(tmp_path, name):
    file = make_toy(name).write(tmp_path / f"{name}.gguf", {"weight": Q8_0})
    check = convert(file).conversion.check
    assert check.max_difference < 0.05 and check.same_choice > 0.9


def test_the_comparison_by_blocks_is_that_of_whole_models(file, monkeypatch):
    logits = []
    measure = verify.measure_logits

    def noted(source, converted, name):
        logits.append(converted)
        return measure(source, converted, name)

    monkeypatch.setattr(verify, "measure_logits", noted)
    folder = convert(file).folder
    ids = mx.concatenate(verify.prompt_ids(folder), axis=1)
    assert mx.allclose(load_mlx_model(folder)(ids)[0], logits[0], atol=1e-3)


def test_weights_that_give_other_results_are_removed(file, monkeypatch):
    rows = WrittenRows.rows
    monkeypatch.setattr(WrittenRows, "rows", lambda *given: -9 * rows(*given))
    with pytest.raises(MorrisError, match="give other results"):
        convert(file)
    assert find_gguf_conversion(file) is None


def test_a_file_is_known_by_name_or_content(file, tmp_path):
    assert gguf_file(str(file)) == file
    assert gguf_file(str(tmp_path / "missing.gguf")) is not None
    blob = shutil.copy(file, tmp_path / "sha256-0123")
    assert gguf_file(str(blob)) == blob
    assert gguf_file(str(tmp_path)) is None and gguf_file("owner/name") is None
    assert model_name(tmp_path / "big-00002-of-00003.gguf") == "big"
    with pytest.raises(MissingError, match=r"no file .*missing\.gguf"):
        convert(tmp_path / "missing.gguf")


def test_a_file_is_hashed_once_and_still_known_when_it_is_gone(file, monkeypatch):
    folder = convert(file).folder
    hashed = []
    with monkeypatch.context() as patched:
        patched.setattr(gguf_files, "file_digest", lambda path: hashed.append(path) or "0" * 64)
        known = gguf_digest(file)
        assert known == file_digest(file) and not hashed
        os.utime(file, ns=(1, 1))
        assert gguf_digest(file) == "0" * 64 and hashed == [file]
    os.utime(file, ns=(2, 2))
    assert gguf_digest(file) == known
    file.unlink()
    assert find_gguf_conversion(file) == folder


def test_the_command_converts_and_says_what_was_compared(tmp_path):
    file = make_toy("llama").write(tmp_path / "toy.gguf", {"weight": Q8_0})
    run = CliRunner().invoke(app, ["convert", str(file)])
    assert run.exit_code == 0, run.output
    assert "toy is converted: as-stored" in run.stdout and "Warning" not in run.stdout
    assert "Against the file's weights, unpacked to float32" in run.stdout
    run = CliRunner().invoke(app, ["convert", str(file), "--mode", "mxfp4", "--json"])
    card = json.loads(run.stdout)["conversion"]
    assert card["precision"]["name"] == "mxfp4"


def test_a_model_that_loses_many_choices_to_few_bits_is_warned_of(file):
    plan = plan_conversion(str(file), None)
    card = run_conversion(plan, lambda step: None).conversion

    def warning(precision, same_choice):
        check = replace(card.check, same_choice=same_choice)
        return warning_of_loss(plan, replace(card, precision=precision, check=check))

    text = warning(PRECISION["4bit"], 0.48)
    assert "a different next token in 52 % of the places" in text and "Use 8 bits" in text
    assert f"morris convert {file} --bits 8" in text and "omit --bits" in text
    assert warning(PRECISION["4bit"], 0.9) == warning(PRECISION["8bit"], 0.7) == ""
    assert warning(card.precision, 0.48) == ""
