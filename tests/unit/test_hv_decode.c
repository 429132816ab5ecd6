/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/hv's decoder, emulator and page walk on the developer's machine.
 *
 * The emulator's judge is the processor: each instruction of a table is run on it and in the emulator, from the same
 * registers, flags and memory, and both must leave the same. What the processor here cannot be asked (other modes,
 * segments, broken bytes, hostile page tables) is tested against the manual by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "kernel/bits.h"
#include "kernel/hv/decode.h"
#include "kernel/hv/walk.h"

#define FLAG_CF 0x001U
#define FLAG_AF 0x010U
#define FLAG_BT 0x894U /* OF, SF, AF, PF: undefined after BT and its kin */
#define FLAGS   0x8d5U /* the arithmetic ones */

/* ---- running an instruction natively ---- */

struct native {
	uint64_t gpr[HV_GPR_COUNT];
	uint64_t rflags;
	const void *code;
	uint64_t own_rsp;
};

struct native *native_now;
void native_run(struct native *n);
extern char native_back[];

__asm__(".text\n"
        "native_run:\n"
        "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "	mov %rdi, native_now(%rip)\n"
        "	mov %rsp, 17*8+8(%rdi)\n"
        "	mov %rdi, %rax\n"
        "	push 16*8(%rax); popf\n"
        "	mov 1*8(%rax), %rcx; mov 2*8(%rax), %rdx; mov 3*8(%rax), %rbx; mov 4*8(%rax), %rsp\n"
        "	mov 5*8(%rax), %rbp; mov 6*8(%rax), %rsi; mov 7*8(%rax), %rdi; mov 8*8(%rax), %r8\n"
        "	mov 9*8(%rax), %r9; mov 10*8(%rax), %r10; mov 11*8(%rax), %r11; mov 12*8(%rax), %r12\n"
        "	mov 13*8(%rax), %r13; mov 14*8(%rax), %r14; mov 15*8(%rax), %r15\n"
        "	push 17*8(%rax)\n" /* the code, left below the stack */
        "	mov 0(%rax), %rax\n"
        "	lea 8(%rsp), %rsp\n"
        "	jmp *-8(%rsp)\n"
        "native_back:\n"
        "	mov %rsp, native_rsp(%rip)\n"
        "	mov %rax, native_rax(%rip)\n"
        "	mov native_now(%rip), %rax\n"
        "	mov 17*8+8(%rax), %rsp\n"
        "	pushf; pop 16*8(%rax)\n"
        "	mov %rcx, 1*8(%rax); mov %rdx, 2*8(%rax); mov %rbx, 3*8(%rax)\n"
        "	mov %rbp, 5*8(%rax); mov %rsi, 6*8(%rax); mov %rdi, 7*8(%rax); mov %r8, 8*8(%rax)\n"
        "	mov %r9, 9*8(%rax); mov %r10, 10*8(%rax); mov %r11, 11*8(%rax); mov %r12, 12*8(%rax)\n"
        "	mov %r13, 13*8(%rax); mov %r14, 14*8(%rax); mov %r15, 15*8(%rax)\n"
        "	mov native_rax(%rip), %rcx; mov %rcx, 0(%rax)\n"
        "	mov native_rsp(%rip), %rcx; mov %rcx, 4*8(%rax)\n"
        "	cld\n"
        "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "	ret\n"
        ".data\n"
        ".balign 8\n"
        "native_rsp: .quad 0\n"
        "native_rax: .quad 0\n"
        ".text\n");

static uint8_t *code_page;
static uint8_t memory[512] __attribute__((aligned(64)));
#define MIDDLE ((uint64_t)(uintptr_t)&memory[256])
#define STACK  ((uint64_t)(uintptr_t)&memory[384])

static int set_up(void **state)
{
	(void)state;
	code_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return code_page == MAP_FAILED;
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(code_page, 4096);
}

static void native_prepare(const uint8_t *bytes, unsigned length)
{
	uint64_t back = (uint64_t)(uintptr_t)native_back;

	memcpy(code_page, bytes, length);
	memcpy(code_page + length, "\xff\x25\0\0\0\0", 6); /* jmp *0(%rip) */
	memcpy(code_page + length + 6, &back, 8);
}

/* ---- the emulator's bus: the same memory ---- */

static bool inside(uint64_t linear, unsigned width)
{
	uint64_t base = (uint64_t)(uintptr_t)memory;

	return linear >= base && linear - base <= sizeof(memory) - width;
}

static int bus_read(void *arg, uint64_t linear, unsigned width, uint64_t *value)
{
	(void)arg;
	if (!inside(linear, width))
		return -EFAULT;
	*value = 0;
	memcpy(value, (void *)(uintptr_t)linear, width);
	return 0;
}

