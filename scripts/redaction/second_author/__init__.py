"""Planted items by a second hand: makers, frames and look-alikes of its own.

Written from how people write, without a look at the recognisers or at the first hand. Left out on
purpose, because no rule could tell them: a bare ten-figure INN, addresses spelt out ("name dog
mail dot ru"), streets without a house, seed phrases, and names that the export does not know.
"""
