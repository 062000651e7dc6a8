"""TODO-DOOR morris_mlx/studio/pages."""
