"""Numbers that a user gives, checked before the long work."""

from __future__ import annotations

from posewright.errors import UsageError


def check_numbers(height_m: float | None, fov_deg: float | None, up_axis: str | None = None, calibrated: bool = True) -> None:
    """Refuse a height or an angle that cannot be, and an axis of a world that no calibration describes.

    Raises:
        UsageError: it cannot.
    """
    if height_m is not None and not 0.3 <= height_m <= 3.0:
        raise UsageError(f"a height of {height_m} m: give the person's stature in metres, 0.3 to 3.0")
    if up_axis is not None and not calibrated:
        raise UsageError(f"--up {up_axis} names an axis of a calibration's world: give the calibration with --camera, or --up auto or level")
    if fov_deg is not None and not 1.0 <= fov_deg <= 175.0:
        raise UsageError(f"an angle of view of {fov_deg} degrees is not between 1 and 175")
