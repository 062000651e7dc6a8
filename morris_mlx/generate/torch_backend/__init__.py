"""TODO-DOOR morris_mlx/generate/torch_backend."""
