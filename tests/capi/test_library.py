"""Finding and opening libraries, and that a real libvmaf looks as declared."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from capi.pictures import clip, distort
from support import ROOT

from vmafpy.capi import Context, Generation, Library, Model, Picture, candidates, check, find_library, score_names
from vmafpy.capi.features import LEGACY, alias_of, names_of_output, normalised
from vmafpy.capi.library import REFERENCE_COUNTING, REQUIRED
from vmafpy.capi.locate import places
from vmafpy.errors import EngineError, LibraryNotFoundError, OptionError, UnknownFeatureError

DECLARED = re.findall(r"\b(vmaf_\w+)\(", (ROOT / "csrc/vmaf_api.cdef").read_text().partition("*/")[2])


def test_default_is_the_embedded_engine(monkeypatch):
    """Without a word the embedded engine is used, whatever else is installed; one object per library."""
    monkeypatch.delenv("VMAFPY_LIBRARY", raising=False)
    library = find_library()
    assert library is find_library("embedded") is Library.embedded()
    assert (library.is_embedded, library.origin, library.path) == (True, "embedded", None)
    assert library.generation is Generation.V3_2
    assert library.sharing_fault == ""
    assert find_library(library) is library


def test_environment_variable(monkeypatch, libvmaf_path):
    """VMAFPY_LIBRARY chooses the default, in the same words as the argument."""
    monkeypatch.setenv("VMAFPY_LIBRARY", str(libvmaf_path))
    assert find_library().path == libvmaf_path
    assert find_library("libvmaf").path == libvmaf_path
    assert find_library("embedded").is_embedded
    monkeypatch.setenv("VMAFPY_LIBRARY", "embedded")
    assert find_library().is_embedded


def test_real_libvmaf(libvmaf):
    """2.3.1 is told by its symbols and can share pictures."""
    assert (libvmaf.generation, str(libvmaf.generation)) == (Generation.V2_3, "2.3")
    assert libvmaf.version == "2.3.1"
    assert libvmaf.sharing_fault == ""
    assert not libvmaf.has("vmaf_preallocate_pictures")
    assert list(libvmaf.features()) == list(LEGACY)


def test_one_object_per_library(tmp_path, libvmaf, libvmaf_path):
    """Another name for the same file is the same library."""
    link = tmp_path / "libvmaf.so"
    link.symlink_to(libvmaf_path)
    assert Library.open(link) is libvmaf
    hard = tmp_path / "libvmaf.so.1"
    try:
        hard.hardlink_to(libvmaf_path)
    except OSError:
        return  # another file system
    assert Library.open(hard) is libvmaf


def test_not_found_says_where_it_looked(monkeypatch, tmp_path):
    """When no libvmaf can be used the error lists each place and why it was passed over."""
    broken = tmp_path / "libvmaf.so.3"
    broken.write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setenv("VMAFPY_LIBRARY", str(tmp_path / "absent.so"))
    tried = candidates()
    if any(candidate.library for candidate in tried):
        pytest.skip("this machine has a libvmaf of its own")
    with pytest.raises(LibraryNotFoundError) as caught:
        find_library("libvmaf")
    text = str(caught.value)
    for part in ("VMAFPY_LIBRARY", "absent.so: no such file", "PyAV", "system", str(broken), "loader refuses"):
        assert part in text
    assert len(text.splitlines()) == len(tried) + 1


def test_places_in_order(tmp_path):
    """The environment comes first, then PyAV, then the system; an argument is the only place."""
    origins = [place.origin for place in places(environ={"VMAFPY_LIBRARY": "/a/b.so"})]
    assert origins[:2] == ["VMAFPY_LIBRARY", "PyAV"]
    assert origins == sorted(origins, key=["VMAFPY_LIBRARY", "PyAV", "system"].index)
    assert [place.path for place in places("x.so")] == ["x.so"]
    copied = tmp_path / "libvmaf.so.1.1.3"
    copied.write_bytes(b"")
    found = [place.path for place in places(environ={"LD_LIBRARY_PATH": str(tmp_path)})]
    assert str(copied) in found


@pytest.mark.parametrize(
    ("name", "text"),
    [("/nowhere/libvmaf.so", "no such file"), ("", "no path"), ("a\0b", "no path"), (__file__, "loader refuses")],
)
def test_what_is_no_library(name, text):
    """A path that is no library is refused by name."""
    with pytest.raises(LibraryNotFoundError, match=text):
        Library.open(name)


def test_another_library_is_refused():
    """A library that is no libvmaf is refused, naming functions it lacks."""
    with pytest.raises(LibraryNotFoundError, match="functions are missing: vmaf_version, vmaf_init"):
        Library.open(ctypes.util.find_library("m") or "libm.so.6")


def test_codes_become_errors():
    """A code other than 0 is an EngineError with the call and the name of the error."""
    check(0, "vmaf_init")
    with pytest.raises(EngineError, match=r"vmaf_init\(n_threads=1\) failed: ENOMEM \(-12\)"):
        check(-12, "vmaf_init(n_threads=1)")


def test_everything_declared_is_exported(libvmaf):
    """Each function of vmaf_api.cdef is there in libvmaf 2.3.1, and each one that is required is declared."""
    assert len(DECLARED) > 25
    assert [name for name in DECLARED if not libvmaf.has(name)] == []
    assert set(REQUIRED) | set(REFERENCE_COUNTING) == set(DECLARED)


def test_layouts(libvmaf, embedded):
    """Structs have the sizes and offsets of libvmaf 3.2 on LP64, equal in both modules."""
    for ffi in (libvmaf.ffi, embedded.ffi):
        sizes = {"VmafConfiguration": 32, "VmafPicture": 96, "VmafModelConfig": 16, "VmafModelCollectionScore": 40}
        assert {name: ffi.sizeof(name) for name in sizes} == sizes
        fields = {"pix_fmt": 0, "bpc": 4, "w": 8, "h": 20, "stride": 32, "data": 56, "ref": 80, "priv": 88}
        assert {name: ffi.offsetof("VmafPicture", name) for name in fields} == fields
        fields = {"log_level": 0, "n_threads": 4, "n_subsample": 8, "cpumask": 16, "gpumask": 24}
        assert {name: ffi.offsetof("VmafConfiguration", name) for name in fields} == fields
    assert libvmaf.ffi.sizeof("VmafPictureConfiguration") == 20


@pytest.mark.parametrize(("bpc", "sample"), [(8, 1), (10, 2)])
def test_a_real_picture_has_the_declared_layout(libvmaf, bpc, sample):
    """A picture that libvmaf 2.3.1 allocates shows its sizes, strides and pointers where they are declared."""
    ffi, lib = libvmaf.ffi, libvmaf.lib
    picture = ffi.new("VmafPicture *")
    picture.priv = ffi.cast("void *", 0x5A)
    assert lib.vmaf_picture_alloc(picture, 1, bpc, 70, 50) == 0
    first = int(ffi.cast("intptr_t", picture.data[0]))
    assert (picture.pix_fmt, picture.bpc) == (1, bpc)
    assert (list(picture.w), list(picture.h)) == ([70, 35, 35], [50, 25, 25])
    assert list(picture.stride) == [96 * sample, 64 * sample, 64 * sample]
    assert [int(ffi.cast("intptr_t", p)) - first for p in picture.data] == [
        0,
        96 * 50 * sample,
        (96 * 50 + 64 * 25) * sample,
    ]
    assert lib.vmaf_ref_load(picture.ref) == 1
    assert picture.priv == ffi.cast("void *", 0x5A), "2.3.1 knows no private data"
    assert lib.vmaf_picture_unref(picture) == 0
    assert picture.ref == ffi.NULL


class _Option(ctypes.Structure):
    """An option as libvmaf 2.3.1 keeps it; the default is a union."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("help", ctypes.c_char_p),
        ("alias", ctypes.c_char_p),
        ("offset", ctypes.c_int),
        ("type", ctypes.c_int),
        ("default", ctypes.c_byte * 8),
        ("min", ctypes.c_double),
        ("max", ctypes.c_double),
        ("flags", ctypes.c_uint64),
    )

    def read(self):
        kind = ("bool", "int", "double", "string")[self.type]
        raw = bytes(self.default)
        text = ctypes.c_char_p.from_buffer_copy(raw).value if kind == "string" else b""
        default = {
            "bool": "true" if raw[0] else "false",
            "int": str(int.from_bytes(raw[:4], "little", signed=True)),
            "double": f"{ctypes.c_double.from_buffer_copy(raw).value:g}",
            "string": (text or b"").decode(),
        }[kind]
        tag = (self.alias or self.name).decode() if self.flags else None
        return self.name.decode(), tag, kind, default, self.min, self.max


