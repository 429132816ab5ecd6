/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's local APIC as its registers show it: what is pending, what is in service, who is meant by a message. */
#include "tests/suites/hv.h"
#include "tests/test.h"

#define GP 13

/* RDMSR of MSR 800 + n into EAX; WRMSR of EAX. Both spoil RCX and RDX. */
#define READ(n)         "mov $0x800+" n ", %ecx\nrdmsr\n"
#define WRITE(n, value) "mov $0x800+" n ", %ecx\nmov $" value ", %eax\nxor %edx, %edx\nwrmsr\n"

GUEST(reset, READ("2") "mov %eax, 0x30000\n" READ("3") "mov %eax, 0x30004\n" READ("8") "mov %eax, 0x30008\n" READ("0xd") "mov %eax, 0x3000c\n" READ("0xf") "mov %eax, 0x30010\n" READ(
                     "0x28") "mov %eax, 0x30014\n" READ("0x32") "mov %eax, 0x30018\n" READ("0x37") "mov %eax, "
                                                                                                   "0x3001c\n" READ(
                                                                                                           "0x"
                                                                                                           "3"
                                                                                                           "8") "mov "
                                                                                                                "%eax, "
                                                                                                                "0x3002"
                                                                                                                "0"
                                                                                                                "\n" READ(
                                                                                                                        "0x3e") "mov %eax, 0x30024\nxor %edi, %edi\n" EXIT);

TEST(apic_reset, "hv.apic.after_reset", NEEDS_HV, "SDM 3A 11.4.7.1")
{
	static const uint32_t expected[] = {0, 0x50014, 0, 1, 0xff, 0, 0x10000, 0x10000, 0, 0};
	struct hv_vm *vm = GUEST_VM(reset, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("register %u", i);
		EXPECT_EQ(expected[i], ((const uint32_t *)guest_at(vm, GUEST_DATA))[i]);
	}
}

/* Pending, then in service, then neither: IRR, ISR and PPR of vector 61 on the way, and of 62 that waits. */
GUEST(bits,
      INTERRUPTS "lea 7f(%rip), %rax\nmov %ax, 0x8610\nshr $16, %eax\nmov %ax, 0x8616\n" WRITE("0x3f", "0x61")
              READ("0x23") "mov %eax, 0x30000\n" READ("0x13") "mov %eax, 0x30004\n" READ(
                      "0xa") "mov %eax, 0x30008\n"
                             "sti\nnop\ncli\n" READ("0x23") "mov %eax, 0x30018\n" READ(
                                     "0x13") "mov %eax, 0x3001c\n"
                                             "xor %edi, %edi\n" EXIT
                                             "7: " WRITE("0x3f", "0x62") READ("0x23") "mov %eax, 0x3000c\n" READ(
                                                     "0x13") "mov %eax, 0x30010\n" READ("0xa") "mov %eax, "
                                                                                               "0x30014\n" WRITE(
                                                                                                       "0xb",
                                                                                                       "0") "iretq\n");

TEST(apic_bits, "hv.apic.irr_isr_ppr", NEEDS_HV, "SDM 3A 11.8.4")
{
	static const uint32_t expected[] = {2, 0, 0, 4, 2, 0x60};
	struct hv_vm *vm = GUEST_VM(bits, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("step %u", i);
		EXPECT_EQ(expected[i], ((const uint32_t *)guest_at(vm, GUEST_DATA))[i]);
	}
}

/* TPR above the vector in service counts for PPR, and below it does not. */
GUEST(ppr,
      INTERRUPTS "lea 7f(%rip), %rax\nmov %ax, 0x8610\nshr $16, %eax\nmov %ax, 0x8616\nsti\n" WRITE(
              "0x3f", "0x61") "nop\n" EXIT "7: " WRITE("8", "0x77") READ("0xa") "mov %eax, %edi\n" WRITE("8", "0x3f")
              READ("0xa") "shl $8, %eax\nor %eax, %edi\n" WRITE("8", "0x65")
                      READ("0xa") "shl $16, %eax\nor %eax, %edi\n" EXIT);

TEST(apic_ppr, "hv.apic.processor_priority", NEEDS_HV, "SDM 3A 11.8.3.1")
{
	EXPECT_EQ(0x656077, guest_exit_status(GUEST_VM(ppr, 0)));
}

/* Without EOI the next of that class waits for ever, one above it does not; an EOI without service does nothing. */
GUEST(eoi,
      INTERRUPTS WRITE("0xb", "0") "lea 7f(%rip), %rax\nmov %ax, 0x8610\nshr $16, %eax\nmov %ax, 0x8616\nsti\n" WRITE(
              "0x3f",
              "0x61") "nop\n" WRITE("0x3f",
                                    "0x6f") "nop\n" WRITE("0x3f",
                                                          "0x70") "nop\n"
                                                                  "movzbl 0x906f, %edi\nshl $8, %edi\nmovb 0x9070, "
                                                                  "%dil\n" WRITE("0xb",
                                                                                 "0") "nop\n"
                                                                                      "movzbl 0x906f, %eax\nshl $16, "
                                                                                      "%eax\nor %eax, %edi\n" EXIT
                                                                                      "7: iretq\n");

TEST(apic_eoi, "hv.apic.end_of_interrupt", NEEDS_HV, "SDM 3A 11.8.5")
{
	EXPECT_EQ(0x10001, guest_exit_status(GUEST_VM(eoi, 0)));
}

/* Off: messages are lost, and all of the LVT becomes masked and stays so. */
GUEST(off, INTERRUPTS WRITE("0x32", "0x61") WRITE("0x37", "0x62") WRITE("0xf", "0xff") WRITE("0x3f", "0x63")
                   READ("0x32") "mov %eax, 0x30000\n" READ("0x37") "mov %eax, 0x30004\n" WRITE("0xf", "0x1ff")
                           READ("0x32") "mov %eax, 0x30008\nsti\nnop\nnop\ncli\nxor %edi, %edi\n" EXIT);

