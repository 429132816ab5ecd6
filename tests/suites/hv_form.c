/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine behind tests/suites/hv_form.h. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/suites/hv_form.h"
#include "tests/test.h"

/* Guest-physical. */
#define IN      0x31000U
#define OUT     0x32000U
#define STACK   0x38000U
#define OTHER   0x39000U /* second operands in RAM */
#define PT      0x3a000U
#define CODE_LO 0x15000U
#define CODE_HI 0x13000U
#define RAM     0x40000U
#define PD      0x4000U /* of linear 1 GiB to 2 GiB: kernel/hv/load.c */

#define CODE_WINDOW (FORM_WINDOW + 0x2000U) /* two pages */
#define PAGE        0x1000U
#define AREA        0x2000U /* the window's bytes */
#define ROUNDS      8U
#define NEXT        0x77U
#define FLAGS       0x8d5U
#define FLAG_DF     0x400U

/* What the guest loads before and stores after the instruction. */
struct block {
	uint64_t gpr[HV_GPR_COUNT];
	uint64_t rflags;
	uint64_t pad;
	uint32_t slot; /* far pointer */
	uint16_t code;
	uint16_t pad2;
	uint64_t back;
	uint16_t ds, es, ss, fs, gs;
};
_Static_assert(offsetof(struct block, slot) == 0x90 && offsetof(struct block, ds) == 0xa0, "as the guest has it");

GUEST(form, INTERRUPTS "1: mov $0x77, %eax\n" HYPERCALL "test %rax, %rax\njnz 2f\nmov %cr3, %rax\nmov %rax, %cr3\n"
                       "mov 0x310a0, %ds\nmov 0x310a2, %es\nmov 0x310a4, %ss\nmov 0x310a6, %fs\nmov 0x310a8, %gs\n"
                       "push 0x31080\npopf\n"
                       "mov 0x31008, %rcx\nmov 0x31010, %rdx\nmov 0x31018, %rbx\nmov 0x31020, %rsp\n"
                       "mov 0x31028, %rbp\nmov 0x31030, %rsi\nmov 0x31038, %rdi\nmov 0x31040, %r8\n"
                       "mov 0x31048, %r9\nmov 0x31050, %r10\nmov 0x31058, %r11\nmov 0x31060, %r12\n"
                       "mov 0x31068, %r13\nmov 0x31070, %r14\nmov 0x31078, %r15\nmov 0x31000, %rax\n"
                       "ljmp *0x31090\n"
                       ".globl form_back\nform_back:\n"
                       "mov %rax, 0x32000\nmov %rcx, 0x32008\nmov %rdx, 0x32010\nmov %rbx, 0x32018\n"
                       "mov %rsp, 0x32020\nmov %rbp, 0x32028\nmov %rsi, 0x32030\nmov %rdi, 0x32038\n"
                       "mov %r8, 0x32040\nmov %r9, 0x32048\nmov %r10, 0x32050\nmov %r11, 0x32058\n"
                       "mov %r12, 0x32060\nmov %r13, 0x32068\nmov %r14, 0x32070\nmov %r15, 0x32078\n"
                       "mov $0xf000, %esp\npushf\npop 0x32080\ncld\njmp 1b\n"
                       "2: xor %edi, %edi\n" EXIT);
extern const uint8_t form_back[];

struct outcome {
	struct block regs;
	uint8_t window[AREA];
	uint8_t stack[256];
	uint8_t other[256];
};

static struct {
	struct hv_vm *vm;
	enum form_mode mode;
	unsigned how;
	const struct form *forms;
	unsigned count, index, round;
	bool on_device; /* what runs now */
	bool started;
	struct block in;
	uint8_t contents[AREA];
	uint8_t device[AREA];
	unsigned accesses, odd; /* by the device; odd: of a width that the form does not say */
	struct outcome ram, dev;
	char failure[160];
} state;

static void note_width(unsigned width)
{
	state.accesses++;
	if (state.forms[state.index].width && width != state.forms[state.index].width)
		state.odd = width;
}

static uint64_t device_read(void *arg, uint64_t offset, unsigned width)
{
	uint64_t value = 0;

	(void)arg;
	note_width(width);
	memcpy(&value, &state.device[offset], width);
	return value;
}

static void device_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg;
	note_width(width);
	memcpy(&state.device[offset], &value, width);
}

static uint64_t back_address(void)
{
	return HV_FLAT_CODE + (uint64_t)(form_back - form_first);
}

/* Often an extreme, where carries and overflows are. */
static uint64_t some_value(void)
{
	static const uint64_t extremes[] = {0, UINT64_MAX, UINT64_C(0x8080808080808080), UINT64_C(0x7f7fffff7fffff7f)};
	uint64_t x = test_random();

	return x & 4 ? extremes[x & 3] : test_random();
}

