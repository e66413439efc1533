"""Training pairs from motion capture, on people of many shapes, as BlazePose would see them.

recorded, amass, amc    readers: BVH, ASF/AMC, AMASS's and the project's own .npz, as motion on the humanoid at 30 frames a second
sequences               all motion in a few arrays; windows at any pace
bodies, kinematics      people as tables of offsets (baked, shipped); where BlazePose's 33 points lie in any pose
augment, cameras        limbs of other clips, loosened poses, mirrors; cameras on any side
stream                  windows without end: all of the above
visibility, spoil       what hides a point from the camera
noise, process          BlazePose's errors as measured on renders (shipped), and how they are drawn
clips                   the renders themselves, with BlazePose's output and the truth
"""