def test_the_table_of_options_is_that_of_libvmaf(libvmaf_path):
    """Names, short names, types, defaults and ranges of 2.3.1's options are those in its own tables."""
    handle = ctypes.CDLL(str(libvmaf_path))
    n = 0
    for name, extractor in LEGACY.items():
        symbol = f"vmaf_fex_integer_{name}" if name in ("adm", "vif", "motion") else f"vmaf_fex_{name}"
        words = (ctypes.c_uint64 * 12).in_dll(handle, symbol)
        assert ctypes.string_at(words[0]).decode() == name
        found = {}
        while words[5] and (option := _Option.from_address(words[5] + len(found) * ctypes.sizeof(_Option))).name:
            values = option.read()
            found[values[0]] = values
        ours = {o.name: (o.name, o.tag, o.type, o.default, o.minimum, o.maximum) for o in extractor.options.values()}
        assert ours == found
        n += len(found)
        provided, i = [], 0
        while pointer := ctypes.c_uint64.from_address(words[9] + 8 * i).value:
            provided.append(ctypes.string_at(pointer).decode())
            i += 1
        if name not in ("float_moment", "float_ansnr"):  # their tables name something else than they store
            unknown = set(provided) - {output.name for output in extractor.outputs}
            assert unknown <= {"adm_scale0"}, "listed by float_adm, never stored"
    assert n == 41


