"""TODO-DOOR morris_mlx/train/memory."""
