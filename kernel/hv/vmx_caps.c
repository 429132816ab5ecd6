/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMX on and off, and what of it this machine has: Intel SDM vol. 3, 23.6 to 23.8 and appendix A. Each control that is
 * wanted is looked up in its capability register before it is used.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/hv/vmx.h"
#include "kernel/mem.h"
#include "kernel/percpu.h"
#include "kernel/smp.h"
#include "kernel/trap.h"

#define CR4_VMXE    BIT64(13)
#define MSR_FS_BASE 0xc0000100U
#define MSR_GS_BASE 0xc0000101U
#define MSR_EFER    0xc0000080U
#define MSR_PAT     0x277U

struct vmx_caps vmx_caps;
volatile uint32_t vmx_refused_field;

static struct vmx_cpu {
	void *region; /* VMXON's; NULL: VMX is off */
	struct vmx_vcpu *current;
	const struct vmx_vcpu *last; /* whose translations are in the TLB */
} cpus[SMP_MAX_CPUS];

static char reason[200];

/* ---- what there is ---- */

struct control {
	uint32_t bit;
	bool needed;
	const char *name;
};

static const struct control pin_controls[] = {
        {PIN_INTERRUPT_EXITING, true, "external-interrupt exiting"},
        {PIN_NMI_EXITING, true, "NMI exiting"},
        {PIN_VIRTUAL_NMIS, false, "virtual NMIs"},
        {PIN_PREEMPTION_TIMER, false, "preemption timer"},
        {0, false, NULL},
};
static const struct control proc_controls[] = {
        {PROC_HLT, true, "HLT exiting"},
        {PROC_MWAIT, true, "MWAIT exiting"},
        {PROC_RDPMC, true, "RDPMC exiting"},
        {PROC_TPR_SHADOW, true, "TPR shadow"},
        {PROC_MOV_DR, true, "MOV-DR exiting"},
        {PROC_IO_BITMAPS, true, "I/O bitmaps"},
        {PROC_MSR_BITMAPS, true, "MSR bitmaps"},
        {PROC_MONITOR, true, "MONITOR exiting"},
        {PROC_SECONDARY, true, "secondary controls"},
        {0, false, NULL},
};
static const struct control proc2_controls[] = {
        {PROC2_EPT, true, "extended page tables (EPT)"},
        {PROC2_UNRESTRICTED, true, "unrestricted guest"},
        {PROC2_VPID, false, "VPID"},
        {PROC2_WBINVD, false, "WBINVD exiting"},
        {PROC2_XSAVES, false, "XSAVES"},
        {PROC2_PASID_TRANSLATION, false, "PASID translation"},
        {PROC2_USER_WAIT, false, "user wait"},
        {0, false, NULL},
};
static const struct control exit_controls[] = {
        {EXIT_SAVE_DEBUG, true, "saving of debug controls"},
        {EXIT_HOST_64, true, "64-bit host"},
        {EXIT_SAVE_PAT, true, "saving of PAT"},
        {EXIT_LOAD_PAT, true, "loading of PAT at exits"},
        {EXIT_SAVE_EFER, true, "saving of EFER"},
        {EXIT_LOAD_EFER, true, "loading of EFER at exits"},
        {0, false, NULL},
};
/* Whether the guest is in long mode is set for each entry. */
static const struct control entry_controls[] = {
        {ENTRY_LOAD_DEBUG, true, "loading of debug controls"},
        {ENTRY_LOAD_PAT, true, "loading of PAT at entries"},
        {ENTRY_LOAD_EFER, true, "loading of EFER at entries"},
        {0, false, NULL},
};

/* The capability register's low half are the bits that must be set, its high half those that may be. */
static uint32_t settle(uint32_t msr, const struct control *wanted, const char **missing)
{
	uint64_t allowed = cpu_rdmsr(msr);
	uint32_t must = (uint32_t)allowed, may = (uint32_t)(allowed >> 32), value = must;

	for (; wanted->name; wanted++) {
		if (may & wanted->bit)
			value |= wanted->bit;
		else if (wanted->needed && !*missing)
			*missing = wanted->name;
	}
	return value;
}

