"""Hugging Face weights → MLX weights in the user's cache. Nothing is fetched that was not asked."""

from morris_mlx.convert.plan import ConversionPlan, plan_conversion
from morris_mlx.convert.run import Converted, Report, Step, run_conversion

__all__ = [
    "ConversionPlan",
    "Converted",
    "Report",
    "Step",
    "plan_conversion",
    "run_conversion",
]
