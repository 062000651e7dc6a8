"""TODO-DOOR morris_mlx/pipeline."""
