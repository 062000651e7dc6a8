"""Evaluation of texts: held-out loss, distance of style, and checks of generated text.

findings = check_text(reply.text, reply.finish_reason, training_texts)
print([finding.kind for finding in findings])
"""

from morris_mlx.evaluate.checks import check_text
from morris_mlx.evaluate.heldout import held_out_score
from morris_mlx.evaluate.style import StyleDistances, count_words, style_distances

__all__ = ["StyleDistances", "check_text", "count_words", "held_out_score", "style_distances"]
