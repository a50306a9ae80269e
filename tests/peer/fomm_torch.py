#!/usr/bin/env python3
"""The First Order Motion Model's networks in PyTorch, for their speed: what one frame of a live session costs there.

Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019. Written anew from the paper and its published sizes for faces of 256 x
256 pixels, without its code; the weights are random, which changes no time. A frame is: keypoints of the driver, motion relative to the driver's
first frame, dense motion, picture. The published program runs the whole generator for each frame, the portrait's encoder with it; a frame with the
portrait's features kept is measured, too.

    tests/peer/fomm_torch.py [--rounds 5]

Needs torch.
"""

import argparse
import copy
import os
import statistics
import sys
import time
import warnings

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError:
    sys.exit("This needs PyTorch: pip install torch")

SIDE = 256
KEYPOINTS = 10
SMALL = 0.25  # keypoints and motion are found in pictures of a quarter of the side
TEMPERATURE = 0.1
VARIANCE = 0.01  # of the Gaussians that stand for keypoints
HOURGLASS = dict(most=1024, depth=5)  # of keypoints and of motion
KEYPOINT_WIDTH, WIDTH, MOST, DOWN, BOTTLENECK = 32, 64, 512, 2, 6


class Layer(nn.Module):
    """Convolution, normalisation, rectification."""

    def __init__(self, fro, to, side=3):
        super().__init__()
        self.convolution = nn.Conv2d(fro, to, side, padding=side // 2)
        self.norm = nn.BatchNorm2d(to)

    def forward(self, x):
        return F.relu(self.norm(self.convolution(x)))


class Residual(nn.Module):
    """Normalised and rectified before each of two convolutions."""

    def __init__(self, channels):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(2))
        self.convolutions = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x):
        y = x
        for norm, convolution in zip(self.norms, self.convolutions):
            y = convolution(F.relu(norm(y)))
        return x + y


def doubled(x):
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Hourglass(nn.Module):
    """Halves by averaging and doubles again, everything of the way down beside the way up."""

    def __init__(self, fro, width, most, depth):
        super().__init__()
        sizes = [min(most, width << n) for n in range(depth + 1)]
        self.down = nn.ModuleList(Layer(fro if n == 0 else sizes[n], sizes[n + 1]) for n in range(depth))
        self.up = nn.ModuleList(Layer(sizes[n + 1] * (1 if n == depth - 1 else 2), sizes[n]) for n in reversed(range(depth)))
        self.channels = width + fro

    def forward(self, x):
        beside = [x]
        for layer in self.down:
            beside.append(F.avg_pool2d(layer(beside[-1]), 2))
        y = beside.pop()
        for layer in self.up:
            y = torch.cat([layer(doubled(y)), beside.pop()], 1)
        return y


class Smaller(nn.Module):
    """A quarter of the side, blurred before."""

    def __init__(self):
        super().__init__()
        deviation = (1 / SMALL - 1) / 2
        reach = round(4 * deviation)
        line = torch.exp(-torch.arange(-reach, reach + 1.0) ** 2 / (2 * deviation**2))
        kernel = torch.outer(line, line) / line.sum() ** 2
        self.register_buffer("kernel", kernel.expand(3, 1, -1, -1).clone())
        self.reach = reach

    def forward(self, x):
        step = round(1 / SMALL)
        return F.conv2d(x, self.kernel, stride=step, padding=self.reach, groups=3)


