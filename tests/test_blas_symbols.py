"""Copies of shared libraries whose symbols have lost a prefix."""

import ctypes
import random
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from morris_mlx.blas_symbols import without_prefix

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF libraries are Linux's")
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")

INNER = """
int value = 40;
int pre_two(void) { return 2; }
int helper(void) { return value; }
int pre_answer(void) { return helper() + pre_two(); }
"""
IMPOSTOR = "int two(void) { return 1000; } int pre_two(void) { return 1000; }"
USER = "int pre_answer(void); int ask(void) { return pre_answer(); }"


def build(folder: Path, name: str, code: str, *options: str) -> Path:
    source = folder / f"{name}.c"
    source.write_text(code)
    library = folder / f"lib{name}.so"
    command = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,lib{name}.so", "-o", library, source]
    subprocess.run([*command, *options], check=True)
    return library


def run_python(code: str, *words: object) -> str:
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def openblas():
    """The library of scipy-openblas32, and its header with the names of its functions."""
    folder = Path(find_spec("scipy_openblas32").submodule_search_locations[0])
    header = (folder / "include" / "cblas.h").read_text()
    names = set(re.findall(r"\b(?:scipy_)?(cblas_[a-z0-9_]+)\(", header))
    return folder / "lib" / "libscipy_openblas.so", names


def test_every_function_of_the_real_library_is_found_under_its_usual_name(openblas, tmp_path):
    path, names = openblas
    copy = tmp_path / "copy.so"
    copy.write_bytes(without_prefix(path.read_bytes(), b"scipy_"))
    old, new = ctypes.CDLL(str(path)), ctypes.CDLL(str(copy))
    here = {name for name in names if hasattr(old, f"scipy_{name}")}
    assert len(here) > 100
    here |= {"sgemm_", "sgesdd_", "dpotrf_", "openblas_set_num_threads"}
    for name in here:
        assert hasattr(new, name), name
        assert not hasattr(new, f"scipy_{name}"), name
    distances = {
        ctypes.cast(getattr(new, name), ctypes.c_void_p).value
        - ctypes.cast(getattr(old, f"scipy_{name}"), ctypes.c_void_p).value
        for name in here
    }
    assert len(distances) == 1  # each name leads to the code that it led to before


def test_the_copy_keeps_size_and_code(openblas):
    source = openblas[0].read_bytes()
    copy = without_prefix(source, b"scipy_")
    changed = [
        place
        for place in range(0, len(source), 4096)
        if source[place : place + 4096] != copy[place : place + 4096]
    ]
    assert len(copy) == len(source) and len(changed) * 4096 < len(source) / 10


@needs_gcc
@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
def test_a_copy_works_with_each_kind_of_hash_table(tmp_path, style):
    library = build(tmp_path, "pre_inner", INNER, f"-Wl,--hash-style={style}")
    copy = tmp_path / "copy.so"
    copy.write_bytes(without_prefix(library.read_bytes(), b"pre_"))
    code = (
        "import ctypes, sys\n"
        "library = ctypes.CDLL(sys.argv[1])\n"
        "found = [n for n in sys.argv[2:] if hasattr(library, n)]\n"
        "print(library.answer(), *found)\n"
    )
    names = ("answer", "two", "pre_answer", "pre_two", "helper", "value", "nothing")
    assert run_python(code, copy, *names).split() == ["42", "answer", "two"]


@needs_gcc
def test_a_copy_calls_its_own_functions_when_others_have_the_same_names(tmp_path):
    library = build(tmp_path, "pre_inner", INNER)
    impostor = build(tmp_path, "impostor", IMPOSTOR + "int helper(void) { return 5; }")
    copy = tmp_path / "copy.so"
    copy.write_bytes(without_prefix(library.read_bytes(), b"pre_"))
    code = (
        "import ctypes, os, sys\n"
        "ctypes.CDLL(sys.argv[1], mode=os.RTLD_GLOBAL)\n"
        "print(ctypes.CDLL(sys.argv[2]).answer())\n"
    )
    assert run_python(code, impostor, copy) == "42\n"


@needs_gcc
def test_who_needs_the_true_library_does_not_get_the_copy(tmp_path):
    library = build(tmp_path, "pre_inner", INNER)
    user = build(tmp_path, "user", USER, f"-L{tmp_path}", "-lpre_inner", "-Wl,-rpath,$ORIGIN")
    copy = tmp_path / "copy.so"
    copy.write_bytes(without_prefix(library.read_bytes(), b"pre_"))
    code = (
        "import ctypes, os, sys\n"
        "print(ctypes.CDLL(sys.argv[1], mode=os.RTLD_GLOBAL).answer())\n"
        "print(ctypes.CDLL(sys.argv[2]).ask())\n"
    )
    assert run_python(code, copy, user) == "42\n42\n"


@needs_gcc
def test_other_files_are_refused_in_words(tmp_path):
    library = build(tmp_path, "pre_inner", INNER).read_bytes()
    for source in (b"", b"MZ" + library[2:], library[:4] + b"\x01" + library[5:]):
        with pytest.raises(ValueError, match="64-bit little-endian"):
            without_prefix(source, b"pre_")
    big_endian = library[:5] + b"\x02" + library[6:]
    with pytest.raises(ValueError, match="64-bit little-endian"):
        without_prefix(big_endian, b"pre_")
    with pytest.raises(ValueError, match="no symbols that begin with other_"):
        without_prefix(library, b"other_")


@needs_gcc
def test_damaged_libraries_raise_nothing_but_value_error(tmp_path):
    library = build(tmp_path, "pre_inner", INNER, "-Wl,--hash-style=both").read_bytes()
    for size in range(6, len(library) - 1, 97):
        with pytest.raises(ValueError, match=r"the library is damaged|no symbols"):
            without_prefix(library[:size], b"pre_")
    choose = random.Random(1)
    for _ in range(3000):
        damaged = bytearray(library)
        for _ in range(choose.randint(1, 8)):
            damaged[choose.randrange(len(damaged))] = choose.choice((0, 1, 127, 255))
        try:
            assert len(without_prefix(bytes(damaged), b"pre_")) == len(library)
        except ValueError:
            continue
