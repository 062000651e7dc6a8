"""TODO-DOOR morris_mlx/formats."""
