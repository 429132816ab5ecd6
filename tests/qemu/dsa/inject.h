/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can go wrong once (inject=WHAT@MOMENT:N): at the Nth command, descriptor or interrupt since power-on, counted
 * from 1. A function level reset does not start the count over: the device that it brought back then works.
 */
#ifndef TESTS_QEMU_DSA_INJECT_H
#define TESTS_QEMU_DSA_INJECT_H

#include <stdint.h>

enum dsa_moment {
	DSA_MOMENT_COMMAND,    /* that CMD takes */
	DSA_MOMENT_DESCRIPTOR, /* of a WQ, not of a batch, when an engine takes it */
	DSA_MOMENT_INTERRUPT,  /* of any kind, when its message is sent */
	DSA_MOMENTS,
};

#define DSA_INJECT_COMMAND    (1U << DSA_MOMENT_COMMAND)
#define DSA_INJECT_DESCRIPTOR (1U << DSA_MOMENT_DESCRIPTOR)
#define DSA_INJECT_INTERRUPT  (1U << DSA_MOMENT_INTERRUPT)
#define DSA_INJECT_ANY        (DSA_INJECT_COMMAND | DSA_INJECT_DESCRIPTOR | DSA_INJECT_INTERRUPT)

#define DSA_INJECTION_TABLE(X)                                                                                        \
	X(COMMAND_HUNG, COMMAND, "command-hung", "the command never ends, until a function level reset")              \
	X(COMMAND_LATE, COMMAND, "command-late", "the command ends late-ns later than it should")                     \
	X(COMMAND_ERROR, COMMAND, "command-error", "the command is not executed, and ends with internal error (03h)") \
	X(DESCRIPTOR_LOST, DESCRIPTOR, "descriptor-lost", "the descriptor vanishes")                                  \
	X(DESCRIPTOR_HUNG, DESCRIPTOR, "descriptor-hung", "the descriptor never ends, until a function level reset")  \
	X(DESCRIPTOR_LATE, DESCRIPTOR, "descriptor-late", "the descriptor ends late-ns later than it should")         \
	X(READ_POISONED, DESCRIPTOR, "read-poisoned", "it reads poisoned data: status 20h, and AER says so")          \
	X(READ_TIMEOUT, DESCRIPTOR, "read-timeout", "its read gets no answer: status 20h, and AER says so")           \
	X(WRITE_ERROR, DESCRIPTOR, "write-error", "its write fails: status 21h")                                      \
	X(TRANSLATION_ERROR, DESCRIPTOR, "translation-error", "its translation request fails: status 22h")            \
	X(INTERRUPT_LOST, INTERRUPT, "interrupt-lost", "the interrupt is not sent")                                   \
	X(INTERRUPT_LATE, INTERRUPT, "interrupt-late", "the interrupt is sent late-ns later than it should")          \
	X(HALT_SOFTWARE, ANY, "halt-software", "the device halts; Reset Device brings it back")                       \
	X(HALT_FLR, ANY, "halt-flr", "the device halts; a function level reset brings it back")                       \
	X(HALT_WARM, ANY, "halt-warm", "the device halts until a warm reset of the platform")                         \
	X(HALT_COLD, ANY, "halt-cold", "the device halts until a cold reset of the platform")                         \
	X(INTERNAL_ERROR, ANY, "internal-error", "the device halts as by halt-flr, and AER has an internal error")    \
	X(HANDLES_REVOKED, ANY, "handles-revoked", "no interrupt handle is valid any more (needs cmdcap=on)")

enum dsa_injection {
	DSA_INJECT_NOTHING,
#define X(id, moments, name, text) DSA_INJECT_##id,
	DSA_INJECTION_TABLE(X)
#undef X
	DSA_INJECTION_COUNT
};

struct dsa_inject {
	enum dsa_injection what;
	enum dsa_moment moment;
	uint64_t at; /* from 1 */
};

/* "WHAT@MOMENT:N". Returns NULL, or what is wrong with the text: *inject is then as it was. */
const char *dsa_inject_parse(const char *text, struct dsa_inject *inject);
/* Name and effect of injection n (1 and up), and the moments that it may have, as text; NULL behind the last. */
const char *dsa_injection_name(int n);
const char *dsa_injection_text(int n);
const char *dsa_injection_moments(int n);

#endif