static const char *settle_all(struct vmx_caps *caps)
{
	uint64_t basic = cpu_rdmsr(MSR_VMX_BASIC);
	bool exact = basic & VMX_BASIC_TRUE_CONTROLS;
	const char *missing = NULL;

	caps->revision = (uint32_t)FIELD_GET(VMX_BASIC_REVISION, basic);
	caps->pin = settle(exact ? MSR_VMX_TRUE_PIN : MSR_VMX_PIN, pin_controls, &missing);
	caps->proc = settle(exact ? MSR_VMX_TRUE_PROC : MSR_VMX_PROC, proc_controls, &missing);
	caps->exit = settle(exact ? MSR_VMX_TRUE_EXIT : MSR_VMX_EXIT, exit_controls, &missing);
	caps->entry = settle(exact ? MSR_VMX_TRUE_ENTRY : MSR_VMX_ENTRY, entry_controls, &missing);
	if (!missing && caps->proc & (PROC_CR3_LOAD | PROC_CR3_STORE))
		missing = "guests' access to CR3 without exits";
	if (missing)
		return missing;
	caps->proc2 = settle(MSR_VMX_PROC2, proc2_controls, &missing);
	if (missing)
		return missing;
	caps->ept = cpu_rdmsr(MSR_VMX_EPT_VPID_CAP);
	if (!(caps->ept & EPT_CAP_WALK_4) || !(caps->ept & EPT_CAP_WRITE_BACK) || !(caps->ept & EPT_CAP_2M))
		return "EPT with four levels, write-back tables and 2 MiB pages";
	if (!(caps->ept & EPT_CAP_INVEPT) || !(caps->ept & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		return "INVEPT";
	caps->timer_shift = (unsigned)FIELD_GET(VMX_MISC_TIMER_SHIFT, cpu_rdmsr(MSR_VMX_MISC));
	caps->cr0_fixed0 = cpu_rdmsr(MSR_VMX_CR0_FIXED0);
	caps->cr0_fixed1 = cpu_rdmsr(MSR_VMX_CR0_FIXED1);
	caps->cr4_fixed0 = cpu_rdmsr(MSR_VMX_CR4_FIXED0);
	caps->cr4_fixed1 = cpu_rdmsr(MSR_VMX_CR4_FIXED1);
	return NULL;
}

/* Firmware may have left IA32_FEATURE_CONTROL open, or have locked it without VMX. */
static bool locked_off(uint64_t *control)
{
	return trap_rdmsr(MSR_FEATURE_CONTROL, control) ||
	       (*control & FEATURE_CONTROL_LOCK && !(*control & FEATURE_CONTROL_VMX));
}

int vmx_probe(const char **why)
{
	const char *missing;
	uint64_t control;

	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_ECX_VMX))
		return -ENODEV;
	if (locked_off(&control)) {
		*why = "firmware has disabled VMX (IA32_FEATURE_CONTROL is locked without bit 2): switch on VT-x in "
		       "its "
		       "set-up";
		return -EPERM;
	}
	missing = settle_all(&vmx_caps);
	if (missing) {
		snprintf(reason, sizeof(reason), "the processor has VMX, but not: %s", missing);
		*why = reason;
		return -ENODEV;
	}
	return 0;
}

uint32_t vmx_offers(void)
{
	return (vmx_caps.proc2 & PROC2_XSAVES ? HV_OFFER_XSAVES : 0) |
	       (vmx_caps.proc2 & PROC2_USER_WAIT ? HV_OFFER_UMWAIT : 0) |
	       (vmx_caps.proc2 & PROC2_PASID_TRANSLATION ? HV_OFFER_PASIDS : 0);
}

/* ---- on and off ---- */

static bool vmx_on(uint64_t region)
{
	bool failed;

	__asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(region) : "memory");
	return !failed;
}

static void invept(uint64_t type, uint64_t eptp)
{
	const uint64_t descriptor[2] = {eptp, 0};

	__asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(type) : "cc", "memory");
}

int vmx_enable(void)
{
	struct vmx_cpu *cpu = &cpus[smp_id()];
	uint64_t control;
	uint32_t *region;

	if (cpu->region)
		return 0;
	if (locked_off(&control))
		return -EPERM; /* firmware may treat each processor differently */
	if (!(control & FEATURE_CONTROL_LOCK))
		cpu_wrmsr(MSR_FEATURE_CONTROL, control | FEATURE_CONTROL_VMX | FEATURE_CONTROL_LOCK);
	region = page_alloc(1);
	if (!region)
		return -ENOMEM;
	*region = vmx_caps.revision;
	cpu_write_cr0((cpu_read_cr0() | vmx_caps.cr0_fixed0) & vmx_caps.cr0_fixed1);
	cpu_write_cr4(((cpu_read_cr4() | CR4_VMXE) | vmx_caps.cr4_fixed0) & vmx_caps.cr4_fixed1);
	if (!vmx_on(phys_of(region))) {
		cpu_write_cr4(cpu_read_cr4() & ~CR4_VMXE);
		page_free(region, 1);
		return -EIO;
	}
	*cpu = (struct vmx_cpu){.region = region};
	if (vmx_caps.ept & EPT_CAP_INVEPT_ALL)
		invept(INVEPT_ALL, 0);
	return 0;
}

void vmx_disable(void)
{
	struct vmx_cpu *cpu = &cpus[smp_id()];

	if (!cpu->region)
		return;
	if (cpu->current)
		vmx_detach(cpu->current);
	__asm__ volatile("vmxoff" : : : "cc", "memory");
	cpu_write_cr4(cpu_read_cr4() & ~CR4_VMXE);
	page_free(cpu->region, 1);
	*cpu = (struct vmx_cpu){0};
}

/* ---- the current VMCS ---- */

static const uint32_t msr_numbers[VMX_MSRS] = {
        0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000102, /* STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE */
};

