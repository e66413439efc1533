"""ONNX Runtime against PyTorch on the CPU: runs a second of each network at full size, and the memory that each takes.

    python benchmarks/networks.py [--only NAME] [--threads 1] [--seconds 4] [--page docs/results/networks.md]

Both run the same random network on the same input, in turns (A B, B A, ...) in one process and on as many threads, after a
run of each that is not counted; the ratio is the median over the pairs, so that what else a shared machine does meanwhile
counts little. Memory is measured in a process of its own for each: how far its peak, until the network has run
twice, lies above what it held before it was loaded. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from page_section import replace_section

from posewright.nets.table import NETS

SECTION = "ONNX Runtime against PyTorch"
LEFT_OUT = ("-caffe", "-mpii", "-humaneva")
"""Networks that differ from another in their last layer or in the place of a stride alone."""
FEWEST = 3
"""Pairs of runs, however long they take."""
MEBIBYTE = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="networks that have this in their names")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0, help="for the runs of each network (4)")
    parser.add_argument("--page", type=Path, help="page whose table is brought up to date")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--memory", nargs=2, metavar=("ENGINE", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(json.dumps(memory_growth(options.one, *options.memory, options.threads)))
    elif options.one:
        print(json.dumps(compare(options.one, options.threads, options.seconds)))
    else:
        rows = []
        for name in (name for name in NETS if options.only in name and not any(part in name for part in LEFT_OUT)):
            rows.append(row(name, child("--one", name, "--threads", options.threads, "--seconds", options.seconds)))
            print(rows[-1], flush=True)
            if options.page:
                replace_section(options.page, SECTION, table(rows, options.threads))


def compare(name: str, threads: int, seconds: float) -> dict[str, Any]:
    """Times, ratios and memory of one network."""
    import torch

    from posewright import nets

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net, shape = nets.build(name), NETS[name].shape
    weights = sum(value.numel() * value.element_size() for value in net.state_dict().values()) / MEBIBYTE
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.onnx"
        nets.export_onnx(net, file, name)
        memory = {engine: child("--one", name, "--threads", threads, "--memory", engine, file) for engine in ("onnx", "torch")}
        ours, theirs = runner_onnx(file, shape, threads), runner_torch(net, shape)
        ours(), theirs()
        pairs: list[tuple[float, float]] = []
        begun = time.perf_counter()
        while len(pairs) < FEWEST or time.perf_counter() - begun < seconds:
            first, second = (ours, theirs) if len(pairs) % 2 == 0 else (theirs, ours)
            a, b = timed(first), timed(second)
            pairs.append((a, b) if first is ours else (b, a))
    return {"shape": shape, "pairs": pairs, "weights": weights, "memory": memory}


def runner_onnx(file: Path, shape: tuple[int, ...], threads: int) -> Any:
    """A function that runs the network once."""
    from posewright.models.onnx import OnnxSession

    session, x = OnnxSession(file, threads=threads), example(shape)
    return lambda: session.run([x])


def runner_torch(net: Any, shape: tuple[int, ...]) -> Any:
    """The same in PyTorch."""
    import torch

    x = torch.from_numpy(example(shape))

    def run() -> None:
        with torch.inference_mode():
            net(x)

    return run


def example(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def timed(run: Any) -> float:
    """Seconds of a run."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def memory_growth(name: str, engine: str, file: str, threads: int) -> float:
    """By how many MiB the peak of this process, until the network has run twice, lies above what it held before."""
    if engine == "onnx":
        from posewright.models.onnx import onnxruntime

        onnxruntime()
        before = held(most=False)
        run = runner_onnx(Path(file), NETS[name].shape, threads)
    else:
        import torch

        from posewright import nets

        torch.set_num_threads(threads)
        torch.nn.functional.conv2d(torch.zeros(1, 3, 8, 8), torch.zeros(4, 3, 3, 3))  # what the engine itself loads on first use
        before = held(most=False)
        run = runner_torch(nets.build(name), NETS[name].shape)
    run(), run()
    return held(most=True) - before


def held(most: bool) -> float:
    """Memory of this process, MiB: now, or the most so far (which is all that is known outside Linux)."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM" if most else "VmRSS"].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MEBIBYTE if sys.platform == "darwin" else 1024)


def child(*arguments: object) -> Any:
    """What this program prints when run again with these arguments."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{arguments} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def row(name: str, found: dict[str, Any]) -> str:
    """A line of the table."""
    ours, theirs = (statistics.median(pair[k] for pair in found["pairs"]) for k in (0, 1))
    ratios = sorted(b / a for a, b in found["pairs"])
    shape = " x ".join(map(str, found["shape"]))
    cells = [f"`{name}`", shape, f"{1 / ours:.3g}", f"{1 / theirs:.3g}", f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}, {len(ratios)} pairs)"]
    cells += [f"{found['weights']:.0f}", f"{found['memory']['onnx']:.0f}", f"{found['memory']['torch']:.0f}"]
    return f"| {' | '.join(cells)} |"


def table(rows: list[str], threads: int) -> str:
    """The section of the page."""
    import onnxruntime
    import torch

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "?"
    made = f"{np.datetime64('today')}, commit {commit} (or the next), {platform.machine()}, {os.cpu_count()} processors, {threads} thread(s), Python {platform.python_version()}"
    versions = f"ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__}."
    head = ["| network | input | ONNX Runtime, runs a second | PyTorch, runs a second | ratio | weights, MiB | memory with ONNX Runtime, MiB | with PyTorch, MiB |"]
    return "\n".join([f"{made}, {versions}", "", *head, "|---|---|---|---|---|---|---|---|", *rows])


if __name__ == "__main__":
    main()
