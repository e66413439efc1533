"""`Room`: what surrounds a figure, its light, and the shader that paints it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require

Colour = tuple[float, float, float]
FLOORS = ("wood", "concrete", "carpet", "tiles")
"""Floor patterns, in the order of the shader's numbers."""


@dataclass(frozen=True)
class Room:
    """A box-shaped room with its floor at y = 0, lit by a sun through the open side and by the sky's diffuse light.

    Colours are linear RGB, 0 to 1.
    """

    floor: str = "wood"
    floor_colour: Colour = (0.23, 0.16, 0.11)
    wall_colour: Colour = (0.47, 0.52, 0.54)
    low: tuple[float, float, float] = (-4.0, 0.0, -3.2)
    """Lower corner of the box, metres; y is the floor's."""
    high: tuple[float, float, float] = (4.5, 3.4, 9.0)
    """Upper corner of the box, metres."""
    sun_azimuth: float = 0.7
    """Direction that the sun stands in, radians from +Z towards +X."""
    sun_elevation: float = 0.95
    """Radians above the horizon."""
    sun: float = 1.9
    """Strength of the direct light."""
    sky: float = 0.75
    """Strength of the diffuse light."""
    warmth: float = 0.12
    """How much the sun leans to yellow and the sky to blue, 0 to 0.5."""
    softness_m: float = 0.012
    """Step between the shadow's samples: the larger, the softer its edge. Metres."""
    image: NDArray[np.uint8] | None = None
    """A picture (H, W, 3) shown instead of the room, stretched over the frame; the floor then only takes shadows."""

    def __post_init__(self) -> None:
        require(self.floor in FLOORS, f"floor '{self.floor}' is none of {', '.join(FLOORS)}")
        require(all(low < high for low, high in zip(self.low, self.high, strict=True)), f"the room's corners {self.low} and {self.high} are not in order")
        require(0.05 < self.sun_elevation <= math.pi / 2, f"the sun's elevation of {self.sun_elevation} radians is not between 0.05 and pi / 2")

    @property
    def sun_direction(self) -> NDArray[np.float64]:
        """Unit vector from the scene to the sun, (3,)."""
        level = math.cos(self.sun_elevation)
        return np.array([level * math.sin(self.sun_azimuth), math.sin(self.sun_elevation), level * math.cos(self.sun_azimuth)])

    @property
    def sun_colour(self) -> NDArray[np.float64]:
        """Linear RGB of the direct light, (3,)."""
        return self.sun * np.array([1.0 + self.warmth, 1.0, 1.0 - self.warmth])

    @property
    def sky_colour(self) -> NDArray[np.float64]:
        """Linear RGB of the diffuse light from above, (3,)."""
        return self.sky * np.array([1.0 - 0.5 * self.warmth, 1.0, 1.0 + 0.5 * self.warmth])

    @property
    def bounce_colour(self) -> NDArray[np.float64]:
        """Linear RGB of the diffuse light thrown back by the floor, (3,)."""
        return (0.35 * self.sky + 0.25 * self.sun) * np.array(self.floor_colour)


