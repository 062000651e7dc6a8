"""The shape of a GGUF file that is not converted yet: that of its conversion."""

import gguf
import pytest
from support.gguf_toys import make_toy

from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.errors import RefusedError
from morris_mlx.models.config import read_config
from morris_mlx.pipeline.gguf_plan import trainable_gguf_shape
from morris_mlx.train import shape_from_config

pytestmark = pytest.mark.usefixtures("model_caches")
Q4_1, Q8_0 = gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.Q8_0


def test_the_shape_is_that_of_the_conversion_with_all_bits(tmp_path):
    kinds = {"token_embd": Q8_0, "ffn_up": Q8_0, "weight": Q4_1}
    file = make_toy("llama", tied=False).write(tmp_path / "mixed.gguf", kinds)
    shape, window = trainable_gguf_shape(file, "mixed")
    done = run_conversion(plan_conversion(str(file), None), [].append)
    config = read_config(done.folder)
    assert (shape, window) == (shape_from_config(config, "mixed"), config.window)
    assert shape.uneven and not shape.tied


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokenizer.ggml.pre": "newest-bpe"}, "'newest-bpe'"),
        ({"tokenizer.chat_template": "{{ raise_exception('never') }}"}, "never"),
        ({"general.type": "adapter"}, "a LoRA adapter"),
    ],
)
def test_a_file_that_cannot_be_converted_is_refused_here_too(tmp_path, changes, message):
    toy = make_toy("llama", layers=1)
    toy.values |= changes
    with pytest.raises(RefusedError, match=message):
        trainable_gguf_shape(toy.write(tmp_path / "x.gguf"), "x")
