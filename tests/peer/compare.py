#!/usr/bin/env python3
"""Measures the program beside what a user would take instead, in one sitting on one machine, and prints Markdown tables.

    make peers
    tests/peer/compare.py [--part networks|reader|path] [--rounds 5] [--compile] [--check-only]

`networks`: the same graphs with the same weights in PyTorch and ONNX Runtime; `reader`: the face reader's networks in LiteRT; `path`: a whole
frame beside the First Order Motion Model. Not part of the tests.

Requirements: pip install torch onnx onnxruntime onnxscript numpy ai-edge-litert

Before anything is timed, results are compared: where the program and its peers disagree by more than the tolerances below, or where a network with
one kernel 5 % too large would have passed, this ends with an error. Everything gets as many threads as there are processors, one picture at a time,
and turns that alternate with the program's. Other work makes some runs slower and none quicker, so the quickest run of all rounds counts, of whole
frames the round with the least median; ratios of the medians stand behind in brackets. It is said which share of the processors other work had.
Reads the face reader's model from RETRATO_FACE_MODEL or assets/face_landmarker.task.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
import zlib

try:
    import fomm_torch
    import networks
    import numpy as np
    import onnxruntime
    import torch
    from ai_edge_litert.interpreter import Interpreter
except ImportError as error:
    sys.exit(f"{error}. This needs: pip install torch onnx onnxruntime onnxscript numpy ai-edge-litert")

ROOT = networks.ROOT
THREADS = os.cpu_count() or 1
# Sizes of live use, width and height.
GENERATOR_SIZES = [(256, 256), (176, 184), (96, 96)]
EYE, MOUTH = (96, 80), (128, 112)
LANDMARK_CHANNELS = 7
# A picture of raw RGB with a face, which lies in the tree.
STORED, STORED_SIDE = ROOT / "crates/reader/tests/data/portrait.rgb", 144
# Largest differences of a picture's or a visibility's numbers, which run from 0 to 1, from the program's.
TOLERANCE = {"f32": 1e-5, "bf16": 2e-2}
# The same of the face reader's points, in pixels of a picture of 144 x 144.
POINTS_PX = 0.02
# A network with one kernel so much larger must be seen.
SPOILT = 1.05
# How long each network is run in a round: beside other work, short turns may never have all processors. And frames of the First Order Motion Model.
TURN_S, FRAMES = 0.8, 3
# Of a frame in the program.
STAGES = ["track", "retarget", "generate", "compose"]


class Work:
    """The share of the processors that other processes have."""

    def __init__(self):
        self.start = self.now()

    @staticmethod
    def now():
        busy = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
        # User, nice, system, interrupts and steal; not idle and waiting.
        busy = sum(int(busy[n]) for n in (1, 2, 3, 6, 7, 8)) / os.sysconf("SC_CLK_TCK")
        return busy - sum(os.times()[:4]), time.perf_counter()

    def others(self):
        (busy, at), (before, since) = self.now(), self.start
        return max(0.0, busy - before) / ((at - since) * THREADS)


class Measured:
    """What some rounds gave: for each name the quickest run in milliseconds, and the median one."""

    def __init__(self, count, turn):
        work = Work()
        self.results = [turn() for _ in range(count)]
        self.note = f"{count} rounds, other work had {100 * work.others():.0f} % of the processors meanwhile"

    def ms(self, name):
        return min(best for best, _ in (result[name] for result in self.results))

    def shown(self, *names):
        return " / ".join(f"{self.ms(name):.2f}" for name in names)

    def ratio(self, peer, own):
        """Of the quickest runs, and the median over the rounds of that of the median ones."""
        return self.ms(peer) / self.ms(own), statistics.median(result[peer][1] / result[own][1] for result in self.results)

    def ratios(self, *pairs):
        ratios = [self.ratio(*pair) for pair in pairs]
        return " / ".join(f"{best:.2f}" for best, _ in ratios) + " (" + " / ".join(f"{median:.2f}" for _, median in ratios) + ")"


def times_ms(run, seconds=TURN_S, least=10):
    """The quickest run and the median one."""
    # Threads that wait for the work before wait busily for a while.
    time.sleep(0.05)
    run()
    run()
    times, end = [], time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times), statistics.median(times)


def output(command, given=None, timed=False):
    """What a program writes; with `timed` also the numbers that it writes to standard error."""
    run = subprocess.run([str(part) for part in command], input=given, capture_output=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} fails: {run.stderr.decode(errors='replace').strip()}")
    return (run.stdout, tuple(map(float, run.stderr.split()))) if timed else run.stdout


def table(head, lines):
    print("\n| " + " | ".join(head) + " |\n|" + "|".join("---" if n == 0 else "---:" for n in range(len(head))) + "|")
    for line in lines:
        print("| " + " | ".join(line) + " |")


def stored_picture(height, width):
    """The face reader's stored picture in another size, [height, width, 3] from 0 to 1."""
    pixels = np.frombuffer(STORED.read_bytes(), np.uint8).reshape(1, STORED_SIDE, STORED_SIDE, 3)
    pixels = torch.tensor(pixels).permute(0, 3, 1, 2) / 255
    larger = torch.nn.functional.interpolate(pixels, size=(height, width), mode="bilinear")
    return larger[0].permute(1, 2, 0).numpy()


