"""Metrics of motion, one formula a function, each with its paper. Lengths are in the unit of the inputs, angles in radians."""

from posewright.study.metrics.angles import flexion, flexion_error, rotation_error, segment_direction_error
from posewright.study.metrics.body import bone_length_cv, bone_length_std, bone_lengths, clip_lean, frame_lean, trunk_lean
from posewright.study.metrics.common import check_same_shape, masked_mean, valid_points
from posewright.study.metrics.contact import CONTACT_HEIGHT_M, CONTACT_SPEED_M_S, ContactScore, contact_score, detect_contacts, foot_float, foot_penetration, foot_skate
from posewright.study.metrics.motion import Blow, acceleration_error, blows, jitter, mean_acceleration, mpjve, peak_speed_kept, speed
from posewright.study.metrics.path import LEAST_WALK_M, distance_walked, path_error, path_error_share
from posewright.study.metrics.position import joint_errors, mpjpe, n_mpjpe, pa_mpjpe, pck

__all__ = [
    "CONTACT_HEIGHT_M",
    "CONTACT_SPEED_M_S",
    "LEAST_WALK_M",
    "Blow",
    "ContactScore",
    "acceleration_error",
    "blows",
    "bone_length_cv",
    "bone_length_std",
    "bone_lengths",
    "check_same_shape",
    "clip_lean",
    "contact_score",
    "detect_contacts",
    "distance_walked",
    "flexion",
    "flexion_error",
    "foot_float",
    "foot_penetration",
    "foot_skate",
    "frame_lean",
    "jitter",
    "joint_errors",
    "masked_mean",
    "mean_acceleration",
    "mpjpe",
    "mpjve",
    "n_mpjpe",
    "pa_mpjpe",
    "path_error",
    "path_error_share",
    "pck",
    "peak_speed_kept",
    "rotation_error",
    "segment_direction_error",
    "speed",
    "trunk_lean",
    "valid_points",
]
