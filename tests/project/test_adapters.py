"""The adapters of a project."""

from dataclasses import replace

from morris_mlx.project.adapters import adapter_cards, select_model


def test_cards_list_the_adapters_of_the_selected_base(project):
    selection = select_model(project, None, "sample", None)
    (card,) = adapter_cards(project, selection)
    assert (card.name, card.base_model) == ("sample", selection.model.name) and card.written
    base_alone = replace(selection, adapter=None)
    assert [c.name for c in adapter_cards(project, base_alone)] == ["sample"]
