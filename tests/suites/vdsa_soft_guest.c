/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest of the vDSA suites without a device: it goes through a list of steps in its memory, each one instruction
 * that reads or writes something. The instructions are the processor's own; what traps and what does not is thereby the
 * hypervisor's matter and the portals' mapping.
 */
#include <linux/pci_regs.h>

#include "kernel/cpu.h"
#include "tests/suites/vdsa_soft.h"

/* As the code below numbers them. */
enum step_kind {
	STEP_END,
	STEP_READ8,
	STEP_READ16,
	STEP_READ32,
	STEP_READ64,
	STEP_WRITE8,
	STEP_WRITE16,
	STEP_WRITE32,
	STEP_WRITE64,
	STEP_MOVDIR64B,
	STEP_STORE64,
	STEP_AWAIT,
	STEP_OUT32,
	STEP_IN32,
};

struct step {
	uint64_t kind, address, value;
};
#define PROGRAM_DONE 0x5000U

_Static_assert(sizeof(struct step) == 24, "as the code below has it");
_Static_assert(SOFT_PROGRAM == 0x30000, "as the code below has it");
_Static_assert(SOFT_PROGRAM + (SOFT_STEPS_MAX + 1) * sizeof(struct step) <= SOFT_DESC, "the steps' room");

#define CASE(kind, code) "cmp $" #kind ", %eax\njne 1f\n" code "jmp 9f\n1:\n"

/* RBX: the step; RSI: its address; RDX: its value, which is stored back. */
GUEST(soft_steps, INTERRUPTS "7: mov $0x30000, %ebx\n8: mov (%rbx), %eax\nmov 8(%rbx), %rsi\nmov 16(%rbx), %rdx\n"
      // clang-format off
		 CASE(1, "movzbl (%rsi), %edx\n")
		 CASE(2, "movzwl (%rsi), %edx\n")
		 CASE(3, "mov (%rsi), %edx\n")
		 CASE(4, "mov (%rsi), %rdx\n")
		 CASE(5, "mov %dl, (%rsi)\n")
		 CASE(6, "mov %dx, (%rsi)\n")
		 CASE(7, "mov %edx, (%rsi)\n")
		 CASE(8, "mov %rdx, (%rsi)\n")
		 /* movdir64b (%rdx), %rsi */
		 CASE(9, ".byte 0x66, 0x0f, 0x38, 0xf8, 0x32\n")
		 CASE(10, "mov $56, %ecx\n2: mov (%rdx,%rcx), %rax\nmov %rax, (%rsi,%rcx)\nsub $8, %ecx\njns 2b\n")
		 /* The limit is the host's. */
		 CASE(11, "sti\n2: pause\ncmp %dl, (%rsi)\njb 2b\ncli\n")
		 CASE(12, "mov %edx, %eax\nmov %esi, %edx\nout %eax, %dx\n")
		 CASE(13, "mov %esi, %edx\nin %dx, %eax\nmov %eax, %edx\n")
      // clang-format on
      "mov $0x5000, %eax\n" HYPERCALL "jmp 7b\n9: mov %rdx, 16(%rbx)\nadd $24, %rbx\njmp 8b\n");

static struct step *step_at(const struct soft *s, uint64_t n)
{
	return hv_ram_ptr(s->vm, SOFT_PROGRAM + n * sizeof(struct step), sizeof(struct step));
}

static unsigned step(struct soft *s, enum step_kind kind, uint64_t address, uint64_t value)
{
	if (s->steps == SOFT_STEPS_MAX)
		FAIL("more than %u steps", SOFT_STEPS_MAX);
	*step_at(s, s->steps) = (struct step){kind, address, value};
	return (unsigned)s->steps++;
}

static unsigned log2_of(unsigned width)
{
	return width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : 3;
}

unsigned soft_read(struct soft *s, uint64_t address, unsigned width)
{
	return step(s, STEP_READ8 + log2_of(width), address, 0);
}

void soft_write(struct soft *s, uint64_t address, unsigned width, uint64_t value)
{
	(void)step(s, STEP_WRITE8 + log2_of(width), address, value);
}

unsigned soft_port_read(struct soft *s, unsigned offset)
{
	(void)step(s, STEP_OUT32, 0xcf8, BIT32(31) | VDSA_BIND_DEVFN << 8 | (offset & 0xfc));
	return step(s, STEP_IN32, 0xcfc, 0);
}

