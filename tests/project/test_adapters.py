"""The adapters of a project: their cards, and damage of run.json."""

import json
from dataclasses import replace

import pytest

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MorrisError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import adapter_cards, select_model


def test_cards_list_the_adapters_of_the_selected_base(project):
    selection = select_model(project, None, "sample", None)
    (card,) = adapter_cards(project, selection)
    assert (card.name, card.base_model) == ("sample", selection.model.name) and card.written
    base_alone = replace(selection, adapter=None)
    assert [c.name for c in adapter_cards(project, base_alone)] == ["sample"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": []}, "window is .* must be a whole number"),
        ({"losses": [3.5]}, r"losses\[0\] is 3.5 and must be an object"),
        ({"settings": {"epochs": 2}}, "'settings.rank' is missing"),
        ({"started_with": []}, "started_with is .* must be an object"),
    ],
)
def test_a_run_with_a_value_of_a_wrong_type_is_an_error(tmp_path, change, said):
    sample = sample_folder() / "adapters" / "sample" / "run.json"
    (tmp_path / "run.json").write_text(json.dumps(json.loads(sample.read_text()) | change))
    with pytest.raises(
        MorrisError, match=f"run.json is not the record of a training: .*{said}.* Train"
    ):
        read_run(tmp_path)


def test_a_setting_out_of_range_in_a_run_is_an_error_with_its_file(tmp_path):
    run = json.loads((sample_folder() / "adapters" / "sample" / "run.json").read_text())
    run["settings"]["learning_rate"] = "fast"
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(
        MorrisError, match=r"run.json is not the record of a training: .*learning_rate"
    ):
        read_run(tmp_path)
