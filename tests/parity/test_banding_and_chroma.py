"""CAMBI and SpEED with all their options: the same numbers as libvmaf 3.2, frame by frame, on real encoded clips."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from enginetools import run_features

sys.path.insert(0, str(Path(__file__).resolve().parent))

from judge import judge, real_pair

PRINTED = 5.01e-7  # the log prints six decimals

CAMBI = [
    {},
    {"cambi_high_res_speedup": 1080, "cambi_vis_lum_threshold": 0.06, "cambi_max_val": 17},
    {"max_log_contrast": 5, "tvi_threshold": 0.05, "window_size": 127},
    {"max_log_contrast": 0, "window_size": 15, "topk": 0.01},
    {"eotf": "pq", "full_ref": True, "src_width": 640, "src_height": 360},
    {"enc_width": 500, "enc_height": 300, "cambi_topk": 0.05},
    {"enc_bitdepth": 8, "cambi_vis_lum_threshold": 5},
]
V1 = {"speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_max_val": 45}
SPEED = [
    {},
    V1 | {"speed_weight_var_mode": 5},
    *({"speed_weight_var_mode": mode} for mode in (1, 2, 3, 4, 6)),
    *(
        {"speed_prescale": prescale, "speed_prescale_method": method}
        for prescale, method in [(1.37, "nearest"), (2, "bilinear"), (0.75, "bicubic"), (1.37, "lanczos4")]
    ),
    {"speed_prescale": 0.5, "speed_prescale_method": "lanczos4", "speed_kernelscale": 0.5},
    {"speed_prescale": 0.9995, "speed_kernelscale": 2.4},
    {"speed_prescale": 1.6, "speed_prescale_method": "bicubic", "speed_kernelscale": 3},
    {"speed_kernelscale": 3.7113},
    {"speed_nn_floor": 1, "speed_sigma_nn": 2, "speed_kernelscale": 1.4746},
]
# not above 1, where libvmaf writes beyond a buffer
TEMPORAL = [{}, {"speed_use_ref_diff": True}, {"speed_prescale": 0.9, "speed_prescale_method": "bicubic"}]


def planes(frames):
    """numpy planes of PyAV frames."""
    out = []
    for frame in frames:
        size = 2 if frame.format.components[0].bits > 8 else 1
        rows = [np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size) for p in frame.planes]
        out.append(
            [
                r[: p.height, : p.width * size].copy().view(np.uint8 if size == 1 else np.uint16)
                for r, p in zip(rows, frame.planes, strict=True)
            ]
        )
    return out


@pytest.mark.parametrize(
    ("pix_fmt", "size", "clip", "crf"),
    [
        ("yuv420p", (960, 540), "bikes", 24),
        ("yuv422p10le", (642, 360), "bigbuckbunny", 35),
        ("yuv444p12le", (640, 362), "bikes", 30),
    ],
)
def test_every_option(clips, ffmpeg, tmp_path, pix_fmt, size, clip, crf):
    """All variants in one pass agree, each alone, to the printed decimals; names agree, too."""
    encoded = pix_fmt.replace("12", "10")
    reference, distorted = real_pair(clips[clip], size=size, pix_fmt=encoded, crf=crf, n_frames=2, start=20)
    if encoded != pix_fmt:
        reference, distorted = ([f.reformat(format=pix_fmt) for f in frames] for frames in (reference, distorted))
    features = [("cambi", o) for o in CAMBI] + [("speed_chroma", o) for o in SPEED]
    features += [("speed_temporal", o) for o in TEMPORAL]
    words = []
    for name, options in features:
        text = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in options.items()}
        words.append(":".join([f"name={name}", *(f"{k}={v}" for k, v in text.items())]))
    theirs = judge(ffmpeg, tmp_path, reference, distorted, features=words)
    fmt, bpc = pix_fmt[3:6], int(pix_fmt[7:9]) if pix_fmt.endswith("le") else 8
    ours = run_features(features, planes(reference), planes(distorted), fmt=fmt, bpc=bpc)
    compared = 0
    for name, scores in ours.items():
        shown = name.replace("Cambi_feature_cambi_score", "cambi")
        for prefix in ("Speed_chroma_feature_", "Speed_temporal_feature_"):
            if shown.startswith(prefix):
                shown = shown.removeprefix(prefix).removesuffix("_score")
        np.testing.assert_allclose(scores, theirs[shown], rtol=0, atol=PRINTED, err_msg=shown)
        compared += 1
    assert compared == len(CAMBI) + 2 + 3 * len(SPEED) + len(TEMPORAL) == len(theirs)
