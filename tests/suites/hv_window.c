/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a pending interrupt comes. RFLAGS.IF, the shadow of STI and of MOV SS, the task priority, the interrupt in
 * service, another event on its way: each keeps it back for as long as the manual says, not an instruction longer.
 *
 * The guests ring a doorbell whose value is the vector that they get, and count where they are in R12: each handler
 * keeps what it saw there.
 */
#include "tests/suites/hv.h"
#include "tests/test.h"

#define SEEN GUEST_DATA /* R12 at the first interrupt; 0xff before */

/* The handler of vector 41 stores R12, sends an EOI and goes on; so does that of 51, elsewhere. */
#define HANDLER(vector, gate, slot)                                                                       \
	"lea 7f(%rip), %rax\nmov %ax, 0x8000+" gate "\nshr $16, %eax\nmov %ax, 0x8006+" gate "\njmp 8f\n" \
	"7: push %rax\npush %rcx\npush %rdx\nmov %r12, " slot "\nxor %eax, %eax\nxor %edx, %edx\n"        \
	"mov $0x80b, %ecx\nwrmsr\npop %rdx\npop %rcx\npop %rax\niretq\n8:\n"
#define BEGIN                                                                                                        \
	INTERRUPTS HANDLER("0x41", "0x410", "0x30000") HANDLER("0x51", "0x510", "0x30008") "movq $0xff, 0x30000\n"   \
	                                                                                   "movq $0xff, 0x30008\n"   \
	                                                                                   "mov $0xc0000000, %ebx\n" \
	                                                                                   "xor %r12d, %r12d\n"
#define STEP "inc %r12d\n"
#define DONE "nop\nnop\nmov 0x30000, %edi\nmov 0x30008, %eax\nshl $8, %eax\nor %eax, %edi\n" EXIT
#define NONE 0xff00U /* of vector 51 */

#define WINDOW(name, expected) EXPECT_EQ(expected, guest_exit_status(guest_with_doorbell(GUEST_VM(name, 0))))

GUEST(open_now, BEGIN "sti\nnop\n" STEP "movl $0x41, (%rbx)\n" STEP DONE);

TEST(window_open, "hv.window.open", NEEDS_HV, "APM 2 15.20")
{
	WINDOW(open_now, NONE | 1); /* before the instruction behind the one that raised it */
}

GUEST(sti_shadow, BEGIN "movl $0x41, (%rbx)\n" STEP "sti\n" STEP STEP STEP "cli\n" DONE);

TEST(window_sti, "hv.window.shadow_of_sti", NEEDS_HV, "SDM 2B STI")
{
	WINDOW(sti_shadow, NONE | 2); /* one instruction later than STI, not two */
}

GUEST(sti_cli, BEGIN "movl $0x41, (%rbx)\n" STEP "sti\ncli\n" STEP STEP DONE);

TEST(window_sti_cli, "hv.window.sti_cli_is_none", NEEDS_HV, "SDM 2B STI")
{
	WINDOW(sti_cli, NONE | 0xff);
}

/* The instruction in the shadow is one that the hypervisor does: its end is the shadow's. */
GUEST(sti_exit, BEGIN "movl $0x41, (%rbx)\n" STEP "sti\nin $0x80, %al\n" STEP STEP "cli\n" DONE);

TEST(window_sti_exit, "hv.window.shadow_over_an_exit", NEEDS_HV, "APM 2 15.21.5")
{
	WINDOW(sti_exit, NONE | 1);
}

/* Raised by the very instruction in the shadow. */
GUEST(sti_ring, BEGIN STEP "sti\nmovl $0x41, (%rbx)\n" STEP STEP "cli\n" DONE);

TEST(window_sti_ring, "hv.window.raised_in_the_shadow", NEEDS_HV, "APM 2 15.21.5")
{
	WINDOW(sti_ring, NONE | 1);
}

/* MOV SS in STI's shadow: at the latest behind the next instruction but one. */
GUEST(mov_ss, BEGIN "mov $0x10, %eax\nmovl $0x41, (%rbx)\n" STEP "sti\nmov %eax, %ss\n" STEP STEP STEP "cli\n" DONE);

TEST(window_mov_ss, "hv.window.shadow_of_mov_ss", NEEDS_HV, "SDM 3A 7.8.3")
{
	uint64_t seen = guest_exit_status(guest_with_doorbell(GUEST_VM(mov_ss, 0)));

	/* Of two inhibitions in a row the manual promises only the first. */
	EXPECT_GE(NONE | 1, seen);
	EXPECT_LE(NONE | 2, seen);
}

/* Raised by the instruction in the shadow of MOV SS. */
GUEST(mov_ss_ring, BEGIN "mov $0x10, %eax\nsti\nnop\n" STEP "mov %eax, %ss\nmovl $0x41, (%rbx)\n" STEP STEP DONE);

