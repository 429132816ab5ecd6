/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest payload inside the image, an ELF file without symbols. The Makefile assembles this once for each, with
 * PAYLOAD_NAME (as in payloads/<name>/) and PAYLOAD_FILE. C sees payload_<name>_start and payload_<name>_end.
 */
#define JOIN3_(a, b, c) a##b##c
#define JOIN3(a, b, c) JOIN3_(a, b, c)
#define START JOIN3(payload_, PAYLOAD_NAME, _start)
#define END JOIN3(payload_, PAYLOAD_NAME, _end)

	.section .rodata.payload, "a", @progbits
	.balign 16
	.globl START, END
START:
	.incbin PAYLOAD_FILE
END:
	.section .note.GNU-stack, "", @progbits
