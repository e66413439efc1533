"""Started inside of Blender with the path of a job: brings `inside` into reach and hands the job over."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    from inside.tasks import main

    main(sys.argv[-1])