/* The host uses none of these: they stay the guest's between its exits. */
static void load_msrs(const struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < VMX_MSRS; i++)
		cpu_wrmsr(msr_numbers[i], v->msrs[i]);
}

static void save_msrs(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < VMX_MSRS; i++)
		v->msrs[i] = cpu_rdmsr(msr_numbers[i]);
}

#define READ_SEGMENT(name)                                         \
	static uint64_t read_##name(void)                          \
	{                                                          \
		uint16_t v;                                        \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(v)); \
		return v & ~7U;                                    \
	}

READ_SEGMENT(cs)
READ_SEGMENT(ss)
READ_SEGMENT(ds)
READ_SEGMENT(es)
READ_SEGMENT(fs)
READ_SEGMENT(gs)

/* Where an exit leads: this processor as it is. */
static void write_host_state(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr, idtr;

	__asm__ volatile("sgdt %0" : "=m"(gdtr));
	__asm__ volatile("sidt %0" : "=m"(idtr));
	vmx_write(VMCS_HOST_CR0, cpu_read_cr0());
	vmx_write(VMCS_HOST_CR3, cpu_read_cr3());
	vmx_write(VMCS_HOST_CR4, cpu_read_cr4());
	vmx_write(VMCS_HOST_CS, read_cs());
	vmx_write(VMCS_HOST_SS, read_ss());
	vmx_write(VMCS_HOST_DS, read_ds());
	vmx_write(VMCS_HOST_ES, read_es());
	vmx_write(VMCS_HOST_FS, read_fs());
	vmx_write(VMCS_HOST_GS, read_gs());
	vmx_write(VMCS_HOST_TR, GDT_TSS);
	vmx_write(VMCS_HOST_FS_BASE, cpu_rdmsr(MSR_FS_BASE));
	vmx_write(VMCS_HOST_GS_BASE, cpu_rdmsr(MSR_GS_BASE));
	vmx_write(VMCS_HOST_TR_BASE, (uint64_t)(uintptr_t)&percpu_self()->tss);
	vmx_write(VMCS_HOST_GDTR_BASE, gdtr.base);
	vmx_write(VMCS_HOST_IDTR_BASE, idtr.base);
	vmx_write(VMCS_HOST_SYSENTER_CS, 0);
	vmx_write(VMCS_HOST_SYSENTER_ESP, 0);
	vmx_write(VMCS_HOST_SYSENTER_EIP, 0);
	vmx_write(VMCS_HOST_EFER, cpu_rdmsr(MSR_EFER));
	vmx_write(VMCS_HOST_PAT, cpu_rdmsr(MSR_PAT));
	vmx_write(VMCS_HOST_RIP, (uint64_t)(uintptr_t)vmx_exit_entry);
}

static void vmclear(const struct vmx_vcpu *v)
{
	uint64_t pa = phys_of(v->vmcs);

	__asm__ volatile("vmclear %0" : : "m"(pa) : "cc", "memory");
}

static void vmptrld(const struct vmx_vcpu *v)
{
	uint64_t pa = phys_of(v->vmcs);

	__asm__ volatile("vmptrld %0" : : "m"(pa) : "cc", "memory");
}

void vmx_select(struct vmx_vcpu *v)
{
	unsigned id = smp_id();
	struct vmx_cpu *cpu = &cpus[id];

	if (cpu->current == v && !v->fresh)
		return;
	if (cpu->current && cpu->current != v)
		save_msrs(cpu->current);
	if (v->cpu != id) {
		vmclear(v);
		v->launched = false;
	}
	vmptrld(v);
	if (v->cpu != id)
		write_host_state();
	v->cpu = id;
	if (v->fresh)
		vmx_write_start(v);
	v->fresh = false;
	cpu->current = v;
	load_msrs(v);
}

void vmx_attach(void *vcpu)
{
	vmx_select(vcpu);
}

void vmx_detach(void *vcpu)
{
	struct vmx_vcpu *v = vcpu;
	struct vmx_cpu *cpu = &cpus[smp_id()];

	if (v->cpu != smp_id() || !cpu->region)
		return;
	if (cpu->current == v) {
		save_msrs(v);
		cpu->current = NULL;
	}
	vmclear(v);
	v->cpu = VMX_NOWHERE;
	v->launched = false;
}

void vmx_flush_stale(struct vmx_vcpu *v)
{
	unsigned id = smp_id();
	struct vmx_cpu *cpu = &cpus[id];

	if (__atomic_exchange_n(&v->stale, 0, __ATOMIC_SEQ_CST) || cpu->last != v || v->last_cpu != id) {
		if (vmx_caps.ept & EPT_CAP_INVEPT_SINGLE)
			invept(INVEPT_SINGLE, v->eptp);
		else
			invept(INVEPT_ALL, 0);
	}
	cpu->last = v;
	v->last_cpu = id;
}

void vmx_forget(const struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		if (cpus[i].last == v)
			cpus[i].last = NULL;
}
