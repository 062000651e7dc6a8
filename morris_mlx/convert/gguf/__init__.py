"""Conversion of GGUF files, llama.cpp's format, to folders that mlx-lm reads.

Example:
    source = read_source(Path("model.gguf"))  # reads the header alone
    write_model(source, choose_precision(source, None), folder, print)
"""
