"""Attention against PyTorch's own, and the blocks' variants."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from posewright.nets.blocks import Bottleneck, attention


def test_attention_equals_pytorchs() -> None:
    qkv = torch.randn(2, 3, 5, 3 * 8, generator=torch.Generator().manual_seed(0))
    q, k, v = (part.reshape(2, 3, 5, 4, 2).transpose(2, 3) for part in qkv.split(8, dim=-1))
    expected = functional.scaled_dot_product_attention(q, k, v).transpose(2, 3).reshape(2, 3, 5, 8)
    torch.testing.assert_close(attention(qkv, heads=4), expected)


@pytest.mark.parametrize(("first", "strides"), [(False, (1, 2)), (True, (2, 1))])
def test_where_the_stride_is(first: bool, strides: tuple[int, int]) -> None:
    block = Bottleneck(8, 4, stride=2, stride_first=first).eval()
    assert (block.conv1.stride[0], block.conv2.stride[0]) == strides
    assert block(torch.zeros(1, 8, 6, 6)).shape == (1, 16, 3, 3)


def test_resnext_width() -> None:
    assert Bottleneck(256, 64, groups=32, group_width=8).conv2.weight.shape == (256, 8, 3, 3)  # 32x8d, as the ResNeXt paper counts
