"""The networks that exist: where their files come from, what they are, and what their licences allow."""

from __future__ import annotations

from posewright.models.entry import ModelEntry, ModelFile
from posewright.models.published import PUBLISHED
from posewright.models.sources import PipWheel, Url

MEDIAPIPE_WHEEL = "mediapipe==0.10.21"
ASSETS = "https://storage.googleapis.com/mediapipe-assets"
BUNDLES = "https://storage.googleapis.com/mediapipe-models/pose_landmarker"
MODEL_CARD = "Model card: MediaPipe BlazePose GHUM 3D (Google, 2021)."
GOOGLE_DATA = "Google's own: 85,000 photographs with keypoints marked by people (Bazarevsky et al. 2020); 3D by fitting GHUM to them"


def _bundle(variant: str, member: str) -> Url:
    """A file in the published `.task` bundle, a zip archive."""
    return Url(f"{BUNDLES}/pose_landmarker_{variant}/float16/latest/pose_landmarker_{variant}.task", member)


def _blazepose(name: str, file: ModelFile, joint_set: str | None, input_size: str, note: str) -> ModelEntry:
    return ModelEntry(name, (file,), "Apache-2.0", GOOGLE_DATA, True, joint_set, input_size, f"{note} {MODEL_CARD}")


# The digests of all four are those in MediaPipe's own build (third_party/external_files.bzl, which also pins the
# generations below); the two in the wheel were found to agree with it. Lite and heavy are not in the wheel.
_ENTRIES = (
    _blazepose(
        "blazepose-detector",
        ModelFile(
            "pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            (
                PipWheel(MEDIAPIPE_WHEEL, "mediapipe/modules/pose_detection/pose_detection.tflite"),
                _bundle("full", "pose_detector.tflite"),
                Url(f"{ASSETS}/pose_detection.tflite?generation=1678737489600422"),
            ),
            2_959_046,
        ),
        None,
        "224 x 224",
        "Finds people: box, middle of the hips, and a point that gives size and tilt.",
    ),
    _blazepose(
        "blazepose-lite",
        ModelFile(
            "pose_landmark_lite.tflite",
            "1150dc68a713b80660b90ef46ce4e85c1c781bb88b6e3512cc64e6a685ba5588",
            (Url(f"{ASSETS}/pose_landmark_lite.tflite?generation=1681244252454799"), _bundle("lite", "pose_landmarks_detector.tflite")),
        ),
        "blazepose33",
        "256 x 256",
        "33 landmarks of one person, smallest.",
    ),
    _blazepose(
        "blazepose-full",
        ModelFile(
            "pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            (
                PipWheel(MEDIAPIPE_WHEEL, "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"),
                _bundle("full", "pose_landmarks_detector.tflite"),
                Url(f"{ASSETS}/pose_landmark_full.tflite?generation=1661875894245786"),
            ),
            6_440_512,
        ),
        "blazepose33",
        "256 x 256",
        "33 landmarks of one person, the default.",
    ),
    _blazepose(
        "blazepose-heavy",
        ModelFile(
            "pose_landmark_heavy.tflite",
            "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
            (Url(f"{ASSETS}/pose_landmark_heavy.tflite?generation=1661875897944151"), _bundle("heavy", "pose_landmarks_detector.tflite")),
        ),
        "blazepose33",
        "256 x 256",
        "33 landmarks of one person, most exact and slowest.",
    ),
)

MODELS: dict[str, ModelEntry] = {entry.name: entry for entry in (*_ENTRIES, *PUBLISHED)}
