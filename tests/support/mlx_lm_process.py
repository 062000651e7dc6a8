"""mlx-lm's own commands as processes."""

# mlx-lm's own entry point, after a fast BLAS where there is one. Without torch, which transformers
# would take two seconds to import.
STARTER = """
import runpy, sys
from morris_mlx.blas import load_blas
load_blas()
sys.modules["torch"] = None
module = sys.argv[1]
sys.argv = sys.argv[1:]
runpy.run_module(module, run_name="__main__")
"""
