"""Judges of style: three methods that measure how much a text is like a writer's.

inventory = learn_inventory([*own, *others], "en")
known = Documents.measured({"mine": own}, inventory, 250)
reference = Documents.measured({"newswire": others}, inventory, 250)
panel = Panel.fit(known, reference, len(inventory.grammar))
print(panel.judge([measure(text, inventory)]).combined)
"""
