"""Makes the reference values of the tests: what LiteRT and MediaPipe compute.

    make_reference.py face_landmarker.task lady.jpg

Needs the packages ai-edge-litert, mediapipe==0.10.14, numpy and opencv-python. The picture is one of the program's own portraits; it is made small here
and stored as raw RGB, so that both sides read the same pixels. All other files are lists of 32-bit floats.
"""
import pathlib
import sys
import zipfile

import cv2
import mediapipe as mp
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision

SIDE = 144  # of the stored picture
FRAMES = 6  # of the film: the picture moved by 3 pixels to the right and 2 down each time
bundle, portrait = sys.argv[1:]
here = pathlib.Path(__file__).parent
members = zipfile.ZipFile(bundle)


def store(name, values):
    np.asarray(values, np.float32).ravel().tofile(here / name)


def noise(length, seed):
    """The numbers between -1 and 1 that the tests make too."""
    state, values = (seed * 2654435761 + 1) & 0xFFFFFFFF, []
    for _ in range(length):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        values.append((state >> 8) / 8388608 - 1)
    return np.array(values, np.float32)


def network(name, values):
    interpreter = Interpreter(model_content=members.read(name), num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    interpreter.set_tensor(entry['index'], np.asarray(values, np.float32).reshape(entry['shape']))
    interpreter.invoke()
    return [interpreter.get_tensor(output['index']).ravel() for output in interpreter.get_output_details()]


def sample(picture, side):
    """The whole picture as side x side pixels, bilinearly, corners on corners."""
    at = np.arange(side) / side * len(picture)
    low = np.floor(at).astype(int)
    part = (at - low)[:, None]
    high = np.minimum(low + 1, len(picture) - 1)
    picture = picture.astype(np.float64)
    across = picture[:, low] * (1 - part) + picture[:, high] * part
    return across[low] * (1 - part[:, :, None]) + across[high] * part[:, :, None]


def mediapipe(mode, pictures):
    options = vision.FaceLandmarkerOptions(base_options=tasks.BaseOptions(model_asset_path=bundle), running_mode=mode, num_faces=1,
                                           output_face_blendshapes=True, output_facial_transformation_matrixes=True)
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for index, picture in enumerate(pictures):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
            found = landmarker.detect(image) if mode == vision.RunningMode.IMAGE else landmarker.detect_for_video(image, index * 40)
            points = [(p.x * SIDE, p.y * SIDE, p.z * SIDE) for p in found.face_landmarks[0]]
            coefficients = [c.score for c in found.face_blendshapes[0]]
            yield np.concatenate([np.ravel(points), coefficients, np.array(found.facial_transformation_matrixes[0]).T.ravel()])


picture = cv2.resize(cv2.imread(portrait), (SIDE, SIDE), interpolation=cv2.INTER_AREA)[:, :, ::-1]
picture.tofile(here / 'portrait.rgb')

boxes, scores = network('face_detector.tflite', noise(3 * 128 * 128, 1))
store('detector_of_noise.f32', np.concatenate([boxes[::8], scores]))
store('landmarks_of_noise.f32', np.concatenate(network('face_landmarks_detector.tflite', (noise(3 * 256 * 256, 2) + 1) / 2)))
store('coefficients_of_noise.f32', network('face_blendshapes.tflite', noise(2 * 146, 3) * 100)[0])
store('landmarks_of_portrait.f32', np.concatenate(network('face_landmarks_detector.tflite', sample(picture, 256) / 255)))
store('mediapipe_picture.f32', next(mediapipe(vision.RunningMode.IMAGE, [picture])))
film = [np.roll(picture, (2 * i, 3 * i), (0, 1)) for i in range(FRAMES)]
store('mediapipe_film.f32', np.concatenate(list(mediapipe(vision.RunningMode.VIDEO, film))))
