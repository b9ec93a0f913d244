"""The parameter files are what model/README.md says they are."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parent.parent / "model"
TABLE = dict(re.findall(r"^\| `(\S+\.json)` \|.*\| `([0-9a-f]{64})` \|$", (MODEL / "README.md").read_text(), re.M))


def test_table_names_every_file():
    """The README lists exactly the files that are there."""
    assert set(TABLE) == {path.name for path in MODEL.glob("*.json")}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_checksum(name):
    """No number changes unnoticed."""
    assert hashlib.sha256((MODEL / name).read_bytes()).hexdigest() == TABLE[name]


@pytest.mark.parametrize("name", ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1", "vmaf_b_v0.6.3"])
def test_float_models_are_renamed_integer_models(name):
    """A float model is the integer one on float features: the text differs in the feature names alone."""
    integer = (MODEL / f"{name}.json").read_bytes()
    float_name = name.replace("vmaf_", "vmaf_float_", 1)
    assert (MODEL / f"{float_name}.json").read_bytes() == integer.replace(b"VMAF_integer_feature", b"VMAF_feature")


@pytest.mark.parametrize("stem", ["vmaf_v0.6.1", "vmaf_4k_v0.6.1"])
def test_neg_is_the_same_regression(stem):
    """NEG is the standard model plus gain limits of 1 on adm and vif, nothing else."""
    standard = json.loads((MODEL / f"{stem}.json").read_text())["model_dict"]
    neg = json.loads((MODEL / f"{stem}neg.json").read_text())["model_dict"]
    options = neg.pop("feature_opts_dicts")
    assert neg == standard
    assert options == [{"adm_enhn_gain_limit": 1.0}, {}, *[{"vif_enhn_gain_limit": 1.0}] * 4]
