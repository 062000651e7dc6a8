"""The writer's style: measured habits, the system prompt, off-topic texts and plain drafts."""
