"""Downloads: interrupted, damaged, refused, and shared with other programs."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub
import pytest
from support.conversions import FIRST, LAST, MIDDLE, convert, part_size
from support.hub import etag

from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.converted import find_damage
from morris_mlx.models.download import CHUNK_BYTES, MODEL_PATTERNS, fetch_files, list_files
from morris_mlx.models.find import find_local, find_model
from morris_mlx.models.hub_cache import is_safe_name

pytestmark = pytest.mark.usefixtures("model_caches")


def test_a_cut_connection_is_continued_where_it_was_cut(hub):
    hub.cut[FIRST] = [2_500_000, 1_500_000]
    result = convert("zephyr", steps=(steps := []))
    # Whole chunks of a megabyte are kept; no byte of them is sent again.
    assert hub.asked(FIRST) == ["", f"bytes={2 << 20}-", f"bytes={3 << 20}-"]
    assert hub.asked(MIDDLE) == hub.asked(LAST) == [""]
    fetched = [step.done for step in steps if step.kind == "fetch"]
    assert fetched == sorted(fetched) and fetched[0] == 0
    assert find_damage(result.folder, thorough=True) == ""


def test_the_next_try_continues_where_the_last_one_stopped(hub, source_model, tmp_path):
    hub.cut[FIRST] = [2_500_000, *([0] * 5)]
    with pytest.raises(MissingError, match="the download resumes"):
        convert("zephyr")
    assert part_size(tmp_path / "hf" / "hub", source_model / FIRST) == 2 << 20
    whole = sum((source_model / f).stat().st_size for f in (FIRST, MIDDLE, LAST))
    hub.requests.clear()
    plan = plan_conversion("zephyr", None)
    assert whole - (2 << 20) < plan.download_bytes < whole - (2 << 20) + 4_000_000
    run_conversion(plan, lambda _: None)
    assert hub.asked(FIRST) == [f"bytes={2 << 20}-"]


def test_a_server_without_ranges_sends_the_whole_file_again(hub):
    hub.cut[FIRST] = [2_500_000]
    hub.ranges = False
    result = convert("zephyr", steps=(steps := []))
    assert max(s.done for s in steps if s.kind == "fetch") <= steps[0].total
    assert find_damage(result.folder, thorough=True) == ""


def test_a_file_that_arrives_damaged_is_deleted_and_downloaded_again(hub, source_model, tmp_path):
    hub.flip.add(MIDDLE)
    with pytest.raises(MorrisError, match=f"{MIDDLE} .* arrived damaged"):
        convert("zephyr")
    assert part_size(tmp_path / "hf" / "hub", source_model / MIDDLE) == 0
    hub.flip.clear()
    hub.requests.clear()
    assert convert("zephyr").fresh
    assert hub.asked(FIRST) == [] and hub.asked(MIDDLE) == [""]


def test_a_missing_and_a_gated_repository_are_named(hub):
    with pytest.raises(MissingError, match=f"no repository somebody/absent on {hub.url}"):
        convert("somebody/absent")
    hub.gated.add("somebody/gated")
    with pytest.raises(MissingError, match=r"restricted by its owner.*hf auth login"):
        convert("somebody/gated")


def test_files_of_two_commits_are_not_mixed(hub, monkeypatch):
    plan = plan_conversion("zephyr", None)
    monkeypatch.setattr("support.hub.REVISION", "f" * 40)
    with pytest.raises(MorrisError, match=r"was changed during the download\. Run"):
        run_conversion(plan, lambda _: None)


# --- find_model -----------------------------------------------------------------------------
TOKENIZER = "tokenizer.json"
KINDS = [(TOKENIZER, True), (FIRST, False)]


@pytest.mark.parametrize(("file", "tokenizer_only"), KINDS)
def test_a_download_of_find_model_continues_where_it_stopped(
    hub, source_model, tmp_path, file, tokenizer_only
):
    hub.cut[file] = [CHUNK_BYTES + 400_000, *([0] * 5)]
    with pytest.raises(MissingError, match="the download resumes"):
        find_model("zephyr", tokenizer_only)
    assert part_size(tmp_path / "hf" / "hub", source_model / file) == CHUNK_BYTES
    assert find_local("zephyr", tokenizer_only) is None
    hub.requests.clear()
    found = find_model("zephyr", tokenizer_only)
    assert hub.asked(file) == [f"bytes={CHUNK_BYTES}-"]
    assert (found.folder / file).read_bytes() == (source_model / file).read_bytes()
    assert (hub.asked(".safetensors") == []) == tokenizer_only
    assert load_tokenizer(found.folder).end_id == 2


def finding(hub, tmp_path, tokenizer_only):
    """Start find_model in a process of its own, with huggingface-hub's own settings."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }
    environment.pop("HF_HUB_OFFLINE", None)
    code = (
        "from morris_mlx.models.find import find_model\n"
        f"print(find_model('zephyr', tokenizer_only={tokenizer_only}).folder)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(("file", "tokenizer_only"), KINDS)
def test_a_killed_download_continues_where_it_stopped(
    hub, source_model, tmp_path, file, tokenizer_only
):
    hub.stall[file] = CHUNK_BYTES + 400_000
    process = finding(hub, tmp_path, tokenizer_only)
    deadline = time.monotonic() + 240
    while part_size(tmp_path / "hf" / "hub", source_model / file) < CHUNK_BYTES:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=240)
    assert process.returncode == -signal.SIGKILL
    hub.stall.clear()
    hub.requests.clear()
    folder = find_model("zephyr", tokenizer_only).folder
    assert hub.asked(file) == [f"bytes={CHUNK_BYTES}-"]
    assert (folder / file).read_bytes() == (source_model / file).read_bytes()


