"""TODO-DOOR morris_mlx/generate/mlx_backend."""