static int bus_write(void *arg, uint64_t linear, unsigned width, uint64_t value)
{
	(void)arg;
	if (!inside(linear, width))
		return -EFAULT;
	memcpy((void *)(uintptr_t)linear, &value, width);
	return 0;
}

static int bus_probe(void *arg, uint64_t linear, unsigned width)
{
	(void)arg;
	return inside(linear, width) ? 0 : -EFAULT;
}

/* The last access to a port, and what a port reads as. */
static struct {
	unsigned count;
	uint16_t port;
	unsigned width;
	uint32_t value;
} port_access;

static uint32_t bus_in(void *arg, uint16_t port, unsigned width)
{
	(void)arg;
	port_access.count++;
	port_access.port = port;
	port_access.width = width;
	return port_access.value++;
}

static void bus_out(void *arg, uint16_t port, unsigned width, uint32_t value)
{
	(void)arg;
	port_access.count++;
	port_access.port = port;
	port_access.width = width;
	port_access.value = value;
}

static const struct hv_bus bus = {
        .read = bus_read,
        .write = bus_write,
        .probe = bus_probe,
        .in = bus_in,
        .out = bus_out,
};

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	/* Often an extreme, where carries and overflows are. */
	switch (x & 7) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return 0x8080808080808080;
	case 3:
		return 0x7f7fffff7fffff7f;
	default:
		return x * 0x2545f4914f6cdd1d;
	}
}

/* RBX, RSI, RDI, RBP, RSP, R12, R13: pointers to the middle of memory; R14: a small index; RCX: a small count. */
struct sample {
	const char *name;
	uint8_t length;
	uint8_t bytes[15];
	uint64_t undefined; /* flags that the manual leaves undefined */
};

#define S(name, undefined_flags, ...)                                                  \
	{                                                                              \
		name, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, undefined_flags \
	}