def lines(height, width, channels):
    """An upright ellipse in each channel, one within the other, drawn a pixel wide."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j][..., None]
    far = np.abs(np.hypot(1.2 * x, y) - np.linspace(0.2, 0.8, channels))
    return np.clip(1.5 - far * height / 2, 0, 1)


class Case:
    """A network of the live path with inputs."""

    def __init__(self, args, name, kind, size, tensors, prefix, person=None):
        self.name, self.kind, self.size, self.tensors, self.prefix = name, kind, size, tensors, prefix
        width, height = size
        if kind == "motion":
            self.given = stored_picture(64, 64)
            made = np.frombuffer(self.program(args, "f32")[0], np.float32)
            planes = made[: -128 * 128].reshape(1, 64, 64, -1)
            self.inputs = [torch.from_numpy(planes.transpose(0, 3, 1, 2).copy())]
        else:
            self.style = person
            source = np.concatenate([stored_picture(height, width), np.ones((height, width, 1))], -1)
            landmarks = lines(height // 2, width // 2, LANDMARK_CHANNELS)
            source, landmarks = (x[None].astype(np.float32) for x in (source, landmarks))
            self.given = np.concatenate([self.style.numpy(), source.ravel(), landmarks.ravel()])
            self.inputs = [torch.from_numpy(x.transpose(0, 3, 1, 2).copy()) for x in (source, landmarks)]

    def network(self, spoilt=False):
        tensors = dict(self.tensors)
        if spoilt:
            layer = self.prefix + ("encoder16.same" if self.kind == "motion" else "refine4.layer") + ".kernel"
            tensors[layer] = SPOILT * tensors[layer]
        if self.kind == "motion":
            return networks.Motion(tensors).eval()
        return networks.Generator(tensors, self.prefix, self.style).eval()

    def program(self, args, format, runs=1):
        """What the program makes, and how long the quickest and the median run take."""
        size = [] if self.kind == "motion" else self.size
        return output([args.forward, self.kind, format, runs, *size], self.given.astype(np.float32).tobytes(), timed=True)

    def made(self, args, format):
        """What the program makes, in PyTorch's order."""
        made = np.frombuffer(self.program(args, format)[0], np.float32)
        if self.kind == "motion":
            return made[-128 * 128 :].reshape(1, 1, 128, 128)
        width, height = self.size
        return made.reshape(1, height, width, 3).transpose(0, 3, 1, 2)

    def shown(self, result):
        """Of the motion net what is compared, the visibility; of the others everything."""
        result = torch.as_tensor(result).float()
        if self.kind != "motion":
            return result.numpy()
        # Seven numbers for each of four cells; the last of them says how surely the place is seen.
        logits = result.view(1, 2, 2, 7, 64, 64)[:, :, :, 6]
        return torch.sigmoid(logits.permute(0, 3, 1, 4, 2).reshape(1, 1, 128, 128)).numpy()


