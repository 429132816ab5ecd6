/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine control block and its surroundings: AMD64 Architecture Programmer's Manual vol. 2, 15 and
 * appendix B. */
#ifndef KERNEL_HV_SVM_H
#define KERNEL_HV_SVM_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/bits.h"
#include "kernel/hv/ops.h"

#define CPUID_SVM           0x8000000aU
#define CPUID_SVM_EDX_NP    BIT32(0)
#define CPUID_SVM_EDX_NRIPS BIT32(3)
#define CPUID_X1_ECX_SVM    BIT32(2)
#define CPUID_X1_EDX_1G     BIT32(26)

#define MSR_EFER        0xc0000080U
#define EFER_SVME       BIT64(12)
#define MSR_VM_CR       0xc0010114U
#define VM_CR_LOCK      BIT64(3)
#define VM_CR_SVMDIS    BIT64(4)
#define MSR_VM_HSAVE_PA 0xc0010117U

#define INTERCEPT_CR8          0x100U /* of cr_write */
/* Intercepts, third word (offset 00c) and fourth (010). */
#define INTERCEPT_INTR         BIT32(0)
#define INTERCEPT_NMI          BIT32(1)
#define INTERCEPT_INIT         BIT32(3)
#define INTERCEPT_VINTR        BIT32(4)
#define INTERCEPT_RDPMC        BIT32(15)
#define INTERCEPT_CPUID        BIT32(18)
#define INTERCEPT_RSM          BIT32(19)
#define INTERCEPT_INVD         BIT32(22)
#define INTERCEPT_HLT          BIT32(24)
#define INTERCEPT_INVLPGA      BIT32(26)
#define INTERCEPT_IOIO         BIT32(27)
#define INTERCEPT_MSR          BIT32(28)
#define INTERCEPT_FERR         BIT32(30)
#define INTERCEPT_SHUTDOWN     BIT32(31)
#define INTERCEPT2_VMRUN       BIT32(0)
#define INTERCEPT2_VMMCALL     BIT32(1)
#define INTERCEPT2_VMLOAD      BIT32(2)
#define INTERCEPT2_VMSAVE      BIT32(3)
#define INTERCEPT2_STGI        BIT32(4)
#define INTERCEPT2_CLGI        BIT32(5)
#define INTERCEPT2_SKINIT      BIT32(6)
#define INTERCEPT2_RDTSCP      BIT32(7)
#define INTERCEPT2_WBINVD      BIT32(9)
#define INTERCEPT2_MONITOR     BIT32(10)
#define INTERCEPT2_MWAIT       BIT32(11)
#define INTERCEPT2_MWAIT_ARMED BIT32(12)
#define INTERCEPT2_XSETBV      BIT32(13)

#define TLB_FLUSH_ALL 1U

#define INT_CTL_TPR        GENMASK32(3, 0) /* of bits 7:0; CR8 has four */
#define INT_CTL_IRQ        BIT32(8)
#define INT_CTL_IGNORE_TPR BIT32(20)
#define INT_CTL_MASKING    BIT32(24)
#define INT_STATE_SHADOW   BIT64(0)
#define NESTED_ENABLE      BIT64(0)

/* EVENTINJ and EXITINTINFO. */
#define EVENT_VECTOR         GENMASK64(7, 0)
#define EVENT_TYPE           GENMASK64(10, 8)
#define EVENT_TYPE_INTR      0U
#define EVENT_TYPE_NMI       2U
#define EVENT_TYPE_EXCEPTION 3U
#define EVENT_TYPE_SOFT      4U
#define EVENT_HAS_ERROR      BIT64(11)
#define EVENT_VALID          BIT64(31)
#define EVENT_ERROR          GENMASK64(63, 32)

#define EXIT_CR8_WRITE  0x018U
#define EXIT_DR0_READ   0x020U
#define EXIT_DR15_WRITE 0x03fU
#define EXIT_EXCEPTION  0x040U /* plus the vector */
#define EXIT_INTR       0x060U
#define EXIT_NMI        0x061U
#define EXIT_INIT       0x063U
#define EXIT_VINTR      0x064U
#define EXIT_RDPMC      0x06fU
#define EXIT_CPUID      0x072U
#define EXIT_RSM        0x073U
#define EXIT_INVD       0x076U
#define EXIT_HLT        0x078U
#define EXIT_INVLPGA    0x07aU
#define EXIT_IOIO       0x07bU
#define EXIT_MSR        0x07cU
#define EXIT_SHUTDOWN   0x07fU
#define EXIT_VMRUN      0x080U
#define EXIT_VMMCALL    0x081U
#define EXIT_RDTSCP     0x087U
#define EXIT_WBINVD     0x089U
#define EXIT_XSETBV     0x08dU
#define EXIT_NPF        0x400U
#define EXIT_INVALID    UINT64_MAX
#define EXIT_INVALID_32 UINT64_C(0xffffffff) /* as TCG writes it */