static const struct sample samples[] = {
        S("mov [rbx], al", 0, 0x88, 0x03),
        S("mov [rbx], ah", 0, 0x88, 0x23),
        S("mov [rbx], sil", 0, 0x40, 0x88, 0x33),
        S("mov [rbx], ax", 0, 0x66, 0x89, 0x03),
        S("mov [rbx], eax", 0, 0x89, 0x03),
        S("mov [rbx], rax", 0, 0x48, 0x89, 0x03),
        S("mov [rbx+8], r9", 0, 0x4c, 0x89, 0x4b, 0x08),
        S("mov [r12-16], r15d", 0, 0x45, 0x89, 0x7c, 0x24, 0xf0),
        S("mov [r13+r14*4+4], eax", 0, 0x43, 0x89, 0x44, 0xb5, 0x04),
        S("mov [rbp-32], rdx", 0, 0x48, 0x89, 0x55, 0xe0),
        S("mov [rsp+16], rdx", 0, 0x48, 0x89, 0x54, 0x24, 0x10),
        S("mov al, [rbx]", 0, 0x8a, 0x03),
        S("mov dh, [rbx]", 0, 0x8a, 0x33),
        S("mov r10b, [rbx]", 0, 0x44, 0x8a, 0x13),
        S("mov ax, [rbx]", 0, 0x66, 0x8b, 0x03),
        S("mov eax, [rbx]", 0, 0x8b, 0x03),
        S("mov r8, [rbx+disp32]", 0, 0x4c, 0x8b, 0x83, 0x10, 0, 0, 0),
        S("mov byte [rbx], 0x85", 0, 0xc6, 0x03, 0x85),
        S("mov word [rbx], 0x8123", 0, 0x66, 0xc7, 0x03, 0x23, 0x81),
        S("mov dword [rbx], 0x81234567", 0, 0xc7, 0x03, 0x67, 0x45, 0x23, 0x81),
        S("mov qword [rbx], -2", 0, 0x48, 0xc7, 0x03, 0xfe, 0xff, 0xff, 0xff),
        S("movzx eax, byte [rbx]", 0, 0x0f, 0xb6, 0x03),
        S("movzx ax, byte [rbx]", 0, 0x66, 0x0f, 0xb6, 0x03),
        S("movzx rax, word [rbx]", 0, 0x48, 0x0f, 0xb7, 0x03),
        S("movsx eax, byte [rbx]", 0, 0x0f, 0xbe, 0x03),
        S("movsx r9, word [rbx]", 0, 0x4c, 0x0f, 0xbf, 0x0b),
        S("movsxd rax, dword [rbx]", 0, 0x48, 0x63, 0x03),
        S("movnti [rbx], rax", 0, 0x48, 0x0f, 0xc3, 0x03),
        S("add [rbx], eax", 0, 0x01, 0x03),
        S("add al, [rbx]", 0, 0x02, 0x03),
        S("lock add dword [rbx], 1", 0, 0xf0, 0x83, 0x03, 0x01),
        S("adc [rbx], rax", 0, 0x48, 0x11, 0x03),
        S("adc eax, [rbx]", 0, 0x13, 0x03),
        S("sbb [rbx], ax", 0, 0x66, 0x19, 0x03),
        S("sbb rax, [rbx]", 0, 0x48, 0x1b, 0x03),
        S("sub [rbx], al", 0, 0x28, 0x03),
        S("sub eax, [rbx]", 0, 0x2b, 0x03),
        S("and dword [rbx], -16", FLAG_AF, 0x83, 0x23, 0xf0),
        S("and [rbx], rax", FLAG_AF, 0x48, 0x21, 0x03),
        S("or eax, [rbx]", FLAG_AF, 0x0b, 0x03),
        S("or qword [rbx], 0x40000000", FLAG_AF, 0x48, 0x81, 0x0b, 0, 0, 0, 0x40),
        S("xor [rbx], ax", FLAG_AF, 0x66, 0x31, 0x03),
        S("xor byte [rbx], 0x80", FLAG_AF, 0x80, 0x33, 0x80),
        S("cmp [rbx], eax", 0, 0x39, 0x03),
        S("cmp rax, [rbx]", 0, 0x48, 0x3b, 0x03),
        S("cmp byte [rbx], 0x7f", 0, 0x80, 0x3b, 0x7f),
        S("cmp word [rbx], -1", 0, 0x66, 0x83, 0x3b, 0xff),
        S("test [rbx], eax", FLAG_AF, 0x85, 0x03),
        S("test byte [rbx], 1", FLAG_AF, 0xf6, 0x03, 0x01),
        S("test qword [rbx], -1", FLAG_AF, 0x48, 0xf7, 0x03, 0xff, 0xff, 0xff, 0xff),
        S("inc dword [rbx]", 0, 0xff, 0x03),
        S("dec byte [rbx]", 0, 0xfe, 0x0b),
        S("not word [rbx]", 0, 0x66, 0xf7, 0x13),
        S("neg qword [rbx]", 0, 0x48, 0xf7, 0x1b),
        S("xchg [rbx], eax", 0, 0x87, 0x03),
        S("xchg [rbx], r11", 0, 0x4c, 0x87, 0x1b),
        S("xchg [rbx], bh", 0, 0x86, 0x3b),
        S("stosb", 0, 0xaa),
        S("stosd", 0, 0xab),
        S("rep stosw", 0, 0x66, 0xf3, 0xab),
        S("rep stosq", 0, 0xf3, 0x48, 0xab),
        S("movsb", 0, 0xa4),
        S("rep movsd", 0, 0xf3, 0xa5),
        S("rep movsq", 0, 0xf3, 0x48, 0xa5),
        S("lodsb", 0, 0xac),
        S("lodsd", 0, 0xad),
        S("rep lodsq", 0, 0xf3, 0x48, 0xad),
        S("scasb", 0, 0xae),
        S("repe scasd", 0, 0xf3, 0xaf),
        S("repne scasb", 0, 0xf2, 0xae),
        S("cmpsq", 0, 0x48, 0xa7),
        S("repe cmpsb", 0, 0xf3, 0xa6),
        S("repne cmpsw", 0, 0x66, 0xf2, 0xa7),
        S("xadd [rbx], eax", 0, 0x0f, 0xc1, 0x03),
        S("lock xadd [rbx], r9", 0, 0xf0, 0x4c, 0x0f, 0xc1, 0x0b),
        S("xadd [rbx], ah", 0, 0x0f, 0xc0, 0x23),
        S("cmpxchg [rbx], edx", 0, 0x0f, 0xb1, 0x13),
        S("cmpxchg [rbx], dl", 0, 0x0f, 0xb0, 0x13),
        S("lock cmpxchg [rbx], r10", 0, 0xf0, 0x4c, 0x0f, 0xb1, 0x13),
        S("cmpxchg [rbx], ax", 0, 0x66, 0x0f, 0xb1, 0x03),
        S("bt [rbx], r14", FLAG_BT, 0x4c, 0x0f, 0xa3, 0x33),
        S("bt dword [rbx], 17", FLAG_BT, 0x0f, 0xba, 0x23, 0x11),
        S("bts [rbx], r14w", FLAG_BT, 0x66, 0x44, 0x0f, 0xab, 0x33),
        S("lock bts qword [rbx], 63", FLAG_BT, 0xf0, 0x48, 0x0f, 0xba, 0x2b, 0x3f),
        S("btr [rbx], r14d", FLAG_BT, 0x44, 0x0f, 0xb3, 0x33),
        S("btc word [rbx], 33", FLAG_BT, 0x66, 0x0f, 0xba, 0x3b, 0x21),
        S("movbe eax, [rbx]", 0, 0x0f, 0x38, 0xf0, 0x03),
        S("movbe ax, [rbx]", 0, 0x66, 0x0f, 0x38, 0xf0, 0x03),
        S("movbe [rbx], r8", 0, 0x4c, 0x0f, 0x38, 0xf1, 0x03),
        S("seta [rbx]", 0, 0x0f, 0x97, 0x03),
        S("setl [rbx]", 0, 0x0f, 0x9c, 0x03),
        S("setno [rbx]", 0, 0x0f, 0x91, 0x03),
        S("setpe [rbx]", 0, 0x0f, 0x9a, 0x03),
        S("setle [rbx]", 0, 0x0f, 0x9e, 0x03),
        S("cmovb eax, [rbx]", 0, 0x0f, 0x42, 0x03),
        S("cmovs rax, [rbx]", 0, 0x48, 0x0f, 0x48, 0x03),
        S("cmovnz ax, [rbx]", 0, 0x66, 0x0f, 0x45, 0x03),
        S("cmovge edx, [rbx]", 0, 0x0f, 0x4d, 0x13),
        S("push qword [rbx]", 0, 0xff, 0x33),
        S("push word [rbx]", 0, 0x66, 0xff, 0x33),
        S("push rdx", 0, 0x52),
        S("push r9", 0, 0x41, 0x51),
        S("push rsp", 0, 0x54),
        S("push -5", 0, 0x6a, 0xfb),
        S("push 0x81234567", 0, 0x68, 0x67, 0x45, 0x23, 0x81),
        S("pop qword [rbx]", 0, 0x8f, 0x03),
        S("pop qword [rsp+8]", 0, 0x8f, 0x44, 0x24, 0x08),
        S("pop rdx", 0, 0x5a),
        S("pop r12", 0, 0x41, 0x5c),
        S("pop ax", 0, 0x66, 0x58),
};

