/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's side of kernel/hypercall.h: for a kernel that this project's own hypervisor started. */
#ifndef KERNEL_GUEST_H
#define KERNEL_GUEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the hypervisor's CPUID says to its guest. A guest need not see SVM or VMX, so that leaf says which instruction
 * calls the hypervisor.
 */
#define GUEST_CPUID_SIGNATURE   0x40000000U /* EAX: highest leaf; EBX, ECX, EDX: "AditAditAdit" */
#define GUEST_CPUID_HYPERCALL   0x40000001U /* EAX: 1 VMMCALL, 2 VMCALL */
#define GUEST_HYPERCALL_VMMCALL 1U
#define GUEST_HYPERCALL_VMCALL  2U

/* Find out how to call the hypervisor; without it hypercalls fail with -ENOSYS. */
void guest_init(void);
/* Call the hypervisor; number from enum hypercall. Returns what it returns: negative errno on failure. */
int64_t guest_hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
void guest_console_write(const char *text, size_t size);

#endif
