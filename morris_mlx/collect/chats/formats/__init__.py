"""TODO-DOOR morris_mlx/collect/chats/formats."""
