"""GLSL of the figures and their shadows. Clip space is built so that image row 0 is the first row read back."""

from __future__ import annotations

MAX_BONES = 340
"""Joints of one character that fit the 16 KiB that every driver grants a uniform block (3 vectors a joint)."""
MAX_BLOBS = 40
"""Spheres that darken the floor under the figures."""

SKINNING = f"""
#version 330
layout(std140) uniform Bones {{ vec4 bone_rows[{3 * MAX_BONES}]; }};
in vec3 position;
in vec3 normal;
in uvec4 joints;
in vec4 weights;

vec3 rotated;
vec3 skinned() {{
    vec4 x = vec4(0.0), y = vec4(0.0), z = vec4(0.0);
    for (int i = 0; i < 4; i++) {{
        int row = 3 * int(joints[i]);
        x += weights[i] * bone_rows[row];
        y += weights[i] * bone_rows[row + 1];
        z += weights[i] * bone_rows[row + 2];
    }}
    rotated = vec3(dot(x.xyz, normal), dot(y.xyz, normal), dot(z.xyz, normal));
    vec4 p = vec4(position, 1.0);
    return vec3(dot(x, p), dot(y, p), dot(z, p));
}}
"""

# Percentage-closer filtering (Reeves et al. 1987): the mean of compared, bilinear samples.
_SUNLIT = """
uniform sampler2DShadow shadow_map;
uniform float softness;
float sunlit(vec3 p, float bias) {
    float total = 0.0;
    for (int i = 0; i < TAPS; i++)
        total += texture(shadow_map, vec3(p.xy + softness * OFFSETS[i], p.z - bias));
    return total / float(TAPS);
}
"""
_FIVE_TAPS = "const int TAPS = 5;\nconst vec2 OFFSETS[5] = vec2[](vec2(0.3, 1.2), vec2(-1.05, 0.65), vec2(-0.95, -0.8), vec2(0.45, -1.15), vec2(1.2, 0.1));\n"
_FOUR_TAPS = "const int TAPS = 4;\nconst vec2 OFFSETS[4] = vec2[](vec2(0.4, 0.2), vec2(-0.2, 0.4), vec2(-0.4, -0.2), vec2(0.2, -0.4));\n"

# Shadows on the body are sampled a vertex, not a pixel: on software drivers that is the difference between 40 and 100 frames a second.
FIGURE_VERTEX = (
    SKINNING
    + _FOUR_TAPS
    + _SUNLIT
    + """
uniform mat4 clip_world, shadow_world;
uniform vec3 sun_direction;
out vec3 world, world_normal;
out float sun_share;
void main() {
    world = skinned();
    world_normal = normalize(rotated);
    float facing = dot(world_normal, sun_direction);
    sun_share = facing > 0.0 ? sunlit((shadow_world * vec4(world + 0.012 * world_normal, 1.0)).xyz, 0.003 + 0.006 * (1.0 - facing)) : 0.0;
    gl_Position = clip_world * vec4(world, 1.0);
}
"""
)

SHADOW_VERTEX = (
    SKINNING
    + """
uniform mat4 shadow_world;
void main() {
    vec3 world = skinned();
    gl_Position = vec4((shadow_world * vec4(world, 1.0)).xyz * 2.0 - 1.0, 1.0);
}
"""
)

SHADOW_FRAGMENT = """
#version 330
void main() {}
"""

# Lambert's diffuse light from the sun, a hemisphere of sky above and floor below, and a Blinn-Phong highlight.
FIGURE_FRAGMENT = """
#version 330
in vec3 world, world_normal;
in float sun_share;
uniform vec3 eye, sun_direction, sun_colour, sky_colour, bounce_colour, base_colour;
uniform float roughness;
out vec4 colour;
void main() {
    vec3 normal = normalize(world_normal);
    vec3 sun = max(dot(normal, sun_direction), 0.0) * sun_share * sun_colour;
    vec3 light = mix(bounce_colour, sky_colour, 0.5 + 0.5 * normal.y) + sun;
    vec3 halfway = normalize(sun_direction + normalize(eye - world));
    float gloss = 1.0 - roughness;
    float highlight = 0.25 * gloss * pow(max(dot(normal, halfway), 0.0), 8.0 + 120.0 * gloss * gloss);
    colour = vec4(pow(min(base_colour * light + highlight * sun, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""

FLOOR_VERTEX = """
#version 330
uniform mat4 clip_world, shadow_world;
uniform vec4 patch_rectangle;
in vec2 corner;
out vec3 world, in_shadow_map;
void main() {
    vec2 ground = mix(patch_rectangle.xy, patch_rectangle.zw, 0.5 + 0.5 * corner);
    world = vec3(ground.x, 0.0, ground.y);
    in_shadow_map = (shadow_world * vec4(world, 1.0)).xyz;
    gl_Position = clip_world * vec4(world, 1.0);
}
"""

# The factor by which the painted floor is darkened: the share of sun and sky that still arrives, in encoded colour.
# A sphere hides about (r / d)^2 (n . direction) of the sky from a point of the floor.
FLOOR_FRAGMENT = (
    f"""
#version 330
in vec3 world, in_shadow_map;
uniform vec3 sun_direction, sun_colour, sky_colour;
uniform vec4 blobs[{MAX_BLOBS}];
uniform int blob_count;
out vec4 colour;
"""
    + _FIVE_TAPS
    + _SUNLIT
    + """
void main() {
    float open = 1.0;
    for (int i = 0; i < blob_count; i++) {
        vec3 away = blobs[i].xyz - world;
        float inverse = inversesqrt(dot(away, away));
        open *= 1.0 - min(0.75, blobs[i].w * blobs[i].w * max(away.y, 0.0) * inverse * inverse * inverse);
    }
    vec3 sun = sun_colour * sun_direction.y;
    vec3 share = (sky_colour * open + sun * sunlit(in_shadow_map, 0.002)) / (sky_colour + sun);
    colour = vec4(pow(share, vec3(1.0 / 2.2)), 1.0);
}
"""
)

PICTURE_VERTEX = """
#version 330
in vec2 corner;
void main() { gl_Position = vec4(corner, 0.0, 1.0); }
"""

PICTURE_FRAGMENT = """
#version 330
uniform sampler2D picture;
out vec4 colour;
void main() { colour = texelFetch(picture, ivec2(gl_FragCoord.xy), 0); }
"""
