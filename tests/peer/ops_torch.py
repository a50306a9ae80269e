#!/usr/bin/env python3
"""Compares the tensor operations with PyTorch's on this machine, side by side. Not part of `make test`.

usage: cargo bench --bench ops --no-run && tests/peer/ops_torch.py PATH_OF_THE_BENCH_BINARY [threads]

Both run in turn, three times; best times count. PyTorch gets the faster of its two memory formats. The ratio is PyTorch's time over ours: 1 is as fast,
above 1 is faster than PyTorch. Both keep the memory that they free, as `retrato train` does: otherwise the pages of fresh memory are timed, not the
operations. Needs PyTorch and NumPy, which nothing else in the project does.
"""
import json
import os
import re
import subprocess
import sys
import time

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184", "MALLOC_TOP_PAD_": "268435456"}
if any(os.environ.get(name) != value for name, value in KEEP_MEMORY.items()):
    # Read when a process starts, and handed on to the other.
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEP_MEMORY)
threads = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
os.environ["RAYON_NUM_THREADS"] = os.environ["CANDLE_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
import torch

torch.set_num_threads(threads)


def best(run):
    run()
    start, times = time.perf_counter(), []
    while len(times) < 5 or time.perf_counter() - start < 0.15:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def torch_times(batch, side, channels_in, channels_out, size, stride):
    forward, both = [], []
    for form in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(batch, channels_in, side, side).to(memory_format=form)
        layer = torch.nn.Conv2d(channels_in, channels_out, size, stride, size // 2).to(memory_format=form)
        with torch.no_grad():
            forward.append(best(lambda: layer(x)))
        y = layer(x)
        gradient = torch.ones_like(y)
        x.requires_grad_(True)

        def step():
            x.grad = None
            layer.zero_grad(set_to_none=True)
            layer(x).backward(gradient)

        both.append(best(step))
    return min(forward), min(both)


ours, peers = {}, {}
for turn in range(3):
    lines = subprocess.run([sys.argv[1], "--bench", "--json", "conv"], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in map(json.loads, lines):
        if "op" in line:
            key = (line["op"], line["pass"])
            ours[key] = min(ours.get(key, 1e9), line["ms"])
        else:
            print(f"run {turn + 1}: {line}, load {os.getloadavg()[0]:.1f}")
    for name in {op for op, _ in ours}:
        batch, side, _, channels_in, channels_out, size, stride = map(int, re.findall(r"\d+", name))
        for kind, ms in zip(("forward", "with gradients"), torch_times(batch, side, channels_in, channels_out, size, stride)):
            peers[name, kind] = min(peers.get((name, kind), 1e9), ms)
print(f"PyTorch {torch.__version__}, {threads} threads")
print(f"{'operation':36}{'pass':16}{'ours ms':>9}{'PyTorch ms':>12}{'ratio':>7}")
ratios = {}
for (name, kind), ms in ours.items():
    ratio = peers[name, kind] / ms
    ratios.setdefault(kind, []).append(ratio)
    print(f"{name:36}{kind:16}{ms:9.3f}{peers[name, kind]:12.3f}{ratio:7.2f}")
for kind, values in ratios.items():
    print(f"{kind}: mean ratio {sum(values) / len(values):.2f}, least {min(values):.2f}")
