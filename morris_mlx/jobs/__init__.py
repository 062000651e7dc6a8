"""TODO-DOOR morris_mlx/jobs."""
