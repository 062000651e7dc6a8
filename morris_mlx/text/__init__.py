"""TODO-DOOR morris_mlx/text."""
