"""TODO-DOOR morris_mlx/models."""
