"""Tests of model names: their meaning, and advice for unknown ones."""

import pytest

from morris_mlx.errors import MissingError
from morris_mlx.models.names import Kind, parse_model_name, repository_of

NAME = "owner/some-model_1.5"


@pytest.mark.parametrize(
    "address",
    [
        f"https://huggingface.co/{NAME}",
        f"https://huggingface.co/{NAME}/",
        f"https://www.huggingface.co/{NAME}/tree/main",
        f"https://huggingface.co/{NAME}/blob/main/config.json?x=1#top",
        f"http://hf.co/{NAME}",
        f"hf.co/{NAME}",
        f"huggingface.co/{NAME}",
        f"hf://{NAME}",
    ],
)
def test_an_address_on_hugging_face_is_its_repository(address):
    meant = parse_model_name(address)
    assert (meant.kind, meant.text) == (Kind.REPOSITORY, NAME)
    assert repository_of(address) == NAME


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("practice", Kind.PRACTICE, "practice"),
        ("zephyr", Kind.REPOSITORY, "zephyr"),
        (NAME, Kind.REPOSITORY, NAME),
        ("ollama:llama3.2:1b", Kind.OLLAMA, "ollama:llama3.2:1b"),
        ("lm-studio:a/b", Kind.LM_STUDIO, "lmstudio:a/b"),
    ],
)
def test_a_name_is_recognized(name, kind, text):
    meant = parse_model_name(name)
    assert (meant.kind, meant.text) == (kind, text)


def test_a_folder_and_a_gguf_file_are_recognized_by_what_they_are(tmp_path, monkeypatch):
    blob = tmp_path / "sha256-1234"
    blob.write_bytes(b"GGUF\x03\0\0\0")
    (tmp_path / "model.gguf").touch()
    (tmp_path / "empty").mkdir()
    assert parse_model_name(str(tmp_path / "empty")).kind is Kind.FOLDER
    assert parse_model_name(str(blob)).path == blob
    monkeypatch.chdir(tmp_path)
    assert parse_model_name("model.gguf").text == str(tmp_path / "model.gguf")


def test_a_folder_of_gguf_files_is_its_model_or_a_choice(tmp_path):
    for name in ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "mmproj-a.gguf", "read.me"):
        (tmp_path / name).touch()
    meant = parse_model_name(str(tmp_path))
    assert (meant.kind, meant.path) == (Kind.GGUF, tmp_path / "a-00001-of-00002.gguf")
    (tmp_path / "b.gguf").touch()
    with pytest.raises(
        MissingError, match=r"several GGUF models: a-00001.*, b\.gguf\. Give the path"
    ):
        parse_model_name(str(tmp_path))
    (tmp_path / "config.json").touch()
    assert parse_model_name(str(tmp_path)).kind is Kind.FOLDER


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("llama3.2:1b", "`ollama pull llama3.2:1b` and use `--model ollama:llama3.2:1b`"),
        ("https://ollama.com/library/qwen3", "`--model ollama:qwen3`"),
        ("gone.gguf", "There is no file gone.gguf"),
        ("folder/gone.gguf", "There is no file folder/gone.gguf"),
        (f"hf.co/{NAME}-GGUF:Q4_K_M", "means the quantization Q4_K_M .* `hf download"),
        (f"https://huggingface.co/{NAME}/resolve/main/x.gguf", "the file x.gguf .* `hf download"),
        ("https://huggingface.co/datasets/a/b", "not the address of a model"),
        ("https://huggingface.co/", "not the address of a model"),
        ("https://example.org/a/b", "an address that Morris cannot use"),
        ("practise", "no such folder, and not a repository's name"),
        ("", "Unknown model ''"),
        ("ollama:\udcffx", r"Unknown model 'ollama:\\xffx'"),
        ("a\nb\x1b[31m", r"a\\x0ab\\x1b\[31m"),
    ],
)
def test_an_unknown_name_is_answered_with_advice(name, advice, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingError, match=advice):
        parse_model_name(name)


def test_a_file_that_is_not_a_model_is_answered_with_its_folder(tmp_path):
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(MissingError, match=f"Give the model's folder .{tmp_path}."):
        parse_model_name(str(tmp_path / "model.safetensors"))
