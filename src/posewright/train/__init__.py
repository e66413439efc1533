"""Training (extra `train`): one loop for all our networks, and a package for each kind of them.

loop       steps, checkpoints that survive a full disk, curves, resuming to the same result
batches    batches made ahead in other processes, the same ones for the same seed
config     a run's settings from a TOML file
data       training pairs from motion capture
estimator, lifter, gan
           the networks' own tasks
"""
