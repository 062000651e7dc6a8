"""What scripts/build/sample_chats.py is made of."""
