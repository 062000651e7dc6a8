"""Model families that Morris trains, runs and converts: one row of a table per family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from morris_mlx.errors import MorrisError
from morris_mlx.models.untrained import UNTRAINED
from morris_mlx.records.training import Targets

SLIDING = "sliding_attention"  # of a layer, in transformers' `layer_types`


class Width(StrEnum):
    """A size that a layer's inputs or outputs have."""

    HIDDEN = "hidden"
    INNER = "inner"  # the MLP's
    QUERIES = "queries"  # of all heads
    VALUES = "values"  # of all key-value heads; the keys' too


class Forward(StrEnum):
    """Forward passes for training: those of `train/forward.py` and `train/generic.py`."""

    LLAMA = "llama"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class LinearLayer:
    """A linear layer of a block: its path in the block, its sizes, its bias's key in the config."""

    path: str
    inputs: Width
    outputs: Width
    bias_key: str


@dataclass(frozen=True, slots=True)
class TensorNames:
    """Paths of modules in a weights file, the same in Hugging Face's files and in mlx-lm's."""

    embedding: str
    blocks: str  # followed by a block's number
    block_norms: tuple[str, ...]
    norm: str
    head: str
    computed: str  # tensors in old files that follow from the config: libraries leave them out

    def weight(self, path: str) -> str:
        """Return the name of a module's weight."""
        return f"{path}.weight"

    def block(self, number: int) -> str:
        """Return the path of a block."""
        return f"{self.blocks}.{number}"


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Models that share one architecture.

    `model_types` are values of `model_type` in config.json. `mlx_module` is the module of
    `mlx_lm.models` whose classes run the family. Attention and MLP layers are in the order in
    which they are adapted, counted and stored.
    """

    name: str
    model_types: tuple[str, ...]
    attention: tuple[LinearLayer, ...]
    mlp: tuple[LinearLayer, ...]
    tensors: TensorNames
    mlx_module: str
    forward: Forward

    @property
    def attention_keys(self) -> tuple[str, ...]:
        """mlx-lm's keys of the attention layers that take LoRA."""
        return tuple(layer.path for layer in self.attention)

    @property
    def lora_keys(self) -> tuple[str, ...]:
        """mlx-lm's keys of all layers of a block that take LoRA."""
        return (*self.attention_keys, *(layer.path for layer in self.mlp))

    def head_key(self, tied: bool) -> str:
        """Return the key of the output layer; a tied model uses its embedding as one."""
        return self.tensors.embedding if tied else self.tensors.head

    def adapted_keys(self, targets: Targets, tied: bool) -> list[str]:
        """Return mlx-lm's keys of the layers that learn, in a block and at the output.

        Raises MorrisError for experts, which no family of the table has.
        """
        if targets == "all+experts":
            raise no_experts(self.name)
        head = [self.head_key(tied)] if targets == "all+head" else []
        return [*(self.attention_keys if targets == "attention" else self.lora_keys), *head]


