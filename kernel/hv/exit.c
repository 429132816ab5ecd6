/* SPDX-License-Identifier: BSD-2-Clause */
/* What each exit asks for. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kernel/bits.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/exit.h"
#include "kernel/hv/cpuid.h"
#include "kernel/hv/decode.h"
#include "kernel/hv/machine_check.h"
#include "kernel/hv/vm.h"

#define EXCEPTION_DB 1
#define EXCEPTION_UD 6
#define EXCEPTION_GP 13
#define EXCEPTION_PF 14
#define RFLAGS_TF    BIT64(8)
#define RFLAGS_IF    BIT64(9)
#define CR4_OSXSAVE  BIT64(18)

#define CPUID_1_EDX_MCA BIT32(14)

static void raise(struct hv_vm *vm, uint8_t vector)
{
	vm->event = (struct hv_event){.kind = HV_EVENT_EXCEPTION, .vector = vector};
	vm->event.has_error = vector == EXCEPTION_GP;
}

static void raise_page_fault(struct hv_vm *vm, const struct hv_fault *fault)
{
	vm->ops->set_cr2(vm->vcpu, fault->linear);
	vm->event = (struct hv_event){
	        .kind = HV_EVENT_EXCEPTION,
	        .vector = EXCEPTION_PF,
	        .has_error = true,
	        .error = fault->error,
	};
}

static const char *access_name(enum hv_access access)
{
	return access == HV_ACCESS_WRITE   ? "write to"
	       : access == HV_ACCESS_FETCH ? "instruction fetch from"
	                                   : "read of";
}

static bool bad_access(struct hv_vm *vm, uint64_t gpa, enum hv_access access, const char *why, struct hv_result *result)
{
	vm->stats.exits[HV_CAUSE_BAD_ACCESS]++;
	result->end = HV_END_BAD_ACCESS;
	result->address = gpa;
	result->access = access;
	snprintf(result->text, sizeof(result->text), "%s guest-physical 0x%" PRIx64 ", %s", access_name(access), gpa,
	         why);
	return true;
}

static const char *what_is_at(const struct hv_vm *vm, uint64_t gpa)
{
	return hv_ram_ptr(vm, gpa, 1) ? "RAM that the host does not give for that" : "neither RAM nor device";
}

/* The instruction is done and rip the next one: in single-step mode (Intel SDM vol. 3, 18.3.1.4) a trap comes first. */
static void advance(struct hv_vm *vm, const struct hv_regs *regs, uint64_t rip)
{
	vm->ops->skip(vm->vcpu, rip);
	if (regs->rflags & RFLAGS_TF)
		raise(vm, EXCEPTION_DB);
}

/* Go on behind the instruction that exited. If its length cannot be found out it was changed meanwhile: #UD. */
static void skip(struct hv_vm *vm, const struct hv_exit *exit, const struct hv_regs *regs)
{
	int length = exit->length;

	if (!length) {
		uint8_t bytes[HV_INSN_MAX];
		struct hv_fault fault;
		unsigned size = hv_fetch(vm, regs, bytes, &fault);

		length = hv_decode_length(bytes, size, regs);
	}
	if (length <= 0) {
		raise(vm, EXCEPTION_UD);
		return;
	}
	advance(vm, regs, regs->code64 ? regs->rip + (unsigned)length : (regs->rip + (unsigned)length) & UINT32_MAX);
}

static void do_cpuid(struct hv_vm *vm, const struct hv_exit *exit, struct hv_regs *regs)
{
	struct hv_cpuid_guest guest = {
	        .hypercall = vm->ops->hypercall,
	        .osxsave = regs->cr4 & CR4_OSXSAVE,
	        .enqcmd = vm->pasid_count != 0,
	};
	struct cpuid r;

	hv_state_cpuid(&vm->state, &guest);
	r = hv_cpuid((uint32_t)regs->gpr[HV_RAX], (uint32_t)regs->gpr[HV_RCX], &guest, cpu_cpuid_checked);
	regs->gpr[HV_RAX] = r.eax;
	regs->gpr[HV_RBX] = r.ebx;
	regs->gpr[HV_RCX] = r.ecx;
	regs->gpr[HV_RDX] = r.edx;
	vm->ops->set_regs(vm->vcpu, regs);
	skip(vm, exit, regs);
}