def cases(args):
    motion, few_shot, parts = (networks.weights(ROOT / f"models/{name}.safetensors") for name in ("motion", "few_shot", "parts"))
    found = [Case(args, "motion net", "motion", (64, 64), motion, "")]

    def add(kind, tensors, under, size):
        whole = (stored_picture(256, 256), lines(128, 128, LANDMARK_CHANNELS))
        shown = [torch.from_numpy(x.astype(np.float32).transpose(2, 0, 1)[None].copy()) for x in whole]
        projection = {name: tensors[f"{under}projection.{name}"] for name in ("matrix", "bias")}
        person = networks.style(few_shot, *shown, projection)
        found.append(Case(args, f"{kind} {size[0]} x {size[1]}", kind, size, tensors, f"{under}generator.", person))

    for size in GENERATOR_SIZES:
        add("generator", few_shot, "", size)
    add("eye", parts, "eye.", EYE)
    add("mouth", parts, "mouth.", MOUTH)
    return found


def agree(args, case):
    """Compares what all make of the same numbers; ends the program where they differ."""
    network, arrays = case.network(), [x.numpy() for x in case.inputs]
    session = networks.onnx_session(network, case.inputs, THREADS)
    wanted = case.made(args, "f32")

    def off(result):
        far = np.abs(case.shown(result) - wanted)
        return float("inf") if np.isnan(far).any() else float(far.max())

    found = {
        "PyTorch": (off(network(*case.inputs)), "f32"),
        "ONNX Runtime": (off(session(*arrays)), "f32"),
        "PyTorch in bf16": (off(case.network().to(torch.bfloat16)(*(x.bfloat16() for x in case.inputs))), "bf16"),
        "the program in bf16": (float(np.abs(case.made(args, "bf16") - wanted).max()), "bf16"),
    }
    spoilt = off(case.network(spoilt=True)(*case.inputs))
    spread = float(wanted.max() - wanted.min())
    differences = ", ".join(f"{name} {far:.1e}" for name, (far, _) in found.items())
    print(f"{case.name}: {differences}; spoilt {spoilt:.1e}; values spread over {spread:.2f}")
    bad = [name for name, (far, format) in found.items() if not far <= TOLERANCE[format]]
    if bad:
        sys.exit(f"{case.name}: {', '.join(bad)} is not what the program makes in single precision")
    if not spoilt > TOLERANCE["f32"]:
        sys.exit(f"{case.name}: a spoilt network would not be noticed")
    return lambda: session(*arrays)


def compare_networks(args):
    print("Largest differences from what the program makes in single precision:")
    all_cases, peers = cases(args), {}
    for case in all_cases:
        peers[case.name, "onnx"] = agree(args, case)
        if args.check_only:
            continue
        for format, number in (("f32", torch.float32), ("bf16", torch.bfloat16)):
            forms = networks.forms(case.network().to(number), [x.to(number) for x in case.inputs], args.compile)
            peers.update({(case.name, format, form): run for form, run in forms.items()})
    if args.check_only:
        return None
    report = json.loads(output([args.retrato, "bench", "--networks", "--executor", "cpu", "--json"]))["cpu"]
    formats = [format for format in ("f32", "bf16") if any(network["format"] == format for network in report["networks"])]
    runs = {(network["name"], network["format"]): max(10, round(1e3 * TURN_S / network["ms"])) for network in report["networks"]}
    gflop = {network["name"]: network["gflop"] for network in report["networks"]}

    def turn():
        result = {}
        for case in all_cases:
            # Side by side, so that other work meets all of them.
            for format in formats:
                result[case.name, "retrato", format] = case.program(args, format, runs[case.name, format])[1]
            result.update({name: times_ms(run) for name, run in peers.items() if name[0] == case.name})
        return result

    def measure():
        measured, lines = Measured(args.rounds, turn), []
        for name in (case.name for case in all_cases):
            own = [(name, "retrato", format) for format in formats]
            onnx = (name, "onnx")
            torches = [min((run for run in peers if run[:2] == (name, format)), key=measured.ms) for format in formats]
            forms = [run for run in peers if run[0] == name and run != onnx]
            print(f"{name}, PyTorch: " + ", ".join(f"{format} {form} {measured.ms((name, format, form)):.2f} ms" for _, format, form in forms))
            columns = [measured.shown(*own), measured.shown(*torches), measured.shown(onnx)]
            ratios = [measured.ratios(*zip(torches, own)), measured.ratios(*((onnx, mine) for mine in own))]
            lines.append([name, f"{gflop[name]:.2f}", *columns, *ratios])
        both = " / ".join(formats)
        head = ["network", "GFLOP", f"Retrato {both}, ms", f"PyTorch {both}, ms", "ONNX Runtime f32, ms", "PyTorch over Retrato, same format"]
        table([*head, f"ONNX Runtime over Retrato {both}"], lines)
        print(f"\nPyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}, {THREADS} threads; {measured.note}")

    return measure


