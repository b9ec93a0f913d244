"""Option text, score names, and what the engine tells about its extractors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from engineapi import EINVAL, F400, F420, ROOT
from hypothesis import given
from hypothesis import strategies as st

MEAN = "Probe_feature_mean_score"


def score_name(engine, output, **options):
    text = engine.ffi.new("char[256]")
    d = engine.dictionary(options)
    code = engine.lib.vmafpy_score_name(b"probe", output.encode(), d, text, 256)
    engine.lib.vmaf_feature_dictionary_free(engine.ffi.new("VmafFeatureDictionary **", d))
    return code or engine.ffi.string(text).decode()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, MEAN),
        ({"probe_gain": 1, "probe_flag": False, "mode": "plain", "label": "x", "slow_us": 3}, MEAN),
        ({"probe_gain": 0.7}, "probe_mean_g_0.7"),
        ({"probe_gain": 1.23456789}, "probe_mean_g_1.23457"),
        ({"probe_gain": "2e-3"}, "probe_mean_g_0.002"),
        ({"probe_gain": "0.00000005"}, "probe_mean_g_5e-08"),
        ({"probe_gain": 1.0000000001}, MEAN),
        ({"probe_flag": True}, "probe_mean_fl"),
        ({"probe_offset": -3}, "probe_mean_off_-3"),
        ({"probe_offset": "2.0"}, "probe_mean_off_2"),
        # order is that of the full names: mode, probe_flag, probe_gain, probe_offset
        (
            {"probe_offset": 5, "probe_gain": 10, "probe_flag": True, "mode": "twice"},
            "probe_mean_mode_twice_fl_g_10_off_5",
        ),
    ],
)
def test_score_names(probe, options, name):
    """alias, then the tag and %g value of each option off its default, by full option name; else the bare name."""
    assert score_name(probe, MEAN, **options) == name


def test_names_without_alias_or_suffix(probe):
    """An output without an alias carries the suffix after its name, a bare one never."""
    assert score_name(probe, "probe_past", probe_gain=2) == "probe_past_g_2"
    assert score_name(probe, "probe_bare", probe_gain=2) == "probe_bare"
    assert score_name(probe, "probe_nothing") == EINVAL
    small = probe.ffi.new("char[8]")
    assert probe.lib.vmafpy_score_name(b"probe", b"probe_past", probe.ffi.NULL, small, 8) == -28  # ENOSPC
    assert probe.lib.vmafpy_score_name(b"late", b"carried", probe.ffi.NULL, small, 8) == EINVAL


@pytest.mark.parametrize(
    "options",
    [
        {"unknown": 1},
        {"g": 1},
        {"probe_gain": 10.1},
        {"probe_gain": -0.1},
        {"probe_gain": "nan"},
        {"probe_gain": "inf"},
        {"probe_gain": "1e99"},
        {"probe_gain": ""},
        {"probe_gain": "1x"},
        {"probe_gain": " 1"},
        {"probe_gain": "1,5"},
        {"probe_gain": "0x1"},
        {"probe_gain": True},
        {"probe_offset": 6},
        {"probe_offset": 1.5},
        {"probe_offset": "1e99"},
        {"probe_flag": 1},
        {"probe_flag": "True"},
        {"probe_flag": "yes"},
        {"mode": "thrice"},
        {"mode": ""},
        {"label": "x" * 512},
    ],
)
def test_bad_options(probe, options):
    """An unknown option, text of no value, or a value out of range is refused, and nothing is registered."""
    with probe.context() as c:
        assert c.use("probe", **options) == EINVAL
        assert c.feed([(1, 1)]) == 0
        assert c.names() == []


@given(st.floats(0, 10))
def test_numbers_are_rounded_as_by_libvmaf(probe, value):
    """An option's number is what is left of it after float32 and six significant digits, in the name and the score."""
    text = f"{np.float32(value):g}"
    name = MEAN if float(text) == 1 else f"probe_mean_g_{text}"
    assert score_name(probe, MEAN, probe_gain=repr(value)) == name
    with probe.context() as c:
        assert c.use("probe", probe_gain=repr(value)) == 0
        assert c.feed([(10, 10)]) == 0
        assert c.get(name, 0) == 10 * float(text)


def test_equal_options_are_computed_once(probe):
    """Registrations that give equal score names are one, the first; others stand side by side."""
    with probe.context() as c:
        assert c.use("probe", label="first", probe_gain=2) == 0
        assert c.use("probe", probe_gain="2.00000001", fail_at=0) == 0  # dropped: fail_at names no score
        assert c.use("probe") == 0
        assert c.use("probe", probe_flag=True) == 0
        assert c.feed([(10, 8)]) == 0
        assert [name for name in c.names() if "mean" in name] == ["probe_mean_g_2", MEAN, "probe_mean_fl"]
        assert [c.get(n, 0) for n in ("probe_mean_g_2", MEAN, "probe_mean_fl")] == [20, 10, 10]
        assert c.get("probe_bare", 0) is None  # belongs to the first variant, which did not set it


