/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's registers in the VMCS: Intel SDM vol. 3, 24.4, and the control registers' guest/host masks, 24.6.6. */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/hv/vmx.h"

#define CR0_PE BIT64(0)
#define CR0_NW BIT64(29)
#define CR0_CD BIT64(30)
#define CR0_PG BIT64(31)

#define CR4_VMXE  BIT64(13)
#define CR4_MCE   BIT64(6)
/* VME, PVI, TSD, DE, PSE, PAE, PGE, PCE, OSFXSR, OSXMMEXCPT, UMIP, FSGSBASE, OSXSAVE, SMEP, SMAP: what
 * kernel/hv/cpuid.c shows.
 */
#define CR4_GUEST (GENMASK64(5, 0) | GENMASK64(11, 7) | BIT64(16) | BIT64(18) | GENMASK64(21, 20))

#define RFLAGS_RSVD BIT64(1)
#define EFER_LMA    BIT64(10)
#define DR7_RESET   UINT64_C(0x400)
#define PAT_RESET   UINT64_C(0x0007040600070406)
#define SEGMENTS    8 /* ES CS SS DS FS GS LDTR TR */

#define EXCEPTION_GP 13

/* ---- control registers ---- */

/*
 * Bits of CR0 that the guest reads back as it wrote them, without effect: what VMX keeps set (NE) or clear, and the
 * cache switches, which would last beyond an exit. Paging and protection are its own: unrestricted guest.
 */
static uint64_t cr0_mask(void)
{
	return (vmx_caps.cr0_fixed0 & ~(CR0_PE | CR0_PG)) | ~vmx_caps.cr0_fixed1 | CR0_NW | CR0_CD;
}

static uint64_t cr4_mask(void)
{
	return ~CR4_GUEST | vmx_caps.cr4_fixed0 | ~vmx_caps.cr4_fixed1;
}

static uint64_t visible(uint32_t field, uint32_t mask_field, uint32_t shadow_field)
{
	uint64_t mask = vmx_read(mask_field);

	return (vmx_read(field) & ~mask) | (vmx_read(shadow_field) & mask);
}

static void write_cr(const struct hv_regs *regs)
{
	uint64_t fixed0 = vmx_caps.cr0_fixed0 & ~(CR0_PE | CR0_PG);

	vmx_write(VMCS_CR0_MASK, cr0_mask());
	vmx_write(VMCS_CR0_SHADOW, regs->cr0);
	vmx_write(VMCS_GUEST_CR0, ((regs->cr0 | fixed0) & ~(CR0_CD | CR0_NW)) & vmx_caps.cr0_fixed1);
	vmx_write(VMCS_CR4_MASK, cr4_mask());
	vmx_write(VMCS_CR4_SHADOW, regs->cr4);
	/* A machine check must find CR4.MCE set, whoever runs: without it the processor shuts down. */
	vmx_write(VMCS_GUEST_CR4,
	          ((regs->cr4 & CR4_GUEST) | vmx_caps.cr4_fixed0 | (cpu_read_cr4() & CR4_MCE)) & vmx_caps.cr4_fixed1);
	vmx_write(VMCS_GUEST_CR3, regs->cr3);
}

static void general_protection(struct hv_exit *exit)
{
	exit->reason = HV_EXIT_EXCEPTION;
	exit->event = (struct hv_event){.kind = HV_EVENT_EXCEPTION, .vector = EXCEPTION_GP, .has_error = true};
}

void vmx_control_register(struct vmx_vcpu *v, uint64_t qualification, struct hv_exit *exit)
{
	uint64_t number = FIELD_GET(CR_NUMBER, qualification), from = FIELD_GET(CR_REGISTER, qualification);
	uint64_t value = from == HV_RSP ? vmx_read(VMCS_GUEST_RSP) : v->gpr[from];

	if (!(vmx_read(VMCS_GUEST_CS_RIGHTS) & RIGHTS_L))
		value = (uint32_t)value;
	if (FIELD_GET(CR_TYPE, qualification) || (number != 0 && number != 4))
		return;
	if (number == 4 || value >> 32 || (value & CR0_NW && !(value & CR0_CD)) ||
	    (value & CR0_PG && !(value & CR0_PE)) || value & ~vmx_caps.cr0_fixed1) {
		/* In CR4 every bit that is not the guest's is clear for it, and CPUID says so. */
		general_protection(exit);
		return;
	}
	/* With the new value in the shadow the instruction does the rest itself. */
	vmx_write(VMCS_CR0_SHADOW, value);
	exit->reason = HV_EXIT_RESUME;
}

/* ---- registers ---- */

void vmx_get_regs(void *vcpu, struct hv_regs *regs)
{
	struct vmx_vcpu *v = vcpu;
	uint64_t cs;

	vmx_select(v);
	memset(regs, 0, sizeof(*regs));
	memcpy(regs->gpr, v->gpr, sizeof(regs->gpr));
	regs->gpr[HV_RSP] = vmx_read(VMCS_GUEST_RSP);
	regs->rip = vmx_read(VMCS_GUEST_RIP);
	regs->rflags = vmx_read(VMCS_GUEST_RFLAGS);
	regs->cr0 = visible(VMCS_GUEST_CR0, VMCS_CR0_MASK, VMCS_CR0_SHADOW);
	regs->cr2 = v->cr2;
	regs->cr3 = vmx_read(VMCS_GUEST_CR3);
	regs->cr4 = visible(VMCS_GUEST_CR4, VMCS_CR4_MASK, VMCS_CR4_SHADOW);
	regs->efer = vmx_read(VMCS_GUEST_EFER);
	regs->cs_base = vmx_read(VMCS_GUEST_CS_BASE);
	regs->ss_base = vmx_read(VMCS_GUEST_SS_BASE);
	regs->ds_base = vmx_read(VMCS_GUEST_DS_BASE);
	regs->es_base = vmx_read(VMCS_GUEST_ES_BASE);
	regs->fs_base = vmx_read(VMCS_GUEST_FS_BASE);
	regs->gs_base = vmx_read(VMCS_GUEST_GS_BASE);
	regs->cpl = (uint8_t)FIELD_GET(RIGHTS_DPL, vmx_read(VMCS_GUEST_SS_RIGHTS));
	cs = vmx_read(VMCS_GUEST_CS_RIGHTS);
	regs->code64 = regs->efer & EFER_LMA && cs & RIGHTS_L;
	regs->code32 = !regs->code64 && cs & RIGHTS_D;
}

