"""Materials in the form that the FBX exporter understands: one Principled shader whose colour comes straight from an image."""

from __future__ import annotations

from typing import Any

import bpy


def plain_materials() -> None:
    """Link each material's image to the colour of its Principled shader, past what mixes and tints it; unlit materials get such a shader."""
    for material in bpy.data.materials:
        tree = material.node_tree
        if tree is None:
            continue
        shader = next((node for node in tree.nodes if node.type == "BSDF_PRINCIPLED"), None)
        output = next((node for node in tree.nodes if node.type == "OUTPUT_MATERIAL"), None)
        if shader is None and output is not None:
            image = _upstream(output)
            shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
            shader.inputs["Roughness"].default_value = 1.0
            tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
        elif shader is not None:
            image = _upstream(shader, "Base Color")
        else:
            continue
        if image is not None:
            tree.links.new(image.outputs["Color"], shader.inputs["Base Color"])


def _upstream(node: Any, name: str | None = None) -> Any:
    """The nearest image that an input of a node, or any of its inputs, comes from."""
    todo = [node.inputs[name]] if name else list(node.inputs)
    seen = set()
    while todo:
        for link in todo.pop(0).links:
            if link.from_node.type == "TEX_IMAGE" and link.from_node.image:
                return link.from_node
            if link.from_node.name not in seen:
                seen.add(link.from_node.name)
                todo += list(link.from_node.inputs)
    return None
