"""Ollama's store: names, weights, and faults of a model, which are reported and not fatal."""

import json
import os

import pytest
from support.model_stores import add_to_ollama, tree_digest

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.names import parse_model_name
from morris_mlx.models.stores.ollama import find_ollama, has_ollama, list_ollama
from morris_mlx.models.stores.record import Form


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    return tmp_path / "ollama"


def only():
    [model] = list_ollama()
    return model


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ("registry.ollama.ai/library/toy/1b", "ollama:toy:1b"),
        ("registry.ollama.ai/library/toy/latest", "ollama:toy"),
        ("registry.ollama.ai/anna/toy/latest", "ollama:anna/toy"),
        ("hf.co/anna/toy-GGUF/Q4_0", "ollama:hf.co/anna/toy-GGUF:Q4_0"),
        ("localhost:5000/anna/toy/v1", "ollama:localhost:5000/anna/toy:v1"),
    ],
)
def test_a_model_is_listed_and_found_by_the_name_that_ollama_prints(store, manifest, name):
    blob = add_to_ollama(store, manifest)
    before = tree_digest(store)
    model = only()
    assert (model.name, model.form, model.path) == (name, Form.GGUF, blob)
    assert (model.family, model.precision, model.problem) == ("llama", "Q4_0", "")
    assert model.size_bytes == blob.stat().st_size
    assert find_ollama(name) == model
    assert has_ollama(name.removeprefix("ollama:"))
    assert tree_digest(store) == before


def test_the_tag_latest_may_be_given(store):
    add_to_ollama(store, "registry.ollama.ai/library/toy/latest")
    assert find_ollama("ollama:toy:latest") == find_ollama("ollama:toy") == only()


def test_a_bare_ollama_name_is_answered_with_the_name_to_type(store):
    add_to_ollama(store)
    with pytest.raises(MissingError, match="Ollama has one of this name: use `--model ollama:toy"):
        parse_model_name("toy:1b")


def test_a_model_that_is_not_there_is_answered_with_those_that_are(store):
    add_to_ollama(store)
    with pytest.raises(
        MissingError, match=r"no model 'other'.* It has: ollama:toy:1b\..*ollama pu"
    ):
        find_ollama("ollama:other")


def test_without_ollama_nothing_is_listed(store):
    assert list(list_ollama()) == []
    with pytest.raises(MissingError, match="No model of Ollama is on this machine"):
        find_ollama("ollama:toy")


@pytest.mark.parametrize(
    "name", ["ollama:", "ollama:../../x", "ollama:a/../b", "ollama:a b", "ollama:a//b"]
)
def test_an_impossible_name_is_refused_without_looking_for_it(store, name):
    with pytest.raises(MissingError, match="is not a valid name of an Ollama model"):
        find_ollama(name)


def damage(store, text):
    add_to_ollama(store)
    manifest = store / "manifests/registry.ollama.ai/library/toy/1b"
    manifest.write_text(text)


def manifest_with(**changes):
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + 64 * "0"}
    return json.dumps({"layers": [layer | {"size": 5} | changes]})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("[" * 5000, "is damaged"),
        ('{"layers": 5}', "is damaged"),
        (manifest_with(digest="sha256:../../etc/passwd"), "is damaged"),
        (manifest_with(size="big"), "is damaged"),
        (manifest_with(), "its weights are missing"),
        (manifest_with(mediaType="application/vnd.ollama.image.tensor"), "Ollama's own format"),
        ('{"layers": []}', "no weights"),
    ],
)
def test_a_fault_of_a_manifest_is_reported_and_is_not_fatal(store, text, problem):
    damage(store, text)
    add_to_ollama(store, "registry.ollama.ai/library/whole/1b")
    damaged, whole = list_ollama()
    assert problem in damaged.problem and not whole.problem
    with pytest.raises(MorrisError, match=problem):
        find_ollama("ollama:toy:1b")


def test_incomplete_weights_are_named_with_their_sizes(store):
    blob = add_to_ollama(store)
    blob.write_bytes(blob.read_bytes()[:100])
    assert "incomplete: 100 of" in only().problem


def test_a_model_in_the_cloud_has_no_weights_here(store):
    add_to_ollama(store, config={"remote_host": "https://ollama.com", "remote_model": "big"})
    assert "Ollama's servers" in only().problem


def test_an_adapter_in_a_model_is_reported(store):
    add_to_ollama(store, more=("adapter", "template"))
    assert only().note == "its adapter is left out" and not only().problem


def test_a_link_out_of_the_store_is_reported(store, tmp_path):
    blob = add_to_ollama(store)
    blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(tmp_path / "elsewhere")
    assert only().note == f"a link to {tmp_path / 'elsewhere'}, outside of the store"


def test_names_with_odd_characters_are_printed_safely(store):
    add_to_ollama(store, "registry.ollama.ai/library/to\ny\x1b[2J/1b")
    broken = store / "manifests/registry.ollama.ai/library" / os.fsdecode(b"\xff\xfe") / "1b"
    broken.parent.mkdir()
    broken.write_text("{}")
    names = [model.name for model in list_ollama()]
    assert names == ["ollama:to\\x0ay\\x1b[2J:1b", "ollama:\\xff\\xfe:1b"]
    assert all("characters that Ollama forbids" in model.problem for model in list_ollama())
