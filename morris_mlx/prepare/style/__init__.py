"""TODO-DOOR morris_mlx/prepare/style."""
