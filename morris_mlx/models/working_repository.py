"""Current repositories for models whose old ones, from 2023, have files that are no longer read."""

from __future__ import annotations

# A part of an old repository's name, in lower case, and the repository of the same model.
ORIGINALS = {
    "zephyr-7b-beta": "HuggingFaceH4/zephyr-7b-beta",
    "zephyr-7b-alpha": "HuggingFaceH4/zephyr-7b-alpha",
    "mistral-7b-instruct-v0.1": "mistralai/Mistral-7B-Instruct-v0.1",
    "mistral-7b-instruct-v0.2": "mistralai/Mistral-7B-Instruct-v0.2",
    "mistral-7b-instruct-v0.3": "mistralai/Mistral-7B-Instruct-v0.3",
    "mistral-7b-v0.1": "mistralai/Mistral-7B-v0.1",
    "tinyllama-1.1b-chat-v1.0": "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    "tinyllama-1.1b-chat-v0.6": "TinyLlama/TinyLlama-1.1B-Chat-v0.6",
    "llama-2-7b-chat": "meta-llama/Llama-2-7b-chat-hf",
    "llama-2-7b": "meta-llama/Llama-2-7b-hf",
    "openhermes-2.5-mistral-7b": "teknium/OpenHermes-2.5-Mistral-7B",
    "nous-hermes-2-mistral-7b-dpo": "NousResearch/Nous-Hermes-2-Mistral-7B-DPO",
}


def repository_hint(label: str) -> str:
    """Return advice to use another repository of the same model, by name where it is known."""
    name = label.rpartition("/")[2].lower()
    found = next((original for part, original in ORIGINALS.items() if part in name), None)
    if found is None:
        return "Use the original repository, which the model's page names, or a newer conversion."
    return f"Use {found}, the repository of the same model: `--model {found}`."
