"""Conversion of Hugging Face weights to MLX weights in the user's cache.

Example:
    plan = plan_conversion("zephyr", None)  # downloads only the small files
    folder = run_conversion(plan, print).folder
"""

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