def test_dictionaries_are_always_consumed(probe):
    """vmaf_use_feature takes the dictionary on success and on every failure (the sanitizer runs see if not)."""
    lib, ffi = probe.lib, probe.ffi
    with probe.context() as c:
        for name in (b"probe", b"nobody", ffi.NULL):
            lib.vmaf_use_feature(c.ctx, name, probe.dictionary({"probe_gain": 2}))
        assert lib.vmaf_use_feature(ffi.NULL, b"probe", probe.dictionary({"probe_gain": 2})) == EINVAL
        assert lib.vmaf_use_feature(c.ctx, b"probe", probe.dictionary({"probe_gain": 99})) == EINVAL
        assert lib.vmaf_use_feature(c.ctx, b"probe", ffi.NULL) == 0


def test_dictionary(probe):
    """A key set again keeps its last value; NULL arguments are refused; freeing twice is harmless."""
    ffi, lib = probe.ffi, probe.lib
    d = ffi.new("VmafFeatureDictionary **")
    for i in range(20):
        assert lib.vmaf_feature_dictionary_set(d, b"label", b"%d" % i) == 0
        assert lib.vmaf_feature_dictionary_set(d, b"probe_gain", b"%d" % (i % 10)) == 0
    text = ffi.new("char[256]")
    assert lib.vmafpy_score_name(b"probe", MEAN.encode(), d[0], text, 256) == 0
    assert ffi.string(text) == b"probe_mean_g_9"
    for args in ((ffi.NULL, b"a", b"b"), (d, ffi.NULL, b"b"), (d, b"a", ffi.NULL)):
        assert lib.vmaf_feature_dictionary_set(*args) == EINVAL
    assert lib.vmaf_feature_dictionary_free(d) == 0
    assert d[0] == ffi.NULL
    assert lib.vmaf_feature_dictionary_free(d) == 0
    assert lib.vmaf_feature_dictionary_free(ffi.NULL) == EINVAL


def test_description(probe):
    """Every extractor, output and option can be listed; hidden outputs are not."""
    ffi, lib = probe.ffi, probe.lib
    assert ffi.string(lib.vmafpy_extractor_name(0)) == b"probe"
    assert lib.vmafpy_extractor_name(2) == ffi.NULL
    out, option = ffi.new("VmafpyOutput *"), ffi.new("VmafpyOption *")
    assert lib.vmafpy_extractor_output(0, 0, out) == 0
    assert (ffi.string(out.name), ffi.string(out.alias)) == (MEAN.encode(), b"probe_mean")
    assert lib.vmafpy_extractor_output(1, 0, out) == 0
    assert (ffi.string(out.name), ffi.string(out.alias)) == (b"late_smaller", b"late_smaller")
    assert lib.vmafpy_extractor_output(1, 2, out) == EINVAL
    assert lib.vmafpy_extractor_output(2, 0, out) == EINVAL
    assert lib.vmafpy_extractor_option(0, 0, option) == 0
    assert (ffi.string(option.name), ffi.string(option.tag)) == (b"probe_gain", b"g")
    assert (ffi.string(option.type), option.default_value, option.min, option.max) == (b"double", 1, 0, 10)
    assert lib.vmafpy_extractor_option(0, 3, option) == 0
    assert (ffi.string(option.type), ffi.string(option.default_string)) == (b"string", b"plain")
    assert lib.vmafpy_extractor_option(0, 4, option) == 0
    assert option.tag == ffi.NULL
    assert lib.vmafpy_extractor_option(0, 9, option) == EINVAL
    assert lib.vmafpy_extractor_option(1, 0, option) == EINVAL


def test_stream_check(probe):
    """Whether an extractor can take pictures of a form is known before any is made."""

    def check(name=b"probe", fmt=F420, bpc=8, w=16, h=16):
        return probe.lib.vmafpy_extractor_check(name, probe.ffi.NULL, fmt, bpc, w, h)

    assert check() == check(fmt=F400, bpc=16) == 0
    bad = [{"w": 15}, {"h": 15}, {"bpc": 7}, {"bpc": 17}, {"fmt": 0}, {"fmt": 5}, {"w": 2**32 - 1}, {"name": b"nobody"}]
    for change in bad:
        assert check(**change) == EINVAL, change


def test_version(engine):
    """The version tells the API spoken and the library that speaks it, which is not to be taken for libvmaf."""
    project = (ROOT / "pyproject.toml").read_text()
    version = re.search(r'^version = "(.*)"$', project, re.MULTILINE)[1]
    assert engine.ffi.string(engine.lib.vmaf_version()).decode() == f"3.2.0-vmafpy-{version}"