static void do_xsetbv(struct hv_vm *vm, const struct hv_exit *exit, const struct hv_regs *regs)
{
	uint64_t value = (uint32_t)regs->gpr[HV_RAX] | regs->gpr[HV_RDX] << 32;

	if (!(regs->cr4 & CR4_OSXSAVE))
		raise(vm, EXCEPTION_UD);
	else if (regs->cpl || hv_state_xsetbv(&vm->state, (uint32_t)regs->gpr[HV_RCX], value))
		raise(vm, EXCEPTION_GP);
	else
		skip(vm, exit, regs);
}

static void do_msr_read(struct hv_vm *vm, const struct hv_exit *exit, struct hv_regs *regs)
{
	uint64_t value;

	if (hv_msr_read(vm, (uint32_t)regs->gpr[HV_RCX], &value)) {
		raise(vm, EXCEPTION_GP);
		return;
	}
	regs->gpr[HV_RAX] = (uint32_t)value;
	regs->gpr[HV_RDX] = value >> 32;
	vm->ops->set_regs(vm->vcpu, regs);
	skip(vm, exit, regs);
}

static void do_msr_write(struct hv_vm *vm, const struct hv_exit *exit, const struct hv_regs *regs)
{
	uint64_t value = (uint32_t)regs->gpr[HV_RAX] | regs->gpr[HV_RDX] << 32;

	if (hv_msr_write(vm, (uint32_t)regs->gpr[HV_RCX], value))
		raise(vm, EXCEPTION_GP);
	else
		skip(vm, exit, regs);
}

/* The instruction at RIP, done here. Returns true when the guest is at its end. */
static bool do_instruction(struct hv_vm *vm, struct hv_regs *regs, struct hv_result *result, bool *nowhere)
{
	struct hv_fault fault;
	uint64_t rip = regs->rip;
	int rc = hv_do_instruction(vm, regs, &fault);

	*nowhere = rc == -EFAULT && fault.kind == HV_FAULT_NOWHERE;
	if (*nowhere)
		return bad_access(vm, fault.gpa, fault.access, what_is_at(vm, fault.gpa), result);
	if (rc == -EFAULT) {
		vm->ops->set_regs(vm->vcpu, regs); /* a string may have gone some way */
		raise_page_fault(vm, &fault);
	} else if (rc == -ERANGE) {
		raise(vm, EXCEPTION_GP);
	} else if (rc) { /* an instruction that nobody uses on a device */
		raise(vm, EXCEPTION_UD);
	} else {
		uint64_t next = regs->rip;

		regs->rip = rip;
		vm->ops->set_regs(vm->vcpu, regs);
		advance(vm, regs, next);
	}
	return false;
}

static bool do_port(struct hv_vm *vm, const struct hv_exit *exit, struct hv_regs *regs, struct hv_result *result)
{
	uint64_t mask = exit->width >= 4 ? UINT64_MAX : (UINT64_C(1) << (exit->width * 8)) - 1;
	bool nowhere;

	if (exit->string)
		return do_instruction(vm, regs, result, &nowhere);
	if (exit->in) {
		/* Four bytes clear the upper half of RAX. */
		regs->gpr[HV_RAX] = (regs->gpr[HV_RAX] & ~mask) | hv_port_in(vm, exit->port, exit->width);
		vm->ops->set_regs(vm->vcpu, regs);
	} else {
		hv_port_out(vm, exit->port, exit->width, (uint32_t)regs->gpr[HV_RAX]);
	}
	skip(vm, exit, regs);
	return false;
}

