"""Replies for asyncio: pieces cross from the model thread into the event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress

from morris_mlx.generate.reply import GRACE_SECONDS, PendingReply, Piece


class AsyncPieces:
    """The pieces of one or several replies, for the event loop in which this was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue()

    def put(self, piece: Piece) -> None:
        """Add a piece. Called on the model thread."""
        with suppress(RuntimeError):  # the loop is closed and has no readers any more
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    async def next_piece(self, pending: PendingReply) -> Piece:
        """Return the next piece; finish the reply first when its time is up."""
        left = max(0.0, pending.deadline + GRACE_SECONDS - time.monotonic())
        try:
            return await asyncio.wait_for(
                self._pieces.get(), timeout=None if math.isinf(left) else left
            )
        except TimeoutError:
            pending.finish("timeout")
            return await self._pieces.get()

    async def wait_for_all(self, replies: Sequence[PendingReply]) -> None:
        """Wait for the end of every reply. Raises what the engine raised."""
        for pending in replies:
            while not pending.ended:
                await self.next_piece(pending)
            if pending.error is not None:
                raise pending.error
