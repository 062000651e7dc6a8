"""Model weights, adapters and tokenizers on this machine.

Example:
    files = find_model("practice")  # models/find.py
    model, tokenizer = load_mlx_model(files.folder), load_tokenizer(files.folder)
"""
