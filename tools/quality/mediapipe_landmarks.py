"""MediaPipe's own smoothed pose of a clip, run by an interpreter that has mediapipe 0.10.21: VIDEO OUT.npz."""

import sys

import cv2
import mediapipe
import numpy as np

video = cv2.VideoCapture(sys.argv[1])
world = []
with mediapipe.solutions.pose.Pose(model_complexity=1, smooth_landmarks=True) as pose:
    while True:
        read, frame = video.read()
        if not read:
            break
        landmarks = pose.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).pose_world_landmarks
        world.append([[p.x, p.y, p.z] for p in landmarks.landmark] if landmarks else np.full((33, 3), np.nan))
np.savez(sys.argv[2], world_m=np.array(world, dtype=np.float32))
