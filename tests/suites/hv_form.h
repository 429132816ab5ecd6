/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor as the emulator's judge, inside a guest: an instruction is run on RAM, where nobody but the processor
 * does it, and then on a device with the same contents, where kernel/hv decodes and does it. From the same registers,
 * flags and memory at the same linear address both must leave the same.
 */
#ifndef TESTS_SUITES_HV_FORM_H
#define TESTS_SUITES_HV_FORM_H

#include <stdint.h>

/*
 * RBX, RSI, RDI, RBP and R12 point into the window, RSP below a stack in RAM; R14 is a small index, R15 a bit number
 * of either sign, RCX a small count, RDX's low byte too, all else random. In 16- and 32-bit code the pointers are
 * offsets, and the window is the base of every data segment.
 */
struct form {
	const char *name;
	uint8_t width; /* bytes of each access to the device, 0: of several */
	uint8_t length;
	uint8_t bytes[14];
	uint32_t undefined; /* flags that the manual leaves undefined */
	uint32_t options;
};

#define FORM_SP     1U /* RSP points into the window as well */
#define FORM_SI_RAM 2U /* RSI points to RAM */
#define FORM_DI_RAM 4U /* RDI points to RAM */
#define FORM_BRANCH 8U /* the operand is where the branch goes to */

#define FORM(text, bytes_each, undefined_flags, option_bits, ...)                                               \
	{                                                                                                       \
		text, bytes_each, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, undefined_flags, option_bits \
	}

#define FLAG_AF 0x010U
#define FLAG_BT 0x894U /* OF, SF, AF and PF */

enum form_mode {
	FORM_64,
	FORM_32,
	FORM_16,
};

/* The window: two pages. */
#define FORM_WINDOW 0x40000000U

/* How the instruction and its operand lie. */
#define FORM_OPERAND_CROSSES 1U /* from one page of the device into the next */
#define FORM_OPERAND_MIXED   2U /* from a page of RAM into one of the device */
#define FORM_CODE_CROSSES    4U /* the instruction itself lies in two pages, which are not neighbours in memory */

/* Each form, some rounds of it. */
void form_check(enum form_mode mode, unsigned how, const struct form *forms, unsigned count);
#define FORM_CHECK(mode, how, forms) form_check(mode, how, forms, sizeof(forms) / sizeof((forms)[0]))

#endif