TEST(window_mov_ss_ring, "hv.window.raised_behind_mov_ss", NEEDS_HV, "SDM 3A 7.8.3")
{
	WINDOW(mov_ss_ring, NONE | 1);
}

GUEST(popf_on, BEGIN "movl $0x41, (%rbx)\npushf\norl $0x200, (%rsp)\n" STEP "popf\n" STEP STEP "cli\n" DONE);

TEST(window_popf, "hv.window.opened_by_popf", NEEDS_HV, "SDM 2B POPF")
{
	WINDOW(popf_on, NONE | 1); /* no shadow */
}

GUEST(iret_on,
      BEGIN "movl $0x41, (%rbx)\n" STEP
            "push $0x10\nlea 8(%rsp), %rax\npush %rax\npush $0x202\npush $8\nlea 6f(%rip), %rax\npush %rax\niretq\n"
            "6: " STEP STEP "cli\n" DONE);

TEST(window_iret, "hv.window.opened_by_iret", NEEDS_HV, "SDM 2A IRET")
{
	WINDOW(iret_on, NONE | 1);
}

/* ---- priorities ---- */

GUEST(cr8_closed, BEGIN "mov $5, %eax\nmov %rax, %cr8\nsti\nnop\nmovl $0x51, (%rbx)\n" STEP "mov $4, %eax\n" STEP
                        "mov %rax, %cr8\n" STEP STEP DONE);

TEST(window_cr8, "hv.window.opened_by_cr8", NEEDS_HV, "SDM 3A 11.8.6")
{
	WINDOW(cr8_closed, 0x2ff);
}

GUEST(tpr_closed, BEGIN "mov $0x808, %ecx\nmov $0x5f, %eax\nxor %edx, %edx\nwrmsr\nsti\nnop\nmovl $0x51, (%rbx)\n" STEP
                        "mov $0x50, %eax\nwrmsr\n" STEP "mov $0x4f, %eax\nwrmsr\n" STEP STEP DONE);

TEST(window_tpr, "hv.window.opened_by_tpr", NEEDS_HV, "SDM 3A 11.8.3")
{
	WINDOW(tpr_closed, 0x2ff); /* the low four bits hold back nothing, the high four the whole class */
}

/* While an interrupt waits for a lower priority the hypervisor sees each MOV to CR8. */
GUEST(cr8_reserved, INTERRUPTS "mov $0xc0000000, %ebx\nmov $5, %eax\nmov %rax, %cr8\nsti\nmovl $0x51, (%rbx)\n"
                               "mov $0x10, %eax\nmov %rax, %cr8\n");

TEST(window_cr8_reserved, "hv.window.cr8_reserved_bits", NEEDS_HV, "SDM 3A 11.8.6")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(cr8_reserved, 0));

	EXPECT_EQ(GUEST_EXCEPTION + 13, guest_exit_status(vm));
	EXPECT_EQ(0, guest_interrupts(vm, 0x51));
}

/* CR8 opens it while IF is still off, then STI; and the other way round above. */
GUEST(cr8_then_sti, BEGIN "mov $15, %eax\nmov %rax, %cr8\nmovl $0x41, (%rbx)\n" STEP
                          "xor %eax, %eax\nmov %rax, %cr8\n" STEP "sti\n" STEP STEP "cli\n" DONE);

TEST(window_cr8_sti, "hv.window.cr8_and_then_sti", NEEDS_HV, "SDM 3A 11.8.6")
{
	WINDOW(cr8_then_sti, NONE | 3);
}

/* Each task priority against each class: R12 becomes a mask of those that came. */
GUEST(all_cr8,
      INTERRUPTS "mov $0xc0000000, %ebx\nmov %rdi, %cr8\nmov $0x25, %eax\n1: mov %eax, (%rbx)\nadd $0x10, %eax\n"
                 "cmp $0x105, %eax\njne 1b\nsti\nnop\nnop\ncli\nxor %edi, %edi\n" EXIT);

TEST(window_all_cr8, "hv.window.every_priority", NEEDS_HV, "SDM 3A 11.8.3")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(all_cr8, 0));

	for (unsigned tpr = 0; tpr < 16; tpr++) {
		GUEST_LOAD(vm, all_cr8, tpr);
		EXPECT_EQ(0, guest_exit_status(vm));
		for (unsigned class = 2; class < 16; class ++) {
			test_context("task priority %u, class %u", tpr, class);
			EXPECT_EQ(class > tpr, guest_interrupts(vm, class * 16 + 5));
		}
	}
}

