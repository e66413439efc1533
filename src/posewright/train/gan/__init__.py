"""A lifting GAN that learns 3D from 2D poses alone (extra `train`).

poses, sources, annotations, mocap
                            where 2D poses come from
networks, space             generators, discriminators, and the geometry between them
heuristic, elevation        the two forms: what one step of training does
supervised                  the same network taught with 3D
measure                     errors by camera elevation, and baselines
plots, export, run          pictures of results; the generator's file; a whole run
"""
