/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside a virtual machine: shared by the files of kernel/hv, of nobody's business elsewhere. */
#ifndef KERNEL_HV_VM_H
#define KERNEL_HV_VM_H

#include "kernel/hv/apic.h"
#include "kernel/hv/hv.h"
#include "kernel/hv/ops.h"
#include "kernel/hv/stage2.h"
#include "kernel/hv/state.h"

#define HV_RAM_MAX      8
#define HV_DEVICE_MAX   64
#define HV_MMIO_MAX     32
#define HV_PORT_MAX     8
/* Tables in reserve: for the pages of a device that a guest moves from one end of the window to the other. */
#define HV_TABLES_SPARE 8
#define HV_PASID_MAX    8
#define HV_CALLING_NONE UINT64_MAX
#define HV_LINE_MAX     256 /* bytes of a console line, NUL included; longer ones are cut into several */

struct hv_device {
	uint64_t gpa;
	uint64_t size; /* 0: free */
};

struct hv_vm {
	const struct hv_ops *ops;
	void *vcpu;
	struct hv_stage2 stage2;

	struct hv_ram ram[HV_RAM_MAX];
	unsigned ram_count;
	struct hv_device devices[HV_DEVICE_MAX];
	struct hv_mmio mmio[HV_MMIO_MAX];  /* size 0: free */
	struct hv_port ports[HV_PORT_MAX]; /* count 0: free */

	struct {
		const struct hv_pci_ops *ops;
		void *arg;
	} pci[256];           /* by devfn */
	uint32_t pci_address; /* port CF8 */

	struct hv_apic apic;
	struct hv_posted *posted; /* NULL: interrupts are injected */
	uint32_t counted[8];      /* of the pending ones: in stats.injected already */
	struct hv_event event;    /* to be delivered at the next entry */
	bool loaded;
	bool used;        /* RAM is no longer zero */
	bool halted;      /* in HLT */
	uint32_t stop;    /* atomic: hv_stop() */
	bool open_bus;    /* what nothing decodes in the BAR window reads as all ones */
	uint32_t running; /* atomic: smp_id() + 1 of the processor that is in hv_run() */
	uint32_t inside;  /* atomic: the guest executes or waits, and an interrupt must bring its processor back */
	uint64_t leaves;  /* atomic: how often it came back */
	uint64_t calling; /* atomic: base of the region whose callback runs, or HV_CALLING_NONE */

	void (*console)(void *arg, const char *text);
	void *console_arg;
	char line[HV_LINE_MAX];
	unsigned line_size;
	bool (*hypercall)(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result);
	void *hypercall_arg;

	struct hv_stats stats;
	uint64_t exits_asked; /* HYPERCALL_EXITS calls: not counted in their own answer */

	uint64_t pasids[HV_PASID_MAX]; /* atomic: see pasid.c */
	unsigned pasid_count;          /* that were ever given: not 0 is what the guest's CPUID tells */
	struct hv_state state;
};

/* ---- vm.c ---- */

/* Interrupts that stats.injected has counted already, since who posts cannot know when the guest takes them: pending.
 */
unsigned hv_waiting(const struct hv_vm *vm);

/* ---- space.c ---- */

/* The region that holds gpa, copied: another processor may remove it. Returns whether there is one. */
bool hv_mmio_find(const struct hv_vm *vm, uint64_t gpa, struct hv_mmio *region);
/* The same before one of its callbacks is called, until hv_mmio_leave(): a removal waits for that. */
bool hv_mmio_enter(struct hv_vm *vm, uint64_t gpa, struct hv_mmio *region);
void hv_mmio_leave(struct hv_vm *vm);

/* ---- pasid.c ---- */

/* What IA32_PASID has to be while the guest executes. */
uint64_t hv_pasid_real(const struct hv_vm *vm);

/* ---- vcpu.c ---- */

/* Whether another processor than this one runs the guest. */
bool hv_runs_elsewhere(const struct hv_vm *vm);
/*
 * Wait until the guest executes nothing that it began before this call, after a change that it must not miss. Returns
 * 0, at once on the processor that runs it, or -ETIMEDOUT.
 */
int hv_synchronize(const struct hv_vm *vm);

/* ---- pci.c ---- */

/* Installs the ECAM region of a new machine. */
int hv_pci_init(struct hv_vm *vm);
/* Ports CF8 and CFC to CFF. Return whether port is one of them. */
bool hv_pci_port_read(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t *value);
bool hv_pci_port_write(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t value);

/* ---- port.c ---- */

/* An access of the guest's; value in its low width bytes, the others 0. */
uint32_t hv_port_in(struct hv_vm *vm, uint16_t port, unsigned width);
void hv_port_out(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t value);

/* ---- msr.c ---- */

/* RDMSR and WRMSR that exit. Return 0, or -EPERM for #GP. */
int hv_msr_read(struct hv_vm *vm, uint32_t msr, uint64_t *value);
int hv_msr_write(struct hv_vm *vm, uint32_t msr, uint64_t value);

/* ---- memory.c ---- */

/* How an access of the hypervisor on the guest's behalf ended: the result of hv_emulate() over hv_vm_bus(). */
enum hv_fault_kind {
	HV_FAULT_NONE,
	HV_FAULT_PAGE,    /* the guest's own tables forbid it: #PF with error, CR2 = linear */
	HV_FAULT_NOWHERE, /* neither RAM nor device at gpa */
};

struct hv_fault {
	enum hv_fault_kind kind;
	uint64_t linear;
	uint64_t gpa;
	enum hv_access access;
	uint32_t error;
};

/* Up to HV_INSN_MAX bytes at RIP. Returns how many; fewer only with *fault filled in. */
unsigned hv_fetch(struct hv_vm *vm, const struct hv_regs *regs, uint8_t *bytes, struct hv_fault *fault);
/* Decode and do the instruction at RIP. Returns 0, -ENOTSUP or -EINVAL (for #UD), or -EFAULT with *fault. */
int hv_do_instruction(struct hv_vm *vm, struct hv_regs *regs, struct hv_fault *fault);

/* Eight bytes of guest RAM at a linear address. Returns 0 or -EFAULT. */
int hv_peek(struct hv_vm *vm, const struct hv_regs *regs, uint64_t linear, uint64_t *value);

/* ---- hypercall.c ---- */

/* The call in regs; the result goes to RAX. Returns true when it ends the guest, with *status. */
bool hv_hypercall(struct hv_vm *vm, struct hv_regs *regs, uint64_t *status);
/* Hand out what the console holds of an unfinished line. */
void hv_console_flush(struct hv_vm *vm);

/* ---- exit.c ---- */

/*
 * Do what the guest asked for by that exit. Returns true when the guest is at its end or has to wait, with result's
 * end, status, address, access and text filled in; HLT sets vm->halted and returns false.
 */
bool hv_handle_exit(struct hv_vm *vm, const struct hv_exit *exit, struct hv_result *result);

#endif
