"""What `bake_mannequin.py` is made of."""