static bool do_stage2(struct hv_vm *vm, const struct hv_exit *exit, struct hv_regs *regs, struct hv_result *result)
{
	bool nowhere, over;
	struct hv_mmio region;

	if (exit->event.kind != HV_EVENT_NONE)
		return bad_access(vm, exit->gpa, exit->access, "while an event was being delivered", result);
	if (exit->table_walk)
		return bad_access(vm, exit->gpa, exit->access, "for one of the guest's page tables", result);
	if (!hv_mmio_find(vm, exit->gpa, &region))
		return bad_access(vm, exit->gpa, exit->access, what_is_at(vm, exit->gpa), result);
	if (exit->access == HV_ACCESS_FETCH)
		return bad_access(vm, exit->gpa, exit->access, "a device's registers", result);
	over = do_instruction(vm, regs, result, &nowhere);
	if (!nowhere)
		vm->stats.exits[HV_CAUSE_MMIO]++;
	return over;
}

static bool do_hypercall(struct hv_vm *vm, const struct hv_exit *exit, struct hv_regs *regs, struct hv_result *result)
{
	if (hv_hypercall(vm, regs, &result->status)) {
		result->end = HV_END_EXIT;
		snprintf(result->text, sizeof(result->text), "exit with status %" PRIu64, result->status);
		return true;
	}
	vm->ops->set_regs(vm->vcpu, regs);
	skip(vm, exit, regs);
	return false;
}

static bool do_hlt(struct hv_vm *vm, const struct hv_exit *exit, const struct hv_regs *regs, struct hv_result *result)
{
	if (!(regs->rflags & RFLAGS_IF)) {
		result->end = HV_END_HALT;
		snprintf(result->text, sizeof(result->text), "HLT with interrupts off, at 0x%" PRIx64, regs->rip);
		return true;
	}
	skip(vm, exit, regs);
	vm->halted = true;
	return false;
}

static void do_cr8(struct hv_vm *vm, const struct hv_regs *regs)
{
	uint8_t bytes[HV_INSN_MAX];
	struct hv_fault fault;
	unsigned length, size = hv_fetch(vm, regs, bytes, &fault);
	int from = hv_decode_mov_cr(bytes, size, regs, &length);

	if (from < 0) {
		raise(vm, EXCEPTION_UD);
	} else if (regs->gpr[from] > 0xf) {
		raise(vm, EXCEPTION_GP);
	} else {
		vm->apic.tpr = (uint8_t)(regs->gpr[from] << 4);
		advance(vm, regs, regs->rip + length);
	}
}

/* The guest's end; and the run's, as when the host takes one, if the processor is not to be relied on any more. */
static bool do_machine_check(const struct hv_regs *regs, struct hv_result *result)
{
	char what[80] = "the processor has no banks to say why";
	bool corrupt =
	        cpu_cpuid(1, 0).edx & CPUID_1_EDX_MCA && hv_machine_check(what, sizeof(what), cpu_rdmsr, cpu_wrmsr);

	result->end = HV_END_ERROR;
	snprintf(result->text, sizeof(result->text), "machine check while the guest ran, at 0x%" PRIx64 ": %s",
	         regs->rip, what);
	if (corrupt) {
		console_printf("# %s; the processor's context is corrupt\n", result->text);
		platform_exit(EXIT_STATUS_CRASH);
	}
	return true;
}

static void count(struct hv_vm *vm, const struct hv_exit *exit)
{
	static const uint8_t causes[] = {
	        [HV_EXIT_HYPERCALL] = HV_CAUSE_HYPERCALL,
	        [HV_EXIT_CPUID] = HV_CAUSE_CPUID,
	        [HV_EXIT_MSR_READ] = HV_CAUSE_MSR_READ,
	        [HV_EXIT_MSR_WRITE] = HV_CAUSE_MSR_WRITE,
	        [HV_EXIT_PORT] = HV_CAUSE_PORT,
	        [HV_EXIT_STAGE2] = HV_CAUSE_COUNT, /* do_stage2() knows which */
	        [HV_EXIT_HLT] = HV_CAUSE_HLT,
	        [HV_EXIT_INTERRUPT] = HV_CAUSE_INTERRUPT,
	        [HV_EXIT_WINDOW] = HV_CAUSE_INTERRUPT_WINDOW,
	        [HV_EXIT_CR8] = HV_CAUSE_OTHER,
	        [HV_EXIT_EXCEPTION] = HV_CAUSE_OTHER,
	        [HV_EXIT_XSETBV] = HV_CAUSE_OTHER,
	        [HV_EXIT_PASID] = HV_CAUSE_OTHER,
	        [HV_EXIT_FORBIDDEN] = HV_CAUSE_FORBIDDEN,
	        [HV_EXIT_RESUME] = HV_CAUSE_OTHER,
	        [HV_EXIT_NOTHING] = HV_CAUSE_OTHER,
	        [HV_EXIT_SHUTDOWN] = HV_CAUSE_SHUTDOWN,
	        [HV_EXIT_INIT] = HV_CAUSE_OTHER,
	        [HV_EXIT_INVALID] = HV_CAUSE_OTHER,
	        [HV_EXIT_MACHINE_CHECK] = HV_CAUSE_OTHER,
	        [HV_EXIT_UNKNOWN] = HV_CAUSE_OTHER,
	};

	vm->stats.total++;
	if (causes[exit->reason] < HV_CAUSE_COUNT)
		vm->stats.exits[causes[exit->reason]]++;
}

