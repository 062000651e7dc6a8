"""Private items out of texts, one family of recognisers a module; `redactor` runs them in order."""
