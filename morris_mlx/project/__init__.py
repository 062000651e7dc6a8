"""TODO-DOOR morris_mlx/project."""