def test_aliases_are_those_of_libvmaf(libvmaf_path):
    """The printed name of every score is the one libvmaf's own table gives."""
    alias = ctypes.CDLL(str(libvmaf_path)).vmaf_feature_name_alias
    alias.restype = ctypes.c_char_p
    names = [output.name for extractor in LEGACY.values() for output in extractor.outputs]
    assert [(n, alias_of(n)) for n in names] == [(n, alias(n.encode()).decode()) for n in names]


def test_names_of_the_embedded_engine_follow_the_rule(embedded):
    """The engine's own names and the rule used for a libvmaf agree, for every option of every extractor."""
    compared = 0
    for name, extractor in embedded.features().items():
        for option in extractor.options.values():
            values = [True, False] if option.type == "bool" else [option.minimum, (option.minimum + option.maximum) / 2]
            for value in [] if option.type == "string" else values:
                options = {option.name: value if option.type == "bool" else float(normalised(value))}
                with contextlib.suppress(OptionError):  # half of a whole number
                    texts = extractor.texts(options)
                    for score in score_names(name, options, embedded):
                        output = next(o for o in extractor.outputs if o.name == score.output)
                        assert names_of_output(extractor, output, texts) == score.stored
                        compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("extractor", "options", "stored", "printed"),
    [
        ("adm", {}, "VMAF_integer_feature_adm2_score", "integer_adm2"),
        ("adm", {"adm_enhn_gain_limit": 1.0}, "integer_adm2_egl_1", "integer_adm2_egl_1"),
        (
            "adm",
            {"adm_norm_view_dist": 3.5, "adm_enhn_gain_limit": 1.2, "adm_ref_display_height": 2160},
            "integer_adm2_egl_1.2_nvd_3.5_rdh_2160",
            "integer_adm2_egl_1.2_nvd_3.5_rdh_2160",
        ),
        ("motion", {"motion_force_zero": True}, "integer_motion_force_0", "integer_motion_force_0"),
        ("float_vif", {"vif_kernelscale": 0.5}, "vif_scale0_vif_kernelscale_0.5", "vif_scale0_vif_kernelscale_0.5"),
        ("psnr", {"enable_mse": True}, "psnr_y", "psnr_y"),
        ("cambi", {"window_size": 63}, "cambi", "cambi"),
    ],
)
def test_names_are_where_libvmaf_stores_scores(libvmaf, extractor, options, stored, printed):
    """The first name score_names() gives is the expected one, and a real libvmaf stores scores under all of them."""
    names = score_names(extractor, options, libvmaf)
    assert (names[0].stored, names[0].printed) == (stored, printed)
    reference = clip(2, 400, 330)
    distorted = distort(reference)
    with Context(libvmaf) as context:
        context.use_feature(extractor, options)
        for i in range(2):
            context.read(Picture.wrap(reference[i], "420", 8), Picture.wrap(distorted[i], "420", 8), i)
        context.flush()
        assert set(context.stored_names()) == {name.stored for name in names}