TEST(apic_off, "hv.apic.switched_off", NEEDS_HV, "SDM 3A 11.4.7.2")
{
	struct hv_vm *vm = GUEST_VM(off, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(UINT64_C(0x0001006200010061), guest_u64(vm, GUEST_DATA));
	EXPECT_EQ(0x10061, guest_u64(vm, GUEST_DATA + 8));
	EXPECT_EQ(0, guest_interrupts(vm, 0x63));
}

/* ---- who is meant ---- */

/* RDI: the ICR's value. */
GUEST(icr,
      INTERRUPTS "sti\nmov $0x830, %ecx\nmov %edi, %eax\nmov %rdi, %rdx\nshr $32, %rdx\nwrmsr\nnop\nnop\n" READ("0x28")
              WRITE("0x28", "0") READ("0x28") "mov %eax, %edi\n" EXIT);

TEST(apic_icr, "hv.apic.interrupt_command", NEEDS_HV, "SDM 3A 11.12.9")
{
	static const struct {
		uint64_t icr;
		bool comes;
		const char *what;
	} sends[] = {
	        {0x00061, true, "to id 0"},
	        {0x00161, true, "lowest priority, to id 0"},
	        {0x40061, true, "to self"},
	        {0x80061, true, "to all"},
	        {0xc0061, false, "to all others"},
	        {UINT64_C(0x0000000100000061), false, "to id 1"},
	        {UINT64_C(0xffffffff00000061), true, "to all by id"},
	        {UINT64_C(0x0000000100000861), true, "to the first of cluster 0"},
	        {UINT64_C(0x0000000200000861), false, "to the second of cluster 0"},
	        {UINT64_C(0x0001000100000861), false, "to cluster 1"},
	        {UINT64_C(0x000000ff00000861), true, "to many of cluster 0"},
	        {0x04061, true, "level assert"},
	        {0x40461, false, "NMI to self"},
	        {0x00261, false, "SMI"},
	};
	struct hv_vm *vm = GUEST_VM(icr, 0);

	for (unsigned i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
		test_context("%s", sends[i].what);
		GUEST_LOAD(vm, icr, sends[i].icr);
		EXPECT_EQ(0, guest_exit_status(vm));
		EXPECT_EQ(sends[i].comes, guest_interrupts(vm, 0x61));
	}
}

/* INIT and STARTUP to itself: there is no other processor, and the one there is goes on. */
GUEST(init, INTERRUPTS WRITE("0x30", "0x4500") WRITE("0x30", "0x80500") WRITE("0x30", "0x4608")
                    WRITE("0x30", "0xc4500") "mov $77, %edi\n" EXIT);

TEST(apic_init, "hv.apic.init_to_itself", NEEDS_HV, "kernel/hv/apic.c")
{
	EXPECT_EQ(77, guest_exit_status(GUEST_VM(init, 0)));
}

/* Vectors 0 to 15 are no interrupts: an error of the APIC instead, in ESR. */
GUEST(illegal, INTERRUPTS "sti\n" WRITE("0x3f", "5") "nop\n" READ("0x28") "mov %eax, %edi\n" WRITE("0x28", "0")
                       READ("0x28") "shl $8, %eax\nor %eax, %edi\n" EXIT);

TEST(apic_illegal, "hv.apic.illegal_vector", NEEDS_HV, "SDM 3A 11.5.3")
{
	EXPECT_EQ(0x60, guest_exit_status(GUEST_VM(illegal, 0)) & 0xff);
}

/* ---- messages from outside ---- */

GUEST(wait, INTERRUPTS "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\nsti\nnop\nnop\ncli\nxor %edi, %edi\n" EXIT);

static struct {
	struct hv_vm *vm;
	uint64_t address;
	uint32_t data;
	int result;
} message;

static void send(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
	message.result = hv_msi(message.vm, message.address, message.data);
}

TEST(apic_msi, "hv.apic.messages", NEEDS_HV, "SDM 3A 11.11")
{
	static const struct {
		uint64_t address;
		uint32_t data;
		bool comes;
	} messages[] = {
	        {0xfee00000, 0x61, true},    {0xfeeff000, 0x61, true},   {0xfee01000, 0x61, false},
	        {0xfee0000c, 0x61, false},   {0xfee0100c, 0x61, true},   {0xfee0300c, 0x61, true},
	        {0xfee0200c, 0x61, false},   {0xfee00008, 0x61, true},   {0xfee00004, 0x61, true},
	        {0xfee00000, 0x161, true},   {0xfee00000, 0x8061, true}, {0xfee00000, 0xc061, true},
	        {0xfee00000, 0x461, false},  {0xfee00000, 0x561, false}, {0xfee00000, 0x0f, false},
	        {0xfee00000, 0x10061, true}, {0xfef00000, 0x61, false},  {UINT64_C(0x1fee00000), 0x61, false},
	};
	struct hv_vm *vm = GUEST_VM(wait, 0);
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, guest_no_read, send, NULL, "messages"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	message.vm = vm;
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		test_context("%#llx <- %#x", (unsigned long long)messages[i].address, (unsigned)messages[i].data);
		message.address = messages[i].address;
		message.data = messages[i].data;
		GUEST_LOAD(vm, wait, 0);
		EXPECT_EQ(0, guest_exit_status(vm));
		EXPECT_EQ(messages[i].comes ? 0 : -22, message.result);
		EXPECT_EQ(messages[i].comes, guest_interrupts(vm, 0x61));
	}
}
