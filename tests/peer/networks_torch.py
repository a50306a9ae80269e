#!/usr/bin/env python3
"""Runs the networks of the live path by PyTorch, with the program's own weights, beside the program on the same machine.

Not part of the tests: it needs PyTorch and NumPy.

    tests/peer/networks_torch.py [--retrato target/release/retrato] [--rounds 5]

Both take as many threads as there are processors and turns of the same length; what is compared is each network's median. PyTorch runs in inference
mode with channels last: as it is, traced and frozen, and compiled, and the fastest of these counts.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SLOPES = {"motion": 0.1, "generator": 0.1}
SIZES = [(256, 256), (176, 184), (96, 96)]


def weights(path):
    """The tensors of a safetensors file, convolutions turned into PyTorch's order."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        first, end = (8 + length + offset for offset in entry["data_offsets"])
        numbers = np.frombuffer(data[first:end], {"F16": np.float16, "F32": np.float32}[entry["dtype"]])
        tensor = torch.from_numpy(numbers.astype(np.float32).reshape(entry["shape"]))
        if tensor.dim() == 4:
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        tensors[name] = tensor
    return tensors


class Network(torch.nn.Module):
    """Convolutions by name."""

    def __init__(self, tensors, prefix, slope):
        super().__init__()
        self.slope = slope
        self.named = {}
        for name, kernel in tensors.items():
            if name.startswith(prefix) and name.endswith(".kernel"):
                layer = name[: -len(".kernel")]
                self.named[layer[len(prefix) :]] = (kernel, tensors[layer + ".bias"])

    def conv(self, name, x, stride=1):
        kernel, bias = self.named[name]
        return F.conv2d(x, kernel, bias, stride=stride, padding=kernel.shape[2] // 2)

    def act(self, x):
        return F.leaky_relu(x, self.slope)


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


class Motion(Network):
    """The U-net of the motion net, without what comes before and after it."""

    def forward(self, x):
        first = self.act(self.conv("encoder64", x))
        second = self.act(self.conv("encoder32.same", self.act(self.conv("encoder32.down", first, 2))))
        third = self.act(self.conv("encoder16.same", self.act(self.conv("encoder16.down", second, 2))))
        y = self.act(self.conv("encoder8.down", third, 2))
        y = y + self.act(self.conv("encoder8.first", y))
        y = y + self.act(self.conv("encoder8.second", y))
        y = self.act(self.conv("decoder16", torch.cat([doubled(y), third], 1)))
        y = self.act(self.conv("narrow16", y))
        y = self.act(self.conv("decoder32", torch.cat([doubled(y), second], 1)))
        y = self.act(self.conv("narrow32", y))
        y = self.act(self.conv("decoder64", torch.cat([doubled(y), first], 1)))
        return self.conv("head", y)


class Generator(Network):
    """The generator with the texture path in one person's style."""

    def __init__(self, tensors):
        super().__init__(tensors, "generator.", SLOPES["generator"])
        channels = {128: 8, 64: 1, 32: 3}
        one = next(iter(tensors.values())).new_ones(1)
        self.styles = {c: [(one.repeat(c).view(1, c, 1, 1), 0.0 * one.repeat(c).view(1, c, 1, 1)) for _ in range(n)] for c, n in channels.items()}

    def before(self, x, number):
        scale, shift = self.styles[int(x.shape[1])][number]
        return self.act(x * scale + shift)

    def forward(self, source, landmarks):
        x = torch.cat([F.pixel_unshuffle(2.0 * source - 1.0, 2), landmarks], 1)
        half = self.act(self.conv("half", x))
        quarter = self.act(self.conv("down4", half, 2))
        quarter = quarter + self.act(self.conv("same4", quarter))
        y = self.conv("down8", quarter, 2)
        for n in range(4):
            inner = self.conv(f"block{n + 1}.first", self.before(y, 2 * n))
            y = y + self.conv(f"block{n + 1}.second", self.before(inner, 2 * n + 1))
        y = doubled(self.conv("narrow4", y)) + quarter
        y = y + self.conv("refine4.layer", self.before(y, 0))
        y = doubled(self.conv("narrow2", y)) + half
        for n in range(2):
            y = y + self.conv(f"refine2.{n + 1}.layer", self.before(y, n))
        y = F.pixel_shuffle(self.conv("head", self.before(y, 2)), 2)
        mask = 0.25 + 0.75 * torch.sigmoid(y[:, 3:])
        return source[:, :3] + mask * torch.tanh(y[:, :3])


def median_ms(run, seconds=1.0):
    run()
    run()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def fastest(network, *inputs):
    """The network in the form that is fastest here."""
    forms = {"as it is": network, "traced": torch.jit.freeze(torch.jit.trace(network.eval(), inputs))}
    try:
        compiled = torch.compile(network)
        compiled(*inputs)
        forms["compiled"] = compiled
    except Exception as error:  # It needs a compiler of C++, which not every machine has.
        print(f"PyTorch cannot compile here: {type(error).__name__}")
    ms = {name: median_ms(lambda form=form: form(*inputs), 0.5) for name, form in forms.items()}
    best = min(ms, key=ms.get)
    return forms[best], best


def last(*shape):
    return torch.rand(*shape).contiguous(memory_format=torch.channels_last)


def halved(weights):
    return {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}


def main():
    parser = argparse.ArgumentParser(description="The networks by PyTorch and by Retrato, side by side.")
    parser.add_argument("--retrato", default=str(ROOT / "target/release/retrato"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(os.cpu_count() or 1)
    torch.set_grad_enabled(False)
    motion = weights(ROOT / "models/motion.safetensors")
    few_shot = weights(ROOT / "models/few_shot.safetensors")
    channels = motion["encoder64.kernel"].shape[1]
    beside = few_shot["generator.half.kernel"].shape[1] - 16
    runs = {}
    for kind, convert in {"f32": lambda it: it, "bf16": halved}.items():
        number = {"f32": torch.float32, "bf16": torch.bfloat16}[kind]
        runs["motion net", kind] = (Motion(convert(motion), "", SLOPES["motion"]), (last(1, channels, 64, 64).to(number),))
        for width, height in SIZES:
            inputs = (last(1, 4, height, width).to(number), last(1, beside, height // 2, width // 2).to(number))
            runs[f"generator {width} x {height}", kind] = (Generator(convert(few_shot)), inputs)
    ours, theirs = {}, {name: [] for name in runs}
    chosen = {name: (*fastest(network, *inputs), inputs) for name, (network, inputs) in runs.items()}
    for _ in range(args.rounds):
        report = subprocess.run([args.retrato, "bench", "--networks", "--executor", "cpu", "--json"], check=True, capture_output=True, text=True)
        for network in json.loads(report.stdout)["cpu"]["networks"]:
            ours.setdefault((network["name"], network["format"]), []).append(network["ms"])
        for name, (form, _, inputs) in chosen.items():
            theirs[name].append(median_ms(lambda form=form, inputs=inputs: form(*inputs)))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {args.rounds} rounds")
    print(f"{'network':<22}{'':>6}{'Retrato ms':>12}{'PyTorch ms':>12}{'speed':>8}  PyTorch's form")
    for name in ours:
        a, b = statistics.median(ours[name]), statistics.median(theirs[name])
        print(f"{name[0]:<22}{name[1]:>6}{a:>12.2f}{b:>12.2f}{b / a:>7.2f}x  {chosen[name][1]}")


if __name__ == "__main__":
    main()