def places(height, width):
    """The places of a picture from -1 to 1, x before y."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    return torch.stack([x, y], -1)


def inverse(m):
    """Of 2 x 2 matrices."""
    a, b, c, d = m[..., 0, 0], m[..., 0, 1], m[..., 1, 0], m[..., 1, 1]
    turned = torch.stack([d, -b, -c, a], -1).view(m.shape)
    return turned / (a * d - b * c)[..., None, None]


class Keypoints(nn.Module):
    """Ten places, and how the picture is turned and stretched at each."""

    def __init__(self):
        super().__init__()
        self.smaller = Smaller()
        self.hourglass = Hourglass(3, KEYPOINT_WIDTH, **HOURGLASS)
        self.places = nn.Conv2d(self.hourglass.channels, KEYPOINTS, 7)
        self.jacobians = nn.Conv2d(self.hourglass.channels, 4 * KEYPOINTS, 7)
        self.jacobians.weight.data.zero_()
        self.jacobians.bias.data.copy_(torch.tensor([1.0, 0.0, 0.0, 1.0] * KEYPOINTS))

    def forward(self, picture):
        features = self.hourglass(self.smaller(picture))
        maps = self.places(features).float()
        batch, _, height, width = maps.shape
        heat = F.softmax(maps.flatten(2) / TEMPERATURE, 2).view(maps.shape)
        at = torch.einsum("bkhw,hwc->bkc", heat, places(height, width))
        jacobians = self.jacobians(features).float().view(batch, KEYPOINTS, 4, height, width)
        jacobians = (jacobians * heat[:, :, None]).sum((3, 4)).view(batch, KEYPOINTS, 2, 2)
        return at, jacobians


class DenseMotion(nn.Module):
    """From two sets of keypoints to a flow and to what the portrait does not show."""

    def __init__(self):
        super().__init__()
        self.smaller = Smaller()
        self.hourglass = Hourglass((KEYPOINTS + 1) * 4, WIDTH, **HOURGLASS)
        self.mask = nn.Conv2d(self.hourglass.channels, KEYPOINTS + 1, 7, padding=3)
        self.occlusion = nn.Conv2d(self.hourglass.channels, 1, 7, padding=3)

    def forward(self, portrait, source, driving):
        small = self.smaller(portrait)
        batch, _, height, width = small.shape
        grid = places(height, width)

        def gaussians(at):
            return torch.exp(-0.5 * ((grid - at[:, :, None, None]) ** 2).sum(-1) / VARIANCE)

        heat = gaussians(driving[0]) - gaussians(source[0])
        heat = torch.cat([torch.zeros(batch, 1, height, width), heat], 1)
        turn = source[1] @ inverse(driving[1])
        moved = (turn[:, :, None, None] @ (grid - driving[0][:, :, None, None])[..., None])[..., 0] + source[0][:, :, None, None]
        flows = torch.cat([grid.expand(batch, 1, -1, -1, -1), moved], 1)
        copies = small.float()[:, None].expand(-1, KEYPOINTS + 1, -1, -1, -1).flatten(0, 1)
        warped = F.grid_sample(copies, flows.flatten(0, 1), align_corners=False).view(batch, KEYPOINTS + 1, 3, height, width)
        given = torch.cat([heat[:, :, None], warped], 2).flatten(1, 2)
        features = self.hourglass(given.to(small.dtype))
        mask = F.softmax(self.mask(features).float(), 1)
        flow = (mask[..., None] * flows).sum(1)
        return flow, torch.sigmoid(self.occlusion(features))


class Generator(nn.Module):
    """The portrait, moved in its features and drawn again."""

    def __init__(self):
        super().__init__()
        sizes = [min(MOST, WIDTH << n) for n in range(DOWN + 1)]
        self.motion = DenseMotion()
        self.first = Layer(3, sizes[0], 7)
        self.down = nn.ModuleList(Layer(sizes[n], sizes[n + 1]) for n in range(DOWN))
        self.bottleneck = nn.ModuleList(Residual(sizes[DOWN]) for _ in range(BOTTLENECK))
        self.up = nn.ModuleList(Layer(sizes[n + 1], sizes[n]) for n in reversed(range(DOWN)))
        self.last = nn.Conv2d(sizes[0], 3, 7, padding=3)

    def encode(self, portrait):
        y = self.first(portrait)
        for layer in self.down:
            y = F.avg_pool2d(layer(y), 2)
        return y

    def forward(self, portrait, source, driving, encoded=None):
        y = self.encode(portrait) if encoded is None else encoded
        flow, occlusion = self.motion(portrait, source, driving)
        # The motion is found at the features' own size.
        y = F.grid_sample(y.float(), flow, align_corners=False).to(y.dtype) * occlusion
        for block in self.bottleneck:
            y = block(y)
        for layer in self.up:
            y = layer(doubled(y))
        return torch.sigmoid(self.last(y))


class Frame(nn.Module):
    """Everything of one frame of a session: the portrait and what is known of it and of the driver's first frame are kept."""

    def __init__(self, keypoints, generator, portrait, first, keeps_features):
        super().__init__()
        self.keypoints, self.generator, self.portrait = keypoints, generator, portrait
        self.source, self.first = keypoints(portrait), keypoints(first)
        self.encoded = generator.encode(portrait) if keeps_features else None

    def forward(self, driver):
        at, jacobians = self.keypoints(driver)
        moved = at - self.first[0] + self.source[0]
        turned = jacobians @ inverse(self.first[1]) @ self.source[1]
        return self.generator(self.portrait, self.source, (moved, turned), self.encoded)


def gflop(frame, driver):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        frame(driver)
    return counter.get_total_flops() / 1e9


def millions(module):
    return sum(p.numel() for p in module.parameters()) / 1e6


def frames():
    """Functions that make one frame, by name, and lines about them. Gradients must be off."""
    torch.manual_seed(1)
    warnings.simplefilter("ignore")
    runs, about = {}, []
    keypoints, generator = (net.eval().to(memory_format=torch.channels_last) for net in (Keypoints(), Generator()))
    about.append(f"FOMM: {millions(keypoints):.1f} million weights for keypoints, {millions(generator):.1f} for motion and picture")
    pictures = [torch.rand(1, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last) for _ in range(3)]
    for number, kind in ((torch.float32, "f32"), (torch.bfloat16, "bf16")):
        detector, drawer = (copy.deepcopy(net).to(number) for net in (keypoints, generator))
        portrait, first, driver = (p.to(number) for p in pictures)
        for keeps, what in ((False, "as published"), (True, "the portrait's features kept")):
            frame = Frame(detector, drawer, portrait, first, keeps)
            if kind == "f32":
                about.append(f"FOMM, {what}: {gflop(frame, driver):.1f} GFLOP a frame")
            runs[f"FOMM {kind}, {what}"] = lambda frame=frame, driver=driver: frame(driver)
            if kind == "f32":
                traced = torch.jit.optimize_for_inference(torch.jit.trace(frame, (driver,), check_trace=False))
                runs[f"FOMM {kind}, {what}, traced"] = lambda traced=traced, driver=driver: traced(driver)
    return runs, about


def main():
    parser = argparse.ArgumentParser(description="How long one frame of the First Order Motion Model takes on this machine.")
    parser.add_argument("--rounds", type=int, default=5, help="frames of each form")
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    torch.set_grad_enabled(False)
    runs, about = frames()
    print(*about, sep="\n")
    times = {name: [] for name in runs}
    for n in range(args.rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if n > 0:
                times[name].append(1e3 * (time.perf_counter() - start))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for name, ms in times.items():
        print(f"{name:<55}{statistics.median(ms):>9.1f} ms")


if __name__ == "__main__":
    main()
