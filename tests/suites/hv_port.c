/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's I/O ports: every form of IN, OUT, INS and OUTS reaches the device behind the port as it was meant. */
#include <errno.h>
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/test.h"

#define PORT 0x300
#define GP   13
#define PF   14

struct record {
	bool out;
	uint16_t offset;
	unsigned width;
	uint32_t value;
};

static struct record records[64];
static unsigned record_count;

static void note(bool out, uint16_t offset, unsigned width, uint32_t value)
{
	if (record_count < sizeof(records) / sizeof(records[0]))
		records[record_count] = (struct record){out, offset, width, value};
	record_count++;
}

static uint32_t port_in(void *arg, uint16_t offset, unsigned width)
{
	(void)arg;
	note(false, offset, width, 0);
	return 0x81c2a300 + offset + (record_count << 4);
}

static void port_out(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	(void)arg;
	note(true, offset, width, value);
}

static struct hv_vm *with_port(struct hv_vm *vm)
{
	const struct hv_port region = {PORT, 16, port_in, port_out, NULL};

	record_count = 0;
	EXPECT_OK(hv_port_add(vm, &region));
	return vm;
}

static void expect_records(const struct record *expected, unsigned count)
{
	EXPECT_EQ(count, record_count);
	for (unsigned i = 0; i < count; i++) {
		test_context("access %u", i);
		EXPECT_EQ(expected[i].out, records[i].out);
		EXPECT_EQ(expected[i].offset, records[i].offset);
		EXPECT_EQ(expected[i].width, records[i].width);
		EXPECT_EQ(expected[i].value, records[i].value);
	}
	test_context("");
}

/* By DX and by immediate (which reaches ports below 100 only), all widths; the rest of RAX stays, or is cleared. */
GUEST(in, "mov $0x304, %edx\nmov $-1, %rax\nin %dx, %al\nmov %rax, 0x30000\nmov $-1, %rax\nin %dx, %ax\n"
          "mov %rax, 0x30008\nmov $-1, %rax\nin %dx, %eax\nmov %rax, 0x30010\nmov $-1, %rax\nin $0x40, %al\n"
          "mov %rax, 0x30018\nmov $-1, %rax\nin $0x40, %eax\nmov %rax, 0x30020\nxor %edi, %edi\n" EXIT);

TEST(port_in, "hv.port.in", NEEDS_HV, "SDM 2A IN")
{
	static const uint64_t expected[] = {UINT64_C(0xffffffffffffff14), UINT64_C(0xffffffffffffa324), 0x81c2a334,
	                                    UINT64_C(0xffffffffffffffff), 0xffffffff};
	struct hv_vm *vm = with_port(GUEST_VM(in, 0));

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("IN %u", i);
		EXPECT_EQ(expected[i], guest_u64(vm, GUEST_DATA + 8 * i));
	}
}

GUEST(out, "mov $0xffffffff00000302, %rdx\nmov $0x1122334455667788, %rax\nout %al, %dx\nout %ax, %dx\nout %eax, %dx\n"
           "mov %rax, %rdi\n" EXIT);

TEST(port_out, "hv.port.out", NEEDS_HV, "SDM 2B OUT")
{
	static const struct record expected[] = {{true, 2, 1, 0x88}, {true, 2, 2, 0x7788}, {true, 2, 4, 0x55667788}};

	EXPECT_EQ(UINT64_C(0x1122334455667788), guest_exit_status(with_port(GUEST_VM(out, 0))));
	expect_records(expected, 3);
}

/* A region is met wholly or not at all; what no region holds reads as ones. */
GUEST(edges,
      "mov $0x30f, %edx\nin %dx, %al\nmov %eax, %edi\nmov $-1, %eax\nin %dx, %ax\nmov $0x30d, %edx\nin %dx, %eax\n"
      "mov $0x2ff, %edx\nin %dx, %ax\nmov $0x310, %edx\nin %dx, %eax\nmov %eax, 0x30000\n"
      "mov $0xffff, %edx\nin %dx, %eax\nout %eax, %dx\n" EXIT);

