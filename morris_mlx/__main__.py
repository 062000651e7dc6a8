"""`python -m morris_mlx` is `morris`."""

from morris_mlx.cli import main

main()