static unsigned operand_offset(void)
{
	if (state.how & (FORM_OPERAND_CROSSES | FORM_OPERAND_MIXED))
		return PAGE - 1 - state.round % 3 * 2;
	return 0x800 + state.round % 3 * 8;
}

/* The pointer's low part as the mode counts it, noise above it where it does not count. */
static uint64_t pointer(unsigned offset)
{
	if (state.mode == FORM_64)
		return FORM_WINDOW + offset;
	if (state.mode == FORM_32)
		return offset;
	return (test_random() & 0xffff0000U) | offset;
}

static void choose_registers(const struct form *f)
{
	static const uint8_t pointers[] = {HV_RBX, HV_RSI, HV_RDI, HV_RBP, HV_R12};
	struct block *in = &state.in;
	unsigned offset = operand_offset();

	memset(in, 0, sizeof(*in));
	for (unsigned i = 0; i < HV_GPR_COUNT; i++)
		in->gpr[i] = state.mode == FORM_64 ? some_value() : some_value() & UINT32_MAX;
	for (unsigned i = 0; i < sizeof(pointers); i++)
		in->gpr[pointers[i]] = pointer(offset);
	in->gpr[HV_R14] = test_random() & 7;
	in->gpr[HV_R15] = test_random() % 400 - 200;
	in->gpr[HV_RCX] = test_random() & 7;
	if (state.mode == FORM_16)
		in->gpr[HV_RCX] |= test_random() & 0xffff0000U;
	in->gpr[HV_RDX] = (in->gpr[HV_RDX] & ~UINT64_C(0xff)) | (test_random() & 7);
	in->gpr[HV_RSP] = f->options & FORM_SP || state.mode != FORM_64 ? pointer(offset) : STACK;
	if (f->options & FORM_SI_RAM)
		in->gpr[HV_RSI] = OTHER + 0x80;
	if (f->options & FORM_DI_RAM)
		in->gpr[HV_RDI] = OTHER + 0x80;
	in->rflags = 2 | (test_random() & FLAGS) | (state.round & 1 ? FLAG_DF : 0);
	in->code = state.mode == FORM_64 ? GUEST_CODE64 : state.mode == FORM_32 ? GUEST_CODE32 : GUEST_CODE16;
	in->ds = in->es = in->ss = state.mode == FORM_64   ? GUEST_FLAT
	                           : state.mode == FORM_32 ? GUEST_WINDOW32
	                                                   : GUEST_WINDOW16;
	in->fs = in->gs = GUEST_WINDOW32;
	in->back = back_address();
}

static void choose_contents(const struct form *f)
{
	unsigned offset = operand_offset();

	memset(state.contents, 0, sizeof(state.contents));
	for (unsigned i = 0; i < 0x100; i += 8) {
		uint64_t value = some_value();

		memcpy(&state.contents[offset - 0x80 + i], &value, sizeof(value));
	}
	if (f->options & FORM_BRANCH)
		memcpy(&state.contents[offset], &state.in.back, sizeof(state.in.back));
}

/* The instruction and the jump back, in two pages of guest memory. */
static void put_code(const struct form *f)
{
	static const uint8_t jump64[] = {0xff, 0x24, 0x25, 0x98, 0x10, 0x03, 0x00}; /* jmp *IN.back */
	unsigned at = state.how & FORM_CODE_CROSSES ? PAGE - 1 - state.round % (f->length - 1U) : 0x100;
	uint32_t back = (uint32_t)state.in.back;
	uint8_t code[32];
	unsigned size = f->length;

	memcpy(code, f->bytes, size);
	if (state.mode == FORM_64) {
		memcpy(code + size, jump64, sizeof(jump64));
		size += sizeof(jump64);
	} else {
		if (state.mode == FORM_16)
			code[size++] = 0x66;
		code[size++] = 0xea; /* jmp GUEST_CODE64:back */
		memcpy(code + size, &back, sizeof(back));
		code[size + 4] = GUEST_CODE64;
		code[size + 5] = 0;
		size += 6;
	}
	for (unsigned i = 0; i < size; i++)
		*(uint8_t *)guest_at(state.vm, at + i < PAGE ? CODE_LO + at + i : CODE_HI + at + i - PAGE) = code[i];
	state.in.slot = (state.mode == FORM_16 ? 0x2000 : CODE_WINDOW) + at;
}

static void put_state(void)
{
	const uint64_t device = HV_BAR_WINDOW_BASE, present_write = 3;
	bool mixed = state.how & FORM_OPERAND_MIXED;
	uint64_t *pt = guest_at(state.vm, PT);

	*(uint64_t *)guest_at(state.vm, PD) = PT | present_write;
	pt[0] = (state.on_device && !mixed ? device : RAM) | present_write;
	pt[1] = (state.on_device ? device + PAGE : RAM + PAGE) | present_write;
	pt[2] = CODE_LO | present_write;
	pt[3] = CODE_HI | present_write;
	memcpy(guest_at(state.vm, RAM), state.contents, AREA);
	memcpy(state.device, state.contents, AREA);
	memset(guest_at(state.vm, STACK - 128), 0x5a, 256);
	memset(guest_at(state.vm, OTHER), 0xa5, 256);
	state.accesses = state.odd = 0;
	put_code(&state.forms[state.index]);
	memcpy(guest_at(state.vm, IN), &state.in, sizeof(state.in));
}

