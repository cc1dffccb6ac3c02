"""The frozen ResNet-50 forward in f32: Tailor against PyTorch eager with channels-last tensors.

    python3 -m venv build/peers && build/peers/bin/pip install -r bench/peers/requirements.txt
    build/peers/bin/python bench/peers/forward.py [--pairs 5] [--batch 32] [--json FILE]

Both run in turn on all cores (A B A B ...), each in a process of its own that first warms up; the
ratio of each pair is printed, and their median, since machines drift.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytorch(batch, runs):
    """Images a second of PyTorch, in this process."""
    import torch
    import torchvision

    torch.set_num_threads(os.cpu_count())
    model = torchvision.models.resnet50(weights=None).eval().to(memory_format=torch.channels_last)
    model.fc = torch.nn.Identity()
    x = torch.rand(batch, 3, 224, 224).to(memory_format=torch.channels_last)
    speeds = []
    with torch.inference_mode():
        model(x)
        for _ in range(runs):
            start = time.perf_counter()
            model(x)
            speeds.append(batch / (time.perf_counter() - start))
    return statistics.median(speeds)


def peer(batch, runs):
    command = [sys.executable, __file__, "--only-pytorch", "--batch", str(batch), "--runs", str(runs)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def tailor(batch, runs):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "forward.json"
        subprocess.run([ROOT / "build/release/bin/tailor", "bench", "forward", "--device", "cpu", "--batch",
                        str(batch), "--runs", str(runs), "--json", report], check=True, capture_output=True)
        return json.loads(report.read_text())[0]["median"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--json")
    p.add_argument("--only-pytorch", action="store_true", help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.only_pytorch:
        print(pytorch(args.batch, args.runs))
        return
    pairs = []
    for _ in range(args.pairs):
        ours, theirs = tailor(args.batch, args.runs), peer(args.batch, args.runs)
        pairs.append({"tailor": ours, "pytorch": theirs, "ratio": ours / theirs})
        print(f"tailor {ours:6.2f}  pytorch {theirs:6.2f} images/s  ratio {ours / theirs:.2f}", flush=True)
    ratio = statistics.median(pair["ratio"] for pair in pairs)
    print(f"median ratio {ratio:.2f} (tailor / pytorch, batch {args.batch}, f32)")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(
            {"name": "forward/resnet50", "batch": args.batch, "precision": "f32", "pairs": pairs,
             "median_ratio": ratio}, indent=2) + "\n")


if __name__ == "__main__":
    main()
