"""llama.cpp in this process, with which conversions are compared."""

import json
import urllib.request
from contextlib import contextmanager

import pytest


@contextmanager
def llama_cpp(path, window=256):
    """Load a GGUF file into llama.cpp, in float32 as far as possible."""
    xllamacpp = pytest.importorskip("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx = window
    settings.n_batch = settings.n_ubatch = window
    settings.n_parallel = 1
    settings.warmup = False
    settings.verbosity = 0
    settings.fit_params = False  # no second look at the memory
    # Threads that wait for one another take time from everything else.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    # By default, keys and values are rounded to 16 bits.
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    yield LlamaCpp(xllamacpp.Server(settings))


class LlamaCpp:
    """A loaded model."""

    def __init__(self, server):
        self._server = server
        self._letter = self.tokenize("a")[-1]

    def log_probabilities(self, ids, count=10):
        """Return the likeliest next tokens and their log-probabilities."""
        answer = self._server.handle_completions(
            {
                "prompt": ids,
                "n_predict": 1,
                "n_probs": count,
                "temperature": 0,
                # Nothing is told of an end, or of a byte that is no whole character. The bias
                # changes the choice alone.
                "logit_bias": [[self._letter, 1000.0]],
            }
        )
        (place,) = answer["choices"][0]["logprobs"]["content"]
        return {entry["id"]: entry["logprob"] for entry in place["top_logprobs"]}

    def tokenize(self, text, special=True):
        """Return the ids of a text, without a token before it."""
        body = {"content": text, "add_special": False, "parse_special": special}
        request = urllib.request.Request(
            self._server.listening_address + "/tokenize",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)["tokens"]
