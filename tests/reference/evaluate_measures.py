"""Prints the reference numbers of crates/train/src/evaluate/measures.rs and sharpness.rs.

    pip install numpy scipy scikit-image
    python3 tests/reference/evaluate_measures.py

The pictures and landmarks are made by the formulas that the Rust test has too; the measures come from scikit-image and scipy.
"""

import numpy as np
from scipy.ndimage import binary_dilation, correlate1d
from scipy.spatial import Delaunay
from skimage.metrics import structural_similarity

SIDE = 256
MOUTH, EYES, RIGHT_EYE, LEFT_EYE = range(48, 68), range(36, 48), range(36, 42), range(42, 48)
Y, X = np.mgrid[0:SIDE, 0:SIDE]


def picture(phase):
    block = 40 * ((X // 16 + Y // 16 + phase) % 3)
    waves = [(X * (3 + f) + Y * (5 - f) + X * Y * (f + 1) // 64 + phase * (7 + 11 * f)) % 256 for f in range(3)]
    return np.stack([(wave + block) // 2 for wave in waves], -1).astype(np.uint8)


def face_at(left, top):
    def point(i):
        if i < 17:
            return i * 6, 30 + i * (16 - i)
        if i < 27:
            return 8 + (i - 17) * 9, 18 - (i - 17) % 5
        if i < 36:
            return 44 + i % 3 * 4, 30 + (i - 27) * 4
        if i < 48:
            return 20 + (i - 36) // 6 * 42 + (i % 6) * 3, 32 + (i % 3) * 2
        return 30 + (i - 48) % 10 * 4, 72 + (i - 48) // 10 * 5 + i % 4

    return np.array([point(i) for i in range(68)], float) + (left, top)


def face(landmarks):
    pixels = np.stack([X, Y], -1).reshape(-1, 2)
    inside = (Delaunay(landmarks).find_simplex(pixels) >= 0).reshape(SIDE, SIDE)
    return binary_dilation(inside, np.hypot(*np.mgrid[-10:11, -10:11]) <= 10)


def padded_box(landmarks, part, pad_x, pad_y):
    (x0, y0), (x1, y1) = landmarks[part].min(0), landmarks[part].max(0)
    px, py = pad_x * (x1 - x0), pad_y * max(y1 - y0, 0.25 * (x1 - x0))
    return (X >= x0 - px) & (X <= x1 + px) & (Y >= y0 - py) & (Y <= y1 + py)


def head(landmarks):
    jaw_width = np.linalg.norm(landmarks[16] - landmarks[0])
    height = np.linalg.norm(landmarks[8] - landmarks[27])
    x, y = landmarks[27] - (0, 0.05 * height)
    return ((X - x) / (1.05 * jaw_width)) ** 2 + ((Y - y) / (1.9 * height)) ** 2 <= 1


def details(landmarks):
    boxes = [(MOUTH, 0.15, 0.25), (RIGHT_EYE, 0.25, 0.5), (LEFT_EYE, 0.25, 0.5)]
    return np.logical_or.reduce([padded_box(landmarks, *b) for b in boxes])


def high_energy(picture):
    """Square of what the half-band filter of Deslauriers and Dubuc leaves out of the luminance."""
    taps = np.array([3, 0, -25, 0, 150, 256, 150, 0, -25, 0, 3]) / 512
    luminance = picture @ np.array([0.2126, 0.7152, 0.0722]) / 255.0
    low = correlate1d(correlate1d(luminance, taps, axis=1, mode="reflect"), taps, axis=0, mode="reflect")
    return (luminance - low) ** 2


def compare_detail(output, target, target_landmarks):
    region = details(target_landmarks)
    energies = [high_energy(picture)[region].mean() for picture in (output, target)]
    return {"detail_output": energies[0], "detail_target": energies[1], "sharpness": energies[0] / energies[1]}


def compare_pictures(output, target, target_landmarks, source, source_landmarks):
    output, target, source = output / 255.0, target / 255.0, source / 255.0
    ssim, ssim_map = structural_similarity(output, target, channel_axis=2, data_range=1, full=True)
    ssim_map, error = ssim_map.mean(-1), np.abs(output - target).mean(-1)
    hull = face(target_landmarks)
    parts = details(target_landmarks)
    behind = ~(head(source_landmarks) | head(target_landmarks))
    return {
        "ssim": ssim,
        "l1": error.mean(),
        "face_ssim": ssim_map[hull].mean(),
        "face_l1": error[hull].mean(),
        "mouth_eyes_ssim": ssim_map[parts].mean(),
        "mouth_eyes_l1": error[parts].mean(),
        "background": np.abs(output - source).mean(-1)[behind].mean() if behind.sum() > 50 else np.nan,
    }


def compare_landmarks(found, target):
    eye_distance = np.linalg.norm(target[RIGHT_EYE].mean(0) - target[LEFT_EYE].mean(0))
    error = np.linalg.norm(found - target, axis=1) / eye_distance
    return {"all": error.mean(), "mouth": error[MOUTH].mean(), "eyes": error[EYES].mean()}


if __name__ == "__main__":
    target_landmarks = face_at(80, 90)
    measures = compare_pictures(picture(1), picture(2), target_landmarks, picture(3), face_at(60, 70))
    measures |= compare_detail(picture(1), picture(2), target_landmarks)
    moved = target_landmarks + [(i % 3, i % 5 - 2) for i in range(68)]
    for name, value in (measures | compare_landmarks(moved, target_landmarks)).items():
        print(f"{name}: {value:.9f}")