static void prepare(struct native *n, unsigned round)
{
	static const uint8_t pointers[] = {HV_RBX, HV_RSI, HV_RDI, HV_RBP, HV_RSP, HV_R12, HV_R13};

	for (unsigned i = 0; i < HV_GPR_COUNT; i++)
		n->gpr[i] = random64();
	for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++)
		n->gpr[pointers[i]] = MIDDLE + 8 * (i % 3);
	n->gpr[HV_RSP] = STACK;
	n->gpr[HV_R14] = random64() & 7;
	n->gpr[HV_RCX] = random64() & 7;
	n->rflags = 0x202 | (random64() & FLAGS) | (round & 1 ? 0x400 : 0); /* DF in each second round */
	for (unsigned i = 0; i < sizeof(memory); i += 8) {
		uint64_t v = random64();

		memcpy(&memory[i], &v, 8);
	}
}

static void same_as_processor(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];

		native_prepare(s->bytes, s->length);
		for (unsigned round = 0; round < 300; round++) {
			struct native n = {.code = code_page};
			struct hv_regs regs = {.code64 = true, .rip = 0x1000, .cr0 = 1};
			struct hv_insn insn;
			uint8_t before[sizeof(memory)], native[sizeof(memory)];

			prepare(&n, round);
			memcpy(before, memory, sizeof(memory));
			memcpy(regs.gpr, n.gpr, sizeof(n.gpr));
			regs.rflags = n.rflags;
			native_run(&n);
			memcpy(native, memory, sizeof(memory));
			memcpy(memory, before, sizeof(memory));
			if (hv_decode(s->bytes, s->length, &regs, &insn) || insn.length != s->length)
				fail_msg("%s: not decoded", s->name);
			if (hv_emulate(&insn, &regs, &bus))
				fail_msg("%s: not emulated", s->name);
			if (regs.rip != 0x1000U + s->length)
				fail_msg("%s: RIP", s->name);
			for (unsigned r = 0; r < HV_GPR_COUNT; r++)
				if (regs.gpr[r] != n.gpr[r])
					fail_msg("%s: register %u: processor %#lx, emulator %#lx", s->name, r, n.gpr[r],
					         regs.gpr[r]);
			if ((regs.rflags ^ n.rflags) & FLAGS & ~s->undefined)
				fail_msg("%s: flags: processor %#lx, emulator %#lx", s->name, n.rflags, regs.rflags);
			for (unsigned at = 0; at < sizeof(memory); at++) {
				/* native_run() leaves its jump's target there. */
				if (&memory[at] >= &memory[376] &&
				    &memory[at] < &memory[384] - (insn.op == HV_OP_PUSH ? insn.src.width : 0))
					continue;
				if (memory[at] != native[at])
					fail_msg("%s: memory at %u", s->name, at);
			}
		}
	}
}

/* ---- decoding by hand ---- */

static struct hv_insn decoded(const struct hv_regs *regs, const uint8_t *bytes, size_t size)
{
	struct hv_insn insn = {0};

	assert_int_equal(hv_decode(bytes, size, regs, &insn), 0);
	assert_int_equal(insn.length, size);
	return insn;
}

