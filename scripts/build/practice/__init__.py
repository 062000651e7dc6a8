"""Builds the practice base: tokenizer, pre-training, chat stage, measurement and export."""
