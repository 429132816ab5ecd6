/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run. */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

/* What the kernel itself ends a run with; the application has its own statuses beside it. */
#define EXIT_STATUS_CRASH 0x14

/*
 * End the run with status: by hypercall in a guest; through isa-debug-exit (port 0xf4) where CPUID says that this is
 * QEMU (TCG or KVM); elsewhere, or if that did not help, what is on the screen stays there and the processor halts.
 */
_Noreturn void platform_exit(unsigned status);

#endif
