"""Readers of the files that writers have. `table` lists them in the order of asking."""
