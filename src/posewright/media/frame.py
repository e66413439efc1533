"""`Frame`: one picture of a clip, from which crops are warped without converting the whole to RGB."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

# Weights of red and blue in luma by ITU-T H.273's MatrixCoefficients, which FFmpeg's numbers follow.
LUMA_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
HD_HEIGHT = 720
LIMITED_RANGE, FULL_RANGE = 1, 2


@dataclass(frozen=True)
class Colour:
    """How stored Y, Cb, Cr become RGB, and where the chroma samples lie. ITU-T H.273, section 8."""

    matrix: NDArray[np.float64]
    """(3, 4): RGB = matrix @ (Y, Cb, Cr, 1), all 0 to 255."""
    black: int
    """Luma of black: 16 in limited range, 0 in full range."""
    siting: tuple[float, float]
    """Position of the first chroma sample in luma pixels, x and y."""


@lru_cache(maxsize=16)
def colour_of(coefficients: int, full_range: bool) -> Colour:
    """`Colour` of an 8-bit 4:2:0 stream; `coefficients` is a key of `LUMA_WEIGHTS`.

    The siting is the usual one (H.264 annex E: left and half-way down; JPEG: in the middle of four), as PyAV does not tell it.
    """
    red, blue = LUMA_WEIGHTS[coefficients]
    green = 1.0 - red - blue
    luma_scale, chroma_scale, black = (1.0, 1.0, 0) if full_range else (255 / 219, 255 / 224, 16)
    to_red, to_blue = 2 * (1 - red) * chroma_scale, 2 * (1 - blue) * chroma_scale
    linear = np.array(
        [
            [luma_scale, 0.0, to_red],
            [luma_scale, -to_blue * blue / green, -to_red * red / green],
            [luma_scale, to_blue, 0.0],
        ]
    )
    offset = -linear @ np.array([black, 128.0, 128.0])
    return Colour(np.column_stack([linear, offset]), black, (0.5 if full_range else 0.0, 0.5))


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture and its time. Valid for as long as it is held, while decoding goes on."""

    index: int
    """Number of the frame, counted from 0 at the first frame read."""
    timestamp: float
    """Seconds from the start of the clip."""
    size: tuple[int, int]
    """Width and height of the upright frame, pixels."""
    planes: tuple[NDArray[np.uint8], ...] = field(repr=False)
    """As stored, not yet upright: one (h, w, 3) RGB, or Y (h, w) and its chroma at half size: Cb and Cr, or both in one (h/2, w/2, 2)."""
    colour: Colour | None = field(repr=False)
    """None when the plane is RGB."""
    T_stored_upright: NDArray[np.float64] = field(repr=False)
    """Upright pixel coordinates to stored ones, (2, 3): a turn by a multiple of 90 degrees, perhaps mirrored."""

    @classmethod
    def from_rgb(cls, rgb: NDArray[np.uint8], index: int = 0, timestamp: float = 0.0) -> Frame:
        """A frame of an upright RGB array (h, w, 3)."""
        height, width = rgb.shape[:2]
        return cls(index, timestamp, (width, height), (np.ascontiguousarray(rgb),), None, IDENTITY)

    @classmethod
    def from_av(cls, picture: av.VideoFrame, index: int, timestamp: float) -> Frame:
        """A decoded picture, upright by its display matrix. 8-bit 4:2:0 is not copied; other pixel formats are converted."""
        stored_size = (picture.width, picture.height)
        turn = display_turn(picture)
        T_stored_upright = invert(upright_transform(turn, stored_size))
        upright_size = stored_size if turn[0, 0] else stored_size[::-1]
        planes, colour = _planes(picture)
        return cls(index, timestamp, upright_size, planes, colour, T_stored_upright)

    def rgb(self) -> NDArray[np.uint8]:
        """The whole upright frame, (h, w, 3), the caller's own."""
        if self.colour is None:
            stored = self.planes[0].copy()
        else:
            luma = self.planes[0]
            chroma = [_enlarge(plane, (luma.shape[1], luma.shape[0]), self.colour.siting) for plane in self.planes[1:]]
            stored = cv2.transform(cv2.merge([luma, *chroma]), self.colour.matrix)  # type: ignore[assignment]
        if np.array_equal(self.T_stored_upright, IDENTITY):
            return stored
        return cv2.warpAffine(stored, self.T_stored_upright, self.size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)  # type: ignore[return-value]

    def luma(self, longest: int) -> NDArray[np.uint8]:
        """The upright picture's brightness, made smaller by the greatest whole number that leaves its longer side `longest` pixels; (h, w).

        Whole numbers are what OpenCV averages over quickly. The green of RGB serves as well.
        """
        plane = self.planes[0] if self.colour is not None else self.planes[0][..., 1]
        factor = max(1, max(plane.shape) // longest)
        height, width = plane.shape[0] // factor, plane.shape[1] // factor
        small = cv2.resize(plane[: height * factor, : width * factor], (width, height), interpolation=cv2.INTER_AREA)
        (a, b), (c, d) = np.sign(self.T_stored_upright[:, :2]).astype(int)
        return np.ascontiguousarray(small[::d, ::a] if a else small[::c, ::b].T)

    def warp(self, T_frame_crop: NDArray[np.floating], size: tuple[int, int], border: Literal["black", "edge"] = "black") -> NDArray[np.uint8]:
        """A crop of `size` (width, height), bilinear; (height, width, 3) RGB.

        Args:
            T_frame_crop: crop pixel coordinates to upright-frame pixel coordinates, (2, 3); whole numbers are pixel centres, as in OpenCV.
            border: what lies outside the frame: `black`, or its `edge` repeated.
        """
        black = border == "black"
        T_stored_crop = compose(self.T_stored_upright, np.asarray(T_frame_crop, dtype=np.float64))
        if self.colour is None:
            return _sample(self.planes[0], T_stored_crop, size, (0, 0, 0) if black else None)
        T_chroma_stored = np.array([[0.5, 0.0, -0.5 * self.colour.siting[0]], [0.0, 0.5, -0.5 * self.colour.siting[1]]])
        T_chroma_crop = compose(T_chroma_stored, T_stored_crop)
        luma = _sample(self.planes[0], T_stored_crop, size, (self.colour.black,) if black else None)
        chroma = [_sample(plane, T_chroma_crop, size, (128, 128) if black else None) for plane in self.planes[1:]]
        return cv2.transform(cv2.merge([luma, *chroma]), self.colour.matrix)  # type: ignore[return-value]


def compose(T_a_b: NDArray[np.float64], T_b_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine T_a_c = T_a_b T_b_c, all (2, 3)."""
    linear = T_a_b[:, :2] @ T_b_c
    linear[:, 2] += T_a_b[:, 2]
    return linear


def invert(T_a_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine T_b_a, (2, 3)."""
    linear = np.linalg.inv(T_a_b[:, :2])
    return np.column_stack([linear, -linear @ T_a_b[:, 2]])


def display_turn(picture: av.VideoFrame) -> NDArray[np.float64]:
    """How a stored picture is turned and mirrored to stand upright, (2, 2) of -1, 0, 1, from its display matrix.

    The matrix is that of ISO/IEC 14496-12 (`tkhd`): x' = a x + c y, y' = b x + d y, in 16.16 fixed point.
    One that is not a multiple of 90 degrees is taken for upright.
    """
    entry = picture.side_data.get("DISPLAYMATRIX")
    if entry is not None:
        a, b, _, c, d = np.frombuffer(bytes(entry), dtype=np.int32)[:5]  # type: ignore[call-overload]
        matrix = np.array([[a, c], [b, d]], dtype=np.float64)
        turn = np.rint(matrix / max(float(np.abs(matrix).max()), 1.0))
        if np.array_equal(np.abs(turn).sum(0), [1, 1]) and np.array_equal(np.abs(turn).sum(1), [1, 1]):
            return turn
    return np.eye(2)


def upright_transform(turn: NDArray[np.float64], stored_size: tuple[int, int]) -> NDArray[np.float64]:
    """T_upright_stored, (2, 3), of a (2, 2) `turn`: pixel centres of the stored picture onto those of the upright one."""
    corner = np.asarray(stored_size, dtype=np.float64) - 1.0
    shift = -np.minimum(turn * corner, 0.0).sum(axis=1)
    return np.column_stack([turn, shift])


def clockwise_degrees(turn: NDArray[np.float64]) -> int:
    """The rotation of a (2, 2) `turn`: 0, 90, 180 or 270; a mirroring comes on top."""
    return int(np.degrees(np.arctan2(turn[1, 0], turn[0, 0]))) % 360


def _planes(picture: av.VideoFrame) -> tuple[tuple[NDArray[np.uint8], ...], Colour | None]:
    """The picture's planes without a copy where it is 8-bit 4:2:0, else converted to that, or to RGB where it is not YUV."""
    layout = picture.format
    full_range = layout.name.startswith("yuvj") or picture.color_range == FULL_RANGE
    if layout.is_rgb or len(layout.components) < 3:
        return (picture.to_ndarray(format="rgb24"),), None  # type: ignore[return-value]
    coefficients = picture.colorspace
    if coefficients not in LUMA_WEIGHTS:  # nobody says: players take HD for BT.709, the rest for BT.601
        coefficients = 1 if min(picture.width, picture.height) >= HD_HEIGHT else 6
    if layout.name not in ("yuv420p", "yuvj420p", "nv12"):
        kept = FULL_RANGE if full_range else LIMITED_RANGE
        target = "yuvj420p" if layout.name.startswith("yuvj") else "yuv420p"
        picture = picture.reformat(format=target, src_color_range=kept, dst_color_range=kept)
    views: list[NDArray[np.uint8]] = []
    for plane in picture.planes:
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
        if picture.format.name == "nv12" and views:
            width = (picture.width + 1) // 2
            views.append(rows[: plane.height, : 2 * width].reshape(plane.height, width, 2))
        else:
            views.append(rows[: plane.height, : plane.width])
    return tuple(views), colour_of(coefficients, full_range)


def _enlarge(plane: NDArray[np.uint8], size: tuple[int, int], siting: tuple[float, float]) -> NDArray[np.uint8]:
    """A chroma plane at luma's `size`. OpenCV's resize, quicker than a warp, sites samples in the middle of four: others are moved there first."""
    if siting[0] == 0.0:
        plane = cv2.filter2D(plane, -1, np.array([[0.75, 0.25]]), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    return cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _sample(plane: NDArray[np.uint8], T_plane_crop: NDArray[np.float64], size: tuple[int, int], outside: tuple[int, ...] | None) -> NDArray[np.uint8]:
    """`plane` at the crop's pixels, bilinear; beyond its edge the value `outside`, or the edge's own for None."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    return cv2.warpAffine(plane, T_plane_crop, size, flags=flags, borderMode=mode, borderValue=outside or (0,))  # type: ignore[return-value]
