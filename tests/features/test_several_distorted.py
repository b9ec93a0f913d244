"""Every extractor with several distorted clips that share a reference: the bits of each clip's own run."""

from __future__ import annotations

import numpy as np
import pytest
from enginetools import ffi, lib, run_features, run_several

W, H, N = 230, 216, 4
SMOOTH = 80  # columns from here on have bands

# variants that share work and such that do not, and every option that brings in the reference alone
FEATURES = {
    "vif": [{}, {"vif_enhn_gain_limit": 1}, {"debug": True, "vif_enhn_gain_limit": 1.5, "vif_skip_scale0": True}],
    "adm": [
        {"debug": True},
        {"adm_enhn_gain_limit": 1},
        {"adm_csf_mode": 1, "adm_csf_scale": 1.5, "adm_csf_diag_scale": 1.4, "adm_skip_scale0": True},
        {"adm_enhn_gain_limit": 1.2, "adm_norm_view_dist": 5},
    ],
    "motion": [{"debug": True}, {"motion_five_frame_window": True, "motion_moving_average": True}],
    "float_vif": [{"debug": True}, {"vif_kernelscale": 0.5}, {"vif_prescale": 0.5, "vif_enhn_gain_limit": 1}],
    "float_adm": [{"debug": True}, {"adm_enhn_gain_limit": 1, "adm_p_norm": 2}, {"adm_skip_scale0": True}],
    "float_motion": [{}, {"motion_add_scale1": True, "motion_add_uv": True}, {"motion_filter_size": 3}],
    "float_ssim": [{"enable_lcs": True}, {"scale": 1}, {"scale": 3, "enable_db": True}],
    "float_ms_ssim": [{"enable_lcs": True}],
    "float_psnr": [{}],
    "float_ansnr": [{}],
    "float_moment": [{}],
    "psnr": [{"enable_mse": True}],
    "psnr_hvs": [{}],
    "ciede": [{}],
    "cambi": [{}, {"full_ref": True, "window_size": 60}],
    "speed_chroma": [{}, {"speed_sigma_nn": 0.5}, {"speed_weight_var_mode": 2}],
    "speed_temporal": [{}, {"speed_use_ref_diff": True}],
}


def extractors():
    k, names = 0, []
    while (name := lib.vmafpy_extractor_name(k)) != ffi.NULL:
        names.append(ffi.string(name).decode())
        k += 1
    return names


@pytest.fixture(scope="module")
def clips():
    """A reference, and three distorted clips that differ from it and from one another in every frame but one."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[:H, :W]
    reference, distorted = [], [[], [], []]
    for i in range(N):
        luma = 120 + 70 * np.sin(x / 9 + i / 2) * np.cos(y / 13 - i / 3) + rng.normal(0, 6, (H, W))
        frame = [luma, *(128 + 60 * np.sin(x[::1, ::1] / 17 + k + i) * np.cos(y / 19) for k in range(2))]
        frame = [np.clip(plane, 0, 255).astype(np.uint8) for plane in frame]
        frame[0][:, SMOOTH:] = 60 + (x[:, SMOOTH:] + y[:, SMOOTH:] // 4) // 12  # banding without noise
        reference.append(frame)
        for k, clip in enumerate(distorted):
            if k == 2 and i == 1:
                clip.append(frame)
            else:
                noise = [rng.normal(0, 2 + 5 * k, plane.shape) for plane in frame]
                coarse = [plane // (4 << k) * (4 << k) for plane in frame]
                clip.append([np.clip(c + n, 0, 255).astype(np.uint8) for c, n in zip(coarse, noise, strict=True)])
                clip[-1][0][:, SMOOTH:] = frame[0][:, SMOOTH:] // (2 << k) * (2 << k)
    return reference, distorted


def equal(a, b):
    assert list(a) == list(b)
    assert a
    for name in a:
        assert a[name].tobytes() == b[name].tobytes(), name


@pytest.mark.parametrize("cpumask", [0, 2**16 - 1], ids=["fastest", "plain"])
@pytest.mark.parametrize("name", FEATURES)
def test_same_bits(clips, name, cpumask):
    """One, two and three distorted clips get the scores of their own runs, every variant, at 0 and 2 threads."""
    reference, distorted = clips
    if cpumask:  # plain C is slow, and the row code under test is the same
        reference, distorted = reference[:2], [clip[:2] for clip in distorted]
    features = [(name, options) for options in FEATURES[name]]
    alone = [run_features(features, reference, clip, fmt="444", cpumask=cpumask) for clip in distorted]
    assert not all(np.array_equal(alone[0][score], alone[1][score]) for score in alone[0]) or "motion" in name
    for n, n_threads in ((1, 0), (2, 2), (3, 0), (3, 2)):
        several = run_several(features, reference, distorted[:n], fmt="444", n_threads=n_threads, cpumask=cpumask)
        assert len(several) == n
        for one, own in zip(several, alone, strict=False):
            equal(one, own)


def test_every_extractor():
    """No extractor of the engine is left out above."""
    assert sorted(FEATURES) == sorted(extractors())


@pytest.mark.parametrize("bpc", [8, 10])
@pytest.mark.parametrize("n_subsample", [1, 3])
def test_all_at_once(clips, bpc, n_subsample):
    """All extractors in one pass, with subsampling, at 8 and 10 bits, 4:2:0: the bits of each clip's own run."""
    names = [name for name in FEATURES if name not in ("cambi", "speed_chroma")]
    shift = bpc - 8
    form = {"fmt": "420", "bpc": bpc, "n_subsample": n_subsample}

    def subsampled(clip):
        kinds = np.uint16 if shift else np.uint8
        frames = [(y, u[: H // 2, : W // 2], v[: H // 2, : W // 2]) for y, u, v in clip]
        return [[plane.astype(kinds) << shift for plane in frame] for frame in frames]

    reference, distorted = subsampled(clips[0]), [subsampled(clip) for clip in clips[1]]
    features = [(name, options) for name in names for options in FEATURES[name]]
    alone = [run_features(features, reference, clip, **form) for clip in distorted]
    for one, own in zip(run_several(features, reference, distorted, n_threads=1, **form), alone, strict=True):
        equal(one, own)


def test_heatmaps_are_of_one(clips, tmp_path):
    """CAMBI does not write the heatmaps of several clips into one folder."""
    reference, distorted = clips
    with pytest.raises(AssertionError, match=r"several\(0\) = -22"):
        run_several([("cambi", {"heatmaps_path": str(tmp_path)})], reference, distorted, fmt="444")
    assert list(tmp_path.iterdir()) == []
