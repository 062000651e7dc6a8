"""TODO-DOOR morris_mlx/studio/talk."""
