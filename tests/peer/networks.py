"""The networks of the live path in PyTorch with the program's own weights, and the same graphs for ONNX Runtime.

What `compare.py` beside this file runs. Needs torch, onnx, onnxruntime, onnxscript and numpy.
"""

import io
import json
import logging
import pathlib
import warnings

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SLOPE = 0.1  # of the activations below zero
SOURCE = 4  # numbers of a pixel of the source: RGB and visibility
RESULTS = 4  # of a pixel of what a generator's head gives: RGB and mask
MASK_FLOOR = 0.25


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
        tensors[name] = tensor.permute(3, 2, 0, 1).contiguous() if tensor.dim() == 4 else tensor
    return tensors


class Network(torch.nn.Module):
    """Convolutions by name, those whose names start with `prefix`."""

    def __init__(self, tensors, prefix=""):
        super().__init__()
        self.convolutions = {}
        for name, kernel in tensors.items():
            if name.startswith(prefix) and name.endswith(".kernel"):
                layer = name[len(prefix) : -len(".kernel")]
                to, fro, side, _ = kernel.shape
                halves = layer in ("down4", "down8") or layer.endswith(".down")
                convolution = torch.nn.Conv2d(fro, to, side, stride=2 if halves else 1, padding=side // 2)
                convolution.weight.data.copy_(kernel)
                convolution.bias.data.copy_(tensors[f"{prefix}{layer}.bias"])
                name = layer.replace(".", "_")
                self.convolutions[name] = convolution
                # Modules have a method `half`.
                self.add_module(f"layer_{name}", convolution)

    def conv(self, name, x):
        return self.convolutions[name](x)


def act(x):
    return F.leaky_relu(x, SLOPE)


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


class Motion(Network):
    """The U-net of the motion net, without what comes before and after it."""

    def forward(self, x):
        def layer(name, x):
            return act(self.conv(name, x))

        first = layer("encoder64", x)
        second = layer("encoder32_same", layer("encoder32_down", first))
        third = layer("encoder16_same", layer("encoder16_down", second))
        y = layer("encoder8_down", third)
        y = y + layer("encoder8_first", y)
        y = y + layer("encoder8_second", y)
        y = layer("narrow16", layer("decoder16", torch.cat([doubled(y), third], 1)))
        y = layer("narrow32", layer("decoder32", torch.cat([doubled(y), second], 1)))
        return self.conv("head", layer("decoder64", torch.cat([doubled(y), first], 1)))


class Generator(Network):
    """A generator with the texture path, for a person of this style: scale less 1 and shift of each channel, layer after layer."""

    def __init__(self, tensors, prefix, style):
        super().__init__(tensors, prefix)
        layers = self.convolutions
        self.blocks = sum(name.startswith("block") for name in layers) // 2
        self.refinements = sum(name.startswith("refine2") for name in layers)
        # Four pixels lie one behind the other with their numbers last in the program, and the other way round in PyTorch.
        half, head = layers["half"].weight.data, layers["head"]
        order = torch.arange(4 * SOURCE).view(4, SOURCE).T.flatten()
        half[:, : 4 * SOURCE] = half[:, order].clone()
        order = torch.arange(4 * RESULTS).view(4, RESULTS).T.flatten()
        head.weight.data, head.bias.data = head.weight.data[order], head.bias.data[order]
        pieces = iter(style.split([2 * c for c in self.channels()]))
        for n in range(1, self.blocks + 1):
            self.keep(f"block{n}", next(pieces))
            # The second one is part of the first convolution, as the program has it.
            scale, shift = next(pieces).chunk(2)
            first = layers[f"block{n}_first"]
            first.weight.data *= (1 + scale).view(-1, 1, 1, 1)
            first.bias.data = first.bias.data * (1 + scale) + shift
        for name in ("refine4", *(f"refine2_{n + 1}" for n in range(self.refinements)), "head"):
            self.keep(name, next(pieces))

    def channels(self):
        """Of each pair of scales and shifts."""
        eighth, quarter, half = (self.convolutions[name].out_channels for name in ("down8", "down4", "half"))
        return [eighth] * (2 * self.blocks) + [quarter] + [half] * (self.refinements + 1)

    def keep(self, name, piece):
        scale, shift = piece.view(2, 1, -1, 1, 1)
        self.register_buffer(f"scale_{name}", 1 + scale)
        self.register_buffer(f"shift_{name}", shift.clone())

    def before(self, name, x):
        return act(x * getattr(self, f"scale_{name}") + getattr(self, f"shift_{name}"))

    def forward(self, source, landmarks):
        x = torch.cat([F.pixel_unshuffle(2.0 * source - 1.0, 2), landmarks], 1)
        half = act(self.conv("half", x))
        quarter = act(self.conv("down4", half))
        quarter = quarter + act(self.conv("same4", quarter))
        y = self.conv("down8", quarter)
        for n in range(1, self.blocks + 1):
            y = y + self.conv(f"block{n}_second", act(self.conv(f"block{n}_first", self.before(f"block{n}", y))))
        y = doubled(self.conv("narrow4", y)) + quarter
        y = y + self.conv("refine4_layer", self.before("refine4", y))
        y = doubled(self.conv("narrow2", y)) + half
        for n in range(1, self.refinements + 1):
            y = y + self.conv(f"refine2_{n}_layer", self.before(f"refine2_{n}", y))
        y = F.pixel_shuffle(self.conv("head", self.before("head", y)), 2)
        mask = MASK_FLOOR + (1 - MASK_FLOOR) * torch.sigmoid(y[:, 3:])
        return source[:, :3] + mask * torch.tanh(y[:, :3])


def unshuffled(source):
    """Squares of pixels one behind the other with their numbers last, from -1 to 1."""
    batch, channels, height, width = source.shape
    squares = (2 * source - 1).view(batch, channels, height // 2, 2, width // 2, 2)
    return squares.permute(0, 3, 5, 1, 2, 4).reshape(batch, 4 * channels, height // 2, width // 2)


def style(few_shot, picture, landmarks, projection):
    """The style of a picture's person for the generator beside this projection."""
    x = torch.cat([unshuffled(picture), landmarks], 1)
    for n in range(1, 5):
        x = act(F.conv2d(x, few_shot[f"embedder.down{n}.kernel"], few_shot[f"embedder.down{n}.bias"], stride=2, padding=1))
    embedding = x.mean((2, 3)) @ few_shot["embedder.output.matrix"] + few_shot["embedder.output.bias"]
    return (embedding @ projection["matrix"] + projection["bias"])[0]


def forms(network, inputs, compiled=False):
    """The network as it is with channels last, traced and frozen, and compiled."""
    network = network.eval().to(memory_format=torch.channels_last)
    inputs = [x.contiguous(memory_format=torch.channels_last) for x in inputs]
    found = {"as it is": network}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found["traced"] = torch.jit.optimize_for_inference(torch.jit.trace(network, inputs))
        if compiled:
            try:
                # Each network and format anew, for its own size.
                torch._dynamo.config.recompile_limit = 64
                found["compiled"] = torch.compile(network, dynamic=False)
                found["compiled"](*inputs)
            except Exception as error:  # It needs a compiler of C++, which not every machine has.
                print(f"PyTorch cannot compile here: {type(error).__name__}")
                del found["compiled"]
    return {name: lambda form=form: form(*inputs) for name, form in found.items()}


def onnx_session(network, inputs, threads):
    """The network in ONNX Runtime on the CPU with all its optimisations: a function that runs it on lists of arrays."""
    file = io.BytesIO()
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network.eval(), tuple(inputs), dynamo=True, verbose=False)
    logging.disable(logging.NOTSET)
    program.save(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return lambda *arrays: session.run(None, dict(zip(names, arrays)))[0]
