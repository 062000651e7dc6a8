"""TODO-DOOR morris_mlx/collect/html."""