def test_debug_outputs_are_stored_too(libvmaf):
    """Scores that an option switches on are announced and there."""
    with Context(libvmaf) as context:
        announced = [
            *context.use_feature("vif", {"debug": True, "vif_enhn_gain_limit": 1.5}),
            *context.use_feature("adm", {"debug": True}),
            *context.use_feature("float_adm", {"debug": True}),
            *context.use_feature("float_ssim", {"enable_lcs": True}),
            *context.use_feature("psnr", {"enable_chroma": False, "enable_mse": True}),
            *context.use_feature("float_moment"),
            *context.use_feature("float_ansnr"),
        ]
        picture = Picture.wrap(clip(1, 128, 96)[0], "420", 8)
        context.read(picture, picture, 0)
        context.flush()
        assert set(context.stored_names()) == {name.stored for name in announced}
        assert "integer_vif_num_scale3_egl_1.5" in context.stored_names()


def test_unknown_names(library):
    """An unknown extractor is an error that lists the known ones."""
    with pytest.raises(UnknownFeatureError, match=r"'vifs'.*motion"):
        score_names("vifs", {}, library)


def test_inventory_of_the_embedded_engine(embedded):
    """Every output finds its extractor, every default passes its own check or is out of range on purpose."""
    for extractor in embedded.features().values():
        assert extractor.outputs
        for option in extractor.options.values():
            assert option.type in ("bool", "int", "double", "string")
            if option.type in ("int", "double") and option.minimum <= float(option.default) <= option.maximum:
                assert option.is_default(option.text(float(option.default)))


def test_mask_is_one_for_the_process(libvmaf, embedded):
    """In a libvmaf the CPU mask is global, so contexts with another one are refused while one is open."""
    with Context(libvmaf, cpumask=0), pytest.raises(OptionError, match=r"cpumask=60: libvmaf has one mask.*uses 56"):
        Context(libvmaf, cpumask=4)
    Context(libvmaf, cpumask=4).close()
    with Context(embedded, cpumask=0), Context(embedded, cpumask=8):
        pass


def test_locale_with_a_decimal_comma(libvmaf):
    """A locale in which libvmaf misreads numbers is refused before it reads any."""
    code = (
        "import locale, sys\n"
        "locale.localeconv = lambda: {'decimal_point': ','}\n"
        "from vmafpy.capi import Library, Model\n"
        "try:\n    Model.load(Library.open(sys.argv[1]), 'model/vmaf_v0.6.1.json')\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(libvmaf.path)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("EngineError the process' locale writes decimals with ','")


def test_import_stays_light():
    """Importing the room loads no library, no video code and no numerics beyond numpy."""
    code = "import sys, vmafpy.capi; print([m for m in ('av', 'scipy', 'vmafpy.capi._embedded') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_copied_library_is_another_library(tmp_path, libvmaf, libvmaf_path):
    """Two files are two libraries, and what one made is not given to the other."""
    copied = Path(shutil.copy(libvmaf_path, tmp_path / "libvmaf-copy.so"))
    other = Library.open(copied)
    assert other is not libvmaf
    model = Model.load(other, ROOT / "model/vmaf_v0.6.1.json")
    with Context(libvmaf) as context, pytest.raises(OptionError, match=r"was loaded into libvmaf 2\.3\.1"):
        context.use_model(model)
