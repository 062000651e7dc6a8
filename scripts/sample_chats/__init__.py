"""What scripts/build_sample_chats.py is made of."""
