/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSRs that a guest has: those that the processor switches with the guest (the vendor part lets them through:
 * SYSCALL, SYSENTER, FS, GS and KernelGS bases) and these. All others are #GP.
 */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/hv/vm.h"

#define MSR_TSC       0x10U
#define MSR_APIC_BASE 0x1bU
#define MSR_UCODE     0x8bU
#define MSR_PAT       0x277U
#define MSR_EFER      0xc0000080U

/* An x2APIC that is on and stays on, of the processor that booted: Intel SDM vol. 3, 11.12.1. */
#define APIC_BASE_VALUE (UINT64_C(0xfee00000) | BIT64(8) | BIT64(10) | BIT64(11))

#define EFER_SCE BIT64(0)
#define EFER_LME BIT64(8)
#define EFER_LMA BIT64(10)
#define EFER_NXE BIT64(11)
#define CR0_PG   BIT64(31)

static bool is_apic(uint32_t msr)
{
	return (msr >= HV_APIC_MSR_FIRST && msr <= HV_APIC_MSR_LAST) || msr == HV_MSR_TSC_DEADLINE;
}

/* Each byte a memory type: Intel SDM vol. 3, 12.12.2. */
static bool is_pat(uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = (value >> (i * 8)) & 0xff;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

static int write_efer(struct hv_vm *vm, uint64_t value)
{
	uint64_t old = vm->ops->get_efer(vm->vcpu);
	struct hv_regs regs;

	if (value & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE))
		return -EPERM;
	vm->ops->get_regs(vm->vcpu, &regs);
	if ((old ^ value) & EFER_LME && regs.cr0 & CR0_PG)
		return -EPERM;
	vm->ops->set_efer(vm->vcpu, (value & ~EFER_LMA) | (old & EFER_LMA));
	return 0;
}

/* IA32_PASID belongs to ENQCMD, which the guest has once it was given a PASID. */
static bool is_state(const struct hv_vm *vm, uint32_t msr)
{
	return msr == MSR_XSS || msr == MSR_UMWAIT_CONTROL || (msr == MSR_PASID && vm->pasid_count);
}

int hv_msr_read(struct hv_vm *vm, uint32_t msr, uint64_t *value)
{
	if (is_state(vm, msr))
		return hv_state_msr_read(&vm->state, msr, value) ? -EPERM : 0;
	if (is_apic(msr))
		return hv_apic_read(&vm->apic, msr, cpu_rdtsc(), value);
	switch (msr) {
	case MSR_TSC:
		*value = cpu_rdtsc();
		return 0;
	case MSR_APIC_BASE:
		*value = APIC_BASE_VALUE;
		return 0;
	case MSR_UCODE:
		*value = 0;
		return 0;
	case MSR_PAT:
		*value = vm->ops->get_pat(vm->vcpu);
		return 0;
	case MSR_EFER:
		*value = vm->ops->get_efer(vm->vcpu);
		return 0;
	default:
		return -EPERM;
	}
}

int hv_msr_write(struct hv_vm *vm, uint32_t msr, uint64_t value)
{
	if (is_state(vm, msr))
		return hv_state_msr_write(&vm->state, msr, value) ? -EPERM : 0;
	if (is_apic(msr))
		return hv_apic_write(&vm->apic, msr, cpu_rdtsc(), value);
	switch (msr) {
	case MSR_APIC_BASE:
		return value == APIC_BASE_VALUE ? 0 : -EPERM;
	case MSR_UCODE:
		return 0;
	case MSR_PAT:
		if (!is_pat(value))
			return -EPERM;
		vm->ops->set_pat(vm->vcpu, value);
		return 0;
	case MSR_EFER:
		return write_efer(vm, value);
	default:
		return -EPERM;
	}
}
