"""The BLAS that is loaded before MLX: found, copied, checked, and never a wrong one."""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import morris_mlx
from morris_mlx import blas
from morris_mlx.blas_symbols import without_prefix

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="MLX needs a BLAS on Linux alone")
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")

# Loads a BLAS in a process that has no MLX yet. `setup` stands before it, `then` behind it.
LOAD = """
import json
from dataclasses import asdict
from morris_mlx import blas
blas.SYSTEM_LIBRARIES = ()
{setup}
found = asdict(blas.load_blas())
{then}
print(json.dumps(found))
"""
MAPPED = "found['mapped'] = [l.split()[-1] for l in open('/proc/self/maps') if 'openblas' in l]"


def start(cache, setup="", then="", **environment):
    """A process that loads a BLAS; without the user's settings of threads."""
    known = {k: v for k, v in os.environ.items() if k not in blas.THREAD_VARIABLES}
    return subprocess.Popen(
        [sys.executable, "-c", LOAD.format(setup=setup, then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=known | {"MORRIS_CACHE": str(cache)} | environment,
    )


def load(cache, setup="", then="", **environment):
    """Return the description of the BLAS that a new process has loaded."""
    with start(cache, setup, then, **environment) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def copies(cache):
    return sorted((cache / "blas").iterdir())


@pytest.fixture(scope="module")
def package_library():
    folder = blas.find_spec(blas.PACKAGE).submodule_search_locations[0]
    return Path(folder) / "lib" / "libscipy_openblas.so"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache folder that holds the copy."""
    folder = tmp_path_factory.mktemp("cache")
    assert load(folder)["name"]
    return folder


# --- what is found ------------------------------------------------------------------------
def test_the_package_is_used_where_the_system_has_no_library(tmp_path):
    found = load(tmp_path / "new", then=MAPPED)
    assert found["name"] == "OpenBLAS of scipy-openblas32" and not found["refused"]
    (copy,) = copies(tmp_path / "new")
    assert found["gflops"] > blas.LEAST_GFLOPS and str(copy) in found["mapped"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700


def test_mlx_computes_with_it_and_computes_right(cache):
    then = """
import numpy as np
import mlx.core as mx
import time
mx.set_default_device(mx.cpu)
random = np.random.default_rng(2)
a = random.standard_normal((96, 96), dtype=np.float32)
b = random.standard_normal((96, 96), dtype=np.float32)
assert np.allclose(np.array(mx.array(a) @ mx.array(b)), a @ b, atol=1e-3)
positive = a @ a.T + 96 * np.eye(96, dtype=np.float32)
root = np.array(mx.linalg.cholesky(mx.array(positive)))
assert np.allclose(root @ root.T, positive, atol=1e-2)
u, s, v = (np.array(part) for part in mx.linalg.svd(mx.array(a)))
assert np.allclose((u * s) @ v, a, atol=1e-3)
q, r = (np.array(part) for part in mx.linalg.qr(mx.array(a)))
assert np.allclose(q @ r, a, atol=1e-3)
assert np.allclose(np.array(mx.linalg.inv(mx.array(positive))) @ positive, np.eye(96), atol=1e-3)
big = mx.random.normal((512, 512))
seconds = []
for _ in range(5):
    begin = time.process_time()
    mx.eval(big @ big)
    seconds.append(time.process_time() - begin)
found["seconds"] = min(seconds)
"""
    # One thread, because threads that wait for each other take processor time, too.
    fast = load(cache, then=then, OPENBLAS_NUM_THREADS="1")
    slow = load(cache, setup="blas.PACKAGE = 'no_such_package'", then=then)
    assert fast["name"] and not slow["name"]
    assert (
        fast["seconds"] * 2 < slow["seconds"]
    )  # in processor time, it is 20 times as much or more


def test_a_library_of_the_system_comes_first(cache, tmp_path, package_library):
    system = tmp_path / "lib"
    system.mkdir()
    copy = without_prefix(package_library.read_bytes(), blas.PREFIX)
    (system / "libopenblas.so.0").write_bytes(copy)
    setup = "blas.SYSTEM_LIBRARIES = ('libopenblas.so.0',)"
    assert load(cache, setup, LD_LIBRARY_PATH=str(system))["name"] == "libopenblas.so.0"


def test_without_any_library_it_says_why_and_goes_on(cache):
    found = load(cache, "blas.PACKAGE = 'no_such_package'")
    assert found["name"] == "" and found["refused"] == [
        "no_such_package: the package is not installed"
    ]


def test_after_mlx_it_is_too_late_and_says_so(cache):
    found = load(cache, "import mlx.core")
    assert found["name"] == "" and "MLX was imported before" in found["refused"][0]


def test_numpy_and_torch_compute_right_beside_it(cache):
    pytest.importorskip("torch")
    then = """
import numpy as np, torch
a = np.random.default_rng(3).standard_normal((200, 200))
u, s, v = np.linalg.svd(a)
assert np.allclose((u * s) @ v, a)
t = torch.from_numpy(a)
assert np.allclose((t @ t).numpy(), a @ a)
assert np.allclose(torch.linalg.inv(t).numpy() @ a, np.eye(200))
"""
    assert load(cache, then=then)["name"]


# --- the copy in the cache ----------------------------------------------------------------
def test_a_copy_is_written_once(cache):
    (copy,) = copies(cache)
    before = copy.stat()
    assert load(cache)["name"]
    after = copies(cache)[0].stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damage", ["truncated", "empty", "one byte"])
def test_a_damaged_copy_is_written_again(cache, tmp_path, damage):
    (whole,) = copies(cache)
    content = bytearray(whole.read_bytes())
    if damage == "one byte":
        content[len(content) // 2] ^= 1
    own = tmp_path / "cache"
    (own / "blas").mkdir(parents=True)
    (own / "blas" / whole.name).write_bytes(
        {"truncated": content[: len(content) // 3], "empty": b""}.get(damage, content)
    )
    assert load(own)["name"] == "OpenBLAS of scipy-openblas32"
    assert copies(own)[0].read_bytes() == whole.read_bytes()


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_text("no folder")
    found = load(tmp_path / "file" / "cache", then=MAPPED)
    assert found["name"] == "OpenBLAS of scipy-openblas32, in memory" and found["mapped"]
    assert found["refused"][0].startswith("copy in the cache folder: Cannot make the folder")


def test_a_read_only_cache_with_a_copy_is_used(cache):
    setup = """
def replacing(path):
    raise AssertionError("written")
blas.replacing = replacing
"""
    assert load(cache, setup)["name"] == "OpenBLAS of scipy-openblas32"


def test_a_place_that_no_code_may_be_loaded_from_is_no_obstacle(cache):
    setup = """
import ctypes
real = ctypes.CDLL
def refuse(path, *rest, **more):
    if str(path).endswith(".so"):
        raise OSError("failed to map segment from shared object")
    return real(path, *rest, **more)
ctypes.CDLL = refuse
"""
    found = load(cache, setup)
    assert found["name"].endswith("in memory") and "failed to map" in found["refused"][0]


def test_processes_at_once_share_one_copy(tmp_path):
    processes = [start(tmp_path / "cache") for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out)["name"] == "OpenBLAS of scipy-openblas32", out
    assert len(copies(tmp_path / "cache")) == 1


def test_old_copies_are_removed_and_young_ones_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("MORRIS_CACHE", str(tmp_path))
    first = blas.keep_copy(b"first", "1" * 64)
    second = blas.keep_copy(b"second", "2" * 64)
    assert first.exists()  # another process may be about to load it
    hour_ago = time.time() - blas.OLD_COPY_SECONDS - 1
    os.utime(first, (hour_ago, hour_ago))
    os.utime(second, (hour_ago, hour_ago))
    assert blas.keep_copy(b"second", "2" * 64) == second and first.exists()
    third = blas.keep_copy(b"third", "3" * 64)
    assert copies(tmp_path) == [third]


# --- the check ----------------------------------------------------------------------------
def build(folder, code):
    """A library that is called OpenBLAS and is none."""
    source, library = folder / "fake.c", folder / "libopenblas.so.0"
    source.write_text(code)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return f"blas.SYSTEM_LIBRARIES = ({str(library)!r},)"


THREADS = "void openblas_set_num_threads(int n) {} int openblas_get_num_threads() { return 1; }"


@needs_gcc
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (THREADS + "void cblas_sgemm() {}", "products are wrong"),
        (THREADS, "a function is missing"),
        ("void cblas_sgemm() {}", "a function is missing"),
    ],
)
def test_a_wrong_library_is_refused_and_its_symbols_stay_out_of_sight(
    cache, tmp_path, code, reason
):
    then = """
import ctypes
seen = ctypes.CDLL(None)
found["speed"], _ = blas.check_library(seen)  # the product that MLX would find is right
"""
    found = load(cache, build(tmp_path, code), then)
    assert found["name"] == "OpenBLAS of scipy-openblas32" and found["speed"] > 0
    (refused,) = found["refused"]
    assert reason in refused


def test_a_file_that_is_no_library_is_passed_over(cache, tmp_path):
    (tmp_path / "libopenblas.so.0").write_bytes(b"\x7fELF and no more")
    setup = f"blas.SYSTEM_LIBRARIES = ({str(tmp_path / 'libopenblas.so.0')!r},)"
    assert load(cache, setup)["name"] == "OpenBLAS of scipy-openblas32"


def test_a_slow_library_is_refused(cache):
    found = load(cache, "blas.LEAST_GFLOPS = 1e9")
    assert found["name"] == "" and "it is slow (" in found["refused"][0]


@pytest.mark.parametrize("name", ["numpy", "psutil", "platformdirs"])
def test_missing_packages_never_end_the_start(cache, name):
    found = load(cache, f"import sys; sys.modules[{name!r}] = None")
    assert found["refused"] and name in found["refused"][0]
    assert bool(found["name"]) == (name == "platformdirs")  # then it is loaded from memory


def test_a_damaged_package_is_refused_in_words(cache, tmp_path):
    elf, other = b"\x7fELF\x02\x01\x01", b"\xcf\xfa\xed\xfe"
    said = {"short": "is damaged", "foreign": "is not a 64-bit little-endian ELF file"}
    for name, content in (("short", elf), ("foreign", other)):
        library = tmp_path / name / "broken_blas" / "lib" / "libscipy_openblas.so"
        library.parent.mkdir(parents=True)
        library.write_bytes(content)
        setup = (
            f"import sys; sys.path.insert(0, {str(tmp_path / name)!r}); blas.PACKAGE='broken_blas'"
        )
        found = load(cache, setup)
        assert (
            found["name"] == "" and f"broken_blas: the library {said[name]}" in found["refused"][0]
        )


# --- threads and forks --------------------------------------------------------------------
def test_threads_follow_the_physical_cores_unless_the_user_chose(cache):
    assert load(cache)["threads"] == blas.physical_cores()
    assert load(cache, OPENBLAS_NUM_THREADS="1")["threads"] == 1
    assert load(cache, OMP_NUM_THREADS="1")["threads"] == 1
    one_core = "import psutil; psutil.cpu_count = lambda logical=True: 2 if logical else 1"
    assert load(cache, one_core)["threads"] == 1


def test_threads_are_no_more_than_the_process_may_use(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert blas.physical_cores() == 3
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: None)  # unknown
    assert blas.physical_cores() == 3


def test_a_fork_after_loading_computes_right_in_both_processes(cache):
    then = """
import ctypes, os, signal
library = ctypes.CDLL(None)
blas.check_library(library)
child = os.fork()
if child == 0:
    signal.alarm(60)  # a product that waits for threads of the parent would wait for ever
    blas.check_library(library)
    os._exit(0)
found["child"] = os.waitpid(child, 0)[1]
blas.check_library(library)
"""
    assert load(cache, then=then)["child"] == 0


def test_the_package_starts_processes_and_never_forks():
    """MLX's threads do not exist in a forked child: its first operation would wait for ever."""
    for path in Path(morris_mlx.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(alias.name for alias in node.names)}
                assert not names & {"multiprocessing", "ProcessPoolExecutor", "pty"}, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("fork", "forkpty", "ProcessPoolExecutor"), path


def test_elsewhere_than_on_linux_nothing_is_loaded(monkeypatch):
    monkeypatch.setattr(blas, "sys", SimpleNamespace(platform="darwin"))
    assert blas.load_blas.__wrapped__() == blas.Blas(blas.NOT_NEEDED)


def test_a_user_without_a_home_folder_is_no_obstacle():
    found = load(Path("~no-such-user/cache"))
    assert found["name"] == "OpenBLAS of scipy-openblas32, in memory"
    assert "The folder ~no-such-user/cache cannot be found" in found["refused"][0]