static void take_outcome(struct outcome *o)
{
	unsigned from_device = !state.on_device ? AREA : state.how & FORM_OPERAND_MIXED ? PAGE : 0;

	memcpy(&o->regs, guest_at(state.vm, OUT), sizeof(o->regs));
	memcpy(o->window, guest_at(state.vm, RAM), AREA);
	memcpy(o->window + from_device, state.device + from_device, AREA - from_device);
	memcpy(o->stack, guest_at(state.vm, STACK - 128), sizeof(o->stack));
	memcpy(o->other, guest_at(state.vm, OTHER), sizeof(o->other));
}

#define DIFFERS(...) snprintf(state.failure, sizeof(state.failure), __VA_ARGS__)

/* Perhaps not once. */
static bool repeats(const struct form *f)
{
	return (f->bytes[0] & 0xfe) == 0xf2 || (f->bytes[1] & 0xfe) == 0xf2;
}

static void compare(const struct form *f)
{
	uint64_t counts = state.mode == FORM_64 ? UINT64_MAX : UINT32_MAX;
	const struct outcome *ram = &state.ram, *dev = &state.dev;

	for (unsigned i = 0; i < HV_GPR_COUNT; i++)
		if ((ram->regs.gpr[i] ^ dev->regs.gpr[i]) & counts)
			DIFFERS("register %u: on RAM %#llx, on the device %#llx", i,
			        (unsigned long long)ram->regs.gpr[i], (unsigned long long)dev->regs.gpr[i]);
	if ((ram->regs.rflags ^ dev->regs.rflags) & (FLAGS | FLAG_DF) & ~(uint64_t)f->undefined)
		DIFFERS("flags: on RAM %#llx, on the device %#llx", (unsigned long long)ram->regs.rflags,
		        (unsigned long long)dev->regs.rflags);
	for (unsigned i = 0; i < AREA; i++)
		if (ram->window[i] != dev->window[i])
			DIFFERS("byte %#x of the window: on RAM %#x, on the device %#x", i, ram->window[i],
			        dev->window[i]);
	if (memcmp(ram->stack, dev->stack, sizeof(ram->stack)) != 0)
		DIFFERS("the stack");
	if (memcmp(ram->other, dev->other, sizeof(ram->other)) != 0)
		DIFFERS("the operand in RAM");
	if (!state.accesses && !repeats(f) && !(state.how & FORM_OPERAND_MIXED))
		DIFFERS("the device was not accessed");
	if (state.odd && !state.how)
		DIFFERS("the device saw an access of %u bytes, not %u", state.odd, f->width);
}

/* After one run and before the next. Expectations would leave hv_run() in the middle: what fails is noted. */
static bool next(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result)
{
	const struct form *f = &state.forms[state.index];

	(void)arg, (void)args;
	*result = 1;
	if (number != NEXT)
		return false;
	if (state.started) {
		take_outcome(state.on_device ? &state.dev : &state.ram);
		if (state.on_device) {
			compare(f);
			if (state.failure[0])
				return true;
			if (++state.round == ROUNDS) {
				state.round = 0;
				if (++state.index == state.count)
					return true;
				f = &state.forms[state.index];
			}
		}
		state.on_device = !state.on_device;
	}
	state.started = true;
	if (!state.on_device) {
		choose_registers(f);
		choose_contents(f);
	}
	put_state();
	*result = 0;
	return true;
}

void form_check(enum form_mode mode, unsigned how, const struct form *forms, unsigned count)
{
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, AREA, device_read, device_write, NULL, "form"};
	struct hv_result result;

	memset(&state, 0, sizeof(state));
	state.vm = GUEST_VM(form, 0);
	state.mode = mode;
	state.how = how;
	state.forms = forms;
	state.count = count;
	EXPECT_OK(hv_mmio_add(state.vm, &region));
	hv_set_hypercall(state.vm, next, NULL);
	test_limit(10 * GUEST_LIMIT_MS);
	EXPECT_OK(hv_run(state.vm, 5 * GUEST_LIMIT_MS, &result));
	test_context("%s, round %u, %s; guest: %s", forms[state.index < count ? state.index : count - 1].name,
	             state.round, state.on_device ? "device" : "RAM", result.text);
	EXPECT_STR_EQ("", state.failure);
	EXPECT_EQ(HV_END_EXIT, result.end);
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(count, state.index);
	test_context("");
}
