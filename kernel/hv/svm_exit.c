/* SPDX-License-Identifier: BSD-2-Clause */
/* SVM's exit codes (APM vol. 2, appendix C) in the hypervisor's own terms. */
#include "kernel/hv/svm.h"

/* What EXITINTINFO says was being delivered, if it has to be delivered again. */
static struct hv_event cut_short(uint64_t info)
{
	struct hv_event event = {
	        .vector = (uint8_t)FIELD_GET(EVENT_VECTOR, info),
	        .has_error = (info & EVENT_HAS_ERROR) != 0,
	        .error = (uint32_t)FIELD_GET(EVENT_ERROR, info),
	};

	if (!(info & EVENT_VALID))
		return (struct hv_event){0};
	switch (FIELD_GET(EVENT_TYPE, info)) {
	case EVENT_TYPE_INTR:
		event.kind = HV_EVENT_INTERRUPT;
		break;
	case EVENT_TYPE_NMI:
		event.kind = HV_EVENT_NMI;
		break;
	case EVENT_TYPE_EXCEPTION:
		/* INT3 and INTO: RIP is still on the instruction, which will do it again. */
		event.kind = event.vector == 3 || event.vector == 4 ? HV_EVENT_NONE : HV_EVENT_EXCEPTION;
		break;
	default: /* INT n: likewise */
		break;
	}
	return event;
}

void svm_decode_exit(const struct vmcb *c, bool has_nrips, struct hv_exit *exit)
{
	uint64_t code = c->exit_code, info = c->exit_info[0];

	*exit = (struct hv_exit){
	        .reason = HV_EXIT_UNKNOWN,
	        .event = cut_short(c->exit_int_info),
	        .code = code,
	        .info = {info, c->exit_info[1]},
	};
	if (has_nrips && c->next_rip > c->rip && c->next_rip - c->rip <= 15)
		exit->length = (uint8_t)(c->next_rip - c->rip);
	switch (code) {
	case EXIT_CR8_WRITE:
		exit->reason = HV_EXIT_CR8;
		break;
	case EXIT_DR0_READ ... EXIT_DR15_WRITE:
	case EXIT_RDPMC:
	case EXIT_RSM:
	case EXIT_INVLPGA:
	case EXIT_VMRUN:
	case EXIT_VMMCALL + 1 ... EXIT_RDTSCP:
	case EXIT_WBINVD + 1 ... EXIT_XSETBV - 1:
		exit->reason = HV_EXIT_FORBIDDEN;
		break;
	case EXIT_XSETBV:
		exit->reason = HV_EXIT_XSETBV;
		break;
	case EXIT_EXCEPTION + EXCEPTION_MC:
		exit->reason = HV_EXIT_MACHINE_CHECK;
		break;
	case EXIT_EXCEPTION + EXCEPTION_DB:
	case EXIT_EXCEPTION + EXCEPTION_AC:
		exit->reason = HV_EXIT_EXCEPTION;
		exit->event = (struct hv_event){
		        .kind = HV_EVENT_EXCEPTION,
		        .vector = (uint8_t)(code - EXIT_EXCEPTION),
		        .has_error = code == EXIT_EXCEPTION + EXCEPTION_AC,
		        .error = 0,
		};
		break;
	case EXIT_INTR:
	case EXIT_NMI:
		exit->reason = HV_EXIT_INTERRUPT;
		break;
	case EXIT_INIT:
		exit->reason = HV_EXIT_INIT;
		break;
	case EXIT_VINTR:
		exit->reason = HV_EXIT_WINDOW;
		break;
	case EXIT_CPUID:
		exit->reason = HV_EXIT_CPUID;
		break;
	case EXIT_HLT:
		exit->reason = HV_EXIT_HLT;
		break;
	case EXIT_INVD:
	case EXIT_WBINVD:
		exit->reason = HV_EXIT_NOTHING;
		break;
	case EXIT_MSR:
		exit->reason = info & 1U ? HV_EXIT_MSR_WRITE : HV_EXIT_MSR_READ;
		break;
	case EXIT_IOIO:
		exit->reason = HV_EXIT_PORT;
		exit->port = (uint16_t)FIELD_GET(IOIO_PORT, info);
		exit->width = (uint8_t)FIELD_GET(IOIO_SIZE, info);
		exit->in = info & IOIO_IN;
		exit->string = info & IOIO_STRING;
		exit->length =
		        (uint8_t)(c->exit_info[1] - c->rip); /* RIP behind it, whatever else the processor lacks */
		break;
	case EXIT_VMMCALL:
		exit->reason = HV_EXIT_HYPERCALL;
		break;
	case EXIT_SHUTDOWN:
		exit->reason = HV_EXIT_SHUTDOWN;
		break;
	case EXIT_NPF:
		exit->reason = HV_EXIT_STAGE2;
		exit->gpa = c->exit_info[1];
		exit->table_walk = info & NPF_TABLE_WALK;
		exit->access = info & NPF_FETCH ? HV_ACCESS_FETCH : info & NPF_WRITE ? HV_ACCESS_WRITE : HV_ACCESS_READ;
		break;
	case EXIT_INVALID:
	case EXIT_INVALID_32:
		exit->reason = HV_EXIT_INVALID;
		break;
	default:
		break;
	}
}
