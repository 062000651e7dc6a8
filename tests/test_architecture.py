"""Rules of the code base: the direction of imports, what loads when, and sizes."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import morris_mlx

PACKAGE = Path(morris_mlx.__file__).parent
# The one rule of direction: a part imports from its own part and from layers further down, never
# from a part beside it. The ground may import from the ground.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"studio", "serve"},
    {"pipeline"},
    {"jobs"},
    {"collect", "prepare", "train", "generate", "evaluate", "audit", "export", "convert", "forget"},
    {"project"},
    {"models", "formats", "report"},
    {"text", "records"},
    {
        "errors",
        "device",
        "blas",
        "blas_symbols",
        "files",
        "typed_json",
        "defaults",
        "practice",
        "streams",
        "torch_import",
    },
)
GROUND = len(LAYERS) - 1
HEIGHT = {part: number for number, parts in enumerate(LAYERS) for part in parts}
HEAVY = {"mlx", "mlx_lm", "torch", "transformers", "gradio", "trafilatura", "lxml", "bs4"}
HEAVY |= {"feedparser", "protego", "requests", "urllib3", "charset_normalizer"}
HEAVY |= {"pypdf", "numpy", "phonenumbers", "ftfy", "py3langid", "stdnum", "jinja2", "gguf"}
MOST_MODULES = 400  # of `morris --help`, with those of Python: it used 358, and 0.3 s of CPU
MAX_LINES = 400
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def imports(path: Path, top_level_only: bool = False) -> frozenset[str]:
    """Return the dotted names of all modules that a file imports."""
    tree = tree_of(path)
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
    return frozenset(names)


def own_modules(path: Path) -> set[str]:
    """Return the modules of this package that a file imports, without the package's name."""
    names = {n.removeprefix("morris_mlx.") for n in imports(path) if n.startswith("morris_mlx.")}
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} - {""}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(file) for file in FILES}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_part_of_the_package_has_a_layer():
    assert {part_of(path) for path in FILES} - {"__init__"} <= set(HEIGHT)


def test_imports_go_down_only():
    wrong = []
    for path in FILES:
        here = part_of(path)
        for module in own_modules(path) if here != "__init__" else ():
            part = module.split(".")[0]
            allowed = part == here or HEIGHT[part] > HEIGHT[here]
            if not allowed and not HEIGHT[part] == HEIGHT[here] == GROUND:
                wrong.append(f"{module_name(path)} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_no_imports_form_a_cycle():
    graph = {module_name(path): own_modules(path) for path in FILES}
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " → ".join([*above[above.index(module) :], module])
        if module not in done:
            for other in sorted(graph.get(module, ())):
                if other != module:
                    visit(other, (*above, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_a_module_has_at_most_four_hundred_lines():
    lengths = {module_name(path): len(text_of(path).splitlines()) for path in FILES}
    assert not {name: length for name, length in lengths.items() if length > MAX_LINES}


def test_heavy_libraries_are_imported_in_leaf_modules_only():
    shared = {"cli", "pipeline", "jobs", "project", "models", "formats", "text", "records"}
    wrong = []
    for path in FILES:
        door = path.name in ("__init__.py", "__main__.py")
        if door or part_of(path) in shared | LAYERS[GROUND]:
            heavy = {name.split(".")[0] for name in imports(path, top_level_only=True)} & HEAVY
            wrong += [f"{module_name(path)} imports {name}" for name in sorted(heavy)]
    assert not wrong, "\n".join(wrong)


QUESTION_WORDS = r"(What|Which|Whether|Whom|Whose|Of|As|How|Where|See the door)\b"


def test_no_docstring_begins_with_a_question_word():
    found = []
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text and re.match(QUESTION_WORDS, text):
                found.append(f"{path.relative_to(PACKAGE)}: {text.splitlines()[0]}")
    assert not found, "\n".join(found)


LISTENS = PACKAGE / "studio" / "server.py"  # looks for a free port of this machine


def test_sockets_and_http_are_used_by_web_collection_alone():
    network = {"socket", "ssl", "http.client", "urllib.request", "requests", "urllib3"}
    for path in FILES:
        if (PACKAGE / "collect" / "web") not in path.parents and path != LISTENS:
            taken = imports(path)
            assert not {n for n in network if any(f"{t}.".startswith(f"{n}.") for t in taken)}, path


def test_no_exception_is_swallowed_whole():
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}:{node.lineno}: bare except"
                assert ast.unparse(node.type) not in ("Exception", "BaseException"), path


def test_pickle_eval_and_remote_code_are_nowhere():
    banned = {"pickle", "marshal", "shelve"}
    for path in FILES:
        assert not {n.split(".")[0] for n in imports(path)} & banned
        text = text_of(path)
        assert "trust_remote_code=True" not in text and "yaml.load(" not in text
        assert "eval(" not in text.replace("mx.eval(", "").replace("async_eval(", "").replace(
            "model.eval(", ""
        )


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_help_loads_few_modules_and_no_heavy_library():
    code = (
        "import sys\n"
        "sys.argv = ['morris', '--help']\n"
        "from morris_mlx.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print('HEAVY', [m for m in sys.modules if m.split('.')[0] in "
        f"{sorted(HEAVY)!r}])\n"
        "print('MODULES', len(sys.modules))\n"
    )
    output = run_python(code)
    assert "HEAVY []" in output
    assert int(output.rsplit("MODULES ", 1)[1]) <= MOST_MODULES


def test_importing_the_doors_loads_no_heavy_library():
    packages = {module_name(path) for path in FILES if path.name == "__init__.py"} - {""}
    doors = ", ".join(f"morris_mlx.{package}" for package in sorted(packages))
    code = f"import sys, {doors}\nprint([m for m in sys.modules if m.split('.')[0] in {HEAVY!r}])"
    assert run_python(code).strip() == "[]"
