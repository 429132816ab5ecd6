/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/vmx.h"

const char *vmx_instruction_error(uint64_t number)
{
	static const char *const names[] = {
	        [1] = "VMCALL in root operation",
	        [2] = "VMCLEAR: bad address",
	        [3] = "VMCLEAR of the VMXON region",
	        [4] = "VMLAUNCH of a VMCS that is not clear",
	        [5] = "VMRESUME of a VMCS that was not launched",
	        [6] = "VMRESUME after VMXOFF",
	        [7] = "a control field is not valid",
	        [8] = "a host-state field is not valid",
	        [9] = "VMPTRLD: bad address",
	        [10] = "VMPTRLD of the VMXON region",
	        [11] = "VMPTRLD: wrong VMCS revision",
	        [12] = "VMREAD or VMWRITE of a field that is not there",
	        [13] = "VMWRITE of a read-only field",
	        [15] = "VMXON in root operation",
	        [26] = "an event cannot be injected while MOV SS blocks",
	        [28] = "INVEPT or INVVPID: bad operand",
	};

	return number < ARRAY_SIZE(names) && names[number] ? names[number] : "unknown VM-instruction error";
}

const char *vmx_reason_name(uint32_t reason)
{
	static const char *const names[] = {
	        [REASON_EXCEPTION] = "exception or NMI",
	        [REASON_INTERRUPT] = "external interrupt",
	        [REASON_TRIPLE_FAULT] = "triple fault",
	        [REASON_INIT] = "INIT",
	        [4] = "start-up IPI",
	        [5] = "SMI of an I/O instruction",
	        [6] = "SMI",
	        [REASON_WINDOW] = "interrupt window",
	        [8] = "NMI window",
	        [REASON_TASK_SWITCH] = "task switch",
	        [REASON_CPUID] = "CPUID",
	        [REASON_GETSEC] = "GETSEC",
	        [REASON_HLT] = "HLT",
	        [REASON_INVD] = "INVD",
	        [14] = "INVLPG",
	        [REASON_RDPMC] = "RDPMC",
	        [16] = "RDTSC",
	        [REASON_RSM] = "RSM",
	        [REASON_VMCALL] = "VMCALL",
	        [REASON_CR] = "control register access",
	        [REASON_DR] = "MOV DR",
	        [REASON_PORT] = "I/O instruction",
	        [REASON_RDMSR] = "RDMSR",
	        [REASON_WRMSR] = "WRMSR",
	        [REASON_BAD_STATE] = "the guest's state is not valid",
	        [REASON_BAD_MSR] = "an MSR of the entry's list cannot be loaded",
	        [REASON_MWAIT] = "MWAIT",
	        [37] = "monitor trap flag",
	        [REASON_MONITOR] = "MONITOR",
	        [40] = "PAUSE",
	        [REASON_ENTRY_MACHINE_CHECK] = "machine check while entering",
	        [REASON_TPR] = "TPR below threshold",
	        [44] = "APIC access",
	        [45] = "virtualized EOI",
	        [46] = "GDTR or IDTR access",
	        [47] = "LDTR or TR access",
	        [REASON_EPT_VIOLATION] = "EPT violation",
	        [REASON_EPT_MISCONFIGURED] = "EPT misconfiguration",
	        [REASON_INVEPT] = "INVEPT",
	        [REASON_RDTSCP] = "RDTSCP",
	        [REASON_TIMER] = "preemption timer",
	        [REASON_INVVPID] = "INVVPID",
	        [REASON_WBINVD] = "WBINVD",
	        [REASON_XSETBV] = "XSETBV",
	        [56] = "APIC write",
	        [57] = "RDRAND",
	        [58] = "INVPCID",
	        [REASON_VMFUNC] = "VMFUNC",
	        [60] = "ENCLS",
	        [61] = "RDSEED",
	        [62] = "page-modification log full",
	        [63] = "XSAVES",
	        [64] = "XRSTORS",
	        [67] = "UMWAIT",
	        [68] = "TPAUSE",
	        [REASON_ENQCMD] = "ENQCMD: PASID translation",
	        [REASON_ENQCMDS] = "ENQCMDS: PASID translation",
	        [74] = "bus lock",
	        [75] = "notify window",
	};

	return reason < ARRAY_SIZE(names) && names[reason] ? names[reason] : "unknown exit reason";
}