#define DECODE(regs, ...) decoded(regs, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct hv_regs base64 = {
        .gpr = {[HV_RAX] = 0x1000, [HV_RBX] = 0x20000, [HV_RSI] = 0x300, [HV_RDI] = 0x4000, [HV_RBP] = 0x50000},
        .rip = 0x7000,
        .cr0 = 1,
        .code64 = true,
        .fs_base = 0x11110000,
        .gs_base = 0x22220000,
        .ds_base = 0x100000,
        .ss_base = 0x200000,
        .es_base = 0x300000,
        .cs_base = 0x400000,
};

static void addresses_64(void **state)
{
	(void)state;
	assert_int_equal(DECODE(&base64, 0x8b, 0x05, 0x10, 0, 0, 0).src.value, 0x7016); /* RIP-relative */
	assert_int_equal(DECODE(&base64, 0x65, 0x8b, 0x03).src.value, 0x22240000);      /* GS: */
	assert_int_equal(DECODE(&base64, 0x64, 0x8b, 0x03).src.value, 0x11130000);      /* FS: */
	assert_int_equal(DECODE(&base64, 0x3e, 0x8b, 0x03).src.value, 0x20000);         /* DS: counts for nothing */
	assert_int_equal(DECODE(&base64, 0x8b, 0x04, 0x25, 0, 0, 0, 0x80).src.value, UINT64_C(0xffffffff80000000));
	assert_int_equal(DECODE(&base64, 0x67, 0x8b, 0x43, 0xf0).src.value, 0x1fff0); /* 32-bit address */
	assert_int_equal(DECODE(&base64, 0xa1, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01).src.value,
	                 UINT64_C(0x0123456789abcdef));
	assert_int_equal(DECODE(&base64, 0x67, 0xa1, 0x67, 0x45, 0x23, 0x81).src.value, 0x81234567);
}

static void addresses_32(void **state)
{
	struct hv_regs regs = base64;

	(void)state;
	regs.code64 = false;
	regs.code32 = true;
	assert_int_equal(DECODE(&regs, 0x8b, 0x05, 0x10, 0, 0, 0).src.value, 0x100010);    /* absolute, DS */
	assert_int_equal(DECODE(&regs, 0x8b, 0x45, 0x08).src.value, 0x250008);             /* EBP: SS */
	assert_int_equal(DECODE(&regs, 0x26, 0x8b, 0x45, 0x08).src.value, 0x350008);       /* ES: */
	assert_int_equal(DECODE(&regs, 0x67, 0x8b, 0x00).src.value, 0x100300);             /* [bx+si], 16 bits */
	assert_int_equal(DECODE(&regs, 0x67, 0x8b, 0x0e, 0x34, 0x12).src.value, 0x101234); /* [disp16] */
	regs.code32 = false;
	assert_int_equal(DECODE(&regs, 0x8b, 0x42, 0xff).src.width, 2);
	assert_int_equal(DECODE(&regs, 0x8b, 0x42, 0xff).src.value, 0x2002ff); /* [bp+si-1] */
	regs.cr0 = 0;
	assert_int_equal(DECODE(&regs, 0x8b, 0x03).src.value, 0x204000); /* [bp+di]: on SS */
}

static void movdir64b(void **state)
{
	struct hv_regs regs = base64;
	struct hv_insn insn;

	(void)state;
	regs.gpr[HV_RAX] = (uint64_t)(uintptr_t)&memory[64];
	regs.gpr[HV_RDX] = (uint64_t)(uintptr_t)&memory[192];
	for (unsigned i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)(i * 7);
	insn = DECODE(&regs, 0x66, 0x0f, 0x38, 0xf8, 0x02);
	assert_int_equal(hv_emulate(&insn, &regs, &bus), 0);
	assert_memory_equal(&memory[64], &memory[192], 64);
	insn = DECODE(&regs, 0x48, 0x0f, 0x38, 0xf9, 0x10); /* MOVDIRI [rax], rdx */
	assert_int_equal(insn.dst.width, 8);
	assert_int_equal(insn.src.reg, HV_RDX);
}

