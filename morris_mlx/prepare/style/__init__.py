"""A writer's habits, topics and plain drafts."""
