"""Tests of the import of torch."""

import os
import subprocess
import sys

SCRIPT = """
import sys
from morris_mlx.device import prepare_engine
from morris_mlx.torch_import import restore_torch, skip_torch

skip_torch()
prepare_engine()
assert "transformers" in sys.modules
assert "torch" not in sys.modules
restore_torch()
from transformers import PreTrainedModel
assert "torch" in sys.modules
assert PreTrainedModel.__mro__[1].__module__.startswith("torch.")
"""


def test_a_command_leaves_torch_out_until_the_torch_backend_asks_for_it():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", SCRIPT], env=environment, check=True)
