"""Perceptual video quality: VMAF, VMAF NEG, PSNR, SSIM and MS-SSIM, and the statistics to trust them."""

from vmafpy.errors import VmafError, VmafWarning

__version__ = "0.1.0"

__all__ = ["VmafError", "VmafWarning", "__version__"]
