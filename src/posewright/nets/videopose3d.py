"""VideoPose3D: 2D keypoints through time to 3D by dilated convolutions (Pavllo et al. 2019, https://arxiv.org/abs/1811.11742).

Written from the paper and from published facts on the checkpoints, without sight of the original code,
whose licence (like that of its weights) forbids commercial use.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from posewright.errors import require


class VideoPose3D(nn.Module):
    """The temporal convolutional model of section 3.

    Each output frame sees `receptive_field` input frames: those around it, or, where `causal`, it and
    those before. Convolutions are unpadded, so a clip is padded (its end frames repeated) beforehand.

    `single_frame` computes one output from exactly one receptive field with strides instead of
    dilations: the same weights and result, much less work (appendix A.1: the layout for training).
    """

    def __init__(
        self,
        joints_in: int = 17,
        joints_out: int = 17,
        features: int = 2,
        widths: Sequence[int] = (3, 3, 3, 3, 3),
        channels: int = 1024,
        causal: bool = False,
        dropout: float = 0.25,
        single_frame: bool = False,
    ) -> None:
        super().__init__()
        require(all(width % 2 == 1 for width in widths), f"filter widths must be odd, not {list(widths)}")
        self.widths, self.causal, self.dropout, self.single_frame = tuple(widths), causal, dropout, single_frame
        self.expand_conv = nn.Conv1d(joints_in * features, channels, widths[0], bias=False, stride=widths[0] if single_frame else 1)
        self.expand_bn = nn.BatchNorm1d(channels)
        convolutions: list[nn.Module] = []
        self.receptive_field = widths[0]
        for width in widths[1:]:
            stride, dilation = (width, 1) if single_frame else (1, self.receptive_field)
            convolutions.append(nn.Conv1d(channels, channels, width, stride, dilation=dilation, bias=False))
            convolutions.append(nn.Conv1d(channels, channels, 1, bias=False))
            self.receptive_field *= width
        self.layers_conv = nn.ModuleList(convolutions)
        self.layers_bn = nn.ModuleList(nn.BatchNorm1d(channels) for _ in convolutions)
        self.shrink = nn.Conv1d(channels, joints_out * 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, joints_in, features), keypoints in -1..1 of the image's width, to (B, T - receptive_field + 1, joints_out, 3).

        The result is in metres in the camera's frame, relative to the root joint.
        """
        require(x.shape[1] == self.receptive_field if self.single_frame else True, f"single_frame takes {self.receptive_field} frames")
        y = self._activate(self.expand_bn(self.expand_conv(x.flatten(2).transpose(1, 2))))
        dilation = self.widths[0]
        for i, width in enumerate(self.widths[1:]):
            skip = self._crop(y, width, dilation)
            y = self._activate(self.layers_bn[2 * i](self.layers_conv[2 * i](y)))
            y = skip + self._activate(self.layers_bn[2 * i + 1](self.layers_conv[2 * i + 1](y)))
            dilation *= width
        return self.shrink(y).transpose(1, 2).unflatten(2, (-1, 3))

    def _activate(self, x: Tensor) -> Tensor:
        return functional.dropout(functional.relu(x), self.dropout, self.training)

    def _crop(self, x: Tensor, width: int, dilation: int) -> Tensor:
        """The frames of `x` that the skip connection adds: each window's middle one, or its last where causal."""
        tap = width - 1 if self.causal else width // 2
        if self.single_frame:
            return x[:, :, tap::width]
        end = -(width - 1 - tap) * dilation
        return x[:, :, tap * dilation : end or None]
