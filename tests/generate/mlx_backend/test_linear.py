"""Linear layers for generation on a CPU: the results of mlx.nn, faster, and alike in every batch."""

import mlx.core as mx
import mlx.nn as nn
import pytest

from morris_mlx.blas import load_blas
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.mlx_backend import linear
from morris_mlx.generate.mlx_backend.linear import block_of, quick_linear, times_matrix

SHAPES = ((576, 576), (1536, 576), (576, 1536), (96, 64), (100, 64))  # [out, in]
THEIRS = nn.Linear.__call__, nn.Embedding.as_linear


@pytest.fixture(autouse=True)
def on_the_cpu():
    before = mx.default_device()
    mx.set_default_device(mx.Device(mx.cpu))
    yield
    mx.set_default_device(before)


def factors(outputs, inputs, rows=BATCH_SIZE):
    mx.random.seed(outputs + inputs)
    return mx.random.normal((rows, 1, inputs)), mx.random.normal((outputs, inputs))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_by_blocks_equals_the_product_at_once(shape):
    x, weight = factors(*shape)
    for rows in (1, 3, BATCH_SIZE):
        difference = times_matrix(x[:rows], weight) - x[:rows] @ weight.T
        assert difference.shape == (rows, 1, shape[0])
        assert mx.abs(difference).max().item() < 1e-5 * shape[1] ** 0.5 * 10


@pytest.mark.skipif(
    load_blas().core not in linear.SMALL_KERNEL_CORES, reason="these kernels need AVX-512"
)
@pytest.mark.parametrize("shape", SHAPES[:4])
def test_a_row_has_the_same_bits_with_any_other_rows(shape):
    x, weight = factors(*shape)
    together = times_matrix(x, weight)
    for rows in range(1, BATCH_SIZE):
        assert mx.array_equal(times_matrix(x[:rows], weight), together[:rows])
    order = mx.array([3, 1, 2, 0])
    assert mx.array_equal(times_matrix(x[order], weight), together[order])


def test_blocks_keep_within_the_limits_of_the_kernels():
    assert block_of(49152, 576) == block_of(576, 1536) == 64
    assert block_of(576, 2600) == 48, "64 x 8 x 2600 multiplications are too many"
    assert block_of(4096, 4096) == 0 and block_of(576, 16) == 0
    assert block_of(100, 64) == 0, "no block divides it"
    for outputs in (64, 96, 144, 640):
        for inputs in (32, 500, 2000, 3500):
            block = block_of(outputs, inputs)
            assert block * BATCH_SIZE <= linear.MOST_RESULTS
            assert block * BATCH_SIZE * inputs <= linear.MOST_MULTIPLICATIONS


def test_many_rows_and_half_precision_are_multiplied_at_once():
    x, weight = factors(96, 64, rows=BATCH_SIZE + 1)
    assert mx.array_equal(times_matrix(x, weight), x @ weight.T)
    x, weight = x[:2].astype(mx.bfloat16), weight.astype(mx.bfloat16)
    assert mx.array_equal(times_matrix(x, weight), x @ weight.T)


def test_the_layers_use_it_inside_and_are_restored(monkeypatch):
    monkeypatch.setattr(linear, "SMALL_KERNEL_CORES", {load_blas().core})
    layer, biased, embedding = (
        nn.Linear(64, 96, bias=False),
        nn.Linear(64, 96),
        nn.Embedding(96, 64),
    )
    x, _ = factors(96, 64)
    expected = [layer(x), biased(x), embedding.as_linear(x)]
    asked = []
    monkeypatch.setattr(
        linear, "times_matrix", lambda x, weight: (asked.append(weight), x @ weight.T)[1]
    )
    with pytest.raises(KeyError), quick_linear():
        found = [layer(x), biased(x), embedding.as_linear(x)]
        raise KeyError
    weights = layer.weight, biased.weight, embedding.weight
    assert len(asked) == 3 and all(map(mx.array_equal, asked, weights))
    for one, other in zip(found, expected, strict=True):
        assert mx.abs(one - other).max().item() < 1e-5
    assert (nn.Linear.__call__, nn.Embedding.as_linear) == THEIRS


def test_other_processors_keep_mlx_s_layers(monkeypatch):
    monkeypatch.setattr(linear, "SMALL_KERNEL_CORES", frozenset())
    with quick_linear():
        assert (nn.Linear.__call__, nn.Embedding.as_linear) == THEIRS
