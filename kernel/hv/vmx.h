/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMCS and what surrounds it: Intel SDM vol. 3, chapters 24 to 28 and appendices A to C. */
#ifndef KERNEL_HV_VMX_H
#define KERNEL_HV_VMX_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/hv/vmx_regs.h"

#ifndef __ASSEMBLER__

#include "kernel/bits.h"
#include "kernel/hv/ops.h"

/* What this machine's processors can do, and which controls are on because of it: vmx_caps.c. */
struct vmx_caps {
	uint32_t revision;
	uint32_t pin, proc, proc2, exit, entry;
	uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
	uint64_t ept;         /* MSR_VMX_EPT_VPID_CAP */
	bool posted;          /* interrupts are delivered by the processor, and posted */
	uint8_t notification; /* the vector */
	unsigned timer_shift; /* the preemption timer counts the time-stamp counter's bit with this number */
};

extern struct vmx_caps vmx_caps;

/* MSRs that no VMCS field holds and that a guest reaches without exits: they change with the guest, not at each exit.
 */
#define VMX_MSRS 5

#define VMX_NOWHERE UINT32_MAX

struct vmx_vcpu {
	void *vmcs;
	uint8_t *apic; /* the virtual-APIC page: holds CR8 */
	struct hv_posted posted;
	uint64_t eptp;
	uint64_t *pasids[2];        /* directories: PASIDs with bit 19 clear and set */
	uint64_t gpr[HV_GPR_COUNT]; /* but RSP */
	uint64_t cr2;
	uint64_t msrs[VMX_MSRS], host_msrs[VMX_MSRS];
	uint64_t limit_ns;
	struct hv_event event; /* for the next entry */
	struct hv_regs start;  /* while fresh */
	uint32_t cpu;          /* whose processor's cache may hold the VMCS, or VMX_NOWHERE */
	uint32_t last_cpu;
	bool fresh;    /* begin anew from start */
	bool launched; /* VMRESUME next time */
	bool window;
	uint32_t stale; /* atomic: translations in the TLB are */
};

/* ---- instructions ---- */

/* The latest VMCS field that a processor refused; 0: none (field 0 is VPID's, which is written only where it exists).
 */
extern volatile uint32_t vmx_refused_field;

static inline uint64_t vmx_read(uint32_t field)
{
	uint64_t value = 0;
	bool failed;

	__asm__ volatile("vmread %2, %1" : "=@ccbe"(failed), "+r"(value) : "r"((uint64_t)field) : "memory");
	if (failed)
		vmx_refused_field = field;
	return value;
}

static inline void vmx_write(uint32_t field, uint64_t value)
{
	bool failed;

	__asm__ volatile("vmwrite %1, %2" : "=@ccbe"(failed) : "r"(value), "r"((uint64_t)field) : "memory");
	if (failed)
		vmx_refused_field = field;
}

/* ---- vmx_caps.c ---- */

/* struct hv_ops: probe, describe, offers. */
int vmx_probe(const char **why);
void vmx_describe(char *text, size_t size);
uint32_t vmx_offers(void);
/* Whether firmware has locked IA32_FEATURE_CONTROL, whose value goes to *control, on this processor without VMX. */
bool vmx_locked_off(uint64_t *control);

/* ---- vmx_cpu.c ---- */

/* struct hv_ops: enable, disable. */
int vmx_enable(void);
void vmx_disable(void);
/* struct hv_ops: attach, detach. */
void vmx_attach(void *vcpu);
void vmx_detach(void *vcpu);
/* Make the VMCS the current one again, if another guest ran on this processor meanwhile. */
void vmx_select(struct vmx_vcpu *v);
/* Translations that this processor holds may be another guest's or from before a change: drop them. */
void vmx_flush_stale(struct vmx_vcpu *v);
/* It goes away, and another one may get its address. */
void vmx_forget(const struct vmx_vcpu *v);

/* ---- vmx.c ---- */

/* Fields of the VMCS that are the same for all of a guest's life. */
void vmx_write_environment(const struct vmx_vcpu *v);

/* ---- vmx_guest.c: fields of the guest's ---- */

void vmx_write_start(struct vmx_vcpu *v);
void vmx_get_regs(void *vcpu, struct hv_regs *regs);
void vmx_set_regs(void *vcpu, const struct hv_regs *regs);
uint64_t vmx_get_efer(void *vcpu);
void vmx_set_efer(void *vcpu, uint64_t efer);
/* MOV to CR0 or CR4 of a bit that is not the guest's. */
void vmx_control_register(struct vmx_vcpu *v, uint64_t qualification, struct hv_exit *exit);

/* ---- vmx_apic.c ---- */

/* struct hv_ops: posted, load_apic, store_apic. */
struct hv_posted *vmx_posted(void *vcpu);
void vmx_load_apic(void *vcpu, struct hv_apic *apic);
void vmx_store_apic(void *vcpu, struct hv_apic *apic);
/* Decide on delivery by the processor, when all the controls are settled. */
void vmx_settle_posted(struct vmx_caps *caps);
/* Its fields of the VMCS. */
void vmx_write_posted(const struct vmx_vcpu *v);

/* ---- vmx_exit.c ---- */

void vmx_decode_exit(struct vmx_vcpu *v, struct hv_exit *exit);
/* vmx_enter() returned failure. */
void vmx_decode_failure(unsigned failure, struct hv_exit *exit);

/* ---- vmx_pasid.c ---- */

/* Empty directories, where the processor translates PASIDs. Returns 0 or -ENOMEM. */
int vmx_pasid_init(struct vmx_vcpu *v);
void vmx_pasid_destroy(struct vmx_vcpu *v);
/* struct hv_ops: set_pasid. */
int vmx_set_pasid(void *vcpu, uint32_t guest, uint32_t host, bool valid);

/* ---- vmx_words.c ---- */

/* VM-instruction errors (SDM vol. 3, 30.4) and exit reasons (appendix C), in words. */
const char *vmx_instruction_error(uint64_t number);
const char *vmx_reason_name(uint32_t reason);

/* ---- vmx_run.S ---- */

/*
 * Enter the guest of the current VMCS and return after its exit, or at once if the entry failed. gpr are the guest's
 * general registers by enum hv_reg (RSP is in the VMCS). Interrupts are off before and after. Returns VMX_ENTERED,
 * VMX_FAIL_INVALID (no current VMCS) or VMX_FAIL_VALID (the VM-instruction error field says why).
 */
unsigned vmx_enter(uint64_t *gpr, bool launched);
extern const char vmx_exit_entry[];

#endif
#endif
