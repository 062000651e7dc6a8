"""Replies for asyncio: pieces cross from the model thread into the event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress

from morris_mlx.generate.reply import GRACE_SECONDS, Draft, Piece


class Mailbox:
    """Where the model thread puts the pieces of one or several drafts. Make it in the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue()

    def put(self, piece: Piece) -> None:
        """Called on the model thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    async def next_piece(self, draft: Draft) -> Piece:
        """The next piece; ends the draft when its time is up."""
        left = max(0.0, draft.deadline + GRACE_SECONDS - time.monotonic())
        try:
            return await asyncio.wait_for(
                self._pieces.get(), timeout=None if math.isinf(left) else left
            )
        except TimeoutError:
            draft.end("timeout")
            return await self._pieces.get()

    async def all_ended(self, drafts: Sequence[Draft]) -> None:
        """Waits for the end of every draft. Raises what the engine raised."""
        for draft in drafts:
            while not draft.ended:
                await self.next_piece(draft)
            if draft.error is not None:
                raise draft.error