void vmx_set_regs(void *vcpu, const struct hv_regs *regs)
{
	struct vmx_vcpu *v = vcpu;

	vmx_select(v);
	memcpy(v->gpr, regs->gpr, sizeof(v->gpr));
	vmx_write(VMCS_GUEST_RSP, regs->gpr[HV_RSP]);
	vmx_write(VMCS_GUEST_RIP, regs->rip);
	vmx_write(VMCS_GUEST_RFLAGS, regs->rflags | RFLAGS_RSVD);
}

uint64_t vmx_get_efer(void *vcpu)
{
	vmx_select(vcpu);
	return vmx_read(VMCS_GUEST_EFER);
}

void vmx_set_efer(void *vcpu, uint64_t efer)
{
	uint32_t entry = vmx_caps.entry;

	vmx_select(vcpu);
	vmx_write(VMCS_GUEST_EFER, efer);
	vmx_write(VMCS_ENTRY_CONTROLS, efer & EFER_LMA ? entry | ENTRY_LONG_MODE : entry & ~ENTRY_LONG_MODE);
}

/* ---- the beginning ---- */

static void write_segment(unsigned i, uint16_t selector, uint32_t limit, uint32_t rights)
{
	vmx_write(VMCS_GUEST_ES + 2 * i, selector);
	vmx_write(VMCS_GUEST_ES_LIMIT + 2 * i, limit);
	vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * i, rights);
	vmx_write(VMCS_GUEST_ES_BASE + 2 * i, 0);
}

static void write_segments(void)
{
	const unsigned cs = 1, ldtr = 6, tr = 7;

	for (unsigned i = 0; i < SEGMENTS; i++)
		write_segment(i, 0x10, UINT32_MAX, RIGHTS_DATA);
	write_segment(cs, 0x08, UINT32_MAX, RIGHTS_CODE_64);
	write_segment(ldtr, 0, 0, RIGHTS_UNUSABLE);
	write_segment(tr, 0, 0x67, RIGHTS_TSS);
	vmx_write(VMCS_GUEST_GDTR_BASE, 0);
	vmx_write(VMCS_GUEST_GDTR_LIMIT, 0);
	vmx_write(VMCS_GUEST_IDTR_BASE, 0);
	vmx_write(VMCS_GUEST_IDTR_LIMIT, 0);
}

void vmx_write_start(struct vmx_vcpu *v)
{
	const struct hv_regs *regs = &v->start;

	write_cr(regs);
	write_segments();
	memcpy(v->gpr, regs->gpr, sizeof(v->gpr));
	memset(v->msrs, 0, sizeof(v->msrs));
	v->cr2 = 0;
	vmx_write(VMCS_GUEST_RSP, regs->gpr[HV_RSP]);
	vmx_write(VMCS_GUEST_RIP, regs->rip);
	vmx_write(VMCS_GUEST_RFLAGS, regs->rflags | RFLAGS_RSVD);
	vmx_write(VMCS_GUEST_DR7, DR7_RESET);
	vmx_write(VMCS_GUEST_DEBUGCTL, 0);
	vmx_write(VMCS_GUEST_PAT, PAT_RESET);
	vmx_write(VMCS_GUEST_EFER, regs->efer);
	vmx_write(VMCS_GUEST_SYSENTER_CS, 0);
	vmx_write(VMCS_GUEST_SYSENTER_ESP, 0);
	vmx_write(VMCS_GUEST_SYSENTER_EIP, 0);
	vmx_write(VMCS_INTERRUPTIBILITY, 0);
	vmx_write(VMCS_ACTIVITY, 0);
	vmx_write(VMCS_PENDING_DEBUG, 0);
	vmx_write(VMCS_LINK_POINTER, UINT64_MAX);
	vmx_write(VMCS_ENTRY_CONTROLS, regs->efer & EFER_LMA ? vmx_caps.entry | ENTRY_LONG_MODE : vmx_caps.entry);
	vmx_write(VMCS_PIN_CONTROLS, vmx_caps.pin);
	vmx_write(VMCS_PROC_CONTROLS, vmx_caps.proc);
	vmx_write(VMCS_PROC2_CONTROLS, vmx_caps.proc2);
	vmx_write(VMCS_EXIT_CONTROLS, vmx_caps.exit);
	vmx_write(VMCS_PF_MASK, 0);
	vmx_write(VMCS_PF_MATCH, 0);
	vmx_write(VMCS_CR3_TARGETS, 0);
	vmx_write(VMCS_EXIT_MSR_STORES, 0);
	vmx_write(VMCS_EXIT_MSR_LOADS, 0);
	vmx_write(VMCS_ENTRY_MSR_LOADS, 0);
	vmx_write(VMCS_ENTRY_EVENT, 0);
	vmx_write(VMCS_TSC_OFFSET, 0);
	vmx_write_environment(v);
}
