"""Chat exports → conversations: recognised by content, the writer already "assistant".

A format module yields `ChatMessage`s in order and counts what it leaves out; all that follows
(who the writer is, silence, bursts, shares) is the same for every format.
"""
