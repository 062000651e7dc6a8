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

# $1: an extra to install, such as "dev"; on Linux the extra "cpu" (MLX's backend) comes with it.
# What is installed already is not asked for again, so that a second run needs no network.
make_environment() {
  extras=$1
  if [ "$(uname -s)" = Linux ]; then extras="cpu${extras:+,$extras}"; fi
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
    [ -z "$installed" ] || extras="${installed#*:},$extras"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      -c constraints.txt -e ".${extras:+[$extras]}"
    echo "$project:$extras" >.venv/.installed
  fi
  .venv/bin/python - <<'CHECK' >&2
from morris_mlx.device import BLAS_HINT, load_blas
if not load_blas():
    print("No fast BLAS was found: it works, but about 50 times slower.", BLAS_HINT)
CHECK
}