static void refused(void **state)
{
	static const struct sample no[] = {
	        S("mul dword [rbx]", 0, 0xf7, 0x23),
	        S("call far [rbx]", 0, 0xff, 0x1b),
	        S("jmp far [rbx]", 0, 0xff, 0x2b),
	        S("movups xmm0, [rbx]", 0, 0x0f, 0x10, 0x03),
	        S("fld dword [rbx]", 0, 0xd9, 0x03),
	        S("vmovdqu ymm0, [rbx]", 0, 0xc5, 0xfe, 0x6f, 0x03),
	        S("enter", 0, 0xc8, 0, 0, 0),
	        S("shl dword [rbx]", 0, 0xd1, 0x23),
	        S("nop", 0, 0x90),
	        S("enqcmd eax, [rbx]", 0, 0xf2, 0x0f, 0x38, 0xf8, 0x03),
	};
	struct hv_insn insn;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
		if (hv_decode(no[i].bytes, no[i].length, &base64, &insn) != -ENOTSUP)
			fail_msg("%s was not refused", no[i].name);
	assert_int_equal(hv_decode((const uint8_t[]){0x8b}, 1, &base64, &insn), -EINVAL);
	assert_int_equal(hv_decode((const uint8_t[]){0x8b}, 0, &base64, &insn), -EINVAL);
	assert_int_equal(hv_decode((const uint8_t[]){0x0f, 0xff, 0xff}, 2, &base64, &insn), -EINVAL);
	assert_int_equal(hv_decode((const uint8_t[16]){[0 ... 15] = 0x66}, 16, &base64, &insn), -EINVAL);
}

static void lengths(void **state)
{
	(void)state;
	assert_int_equal(hv_decode_length((const uint8_t[]){0x0f, 0xa2, 0x90}, 3, &base64), 2);       /* CPUID */
	assert_int_equal(hv_decode_length((const uint8_t[]){0x66, 0x0f, 0x30}, 3, &base64), 3);       /* WRMSR */
	assert_int_equal(hv_decode_length((const uint8_t[]){0x0f, 0x01, 0xd9}, 3, &base64), 3);       /* VMMCALL */
	assert_int_equal(hv_decode_length((const uint8_t[]){0xf4}, 1, &base64), 1);                   /* HLT */
	assert_int_equal(hv_decode_length((const uint8_t[]){0x0f, 0x01, 0xd9}, 2, &base64), -EINVAL); /* cut off */
}

/* Any bytes at all: an answer, no access out of bounds (the sanitizers watch), and no emulation that runs wild. */
static void any_bytes(void **state)
{
	struct hv_regs regs = base64;

	(void)state;
	for (unsigned i = 0; i < 400000; i++) {
		uint64_t r[2] = {random64(), random64()};
		struct hv_insn insn;
		uint8_t *bytes = malloc(1 + i % 16); /* exactly: the sanitizer sees each byte too many */

		memcpy(bytes, r, 1 + i % 16);
		regs.code64 = i & 1;
		regs.code32 = i & 2;
		if (!hv_decode(bytes, 1 + i % 16, &regs, &insn)) {
			struct hv_regs copy = regs;

			assert_in_range(insn.length, 1, 1 + i % 16);
			for (unsigned g = 0; g < HV_GPR_COUNT; g++)
				copy.gpr[g] = random64();
			hv_emulate(&insn, &copy, &bus);
		}
		free(bytes);
	}
}

/* What the processor cannot be asked here: branches, ports. */
static void branches(void **state)
{
	struct hv_regs regs = base64;
	const uint64_t target = 0x123456789, wild = UINT64_C(0x800000000000);
	struct hv_insn insn;
	uint64_t pushed;

	(void)state;
	regs.gpr[HV_RBX] = MIDDLE;
	regs.gpr[HV_RSP] = STACK;
	memcpy(&memory[256], &target, 8);
	insn = DECODE(&regs, 0xff, 0x13);
	assert_int_equal(hv_emulate(&insn, &regs, &bus), 0);
	assert_int_equal(regs.rip, target);
	assert_int_equal(regs.gpr[HV_RSP], STACK - 8);
	memcpy(&pushed, &memory[376], 8);
	assert_int_equal(pushed, 0x7002);
	insn = DECODE(&regs, 0xff, 0x23);
	regs.rip = 0x7000;
	assert_int_equal(hv_emulate(&insn, &regs, &bus), 0);
	assert_int_equal(regs.rip, target);
	assert_int_equal(regs.gpr[HV_RSP], STACK - 8);
	memcpy(&memory[256], &wild, 8);
	regs.rip = 0x7000;
	assert_int_equal(hv_emulate(&insn, &regs, &bus), -ERANGE);
	assert_int_equal(regs.rip, 0x7000);
}