#define IOIO_IN     BIT64(0)
#define IOIO_STRING BIT64(2)
#define IOIO_SIZE   GENMASK64(6, 4) /* one bit each for 8, 16 and 32 bits: the value is the bytes */
#define IOIO_PORT   GENMASK64(31, 16)

#define NPF_WRITE      BIT64(1)
#define NPF_FETCH      BIT64(4)
#define NPF_TABLE_WALK BIT64(33)

#define SEGMENT_CODE_64 0xa9bU /* present, ring 0, execute/read, accessed, L, G: descriptor bits 55:52 and 47:40 */
#define SEGMENT_DATA    0xc93U
#define SEGMENT_TSS     0x08bU
#define SEGMENT_LDT     0x082U
#define SEGMENT_L       0x200U
#define SEGMENT_D       0x400U

#define EXCEPTION_DB 1U
#define EXCEPTION_AC 17U
#define EXCEPTION_MC 18U

struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};
_Static_assert(sizeof(struct vmcb_segment) == 16, "APM vol. 2, table B-2");

struct vmcb {
	uint16_t cr_read, cr_write;
	uint16_t dr_read, dr_write;
	uint32_t exceptions;
	uint32_t intercept1;
	uint32_t intercept2;
	uint32_t intercept3;
	uint8_t rsvd1[0x28];
	uint64_t iopm_pa;
	uint64_t msrpm_pa;
	uint64_t tsc_offset;
	uint32_t asid;
	uint8_t tlb_control;
	uint8_t rsvd2[3];
	uint32_t int_ctl;
	uint32_t int_vector;
	uint64_t int_state;
	uint64_t exit_code;
	uint64_t exit_info[2];
	uint64_t exit_int_info;
	uint64_t nested;
	uint8_t rsvd3[0x10];
	uint64_t event_inj;
	uint64_t nested_cr3;
	uint64_t lbr;
	uint32_t clean;
	uint32_t rsvd4;
	uint64_t next_rip;
	uint8_t rsvd5[0x400 - 0xd0];

	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t rsvd6[0x2b];
	uint8_t cpl;
	uint32_t rsvd7;
	uint64_t efer;
	uint8_t rsvd8[0x70];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t rsvd9[0x58];
	uint64_t rsp;
	uint8_t rsvd10[0x18];
	uint64_t rax;
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t cr2;
	uint8_t rsvd11[0x20];
	uint64_t pat;
	uint8_t rsvd12[0x1000 - 0x670];
};
_Static_assert(sizeof(struct vmcb) == 0x1000, "one page");
_Static_assert(offsetof(struct vmcb, iopm_pa) == 0x040, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, asid) == 0x058, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x070, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, nested) == 0x090, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, event_inj) == 0x0a8, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, next_rip) == 0x0c8, "APM vol. 2, table B-1");
_Static_assert(offsetof(struct vmcb, es) == 0x400, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "APM vol. 2, table B-2");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "APM vol. 2, table B-2");

struct svm_vcpu {
	struct vmcb *vmcb;
	uint64_t *top; /* fifth level of the nested page tables, if the host's have five */
	uint64_t gpr[HV_GPR_COUNT];
	bool window;
	uint32_t stale; /* atomic: translations in the TLB are */
	unsigned last_cpu;
};

/* svm_guest.c: struct hv_ops' operations of these names. */
void svm_get_regs(void *vcpu, struct hv_regs *regs);
void svm_set_regs(void *vcpu, const struct hv_regs *regs);
void svm_set_cr2(void *vcpu, uint64_t cr2);
uint64_t svm_get_efer(void *vcpu);
void svm_set_efer(void *vcpu, uint64_t efer);
uint64_t svm_get_pat(void *vcpu);
void svm_set_pat(void *vcpu, uint64_t pat);
void svm_skip(void *vcpu, uint64_t rip);
bool svm_interruptible(void *vcpu);
void svm_inject(void *vcpu, const struct hv_event *event);
void svm_set_window(void *vcpu, bool on);
uint8_t svm_get_tpr(void *vcpu);
void svm_set_tpr(void *vcpu, uint8_t tpr, bool watch);

/*
 * svm_run.S: enter the guest of the VMCB at physical address vmcb_pa and return after its exit. gpr are the guest's
 * general registers by enum hv_reg (RAX and RSP are in the VMCB); the host's FS, GS, TR, LDTR and system-call MSRs are
 * kept in the VMCB at host_pa. Interrupts are off before and after.
 */
void svm_enter(uint64_t *gpr, uint64_t vmcb_pa, uint64_t host_pa);

/* svm_exit.c: what the VMCB says about the latest exit. has_nrips: it holds the next instruction's address. */
void svm_decode_exit(const struct vmcb *c, bool has_nrips, struct hv_exit *exit);

#endif
