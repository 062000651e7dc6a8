"""The second set of items, with its own makers, frames and look-alikes.

It imitates how people write, and was written without looking at the recognizers or the first set.
Left out, because no rule could recognize them: a ten-digit INN without the word, addresses that are
spelled out ("name dog mail dot ru"), streets without a house number, seed phrases, and names that
the export does not list.
"""