static void ports(void **state)
{
	struct hv_regs regs = base64;
	struct hv_insn insn;

	(void)state;
	regs.gpr[HV_RDI] = MIDDLE;
	regs.gpr[HV_RSI] = MIDDLE;
	regs.gpr[HV_RDX] = 0xffff1234;
	regs.gpr[HV_RCX] = 3;
	port_access.count = 0;
	port_access.value = 0x55667788;
	insn = DECODE(&regs, 0xf3, 0x6d); /* REP INSD */
	assert_int_equal(hv_emulate(&insn, &regs, &bus), 0);
	assert_int_equal(port_access.count, 3);
	assert_int_equal(port_access.port, 0x1234);
	assert_int_equal(port_access.width, 4);
	assert_int_equal(regs.gpr[HV_RDI], MIDDLE + 12);
	assert_int_equal(memory[256 + 8], 0x8a);
	insn = DECODE(&regs, 0x66, 0x6f); /* OUTSW */
	assert_int_equal(hv_emulate(&insn, &regs, &bus), 0);
	assert_int_equal(port_access.value, 0x7788);
	assert_int_equal(regs.gpr[HV_RSI], MIDDLE + 2);
	/* A port is not read for a place that cannot be written. */
	port_access.count = 0;
	regs.gpr[HV_RDI] = 0;
	insn = DECODE(&regs, 0x6c); /* INSB */
	assert_int_equal(hv_emulate(&insn, &regs, &bus), -EFAULT);
	assert_int_equal(port_access.count, 0);
}

static int count_write(void *arg, uint64_t linear, unsigned width, uint64_t value)
{
	(void)linear, (void)width, (void)value;
	return ++*(unsigned *)arg == 10000 ? -EFAULT : 0;
}

/* A long string is done in parts, and a failing element leaves the registers on it. */
static void long_strings(void **state)
{
	struct hv_regs regs = base64;
	struct hv_insn insn = DECODE(&regs, 0xf3, 0xaa);
	unsigned writes = 0;
	struct hv_bus counting = {.read = bus_read, .write = count_write, .arg = &writes};

	(void)state;
	regs.gpr[HV_RCX] = UINT64_MAX;
	regs.gpr[HV_RDI] = 0;
	assert_int_equal(hv_emulate(&insn, &regs, &counting), 0);
	assert_int_equal(writes, HV_STRING_MAX);
	assert_int_equal(regs.rip, 0x7000);
	assert_int_equal(regs.gpr[HV_RDI], HV_STRING_MAX);
	while (hv_emulate(&insn, &regs, &counting) == 0)
		;
	assert_int_equal(regs.gpr[HV_RDI], 9999);
	assert_int_equal(regs.gpr[HV_RCX], UINT64_MAX - 9999);
	assert_int_equal(regs.rip, 0x7000);
}

/* A bus that fails: nothing has changed. */
static void failed_access(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++) {
		struct hv_regs regs = {.code64 = true, .rip = 0x1000, .gpr = {[HV_RCX] = 1}}, before;
		struct hv_insn insn;

		before = regs;
		assert_int_equal(hv_decode(samples[i].bytes, samples[i].length, &regs, &insn), 0);
		assert_int_equal(hv_emulate(&insn, &regs, &bus), -EFAULT);
		assert_memory_equal(&regs, &before, sizeof(regs));
	}
}

/* ---- the page walk ---- */

static uint64_t tables[8][512];

static int table_read(void *arg, uint64_t gpa, unsigned width, uint64_t *value)
{
	(void)arg;
	if (gpa >= sizeof(tables) || gpa % width)
		return -EFAULT;
	*value = 0;
	memcpy(value, (uint8_t *)tables + gpa, width);
	return 0;
}

static const struct hv_walk_memory table_memory = {.read = table_read};

static int walk(const struct hv_regs *regs, uint64_t linear, enum hv_access access, uint64_t *gpa, uint32_t *error)
{
	*gpa = 0;
	*error = 0;
	return hv_walk(regs, &table_memory, linear, access, gpa, error);
}

#define P  1U
#define W  2U
#define U  4U
#define PS 0x80U
#define NX BIT64(63)

