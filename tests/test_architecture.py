"""The house keeps its rules: who imports whom, what loads when, how large a file may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import morris_mlx

PACKAGE = Path(morris_mlx.__file__).parent
SHELVES = {"records", "settings", "errors", "files", "store", "prompt", "device", "models"}
SHELVES |= {"converted", "adapters", "adapter_files", "generation", "voice", "written"}
SHELVES |= {"learned", "enhancing", "rows_file", "drafts_file", "prompts_file", "answers_file"}
SHELVES |= {"folded", "redaction", "private_map", "people_file", "conversations_file"}
SHELVES |= {
    "provenance",
    "forgotten",
    "speaking",
    "typed_json",
    "vector_exp",
    "blas",
    "symbol_prefix",
}
ROOMS = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()} - {"cli"}
HEAVY = {"mlx", "mlx_lm", "torch", "transformers", "gradio", "trafilatura", "lxml", "bs4"}
HEAVY |= {"feedparser", "protego", "requests", "urllib3", "charset_normalizer"}
HEAVY |= {"numpy", "phonenumbers", "ftfy", "py3langid"}
# What a shelf may take from other shelves.
SHELF_MAY = {
    "errors": set(),
    "generation": {"errors"},
    "records": {"errors"},
    "settings": {"records", "generation", "errors"},
    "files": {"errors"},
    "symbol_prefix": set(),
    "blas": {"symbol_prefix", "files", "errors"},
    "folded": set(),
    "vector_exp": set(),
    "typed_json": {"errors"},
    "redaction": {"folded"},
    "people_file": {"store", "files", "settings", "errors"},
    "drafts_file": {"files", "store", "records", "settings", "errors"},
    "enhancing": set(),
    "speaking": set(),
    "rows_file": {"files", "records", "errors"},
    "private_map": {"store", "redaction", "typed_json", "files", "settings", "errors"},
    "forgotten": {"files", "settings", "errors"},
    "store": {"forgotten", "typed_json", "files", "records", "settings", "errors"},
    "learned": {"forgotten", "store", "files", "records", "settings", "errors"},
    "prompt": {"records", "settings", "errors"},
    "device": {"blas", "records", "settings", "errors"},
    "converted": {"typed_json", "files", "errors"},
    "models": {"converted", "device", "files", "records", "settings", "errors"},
    "adapter_files": {"files", "store", "records", "errors"},
    "adapters": {"adapter_files", "errors"},
    "written": {"files", "store", "generation", "errors"},
    "provenance": {"files", "settings", "errors"},
    "conversations_file": {"files", "store", "records", "settings", "errors"},
    "prompts_file": {"files", "generation", "records", "errors"},
    "answers_file": {"files", "written", "prompts_file", "generation", "records", "errors"},
    "voice": {"store", "models", "files", "records", "settings", "errors"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    """Dotted names of all modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        node
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    nodes = tree.body if top_level_only else [n for n in ast.walk(tree) if n not in guarded]
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_parts(path: Path) -> set[str]:
    """The shelves and rooms of this package that a file imports."""
    return {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("morris_mlx.") and name.split(".")[1] != "__version__"
    }


def place(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def test_the_package_is_made_of_known_shelves_and_rooms():
    assert {place(p) for p in FILES} - ROOMS - SHELVES <= {"cli", "river", "__init__", "__main__"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    here, taken = place(path), own_parts(path)
    if here in SHELVES:
        assert taken <= SHELF_MAY[here]
    elif here in ROOMS:
        assert taken <= SHELVES | {here}


def test_the_corridor_uses_doors_only():
    for path in (PACKAGE / "river.py", *(PACKAGE / "cli").glob("*.py")):
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "morris_mlx" and len(parts) > 1 and parts[1] in ROOMS:
                assert len(parts) == 3, f"{path.name} reaches into a room: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_stays_under_three_hundred_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_doors_shelves_and_commands_import_nothing_heavy_at_the_top(path):
    door = path.name in ("__init__.py", "__main__.py")
    if door or place(path) in SHELVES | {"cli"}:
        assert not {name.split(".")[0] for name in imports(path, top_level_only=True)} & HEAVY


LISTENS = PACKAGE / "studio" / "server.py"  # looks for a free port of this machine


def test_sockets_and_http_are_used_by_web_collection_alone():
    network = {"socket", "ssl", "http.client", "urllib.request", "requests", "urllib3"}
    for path in FILES:
        if (PACKAGE / "collect" / "web") not in path.parents and path != LISTENS:
            taken = imports(path)
            assert not {n for n in network if any(f"{t}.".startswith(f"{n}.") for t in taken)}, path


def test_no_exception_is_swallowed_whole():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}:{node.lineno}: bare except"
                assert ast.unparse(node.type) not in ("Exception", "BaseException"), path


def test_pickle_eval_and_remote_code_are_nowhere():
    banned = {"pickle", "marshal", "shelve"}
    for path in FILES:
        assert not {n.split(".")[0] for n in imports(path)} & banned
        text = path.read_text(encoding="utf-8")
        assert "trust_remote_code=True" not in text and "yaml.load(" not in text
        assert "eval(" not in text.replace("mx.eval(", "").replace("mx.async_eval(", "").replace(
            "model.eval(", ""
        )


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_help_is_quick_and_loads_no_heavy_library():
    code = (
        "import sys, resource\n"
        "sys.argv = ['morris', '--help']\n"
        "from morris_mlx.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print('HEAVY', [m for m in sys.modules if m.split('.')[0] in "
        f"{sorted(HEAVY)!r}])\n"
        "print('CPU', used.ru_utime + used.ru_stime)\n"
    )
    outputs = [run_python(code) for _ in range(3)]
    assert all("HEAVY []" in output for output in outputs)
    assert min(float(o.rsplit("CPU ", 1)[1]) for o in outputs) <= 0.35


def test_importing_the_doors_loads_no_heavy_library():
    doors = ", ".join(f"morris_mlx.{room}" for room in sorted(ROOMS - {"practice"}))
    code = f"import sys, {doors}\nprint([m for m in sys.modules if m.split('.')[0] in {HEAVY!r}])"
    assert run_python(code).strip() == "[]"
