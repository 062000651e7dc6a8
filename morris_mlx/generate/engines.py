"""Which engine answers: loaded here, so that its library is needed only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from morris_mlx.errors import MissingError
from morris_mlx.generate.backend import Backend
from morris_mlx.models import ModelFiles


def load_torch_backend(
    model: ModelFiles, device: str | None, say: Callable[[str], None]
) -> Backend:
    """torch with `model` on "mps", "cuda" or "cpu"; None takes the first of them that is there.

    `say` is told when the work moves to the CPU. Raises MissingError without torch, or without
    the device asked for; MorrisError when the model cannot be loaded.
    """
    if find_spec("torch") is None:
        raise MissingError("torch is not installed. Install it: pip install 'morris-mlx[torch]'")
    from morris_mlx.generate.torch_backend import TorchBackend

    return TorchBackend(model, device, say)
