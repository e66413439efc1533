"""CenterNet: each person is a point with 17 offsets (Zhou et al. 2019, https://arxiv.org/abs/1904.07850); its heads, shared by both backbones."""

from __future__ import annotations

from torch import Tensor, nn

HEADS = {"hm": 1, "wh": 2, "hps": 34, "reg": 2, "hm_hp": 17, "hp_offset": 2}
"""Channels of each output at a quarter of the image's size: logits of the centres, size of the box, the
joints' offsets (x, y) from the centre's pixel, the centre's fraction of a pixel, logits of the joints,
their fraction of a pixel."""


class HeadedNet(nn.Module):
    """A network with one attribute for each of `HEADS`, which turns features into that output."""

    def read(self, features: Tensor) -> tuple[Tensor, ...]:
        """The outputs in the order of `HEADS`, from (B, C, H, W)."""
        return tuple(self.get_submodule(head)(features) for head in HEADS)
