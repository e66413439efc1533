"""Estimators put together from the networks in the model store: what the rows of the table make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from posewright import models
from posewright.errors import UsageError
from posewright.estimate.blazepose import BlazePose
from posewright.estimate.blazepose.detector import Detector
from posewright.estimate.centernet import CenterNet
from posewright.estimate.heatmap import HeatmapNetwork
from posewright.estimate.openpose import OpenPose
from posewright.estimate.people import RTMDET, YOLOX, BlazePosePeople, Colours, OnnxPeople, PeopleDetector
from posewright.estimate.simcc import SimCCNetwork
from posewright.estimate.topdown import TopDown
from posewright.models.onnx import OnnxSession
from posewright.models.runtime import LiteRTSession
from posewright.nets.table import BGR_IMAGENET, RGB


@dataclass(frozen=True)
class Options:
    """How an estimator is to run."""

    people: int = 1
    """How many to follow at most."""
    threads: int | None = None
    """Of a run of a network; None for what suits the machine."""
    device: str = "cpu"
    """Where ONNX Runtime runs its networks."""
    detector: str = "blazepose"
    """A key of `DETECTORS`."""
    flip_test: bool = False
    """Run each picture mirrored too and take the mean."""

    def session(self, model: str) -> OnnxSession:
        """The network `model` of the store, ready to run."""
        return OnnxSession(models.network_path(model), self.device, self.threads)

    def variant(self, family: str, variant: str) -> OnnxSession:
        """The network `family-variant` of the store, or the one in the .onnx file that `variant` names, ready to run.

        Raises:
            UsageError: the file says that it holds a network of another family, which wants its pictures otherwise.
        """
        if not is_file(variant):
            return self.session(f"{family}-{variant}")
        session = OnnxSession(Path(variant), self.device, self.threads)
        if session.network and session.network.partition("-")[0] != family:
            raise UsageError(f"{variant} holds {session.network}, no {family}: --estimator {session.network.partition('-')[0]}:{variant}")
        return session


def is_file(variant: str) -> bool:
    """Whether a variant is a network of the user's own: the name of an .onnx file."""
    return variant.lower().endswith(".onnx")


def _blazepose_people(options: Options) -> PeopleDetector:
    return BlazePosePeople(Detector(LiteRTSession(models.path("blazepose-detector"), options.threads or 1)))


def _onnx_people(model: str, colours: Colours) -> Callable[[Options], PeopleDetector]:
    return lambda options: OnnxPeople(options.session(model), colours)


DETECTORS: dict[str, Callable[[Options], PeopleDetector]] = {
    "blazepose": _blazepose_people,
    "rtmdet-nano": _onnx_people("rtmdet-nano", RTMDET),
    "yolox-tiny": _onnx_people("yolox-tiny", YOLOX),
    "yolox-m": _onnx_people("yolox-m", YOLOX),
}
"""Finders of people for the top-down estimators, by name; all but BlazePose's are networks of that name in the model store."""


def blazepose(variant: str, options: Options) -> BlazePose:
    """BlazePose, which runs on LiteRT.

    Raises:
        UsageError: it is to run on another device than the CPU, or on mirrored pictures.
    """
    _without_flip_test("blazepose", options)
    if options.device != "cpu":
        raise UsageError(f"blazepose runs on the CPU (LiteRT), not on {options.device}: choose another estimator or --device cpu")
    return BlazePose(variant, options.people, options.threads)


def hrnet(variant: str, options: Options) -> TopDown:
    """HRNet; `variant` may be an .onnx file of another size."""
    return TopDown(DETECTORS[options.detector](options), HeatmapNetwork(options.variant("hrnet", variant), RGB, options.flip_test), options.people)


def simplebaseline(variant: str, options: Options) -> TopDown:
    """SimpleBaseline's pose ResNet; `variant` may be an .onnx file of another size."""
    return TopDown(DETECTORS[options.detector](options), HeatmapNetwork(options.variant("simplebaseline", variant), BGR_IMAGENET, options.flip_test), options.people)


def rtmpose(variant: str, options: Options) -> TopDown:
    """RTMPose."""
    return TopDown(DETECTORS[options.detector](options), SimCCNetwork(options.variant("rtmpose", variant), options.flip_test), options.people)


def centernet(variant: str, options: Options) -> CenterNet:
    """CenterNet."""
    return CenterNet(options.variant("centernet", variant), options.people, options.flip_test)


def openpose(variant: str, options: Options) -> OpenPose:
    """OpenPose.

    Raises:
        UsageError: it is to run on mirrored pictures.
    """
    _without_flip_test("openpose", options)
    return OpenPose(options.session(f"openpose-{variant}"), variant, options.people)


def _without_flip_test(name: str, options: Options) -> None:
    if options.flip_test:
        raise UsageError(f"{name} cannot run with the flip test: leave it out, or choose hrnet, simplebaseline, rtmpose or centernet")
