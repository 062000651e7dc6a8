"""Parts of scripts/build/sample_chats.py."""