TEST(port_edges, "hv.port.edges_of_a_region", NEEDS_HV, "kernel/hv/hv.h")
{
	static const struct record expected[] = {{false, 15, 1, 0}};
	struct hv_vm *vm = with_port(GUEST_VM(edges, 0));

	EXPECT_EQ(0x1f, guest_exit_status(vm) & 0xff);
	EXPECT_EQ(0xffffffff, guest_u64(vm, GUEST_DATA) & 0xffffffff);
	expect_records(expected, 1);
}

TEST(port_arguments, "hv.port.regions", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = with_port(GUEST_VM(in, 0));
	struct hv_port region = {PORT + 15, 1, port_in, port_out, NULL};

	EXPECT_ERRNO(EEXIST, hv_port_add(vm, &region));
	region.first = 0xcfa;
	EXPECT_ERRNO(EEXIST, hv_port_add(vm, &region));
	region.first = PORT + 16;
	EXPECT_OK(hv_port_add(vm, &region));
	region.first = 0xffff;
	EXPECT_OK(hv_port_add(vm, &region));
	region.count = 2;
	EXPECT_ERRNO(EINVAL, hv_port_add(vm, &region));
	region.count = 0;
	EXPECT_ERRNO(EINVAL, hv_port_add(vm, &region));
	EXPECT_OK(hv_port_remove(vm, PORT));
	EXPECT_ERRNO(ENOENT, hv_port_remove(vm, PORT));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(0, record_count);
}

/* ---- strings ---- */

GUEST(ins, INTERRUPTS "cld\nmov $0x304, %edx\nmov $0x30000, %edi\ninsb\ninsw\ninsl\nmov $3, %ecx\nrep insw\nstd\nmov "
                      "$2, %ecx\nrep insb\n"
                      "mov %edi, %edi\nshl $32, %rcx\nor %rcx, %rdi\n" EXIT);

TEST(port_ins, "hv.port.ins", NEEDS_HV, "SDM 2A INS")
{
	static const struct record expected[] = {{false, 4, 1, 0}, {false, 4, 2, 0}, {false, 4, 4, 0},
	                                         {false, 4, 2, 0}, {false, 4, 2, 0}, {false, 4, 2, 0},
	                                         {false, 4, 1, 0}, {false, 4, 1, 0}};
	static const uint8_t memory[] = {0x14, 0x24, 0xa3, 0x34, 0xa3, 0xc2, 0x81,
	                                 0x44, 0xa3, 0x54, 0xa3, 0x64, 0x84, 0x74};
	struct hv_vm *vm = with_port(GUEST_VM(ins, 0));

	EXPECT_EQ(GUEST_DATA + 11, guest_exit_status(vm));
	expect_records(expected, 8);
	EXPECT_MEM_EQ(memory, guest_at(vm, GUEST_DATA), 12);
	EXPECT_EQ(0x84, *(uint8_t *)guest_at(vm, GUEST_DATA + 12));
}

GUEST(outs, INTERRUPTS
      "cld\nmov $0x301, %edx\nmov $0x30000, %esi\nmovl $0x44332211, (%rsi)\nmovl $0x88776655, 4(%rsi)\n"
      "outsb\noutsw\nmov $0x30000, %esi\noutsl\nmov $2, %ecx\nmov $0x30000, %esi\nrep outsl\n"
      "mov $0x3000000030007, %rsi\nstd\nmov $3, %ecx\naddr32 rep outsb\nmov %rsi, %rdi\nadd %rcx, %rdi\n" EXIT);

