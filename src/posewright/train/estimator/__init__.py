"""Training of small top-down estimators on people that the project renders itself: `posewright train estimator`.

people, motions, scenes   who is drawn, doing what, where, and seen from where
crops                     the pictures on disk
augment                   crops as the estimators take them, spoiled; heat maps
task, run                 the training
pck                       the measure
"""
