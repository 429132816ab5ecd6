/* SPDX-License-Identifier: BSD-2-Clause */
/* VMX's exit reasons (Intel SDM vol. 3, appendix C) in the hypervisor's own terms. */
#include "kernel/hv/vmx.h"

#define EXCEPTION_DB 1U
#define EXCEPTION_AC 17U
#define EXCEPTION_MC 18U

/* What the exit cut short, if it has to be delivered again. INT n, INT3 and INTO do it again themselves: RIP is on
 * them. */
static struct hv_event cut_short(void)
{
	uint64_t info = vmx_read(VMCS_IDT_EVENT);
	struct hv_event event = {.vector = (uint8_t)FIELD_GET(EVENT_VECTOR, info)};

	if (!(info & EVENT_VALID))
		return event;
	switch (FIELD_GET(EVENT_TYPE, info)) {
	case EVENT_TYPE_INTERRUPT:
		event.kind = HV_EVENT_INTERRUPT;
		break;
	case EVENT_TYPE_NMI:
		event.kind = HV_EVENT_NMI;
		/* Its delivery blocks NMIs, and would forbid to deliver it again (26.3.1.5). */
		vmx_write(VMCS_INTERRUPTIBILITY, vmx_read(VMCS_INTERRUPTIBILITY) & ~BLOCKED_NMI);
		break;
	case EVENT_TYPE_EXCEPTION:
		event.kind = HV_EVENT_EXCEPTION;
		event.has_error = info & EVENT_HAS_ERROR;
		event.error = event.has_error ? (uint32_t)vmx_read(VMCS_IDT_ERROR_CODE) : 0;
		break;
	default:
		break;
	}
	return event;
}

/* An IRET that faulted had unblocked NMIs already (27.2.3): it will run again. */
static void block_nmi_again(void)
{
	if (!(vmx_read(VMCS_IDT_EVENT) & EVENT_VALID))
		vmx_write(VMCS_INTERRUPTIBILITY, vmx_read(VMCS_INTERRUPTIBILITY) | BLOCKED_NMI);
}

static void decode_exception(struct hv_exit *exit)
{
	uint64_t info = vmx_read(VMCS_EXIT_EVENT);
	unsigned vector = (unsigned)FIELD_GET(EVENT_VECTOR, info);

	exit->info[1] = info;
	if (FIELD_GET(EVENT_TYPE, info) == EVENT_TYPE_NMI) {
		exit->reason = HV_EXIT_INTERRUPT;
		return;
	}
	if (info & EVENT_NMI_UNBLOCKED)
		block_nmi_again();
	if (vector == EXCEPTION_MC) {
		exit->reason = HV_EXIT_MACHINE_CHECK;
	} else if (vector == EXCEPTION_DB || vector == EXCEPTION_AC) {
		exit->reason = HV_EXIT_EXCEPTION;
		exit->event = (struct hv_event){
		        .kind = HV_EVENT_EXCEPTION,
		        .vector = (uint8_t)vector,
		        .has_error = vector == EXCEPTION_AC,
		};
	}
}

static void decode_port(struct hv_exit *exit)
{
	uint64_t info = exit->info[0];

	exit->reason = HV_EXIT_PORT;
	exit->port = (uint16_t)FIELD_GET(PORT_NUMBER, info);
	exit->width = (uint8_t)(FIELD_GET(PORT_WIDTH, info) + 1);
	exit->in = info & PORT_IN;
	exit->string = info & PORT_STRING;
}

static void decode_stage2(struct hv_exit *exit)
{
	uint64_t info = exit->info[0];

	if (info & EPT_NMI_UNBLOCKED)
		block_nmi_again();
	exit->reason = HV_EXIT_STAGE2;
	exit->length = 0; /* undefined here */
	exit->gpa = exit->info[1] = vmx_read(VMCS_GUEST_PHYSICAL);
	exit->table_walk = !(info & EPT_LINEAR_VALID) || !(info & EPT_NOT_TABLE_WALK);
	exit->access = info & EPT_WAS_FETCH ? HV_ACCESS_FETCH : info & EPT_WAS_WRITE ? HV_ACCESS_WRITE : HV_ACCESS_READ;
}

