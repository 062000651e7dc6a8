"""TODO-DOOR morris_mlx/prepare/cleaning."""
