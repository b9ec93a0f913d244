"""The bare C API in few words: return codes stay return codes, nothing is hidden."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cffi
import compiled
import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent

EINVAL, ENOMEM, EIO, EBUSY, ECANCELED = -22, -12, -5, -16, -125
F420, F422, F444, F400 = 1, 2, 3, 4


def open_probe():
    """The engine with the probe extractors, or the library that VMAFPY_TEST_PROBE names."""
    ffi = cffi.FFI()
    ffi.cdef((ROOT / "csrc" / "vmaf_api.cdef").read_text() + (ROOT / "csrc" / "vmafpy_ext.cdef").read_text())
    return Engine(ffi, ffi.dlopen(os.environ.get("VMAFPY_TEST_PROBE") or str(compiled.shared_library(probe=True))))


class Engine:
    def __init__(self, ffi, lib):
        self.ffi, self.lib = ffi, lib

    def dictionary(self, options):
        out = self.ffi.new("VmafFeatureDictionary **")
        for key, value in options.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert self.lib.vmaf_feature_dictionary_set(out, key.encode(), text.encode()) == 0
        return out[0]

    def context(self, **config):
        return Context(self, **config)

    def load(self, path, *, name="vmaf", flags=0):
        """(code, model); the model is NULL after an error."""
        text = self.ffi.new("char[]", name.encode())
        model = self.ffi.new("VmafModel **")
        config = self.ffi.new("VmafModelConfig *", [text, flags])
        return self.lib.vmaf_model_load_from_path(model, config, str(path).encode()), model[0]

    def load_collection(self, path, *, name="vmaf", flags=0):
        text = self.ffi.new("char[]", name.encode())
        model, collection = self.ffi.new("VmafModel **"), self.ffi.new("VmafModelCollection **")
        config = self.ffi.new("VmafModelConfig *", [text, flags])
        code = self.lib.vmaf_model_collection_load_from_path(model, collection, config, str(path).encode())
        return code, model[0], collection[0]

    def picture(self, value, *, fmt=F420, bpc=8, w=32, h=16):
        """A picture of the library's whose luma is `value`, a number or an array."""
        pic = self.ffi.new("VmafPicture *")
        assert self.lib.vmaf_picture_alloc(pic, fmt, bpc, w, h) == 0
        rows = np.broadcast_to(np.asarray(value, np.uint8 if bpc == 8 else np.uint16), (h, w))
        for y in range(h):
            data = rows[y].tobytes()
            self.ffi.memmove(self.ffi.cast("char *", pic.data[0]) + y * pic.stride[0], data, len(data))
        return pic

    def foreign(self, array):
        """A 4:0:0 picture over an array's own memory, by way of a count held here; and that count."""
        ref = self.ffi.new("VmafRef **")
        assert self.lib.vmaf_ref_init(ref) == 0
        self.lib.vmaf_ref_fetch_increment(ref[0])
        pic = self.ffi.new("VmafPicture *")
        pic.pix_fmt, pic.bpc = F400, 8 * array.itemsize
        pic.h[0], pic.w[0] = array.shape
        pic.stride[0] = array.strides[0]
        pic.data[0] = self.ffi.cast("void *", array.ctypes.data)
        pic.ref = ref[0]
        return pic, ref[0]