def test_the_progress_and_the_time_left_are_shown_on_stderr(hub, tmp_path):
    process = finding(hub, tmp_path, tokenizer_only=True)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert Path(out.strip()).is_dir()
    assert re.search(rf"{ZEPHYR_MODEL}: +100%\|.*\[\d\d:\d\d<\d\d:\d\d", err)


def test_two_processes_that_want_the_same_file_download_it_once(hub, tmp_path):
    processes = [finding(hub, tmp_path, tokenizer_only=False) for _ in range(2)]
    results = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    assert hub.asked(FIRST) == hub.asked(TOKENIZER) == [""]


def test_the_cache_is_complete_for_huggingface_hub(hub, tmp_path):
    folder = find_model("zephyr").folder
    cache = tmp_path / "hf" / "hub"
    hub.requests.clear()
    assert huggingface_hub.try_to_load_from_cache(ZEPHYR_MODEL, FIRST) == str(folder / FIRST)
    downloaded = huggingface_hub.snapshot_download(ZEPHYR_MODEL, allow_patterns=MODEL_PATTERNS)
    assert Path(downloaded) == folder
    assert [
        path for method, path, _ in hub.requests if method == "GET" and "/resolve/" in path
    ] == []
    scan = huggingface_hub.scan_cache_dir(cache)
    assert scan.warnings == []
    [repository] = scan.repos
    assert (repository.repo_id, set(repository.refs)) == (ZEPHYR_MODEL, {"main"})
    assert (folder / "config.json").resolve().parent.name == "blobs"


def test_files_that_huggingface_hub_has_downloaded_are_used(hub, source_model):
    huggingface_hub.snapshot_download(ZEPHYR_MODEL, allow_patterns=[FIRST, TOKENIZER])
    hub.requests.clear()
    folder = find_model("zephyr").folder
    assert hub.asked(FIRST) == hub.asked(TOKENIZER) == []
    assert hub.asked(MIDDLE) == [""]
    assert (folder / FIRST).read_bytes() == (source_model / FIRST).read_bytes()


def test_offline_a_complete_model_is_found_and_an_incomplete_one_is_named(hub, monkeypatch):
    find_model("zephyr", tokenizer_only=True)
    hub.requests.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert find_model("zephyr", tokenizer_only=True).window == 256
    with pytest.raises(MissingError, match=r"HF_HUB_OFFLINE forbids .* `--model practice`"):
        find_model("zephyr")
    assert hub.requests == []


@pytest.mark.parametrize("name", ["config.json", TOKENIZER])
def test_a_small_file_that_arrives_damaged_is_deleted(hub, source_model, tmp_path, name):
    hub.flip.add(name)
    with pytest.raises(MorrisError, match=rf"{name} of .* arrived damaged"):
        find_model("zephyr", tokenizer_only=True)
    assert part_size(tmp_path / "hf" / "hub", source_model / name) == 0
    hub.flip.clear()
    assert find_model("zephyr", tokenizer_only=True).window == 256


def test_a_mirror_without_checksums_in_its_list_is_asked_for_each_file(hub, source_model):
    hub.checksums = False
    listing = list_files(ZEPHYR_MODEL)
    assert {f.name: f.digest for f in listing.files} == {
        f.name: etag(source_model / f.name) for f in listing.files
    }
    hub.flip.add(LAST)
    with pytest.raises(MorrisError, match=f"{LAST} of .* arrived damaged"):
        find_model("zephyr")


def test_without_links_the_files_themselves_are_in_the_snapshot(hub, source_model, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    folder = find_model("zephyr").folder
    assert not (folder / FIRST).is_symlink()
    assert (folder / FIRST).read_bytes() == (source_model / FIRST).read_bytes()
    hub.requests.clear()
    assert find_model("zephyr").folder == folder
    assert list_files(ZEPHYR_MODEL).missing_bytes == 0
    fetch_files(list_files(ZEPHYR_MODEL))
    assert hub.asked(".safetensors") == []


def test_a_commit_is_published_only_when_it_is_complete(hub, tmp_path, monkeypatch):
    old = find_model("zephyr", tokenizer_only=True).folder
    monkeypatch.setattr("support.hub.REVISION", "f" * 40)
    hub.cut[LAST] = [0] * 5
    with pytest.raises(MissingError):
        find_model("zephyr")
    assert find_local("zephyr", tokenizer_only=True).folder == old
    new = find_model("zephyr").folder
    assert (new.name, find_local("zephyr").folder) == ("f" * 40, new)


def test_the_tokenizer_of_a_repository_of_pickles_is_found_and_its_weights_are_refused(
    hub, model_copy
):
    for path in model_copy.glob("model*"):
        path.unlink()
    (model_copy / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    hub.folders["somebody/pickled"] = model_copy
    assert find_model("somebody/pickled", tokenizer_only=True).window == 256
    with pytest.raises(RefusedError, match="only as pickle files"):
        find_model("somebody/pickled")
    assert hub.asked(".bin") == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        *(("config.json", True), ("tokenizer/vocab.json", True)),
        *(("../config.json", False), ("tokenizer/../../x.json", False), ("/tokenizer.json", False)),
        *(("tokenizer\\..\\x", False), ("", False)),
    ],
)
def test_only_file_names_within_the_repository_are_safe(name, safe):
    assert is_safe_name(name) == safe
