"""The first set of items: texts with planted private items, and look-alikes. All are invented."""