# Painted once a camera: for each pixel 4 x 4 rays meet the inside of the box. Hash and value noise are the usual ones
# (arithmetic on the fractional part of products), enough for a floor that has grain and a wall that is not flat.
ROOM_FRAGMENT = """
#version 330
uniform mat3 T_world_pixel;
uniform vec3 eye, low, high, floor_colour, wall_colour, sun_colour, sky_colour, sun_direction;
uniform int floor_kind;
uniform sampler2D picture;
uniform bool has_picture;
uniform vec2 frame_size;
out vec4 colour;

float hash(vec2 p) {
    vec3 q = fract(vec3(p.xyx) * 0.1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}
float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
float clouds(vec2 p) {
    return 0.5 * noise(p) + 0.3 * noise(2.1 * p + 7.0) + 0.2 * noise(4.3 * p + 19.0);
}
vec3 wood(vec2 p) {
    float row = floor(p.x / 0.16);
    float along = p.y + 1.7 * hash(vec2(row, 3.0));
    float plank = floor(along / 1.4);
    vec2 inside = vec2(fract(p.x / 0.16) * 0.16, fract(along / 1.4) * 1.4);
    float gap = step(0.002, min(inside.x, 0.16 - inside.x)) * step(0.002, min(inside.y, 1.4 - inside.y));
    float tone = 0.82 + 0.36 * hash(vec2(row, plank));
    float grain = 0.86 + 0.28 * clouds(vec2(p.x * 55.0 + 40.0 * hash(vec2(plank, row)), along * 2.5));
    return floor_colour * tone * grain * mix(0.45, 1.0, gap);
}
vec3 concrete(vec2 p) {
    vec2 slab = abs(fract(p / 2.4 + 0.5) - 0.5) * 2.4;
    float joint = smoothstep(0.002, 0.008, min(slab.x, slab.y));
    return floor_colour * (0.80 + 0.30 * clouds(p * 1.3) + 0.12 * noise(p * 60.0)) * mix(0.6, 1.0, joint);
}
vec3 carpet(vec2 p) {
    return floor_colour * (0.80 + 0.28 * noise(p * 160.0) + 0.12 * clouds(p * 2.0));
}
vec3 tiles(vec2 p) {
    vec2 cell = floor(p / 0.45), inside = fract(p / 0.45) * 0.45;
    float seam = step(0.004, min(min(inside.x, 0.45 - inside.x), min(inside.y, 0.45 - inside.y)));
    return mix(floor_colour * 0.55, floor_colour * (0.90 + 0.10 * hash(cell) + 0.10 * clouds(p * 5.0)), seam);
}
vec3 ground(vec2 p) {
    return floor_kind == 0 ? wood(p) : floor_kind == 1 ? concrete(p) : floor_kind == 2 ? carpet(p) : tiles(p);
}
// Darker where two planes meet, as diffuse light reaches a corner from one side only.
float corner(float distance) { return 1.0 - 0.30 * exp(-distance / 0.45); }

vec3 radiance(vec3 ray) {
    vec3 reach = max((low - eye) / ray, (high - eye) / ray);
    float nearest = min(reach.x, min(reach.y, reach.z));
    vec3 p = eye + nearest * ray;
    vec3 below = p - low, above = high - p;
    float side = min(min(below.x, above.x), 1e3), back = min(below.z, above.z);
    if (nearest == reach.y) {
        if (ray.y > 0.0) return vec3(0.85) * sky_colour * corner(side) * corner(back);
        return ground(p.xz) * (sky_colour * corner(side) * corner(back) + sun_colour * sun_direction.y);
    }
    bool is_side = nearest == reach.x;
    vec3 normal = is_side ? vec3(-sign(ray.x), 0, 0) : vec3(0, 0, -sign(ray.z));
    float light = max(dot(normal, sun_direction), 0.0) * smoothstep(0.2, 2.2, p.y) * 0.35;
    float shade = corner(below.y) * corner(above.y) * corner(is_side ? back : side);
    vec3 paint = wall_colour * (0.97 + 0.06 * clouds((is_side ? p.zy : p.xy) * 1.7));
    if (p.y < 0.11) paint = vec3(0.72) * (p.y > 0.103 ? 0.7 : 1.0);
    return paint * (sky_colour * shade * (0.75 + 0.12 * p.y) + sun_colour * light + 0.10 * floor_colour * sun_colour * exp(-p.y));
}
void main() {
    if (has_picture) { colour = vec4(texture(picture, gl_FragCoord.xy / frame_size).rgb, 1.0); return; }
    vec3 total = vec3(0.0);
    for (int i = 0; i < 16; i++) {
        vec2 pixel = gl_FragCoord.xy - 0.375 + 0.25 * vec2(i % 4, i / 4);
        total += pow(min(radiance(T_world_pixel * vec3(pixel, 1.0)), 1.0), vec3(1.0 / 2.2));
    }
    colour = vec4(total / 16.0, 1.0);
}
"""
