"""TODO-DOOR morris_mlx/audit."""
