/* The constants that keep SSIM's ratios finite, for the range of 8-bit samples, as single precision leaves them. */
#ifndef VP_KERNEL_SSIM_TERM_H
#define VP_KERNEL_SSIM_TERM_H

#define VP_SSIM_C1 ((0.01f * 255) * (0.01f * 255))
#define VP_SSIM_C2 ((0.03f * 255) * (0.03f * 255))
#define VP_SSIM_C3 (VP_SSIM_C2 / 2)

#endif