class Context:
    def __init__(self, engine, *, n_threads=0, n_subsample=0, cpumask=0):
        self.engine, self.ffi, self.lib = engine, engine.ffi, engine.lib
        out = self.ffi.new("VmafContext **")
        config = self.ffi.new("VmafConfiguration *", [0, n_threads, n_subsample, cpumask, 0])
        assert self.lib.vmaf_init(out, config[0]) == 0
        self.ctx = out[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        code = self.lib.vmaf_close(self.ctx)
        self.ctx = self.ffi.NULL
        return code

    def use(self, name, **options):
        return self.lib.vmaf_use_feature(self.ctx, name.encode(), self.engine.dictionary(options))

    def read(self, ref, dis, index):
        """Feeds a pair and gives back what an error leaves with the caller."""
        code = self.lib.vmaf_read_pictures(self.ctx, ref, dis, index)
        if code:
            for pic in (ref, dis):
                if pic != self.ffi.NULL and pic.ref != self.ffi.NULL:
                    self.lib.vmaf_picture_unref(pic)
        return code

    def feed(self, values, **form):
        """A pair of flat pictures per (reference, distorted); then the flush."""
        for i, (ref, dis) in enumerate(values):
            assert self.read(self.engine.picture(ref, **form), self.engine.picture(dis, **form), i) == 0
        return self.flush()

    def flush(self):
        return self.lib.vmaf_read_pictures(self.ctx, self.ffi.NULL, self.ffi.NULL, 0)

    def together(self, *others):
        """Itself and contexts that are fed together with it."""
        return Several([self, *others])

    def put(self, name, value, index):
        return self.lib.vmaf_import_feature_score(self.ctx, name.encode(), value, index)

    def get(self, name, index):
        """The score, None where the library says it has none."""
        out = self.ffi.new("double *")
        code = self.lib.vmaf_feature_score_at_index(self.ctx, name.encode(), out, index)
        assert code in (0, EINVAL)
        return None if code else out[0]

    def series(self, name, n):
        return [self.get(name, i) for i in range(n)]

    def names(self):
        out = []
        while (name := self.lib.vmafpy_stored_name(self.ctx, len(out))) != self.ffi.NULL:
            out.append(self.ffi.string(name).decode())
        return out

    def score(self, model, index):
        """(code, score)."""
        out = self.ffi.new("double *", -12345.0)
        return self.lib.vmaf_score_at_index(self.ctx, model, out, index), out[0]

    def collection_score(self, collection, index):
        out = self.ffi.new("VmafModelCollectionScore *")
        code = self.lib.vmaf_score_at_index_model_collection(self.ctx, collection, out, index)
        b = out.bootstrap
        return code, {
            "bagging": b.bagging_score,
            "stddev": b.stddev,
            "ci_p95_lo": b.ci.p95.lo,
            "ci_p95_hi": b.ci.p95.hi,
        }

    def pooled(self, name, method, lo, hi):
        out = self.ffi.new("double *", -12345.0)
        code = self.lib.vmaf_feature_score_pooled(self.ctx, name.encode(), method, out, lo, hi)
        return code, out[0]


class Several:
    """Contexts that take one reference with a distorted picture each."""

    def __init__(self, contexts):
        self.contexts, self.ffi, self.lib = contexts, contexts[0].ffi, contexts[0].lib

    def read(self, ref, distorted, index):
        """Feeds a reference and its distorted pictures, and gives back what an error leaves with the caller."""
        pictures = self.ffi.new("VmafPicture[]", [pic[0] for pic in distorted])
        handles = self.ffi.new("VmafContext *[]", [c.ctx for c in self.contexts])
        code = self.lib.vmafpy_read_pictures_several(handles, len(handles), ref, pictures, index)
        left = [pic.ref != self.ffi.NULL for pic in (ref, *pictures)]
        assert left == [bool(code)] * len(left)
        for k in range(len(pictures) if code else 0):
            self.lib.vmaf_picture_unref(pictures + k)
        if code:
            self.lib.vmaf_picture_unref(ref)
        return code

    def feed(self, values, **form):
        """Flat pictures per (reference, distorted, ...); then the flush."""
        engine = self.contexts[0].engine
        for i, (ref, *distorted) in enumerate(values):
            assert self.read(engine.picture(ref, **form), [engine.picture(d, **form) for d in distorted], i) == 0
        return self.flush()

    def flush_one(self, which):
        """The flush of one; on success the others are left."""
        handles = self.ffi.new("VmafContext *[]", [c.ctx for c in self.contexts])
        code = self.lib.vmafpy_flush_one_of_several(handles, len(handles), which)
        if not code:
            self.contexts = [c for k, c in enumerate(self.contexts) if k != which]
        return code

    def flush(self):
        null = self.ffi.NULL
        handles = self.ffi.new("VmafContext *[]", [c.ctx for c in self.contexts])
        return self.lib.vmafpy_read_pictures_several(handles, len(handles), null, null, 0)


SVM = "svm_type nu_svr\nkernel_type rbf\ngamma 0.25\nnr_class 2\ntotal_sv 2\nrho -0.5\nSV\n2 1:0.5 2:1 \n-1.5 1:1 \n"


def document(**changes):
    """A small model of the two probe features; None takes a key away."""
    model = {
        "model_type": "LIBSVMNUSVR",
        "norm_type": "linear_rescale",
        "feature_names": ["Probe_feature_mean_score", "Probe_feature_diff_score"],
        "slopes": [0.02, 0.1, 0.5],
        "intercepts": [-0.1, 0.05, -0.2],
        "model": SVM,
    }
    model.update(changes)
    return {"model_dict": {key: value for key, value in model.items() if value is not None}}


def write(folder, content, name="model.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
