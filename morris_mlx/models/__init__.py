"""Model weights, adapters and tokenizers on this machine."""