void vmx_decode_exit(struct vmx_vcpu *v, struct hv_exit *exit)
{
	uint64_t reason = vmx_read(VMCS_EXIT_REASON);

	*exit = (struct hv_exit){
	        .reason = HV_EXIT_UNKNOWN,
	        .code = reason,
	        .info = {vmx_read(VMCS_QUALIFICATION)},
	        .words = vmx_reason_name((uint32_t)FIELD_GET(REASON_BASIC, reason)),
	};
	if (reason & REASON_ENTRY_FAILURE) {
		exit->reason = FIELD_GET(REASON_BASIC, reason) == REASON_ENTRY_MACHINE_CHECK ? HV_EXIT_MACHINE_CHECK
		                                                                             : HV_EXIT_INVALID;
		return;
	}
	exit->event = cut_short();
	exit->length = (uint8_t)vmx_read(VMCS_EXIT_LENGTH);
	switch (FIELD_GET(REASON_BASIC, reason)) {
	case REASON_EXCEPTION:
		decode_exception(exit);
		break;
	case REASON_INTERRUPT:
		exit->reason = HV_EXIT_INTERRUPT;
		exit->info[1] = vmx_read(VMCS_EXIT_EVENT);
		exit->acknowledged = vmx_caps.exit & EXIT_ACK && exit->info[1] & EVENT_VALID;
		exit->vector = (uint8_t)FIELD_GET(EVENT_VECTOR, exit->info[1]);
		break;
	case REASON_TIMER:
		exit->reason = HV_EXIT_INTERRUPT;
		break;
	case REASON_TRIPLE_FAULT:
		exit->reason = HV_EXIT_SHUTDOWN;
		break;
	case REASON_INIT:
		exit->reason = HV_EXIT_INIT;
		break;
	case REASON_WINDOW:
		exit->reason = HV_EXIT_WINDOW;
		break;
	case REASON_CPUID:
		exit->reason = HV_EXIT_CPUID;
		break;
	case REASON_HLT:
		exit->reason = HV_EXIT_HLT;
		break;
	case REASON_INVD:
	case REASON_WBINVD:
		exit->reason = HV_EXIT_NOTHING;
		break;
	case REASON_VMCALL:
		exit->reason = HV_EXIT_HYPERCALL;
		break;
	case REASON_TASK_SWITCH: /* 64-bit code has none, and nobody here does one for the guest */
	case REASON_GETSEC:
	case REASON_RDPMC:
	case REASON_RSM:
	case REASON_VMCLEAR ... REASON_VMXON:
	case REASON_DR:
	case REASON_MWAIT:
	case REASON_MONITOR:
	case REASON_INVEPT:
	case REASON_RDTSCP:
	case REASON_INVVPID:
	case REASON_VMFUNC:
		exit->reason = HV_EXIT_FORBIDDEN;
		break;
	case REASON_XSETBV:
		exit->reason = HV_EXIT_XSETBV;
		break;
	case REASON_ENQCMD:
	case REASON_ENQCMDS:
		exit->reason = HV_EXIT_PASID;
		break;
	case REASON_CR:
		vmx_control_register(v, exit->info[0], exit);
		break;
	case REASON_PORT:
		decode_port(exit);
		break;
	case REASON_RDMSR:
		exit->reason = HV_EXIT_MSR_READ;
		break;
	case REASON_WRMSR:
		exit->reason = HV_EXIT_MSR_WRITE;
		break;
	case REASON_TPR:
		exit->reason = HV_EXIT_RESUME;
		break;
	case REASON_EPT_VIOLATION:
		decode_stage2(exit);
		break;
	default:
		break;
	}
}

void vmx_decode_failure(unsigned failure, struct hv_exit *exit)
{
	*exit = (struct hv_exit){.reason = HV_EXIT_INVALID, .words = "no current VMCS"};
	if (failure == VMX_FAIL_VALID) {
		exit->code = vmx_read(VMCS_INSTRUCTION_ERROR);
		exit->words = vmx_instruction_error(exit->code);
	}
}
