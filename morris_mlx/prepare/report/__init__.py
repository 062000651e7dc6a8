"""What is in a dataset, as one page to look at: counted, judged, drawn."""
