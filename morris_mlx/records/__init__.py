"""TODO-DOOR morris_mlx/records."""
