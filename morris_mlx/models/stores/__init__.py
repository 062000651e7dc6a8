"""Models that other programs keep on this machine: Ollama, LM Studio, pip. They are only read.

for model in list_ollama():  # stores/ollama.py
    print(model.name, model.size_bytes, model.problem)
"""