static void walk_long_mode(void **state)
{
	struct hv_regs regs = {
	        .cr0 = BIT64(31) | BIT64(16) | 1, .cr4 = BIT64(5), .efer = BIT64(8) | BIT64(10) | BIT64(11)};
	uint64_t gpa;
	uint32_t error;

	(void)state;
	memset(tables, 0, sizeof(tables));
	tables[0][0] = 0x1000 | P | W | U;
	tables[1][0] = 0x2000 | P | W | U;
	tables[1][1] = UINT64_C(0xc0000000) | P | W | PS | NX;
	tables[2][0] = 0x3000 | P | W | U;
	tables[2][1] = 0x400000 | P | PS;
	tables[3][5] = 0xabcd000 | P | W | U;
	tables[0][511] = 0x1000 | P | W | U;

	assert_int_equal(walk(&regs, 0x5123, HV_ACCESS_WRITE, &gpa, &error), 0);
	assert_int_equal(gpa, 0xabcd123);
	assert_int_equal(walk(&regs, UINT64_C(0xffffff8000005123), HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0xabcd123);
	assert_int_equal(walk(&regs, 0x234567, HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0x434567);
	assert_int_equal(walk(&regs, 0x234567, HV_ACCESS_WRITE, &gpa, &error), -EFAULT);
	assert_int_equal(error, HV_PF_PRESENT | HV_PF_WRITE);
	assert_int_equal(walk(&regs, 0x40000001, HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0xc0000001);
	assert_int_equal(walk(&regs, 0x40000001, HV_ACCESS_FETCH, &gpa, &error), -EFAULT);
	assert_int_equal(error, HV_PF_PRESENT | HV_PF_FETCH);
	assert_int_equal(walk(&regs, 0x6000, HV_ACCESS_READ, &gpa, &error), -EFAULT);
	assert_int_equal(error, 0);
	assert_int_equal(walk(&regs, UINT64_C(0x800000000000), HV_ACCESS_READ, &gpa, &error), -EFAULT);
	regs.cpl = 3;
	assert_int_equal(walk(&regs, 0x5123, HV_ACCESS_WRITE, &gpa, &error), 0);
	assert_int_equal(walk(&regs, 0x234567, HV_ACCESS_READ, &gpa, &error), -EFAULT);
	assert_int_equal(error, HV_PF_PRESENT | HV_PF_USER);
	regs.cpl = 0;
	regs.cr0 &= ~BIT64(16);
	assert_int_equal(walk(&regs, 0x234567, HV_ACCESS_WRITE, &gpa, &error), 0);
	regs.cr4 |= BIT64(20) | BIT64(21);
	assert_int_equal(walk(&regs, 0x5123, HV_ACCESS_FETCH, &gpa, &error), -EFAULT);
	assert_int_equal(walk(&regs, 0x5123, HV_ACCESS_READ, &gpa, &error), -EFAULT);
	regs.rflags = BIT64(18);
	assert_int_equal(walk(&regs, 0x5123, HV_ACCESS_READ, &gpa, &error), 0);
}

static void walk_other_modes(void **state)
{
	struct hv_regs regs = {0};
	uint32_t entry32[2] = {0x1000 | P | W, 0x00c02000 | P | W | PS};
	uint64_t gpa;
	uint32_t error;

	(void)state;
	assert_int_equal(walk(&regs, UINT64_C(0x1ffff1234), HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0xffff1234);
	memset(tables, 0, sizeof(tables));
	memcpy(tables[0], entry32, sizeof(entry32));
	memcpy((uint8_t *)tables[1] + 4 * 5, &(uint32_t){0x7777000 | P}, 4);
	regs.cr0 = BIT64(31) | 1;
	regs.cr4 = BIT64(4);
	assert_int_equal(walk(&regs, 0x5042, HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0x7777042);
	assert_int_equal(walk(&regs, 0x412345, HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, UINT64_C(0x100c12345)); /* PSE-36 */
	memset(tables, 0, sizeof(tables));
	regs.cr4 = BIT64(5);
	tables[0][0] = 0x1000 | P;
	tables[1][1] = 0x600000 | P | W | PS;
	assert_int_equal(walk(&regs, 0x200010, HV_ACCESS_WRITE, &gpa, &error), 0);
	assert_int_equal(gpa, 0x600010);
}

/* Tables that point at themselves, outside memory or at rubbish end with an answer. */
static void walk_hostile(void **state)
{
	struct hv_regs regs = {.cr0 = BIT64(31) | 1, .cr4 = BIT64(5) | BIT64(12), .efer = BIT64(10)};
	uint64_t gpa;
	uint32_t error;

	(void)state;
	memset(tables, 0, sizeof(tables));
	tables[0][0] = P | W | U;
	assert_int_equal(walk(&regs, 0x123, HV_ACCESS_READ, &gpa, &error), 0);
	assert_int_equal(gpa, 0x123);
	tables[0][0] = GENMASK64(51, 12) | P;
	assert_int_equal(walk(&regs, 0x123, HV_ACCESS_READ, &gpa, &error), -ENXIO);
	regs.cr3 = UINT64_MAX;
	assert_int_equal(walk(&regs, 0x123, HV_ACCESS_READ, &gpa, &error), -ENXIO);
	for (unsigned i = 0; i < 200000; i++) {
		tables[i % 8][random64() % 512] = (random64() & ~UINT64_C(0x7ffff80)) | P | (random64() & 0x7000);
		regs.cr3 = random64() & 0x7000;
		regs.cr4 = random64();
		regs.efer = random64();
		walk(&regs, random64(), (enum hv_access)(i % 3), &gpa, &error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(same_as_processor), cmocka_unit_test(addresses_64),  cmocka_unit_test(addresses_32),
	        cmocka_unit_test(movdir64b),         cmocka_unit_test(refused),       cmocka_unit_test(lengths),
	        cmocka_unit_test(any_bytes),         cmocka_unit_test(branches),      cmocka_unit_test(ports),
	        cmocka_unit_test(long_strings),      cmocka_unit_test(failed_access), cmocka_unit_test(walk_long_mode),
	        cmocka_unit_test(walk_other_modes),  cmocka_unit_test(walk_hostile),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