def sampled(picture, region, side):
    """The region of a picture as side x side pixels, bilinearly, beyond the edge its nearest pixels."""
    x, y, width, height, angle = region
    across = np.array([np.cos(angle), np.sin(angle)])
    along, down = across * width / side, np.array([-across[1], across[0]]) * height / side
    steps = np.arange(side) - side / 2
    at = np.array([x, y]) + steps[None, :, None] * along + steps[:, None, None] * down
    low = np.floor(at).astype(int)
    part = at - low

    def pixel(right, below):
        columns = np.clip(low[..., 0] + right, 0, picture.shape[1] - 1)
        return picture[np.clip(low[..., 1] + below, 0, picture.shape[0] - 1), columns].astype(float)

    fx, fy = part[..., :1], part[..., 1:]
    upper, lower = (pixel(0, below) * (1 - fx) + pixel(1, below) * fx for below in (0, 1))
    return upper * (1 - fy) + lower * fy


def compare_reader(args):
    members = zipfile.ZipFile(args.face_model)

    def network(name, threads):
        interpreter = Interpreter(model_content=members.read(name), num_threads=threads)
        interpreter.allocate_tensors()
        entry = interpreter.get_input_details()[0]
        interpreter.set_tensor(entry["index"], np.full(entry["shape"], 0.5, np.float32))
        return interpreter, entry

    side, points = STORED_SIDE, 478
    record = np.frombuffer(output([args.readings, args.face_model, side, side, 30, "still"], STORED.read_bytes()), np.float32)
    if record[0] == 0:
        sys.exit("the program sees no face in its stored picture")
    own, region = record[2:][: 3 * points].reshape(-1, 3), record[-5:].astype(float)
    picture = np.frombuffer(STORED.read_bytes(), np.uint8).reshape(side, side, 3)

    def off(shift):
        interpreter, entry = network("face_landmarks_detector.tflite", 1)
        interpreter.set_tensor(entry["index"], (sampled(picture, region + [shift, 0, 0, 0, 0], 256) / 255).astype(np.float32)[None])
        interpreter.invoke()
        made = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).reshape(-1, 3) / 256
        turn = np.array([[np.cos(region[4]), -np.sin(region[4])], [np.sin(region[4]), np.cos(region[4])]])
        places = region[:2] + (made[:, :2] - 0.5) * region[2:4] @ turn.T
        return float(np.abs(np.concatenate([places, made[:, 2:] * region[2]], 1) - own).max())

    found, spoilt = off(0), off(1)
    print(f"Face reader: LiteRT's points within {found:.4f} px of the program's; of a picture that was looked at one pixel beside, {spoilt:.3f} px")
    if not found <= POINTS_PX:
        sys.exit("LiteRT does not read what the program reads")
    if not spoilt > POINTS_PX:
        sys.exit("a picture that is moved by one pixel would not be noticed")
    peers = {}
    for threads in sorted({1, 2, THREADS}):
        nets = [network(name, threads)[0] for name in ("face_landmarks_detector.tflite", "face_blendshapes.tflite")]
        peers[threads] = lambda nets=nets: [net.invoke() for net in nets]

    def turn():
        lines = output([args.reader_bench, args.face_model]).decode().splitlines()
        line = next(line for line in lines if line.startswith("followed frame, smoothing Off"))
        own = tuple(float(line.split(f"{which} ")[1].split(",")[0]) for which in ("least", "p50"))
        return {"retrato": own} | {threads: times_ms(run) for threads, run in peers.items()}

    def measure():
        measured = Measured(args.rounds, turn)
        lines = [["Retrato, everything, one thread", measured.shown("retrato"), ""]]
        for threads in peers:
            lines.append([f"LiteRT, the two networks alone, threads: {threads}", measured.shown(threads), measured.ratios((threads, "retrato"))])
        table(["a followed face", "ms", "over Retrato"], lines)
        print(f"\nLiteRT with XNNPACK; {measured.note}")

    return measure


