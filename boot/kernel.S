/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel inside the loader: a gzip file (boot/unpack.h). */
	.section .rdata, "dr"
	.balign 16
kernel_file:
	.incbin "adit.gz"
kernel_file_end:
	.balign 8
	.globl kernel_blob
/* Two addresses: they also see to it that there is a relocation section, which some firmware insists on. */
kernel_blob:
	.quad kernel_file
	.quad kernel_file_end