/* The handler opens the window itself: a higher one comes into it, an equal and a lower one wait for its EOI. */
GUEST(nested, INTERRUPTS
      "lea 7f(%rip), %rax\nmov %ax, 0x8500\nshr $16, %eax\nmov %ax, 0x8506\n"
      "mov $0xc0000000, %ebx\nsti\nnop\nmovl $0x50, (%rbx)\nnop\nnop\n"
      "movzbl 0x9041, %eax\nshl $24, %eax\nor %eax, %edi\nmovzbl 0x9058, %eax\nshl $28, %eax\nor %eax, %edi\n" EXIT
      "7: xor %edi, %edi\nmovl $0x41, (%rbx)\nmovl $0x58, (%rbx)\nmovl $0x61, (%rbx)\nsti\nnop\nnop\ncli\n"
      "movzbl 0x9041, %edi\nmovzbl 0x9058, %eax\nshl $8, %eax\nor %eax, %edi\n"
      "movzbl 0x9061, %eax\nshl $16, %eax\nor %eax, %edi\n"
      "mov $0x80b, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\niretq\n");

TEST(window_nested, "hv.window.handler_opens_it", NEEDS_HV, "SDM 3A 11.8.4")
{
	WINDOW(nested, 0x11010000);
}

/* ---- while another event is on its way ---- */

/* An exception injected into a guest with its window open and an interrupt pending: the exception first, then it. */
GUEST(with_exception, BEGIN "lea 6f(%rip), %rax\nmov %ax, 0x80d0\nshr $16, %eax\nmov %ax, 0x80d6\n"
                            "mov $15, %eax\nmov %rax, %cr8\nsti\nnop\nmovl $0x41, (%rbx)\n" STEP
                            "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\n" /* comes here, R12 is 1 */
      STEP "cli\nmovl $0x51, (%rbx)\n" STEP "mov $0x48, %ecx\nsti\nrdmsr\n"             /* #GP, in the shadow */
                            "6: " STEP "add $8, %rsp\nmovl $0x202, 16(%rsp)\naddq $2, (%rsp)\n" STEP "iretq\n"
      /* and comes here, R12 is 5: not in the handler, where IF is off */
      STEP STEP "cli\n" DONE);

TEST(window_exception, "hv.window.exception_before_interrupt", NEEDS_HV, "SDM 3A 7.9")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(with_exception, 0));

	EXPECT_EQ(0x501, guest_exit_status(vm) & 0xffff);
}

/* The read that raises it belongs to an instruction that faults: the fault's handler runs, with the window closed. */
GUEST(faulting, INTERRUPTS "sti\nmov $0xc0000000, %esi\nmov $0x100000000, %rdi\nmovsl\n");

static uint64_t raising_read(void *arg, uint64_t offset, unsigned width)
{
	(void)offset, (void)width;
	EXPECT_OK(hv_msi(arg, 0xfee00000, 0x41));
	return 0;
}

static void no_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

TEST(window_faulting, "hv.window.raised_by_what_faults", NEEDS_HV, "SDM 3A 7.9")
{
	struct hv_vm *vm = GUEST_VM(faulting, 0);
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, raising_read, no_write, vm, "test"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	EXPECT_EQ(GUEST_EXCEPTION + 14, guest_exit_status(vm));
	EXPECT_EQ(0, guest_interrupts(vm, 0x41));
}

/* INT n while the window is awaited: the handler runs with the window closed, then it opens. */
GUEST(with_int, BEGIN "lea 6f(%rip), %rax\nmov %ax, 0x8300\nshr $16, %eax\nmov %ax, 0x8306\nmovl $0x41, (%rbx)\n" STEP
                      "int $0x30\n" STEP "sti\n" STEP STEP "cli\n" DONE "6: " STEP "iretq\n");

TEST(window_int, "hv.window.software_interrupt_inside", NEEDS_HV, "SDM 3A 7.9")
{
	WINDOW(with_int, NONE | 4);
}

/* Every vector at once: all come, each once, the highest first. */
GUEST(burst,
      INTERRUPTS "mov $0xc0000000, %ebx\nmov $0x20, %eax\n1: mov %eax, (%rbx)\ninc %eax\ncmp $0x100, %eax\njne 1b\n"
                 "sti\nnop\nnop\ncli\nxor %edi, %edi\n" EXIT);

TEST(window_burst, "hv.window.every_vector_at_once", NEEDS_HV, "SDM 3A 11.8.4")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(burst, 0));
	struct hv_stats stats;

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned v = 0x20; v < 0x100; v++) {
		test_context("vector %#x", v);
		EXPECT_EQ(1, guest_interrupts(vm, v));
	}
	hv_stats_get(vm, &stats);
	EXPECT_EQ(0x100 - 0x20, stats.injected);
	EXPECT_EQ(0, stats.merged);
}