TEST(port_outs, "hv.port.outs", NEEDS_HV, "SDM 2B OUTS")
{
	static const struct record expected[] = {
	        {true, 1, 1, 0x11},       {true, 1, 2, 0x3322}, {true, 1, 4, 0x44332211}, {true, 1, 4, 0x44332211},
	        {true, 1, 4, 0x88776655}, {true, 1, 1, 0x88},   {true, 1, 1, 0x77},       {true, 1, 1, 0x66}};

	EXPECT_EQ(GUEST_DATA + 4, guest_exit_status(with_port(GUEST_VM(outs, 0))));
	expect_records(expected, 8);
}

/* FS begins at 1 GiB here. Without it the address would be one that the guest's tables do not map. */
GUEST(outs_segment,
      INTERRUPTS "mov $0x28, %eax\nmov %eax, %fs\nmovb $0x5d, 0x30000\n"
                 "mov $0x300, %edx\nmov $0x30000-0x40000000, %rsi\n.byte 0x64\noutsb\nxor %edi, %edi\n" EXIT);

TEST(port_outs_segment, "hv.port.outs_with_segment", NEEDS_HV, "SDM 2B OUTS")
{
	static const struct record expected[] = {{true, 0, 1, 0x5d}};

	EXPECT_EQ(0, guest_exit_status(with_port(GUEST_VM(outs_segment, 0))));
	expect_records(expected, 1);
}

/* REP with a count of nothing reaches no device; many come in a few exits. */
GUEST(many, "cld\nmov $0x300, %edx\nmov $0x40000, %edi\nxor %ecx, %ecx\nrep insb\nmov $10000, %ecx\nrep insb\nmov "
            "%rdi, %rdi\n" EXIT);

TEST(port_many, "hv.port.long_strings", NEEDS_HV, "kernel/hv/decode.h")
{
	struct hv_vm *vm = with_port(GUEST_VM(many, 0));
	struct hv_stats stats;

	EXPECT_EQ(0x40000 + 10000, guest_exit_status(vm));
	EXPECT_EQ(10000, record_count);
	hv_stats_get(vm, &stats);
	EXPECT_LE(4, stats.exits[HV_CAUSE_PORT]);
}

/* The memory of the string: the second page is not there. What was done stays done, and no value of the port is lost.
 */
GUEST(ins_fault, INTERRUPTS "cld\nmov $0x300, %edx\nmov $0xfffffffe, %edi\nmov $4, %ecx\nrep insb\n" EXIT);

TEST(port_ins_fault, "hv.port.page_fault_in_a_string", NEEDS_HV, "SDM 2A INS")
{
	struct hv_vm *vm = with_port(GUEST_VM(ins_fault, 0));
	struct hv_result result;

	EXPECT_OK(hv_ram_add(vm, 0xfffff000, 0x1000));
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + PF, result.status);
	EXPECT_EQ(UINT64_C(0x100000000), result.regs.cr2);
	EXPECT_EQ(2, guest_u64(vm, result.regs.gpr[HV_RSP])); /* the error code: a write, not present */
	EXPECT_EQ(2, result.regs.gpr[HV_RCX]);
	EXPECT_EQ(2, record_count);
	EXPECT_EQ(0x20, ((uint8_t *)guest_at(vm, 0xfffff000))[0xfff]);
}

/* Ring 3 without the right: the guest's own #GP, no exit. */
GUEST(user_in, INTERRUPTS TO_RING3("0x202") "mov $0x300, %edx\nin %dx, %al\n");
GUEST(user_iopl, INTERRUPTS TO_RING3("0x3202") "mov $0x300, %edx\nin %dx, %al\nud2\n");

TEST(port_ring3, "hv.port.ring_3", NEEDS_HV, "SDM 1 19.5")
{
	struct hv_vm *vm = with_port(GUEST_VM(user_in, 0));

	guest_allow_user(vm);
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	EXPECT_EQ(0, record_count);
	GUEST_LOAD(vm, user_iopl, 0);
	guest_allow_user(vm);
	EXPECT_EQ(GUEST_EXCEPTION + 6, guest_exit_status(vm));
	EXPECT_EQ(1, record_count);
}