void soft_movdir64b(struct soft *s, uint64_t to, uint64_t from)
{
	(void)step(s, STEP_MOVDIR64B, to, from);
}

void soft_store64(struct soft *s, uint64_t to, uint64_t from)
{
	(void)step(s, STEP_STORE64, to, from);
}

void soft_await(struct soft *s, uint64_t address, uint8_t value)
{
	(void)step(s, STEP_AWAIT, address, value);
}

unsigned soft_command(struct soft *s, uint32_t code, uint32_t operand)
{
	soft_write(s, SOFT_BAR0 + DSA_CMD, 4,
	           DSA_CMD_REQ_INT | FIELD_PREP(DSA_CMD_CODE, code) | FIELD_PREP(DSA_CMD_OPERAND, operand));
	return soft_read(s, SOFT_BAR0 + DSA_CMDSTS, 4);
}

/* At the end of its program the guest asks to be stopped; run on, it begins with the next one. */
static bool stop(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result)
{
	(void)args;
	*result = 0;
	if (number == PROGRAM_DONE)
		hv_stop(arg);
	return number == PROGRAM_DONE;
}

void soft_run(struct soft *s)
{
	(void)step(s, STEP_END, 0, 0);
	guest_run(s->vm, HV_END_STOPPED);
	s->steps = 0;
	soft_invariants(s);
}

uint64_t soft_result(const struct soft *s, unsigned n)
{
	return step_at(s, n)->value;
}

uint64_t soft_get(struct soft *s, uint64_t address, unsigned width)
{
	unsigned n = soft_read(s, address, width);

	soft_run(s);
	return soft_result(s, n);
}

uint32_t soft_do(struct soft *s, uint32_t code, uint32_t operand)
{
	unsigned n = soft_command(s, code, operand);

	soft_run(s);
	return (uint32_t)soft_result(s, n);
}

struct soft *soft_open(void)
{
	struct hv_vm *vm = GUEST_VM(soft_steps, 0);

	hv_set_hypercall(vm, stop, vm);
	return soft_attach(vm);
}

static void msix_entry(struct soft *s, unsigned vector)
{
	uint64_t at = SOFT_BAR0 + VDSA_MSIX_TABLE + (uint64_t)vector * PCI_MSIX_ENTRY_SIZE;

	soft_write(s, at + PCI_MSIX_ENTRY_LOWER_ADDR, 8, 0xfee00000);
	soft_write(s, at + PCI_MSIX_ENTRY_DATA, 4, SOFT_VECTOR + vector);
	soft_write(s, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
}

void soft_start(struct soft *s)
{
	unsigned n[3];

	soft_write(s, SOFT_CONFIG + PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	msix_entry(s, 0);
	msix_entry(s, 1);
	soft_write(s, SOFT_CONFIG + VDSA_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	n[0] = soft_command(s, DSA_CMD_ENABLE_DEVICE, 0);
	n[1] = soft_command(s, DSA_CMD_ENABLE_WQ, 0);
	n[2] = soft_command(s, DSA_CMD_REQUEST_INT_HANDLE, 1);
	soft_run(s);
	EXPECT_EQ(0, soft_result(s, n[0]));
	EXPECT_EQ(0, soft_result(s, n[1]));
	EXPECT_EQ(FIELD_PREP(DSA_CMDSTS_RESULT, SOFT_SLOT), soft_result(s, n[2]));
	EXPECT_TRUE(s->wq_on);
}

void soft_submit(struct soft *s, unsigned page, const struct dsa_hw_desc *desc)
{
	memcpy(guest_at(s->vm, SOFT_DESC), desc, sizeof(*desc));
	memset(guest_at(s->vm, SOFT_CR), 0, sizeof(struct dsa_completion_record));
	/* A processor without MOVDIR64B stores in pieces: what arrives is the same, only not at once. */
	if (cpu_has_movdir64b())
		soft_movdir64b(s, SOFT_BAR2 + page * DSA_PORTAL_SIZE, SOFT_DESC);
	else
		soft_store64(s, SOFT_BAR2 + page * DSA_PORTAL_SIZE, SOFT_DESC);
}

const struct dsa_completion_record *soft_record(const struct soft *s)
{
	return guest_at(s->vm, SOFT_CR);
}
