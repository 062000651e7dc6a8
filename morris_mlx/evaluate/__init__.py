"""texts → report: how much better the adapter knows the writer, and how near it writes."""

from morris_mlx.evaluate.checks import check_text
from morris_mlx.evaluate.heldout import held_out_score
from morris_mlx.evaluate.style import Distances, count_words, style_distances

__all__ = ["Distances", "check_text", "count_words", "held_out_score", "style_distances"]