def png(pixels):
    """A PNG file of pixels [height, width, 3]."""
    height, width, _ = pixels.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def small_portrait(folder):
    """The reader's stored picture as one of the size that the First Order Motion Model makes."""
    path = folder / "portrait.png"
    path.write_bytes(png(np.round(255 * stored_picture(fomm_torch.SIDE, fomm_torch.SIDE)).astype(np.uint8)))
    return path


def compare_path(args):
    runs, about = fomm_torch.frames()
    print(*about, sep="\n")
    generators = {}

    def turn(own):
        result = {}
        for name, options in own.items():
            report = json.loads(output([args.retrato, "bench", "--executor", "cpu", "--seconds", 3, "--json", *options]))
            generators[name] = report["generator"]
            stages = {stage["name"]: stage["ms_p50"] for stage in report["stages"]}
            for what, ms in ((name, report["latency_ms_p50"]), (f"{name}, stages", sum(stages[s] for s in STAGES))):
                result[what] = (ms, ms)
        # Medians here, too.
        return result | {name: times_ms(run, 0, FRAMES)[1:] * 2 for name, run in runs.items()}

    def measure():
        with tempfile.TemporaryDirectory() as folder:
            small = small_portrait(pathlib.Path(folder))
            sizes = {"256 x 256": ["--portrait", small], "256 x 256 by networks": ["--portrait", small, "--generator", "few-shot"], "1040 x 1300": []}
            measured = Measured(args.rounds, lambda: turn(sizes))
        lines = [[f"Retrato {name}, {generators[name]}", measured.shown(name), measured.shown(f"{name}, stages"), ""] for name in sizes]
        for name in runs:
            lines.append([name, measured.shown(name), "", measured.ratios(*((name, own) for own in sizes))])
        table(["a frame", "from the camera to the picture, ms", "its four stages, ms", "over Retrato " + " / ".join(sizes)], lines)
        print(f"\nPyTorch {torch.__version__}, {THREADS} threads; {measured.note}")

    return measure


def main():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    model = os.environ.get("RETRATO_FACE_MODEL") or ROOT / "assets/face_landmarker.task"
    parser = argparse.ArgumentParser(description="The program beside what a user would take instead.")
    parser.add_argument("--part", choices=["networks", "reader", "path"], action="append", help="only this part")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to measure")
    parser.add_argument("--compile", action="store_true", help="try torch.compile, too, which takes some minutes")
    parser.add_argument("--check-only", action="store_true", help="compare results and time nothing")
    parser.add_argument("--lock", type=pathlib.Path, help="hold the lock of this file while timing, as flock(1) does, for builds that take it to wait")
    parser.add_argument("--retrato", default=target / "retrato")
    parser.add_argument("--examples", type=pathlib.Path, default=target / "examples", help="folder of the programs forward, bench and readings")
    args = parser.parse_args()
    args.forward, args.reader_bench, args.readings = (args.examples / name for name in ("forward", "bench", "readings"))
    args.face_model = model
    parts = {
        "networks": (compare_networks, [args.retrato, args.forward]),
        "reader": (compare_reader, [args.reader_bench, args.readings, args.face_model]),
        "path": (compare_path, [args.retrato, args.face_model]),
    }
    chosen = [parts[name] for name in args.part or parts]
    missing = sorted({str(path) for _, needed in chosen for path in needed if not pathlib.Path(path).exists()})
    if missing:
        sys.exit(f"missing, see `make peers`: {', '.join(missing)}")
    warnings.simplefilter("ignore")
    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    measurements = [compare(args) for compare, _ in chosen]
    if args.check_only:
        return
    with args.lock.open("w") if args.lock else contextlib.nullcontext() as lock:
        if lock:
            sys.stdout.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
        for measure in measurements:
            measure()
            print(flush=True)


if __name__ == "__main__":
    main()
