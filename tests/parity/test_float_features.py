"""Floating-point VMAF with the options of its features: the same numbers as libvmaf 3.2 on real encoded clips."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import vmafpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from enginetools import run_features
from judge import judge, real_pair
from test_banding_and_chroma import planes

PRINTED = 5.01e-7  # the log prints six decimals
# libvmaf divides through the processor's reciprocal estimate in float_adm
ADM = PRINTED + 2e-7
# what that much of adm2 can move a prediction by: at most 100 VMAF points per unit
POINTS = PRINTED + 2e-5

MODELS = {"float": "vmaf_float_v0.6.1", "neg": "vmaf_float_v0.6.1neg", "4k": "vmaf_float_4k_v0.6.1"}
VIF = [
    {"vif_enhn_gain_limit": 1.1, "vif_sigma_nsq": 0.4},
    {"vif_kernelscale": 2.4, "vif_scale1_min_val": 0.95},
    {"vif_prescale": 1.37, "vif_prescale_method": "lanczos4", "vif_skip_scale0": True},
    {"vif_prescale": 0.6, "vif_prescale_method": "bicubic", "vif_kernelscale": 0.5},
    {"vif_prescale": 0.5, "vif_prescale_method": "bilinear"},
    {"vif_prescale": 0.75},
]
ADM_OPTIONS = [
    {"adm_enhn_gain_limit": 1.2},
    {"adm_csf_mode": 1, "adm_csf_scale": 0.8, "adm_csf_diag_scale": 1.3, "adm_norm_view_dist": 1.5},
    {"adm_csf_mode": 2, "adm_ref_display_height": 2160, "adm_p_norm": 2.5},
    {"adm_bypass_cm": 1, "adm_noise_weight": 0.5, "adm_adm3_apply_hm": True},
    {"adm_f1s0": 0.02, "adm_f2s3": 0.3, "adm_skip_aim_scale": 0, "adm_dlm_weight": 0.3, "adm_min_val": 0.4},
    {"adm_skip_scale0": True},
]
MOTION = [
    {"motion_filter_size": 3, "motion_fps_weight": 1.5},
    {"motion_filter_size": 1, "motion_add_scale1": True},
    {"motion_add_uv": True, "motion_blend_factor": 0.5, "motion_blend_offset": 3, "motion_max_val": 12},
    {"motion_force_zero": True},
]


def word(name, options):
    """The filter's notation of a feature with options."""
    return ":".join([f"name={name}", *(f"{k}={str(v).lower() if v is True else v}" for k, v in options.items())])


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p10le"])
def test_models(clips, ffmpeg, tmp_path, pix_fmt):
    """Float VMAF, NEG and 4K from one pass, with all their features."""
    reference, distorted = real_pair(clips["bikes"], size=(576, 324), pix_fmt=pix_fmt, crf=33, n_frames=4)
    theirs = judge(ffmpeg, tmp_path, reference, distorted, models=MODELS)
    ours = vmafpy.score(reference=reference, distorted=distorted, models=list(MODELS.values())).columns()
    for name, model in MODELS.items():
        column = "vmaf" if name == "float" else model  # the first has the short name
        np.testing.assert_allclose(ours[column], theirs.pop(name), rtol=0, atol=POINTS, err_msg=name)
    compared = [name for name in theirs if name in ours]
    assert {"adm2", "adm2_egl_1", "motion2", *(f"vif_scale{s}{e}" for s in range(4) for e in ("", "_egl_1"))} <= set(
        compared
    )
    for name in compared:
        limit = ADM if name.startswith(("adm", "aim")) else PRINTED
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=limit, err_msg=name)


@pytest.mark.parametrize(("size", "pix_fmt"), [((576, 324), "yuv420p"), ((482, 270), "yuv420p10le")])
def test_options(clips, ffmpeg, tmp_path, size, pix_fmt):
    """Every option of the three features changes what it changes in libvmaf, and the names with it."""
    sets = [("float_vif", o) for o in VIF] + [("float_adm", o) for o in ADM_OPTIONS]
    sets += [("float_motion", o) for o in MOTION]
    reference, distorted = real_pair(clips["bigbuckbunny"], size=size, pix_fmt=pix_fmt, crf=36, n_frames=3, start=30)
    theirs = judge(ffmpeg, tmp_path, reference, distorted, features=[word(*s) for s in sets])
    ours = run_features(sets, planes(reference), planes(distorted), fmt="420", bpc=10 if "10" in pix_fmt else 8)
    compared = [name for name in theirs if name in ours]
    assert len(compared) >= 4 * len(VIF) + 7 * len(ADM_OPTIONS) + 3 * len(MOTION)
    for name in compared:
        limit = ADM if name.startswith(("adm", "aim")) else PRINTED
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=limit, err_msg=name)