bool hv_handle_exit(struct hv_vm *vm, const struct hv_exit *exit, struct hv_result *result)
{
	const char *words = exit->words ? exit->words : "no more is known";
	struct hv_regs regs;

	count(vm, exit);
	/* What the exit cut short is delivered again, unless handling it finds something that comes first. */
	vm->event = exit->event;
	vm->ops->get_regs(vm->vcpu, &regs);
	switch (exit->reason) {
	case HV_EXIT_INTERRUPT:
	case HV_EXIT_WINDOW:
	case HV_EXIT_EXCEPTION:
	case HV_EXIT_RESUME:
		return false;
	case HV_EXIT_HYPERCALL:
		return do_hypercall(vm, exit, &regs, result);
	case HV_EXIT_CPUID:
		do_cpuid(vm, exit, &regs);
		return false;
	case HV_EXIT_MSR_READ:
		do_msr_read(vm, exit, &regs);
		return false;
	case HV_EXIT_MSR_WRITE:
		do_msr_write(vm, exit, &regs);
		return false;
	case HV_EXIT_PORT:
		return do_port(vm, exit, &regs, result);
	case HV_EXIT_STAGE2:
		return do_stage2(vm, exit, &regs, result);
	case HV_EXIT_HLT:
		return do_hlt(vm, exit, &regs, result);
	case HV_EXIT_CR8:
		do_cr8(vm, &regs);
		return false;
	case HV_EXIT_XSETBV:
		do_xsetbv(vm, exit, &regs);
		return false;
	case HV_EXIT_PASID: /* as with IA32_PASID not valid */
		raise(vm, EXCEPTION_GP);
		return false;
	case HV_EXIT_FORBIDDEN:
		raise(vm, EXCEPTION_UD);
		return false;
	case HV_EXIT_NOTHING:
		skip(vm, exit, &regs);
		return false;
	case HV_EXIT_SHUTDOWN:
		result->end = HV_END_SHUTDOWN;
		snprintf(result->text, sizeof(result->text), "triple fault at 0x%" PRIx64 ", CR2 0x%" PRIx64, regs.rip,
		         regs.cr2);
		return true;
	case HV_EXIT_INIT:
		result->end = HV_END_ERROR;
		snprintf(result->text, sizeof(result->text),
		         "an INIT signal reached the processor while the guest ran, at 0x%" PRIx64, regs.rip);
		return true;
	case HV_EXIT_INVALID:
		result->end = HV_END_ERROR;
		snprintf(result->text, sizeof(result->text), "%s refused to enter the guest: %s (0x%" PRIx64 ")",
		         vm->ops->name, words, exit->code);
		return true;
	case HV_EXIT_MACHINE_CHECK:
		return do_machine_check(&regs, result);
	case HV_EXIT_UNKNOWN:
		break;
	}
	result->end = HV_END_ERROR;
	snprintf(result->text, sizeof(result->text),
	         "%s exit 0x%" PRIx64 " (%s; 0x%" PRIx64 ", 0x%" PRIx64 ") is not handled", vm->ops->name, exit->code,
	         words, exit->info[0], exit->info[1]);
	return true;
}
