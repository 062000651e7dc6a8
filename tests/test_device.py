"""The device: chosen with a reason, with a fast BLAS if available, and no lowered limits."""

import subprocess
import sys

from morris_mlx.device import prepare_engine, total_memory_gb, versions


def test_a_device_is_chosen_with_a_reason():
    engine = prepare_engine()
    assert engine.name in {"mlx-metal", "mlx-cuda", "mlx-cpu"} and engine.reason
    assert 0 < engine.usable_gb <= engine.memory_gb == total_memory_gb()


def test_importing_mlx_lm_keeps_the_limit_of_open_files():
    code = (
        "import resource\n"
        "before = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "from morris_mlx.device import prepare_engine\n"
        "prepare_engine()\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == before\n"
        "try:\n    resource.setrlimit(resource.RLIMIT_NOFILE, before)\n"
        "except OSError:\n    raise SystemExit('setrlimit is still switched off')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_versions_include_the_computing_packages():
    assert {"python", "mlx", "mlx-lm"} <= set(versions())
