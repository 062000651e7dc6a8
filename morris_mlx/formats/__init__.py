"""Files that users hand over or receive."""
