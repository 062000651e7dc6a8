"""TODO-DOOR morris_mlx/prepare/examples."""