LLAMA = Family(
    name="Llama",
    model_types=("mistral", "llama"),
    attention=(
        LinearLayer("self_attn.q_proj", Width.HIDDEN, Width.QUERIES, "attention_bias"),
        LinearLayer("self_attn.k_proj", Width.HIDDEN, Width.VALUES, "attention_bias"),
        LinearLayer("self_attn.v_proj", Width.HIDDEN, Width.VALUES, "attention_bias"),
        LinearLayer("self_attn.o_proj", Width.QUERIES, Width.HIDDEN, "attention_bias"),
    ),
    mlp=(
        LinearLayer("mlp.gate_proj", Width.HIDDEN, Width.INNER, "mlp_bias"),
        LinearLayer("mlp.up_proj", Width.HIDDEN, Width.INNER, "mlp_bias"),
        LinearLayer("mlp.down_proj", Width.INNER, Width.HIDDEN, "mlp_bias"),
    ),
    tensors=TensorNames(
        embedding="model.embed_tokens",
        blocks="model.layers",
        block_norms=("input_layernorm", "post_attention_layernorm"),
        norm="model.norm",
        head="lm_head",
        computed="rotary_emb.inv_freq",
    ),
    mlx_module="llama",
    forward=Forward.LLAMA,
)
FAMILIES = (LLAMA,)
# Types that are trained by the forward pass of `train/generic.py`, because it gives their loss and
# gradients as mlx-lm does: scripts/bench/families.py prints the table. Jamba, Mamba, RWKV 7 and
# Bailing's linear attention are not among them, because their recurrences keep a state for each
# token: the memory would be far beyond any plan.
GENERIC_TYPES = frozenset(
    (
        *("llama", "mistral", "iquestcoder", "xverse"),  # with sliding attention in some layers
        *("apertus", "baichuan_m1", "cohere", "cohere2", "ernie4_5"),
        *("exaone", "exaone4", "gpt2", "gpt_bigcode", "gptj", "openelm"),
        *("gear", "gemma", "gemma2", "gemma3", "gemma3_text", "gemma4", "gemma4_text"),
        *("gemma4_unified", "muse_glimmer"),
        *("glm", "glm4", "gpt_neox", "granite", "helium"),
        *("hunyuan_v1_dense", "internlm2", "internlm3", "iquestloopcoder", "lfm2", "lfm2-vl"),
        *("mimo", "minicpm", "minicpm3", "ministral3", "mistral3", "nanbeige", "nanochat"),
        *("nemotron", "olmo2", "olmo3", "phi", "phi3", "pixtral", "plamo3"),
        *("qwen", "qwen2", "qwen2_vl", "qwen2_5_vl", "qwen3", "qwen3_vl", "seed_oss", "smollm3"),
        *("spark2_5", "stablelm", "starcoder2", "talkie", "telechat3", "youtu_llm"),
        # with experts
        *("Klear", "afmoe", "bailing_moe", "dbrx", "deepseek", "deepseek_v2", "deepseek_v3"),
        *("deepseek_v32", "dots1", "ernie4_5_moe", "exaone_moe", "glm4_moe", "glm4_moe_lite"),
        *("glm_moe_dsa", "gpt_oss", "granitemoe", "joyai_llm_flash", "kimi_k2", "kimi_k25"),
        *("kimi_vl", "laguna", "lfm2_moe", "llama4_text", "mellum", "mimo_v2_flash", "minimax"),
        *("minimax_m2", "mixtral", "olmoe", "phi-msft", "phimoe", "phixtral", "qwen2_moe"),
        *("qwen3_moe", "qwen3_vl_moe"),
        # with recurrences, some with experts too
        *("bailing_hybrid", "bailing_moe_v3", "falcon_h1", "granitemoehybrid", "kimi_linear"),
        *("mamba2", "nemotron_h", "olmo_hybrid", "plamo2", "qwen3_5", "qwen3_5_moe", "qwen3_next"),
    )
)


# Generic types whose attention is computed with its whole matrix of scores: they cap the scores,
# add to them, or have sinks, for which `train/long_attention.py` has no formulas.
WHOLE_ATTENTION_TYPES = frozenset(
    (
        *("bailing_hybrid", "bailing_moe_v3", "deepseek_v3", "deepseek_v32", "gear", "gemma2"),
        *("glm4_moe_lite", "glm_moe_dsa", "gpt_oss", "joyai_llm_flash", "kimi_k2", "kimi_k25"),
        *("kimi_linear", "kimi_vl", "mimo_v2_flash", "phi-msft", "phixtral", "plamo2"),
    )
)


def model_types() -> Iterator[str]:
    """Yield every model type that some family covers."""
    for family in FAMILIES:
        yield from family.model_types


def find_family(model_type: str | None) -> Family | None:
    """Return the family that covers a `model_type`, or None."""
    return next((family for family in FAMILIES if model_type in family.model_types), None)


def family_of(model_type: str | None) -> Family:
    """Return the family that covers a `model_type`. Raises MorrisError when none does."""
    family = find_family(model_type)
    if family is None:
        raise MorrisError(
            f"The model is of the type {model_type!r}, which Morris does not know. Use a "
            f"{' or '.join(model_types())} model."
        )
    return family


def forward_of(model_type: str | None, layer_types: object) -> Forward:
    """Return the forward pass that a model is trained with, by two values of its config.json."""
    family = find_family(model_type)
    sliding = isinstance(layer_types, list) and SLIDING in layer_types
    generic = model_type in GENERIC_TYPES and (family is None or sliding)
    return Forward.GENERIC if generic else (family or LLAMA).forward


def require_trainable(model_type: str | None) -> None:
    """Raise MorrisError for a model type that Morris does not train."""
    if find_family(model_type) is None and model_type not in GENERIC_TYPES:
        raise untrainable(model_type)


def no_experts(name: str) -> MorrisError:
    """Return the error for experts that a model does not have."""
    return MorrisError(
        f"A {name} model has no experts, so --targets cannot be all+experts. Use --targets all."
    )


def untrainable(model_type: object) -> MorrisError:
    """Return the error for a model of a type that Morris does not train."""
    reason = UNTRAINED.get(str(model_type), "")
    return MorrisError(
        f"Morris does not train models of the type {model_type!r}{reason and f': {reason}'}. Use "
        "Zephyr, or another base of Llama, Mistral, Qwen3, Qwen3.5, Gemma 3, Phi-3, OLMo 2, "
        "SmolLM3 or Granite."
    )
