/* SPDX-License-Identifier: BSD-2-Clause */
/* What a processor needs to run guests, and whose state is in it: Intel SDM vol. 3, 23.7, 24.1, 24.5, 28.4. */
#include <errno.h>

#include "kernel/cpu.h"
#include "kernel/hv/vmx.h"
#include "kernel/mem.h"
#include "kernel/percpu.h"
#include "kernel/smp.h"

#define CR4_VMXE         BIT64(13)
#define MSR_SYSENTER_CS  0x174U
#define MSR_SYSENTER_ESP 0x175U
#define MSR_SYSENTER_EIP 0x176U
#define MSR_PAT          0x277U
#define MSR_EFER         0xc0000080U
#define MSR_FS_BASE      0xc0000100U
#define MSR_GS_BASE      0xc0000101U

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct vmx_cpu {
	void *region; /* VMXON's; NULL: VMX is off */
	struct vmx_vcpu *current;
	const struct vmx_vcpu *last;      /* whose translations are in the TLB */
	struct table_register gdtr, idtr; /* the host's */
} cpus[SMP_MAX_CPUS];

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
	if (vmx_locked_off(&control))
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
	__asm__ volatile("sgdt %0" : "=m"(cpu->gdtr));
	__asm__ volatile("sidt %0" : "=m"(cpu->idtr));
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

/* Those of the guest are in the processor from the time that its VMCS is current to when another one's is, or none. */
static void load_msrs(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < VMX_MSRS; i++) {
		v->host_msrs[i] = cpu_rdmsr(msr_numbers[i]);
		cpu_wrmsr(msr_numbers[i], v->msrs[i]);
	}
}

static void save_msrs(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < VMX_MSRS; i++) {
		v->msrs[i] = cpu_rdmsr(msr_numbers[i]);
		cpu_wrmsr(msr_numbers[i], v->host_msrs[i]);
	}
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
	const struct vmx_cpu *cpu = &cpus[smp_id()];

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
	vmx_write(VMCS_HOST_GDTR_BASE, cpu->gdtr.base);
	vmx_write(VMCS_HOST_IDTR_BASE, cpu->idtr.base);
	vmx_write(VMCS_HOST_SYSENTER_CS, cpu_rdmsr(MSR_SYSENTER_CS));
	vmx_write(VMCS_HOST_SYSENTER_ESP, cpu_rdmsr(MSR_SYSENTER_ESP));
	vmx_write(VMCS_HOST_SYSENTER_EIP, cpu_rdmsr(MSR_SYSENTER_EIP));
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
	if (cpu->current)
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
	/* An exit loads the bases only, and the largest limits (27.5.2). */
	__asm__ volatile("lgdt %0" : : "m"(cpu->gdtr));
	__asm__ volatile("lidt %0" : : "m"(cpu->idtr));
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
