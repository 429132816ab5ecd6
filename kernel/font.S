/* SPDX-License-Identifier: BSD-2-Clause */
/* The screen font: Debian's Lat15-Terminus16 (PSF version 1), cut to its ASCII half by kernel/font.mk. */
	.section .rodata.font_psf, "a"
	.globl font_psf, font_psf_end
	.balign 16
font_psf:
	.incbin "font.psf"
font_psf_end:
	.section .note.GNU-stack, "", @progbits
