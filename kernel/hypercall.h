/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest of this project may ask of its hypervisor: VMMCALL (or VMCALL) with the number in RAX and up to three
 * arguments in RDI, RSI, RDX; the result comes back in RAX, negative errno on failure. Guests are hostile: each
 * argument is checked.
 */
#ifndef KERNEL_HYPERCALL_H
#define KERNEL_HYPERCALL_H

enum hypercall {
	HYPERCALL_CONSOLE = 1, /* RDI guest physical address, RSI bytes (at most one page, not crossing one) */
	HYPERCALL_EXIT = 2,    /* RDI status: ends the guest */
	HYPERCALL_EXITS = 3, /* returns how many exits the guest has taken, this one and all HYPERCALL_EXITS left out */
};

#endif
