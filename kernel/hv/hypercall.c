/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/hv/vm.h"
#include "kernel/hypercall.h"
#include "kernel/mem.h"

void hv_console_flush(struct hv_vm *vm)
{
	if (!vm->line_size)
		return;
	vm->line[vm->line_size] = '\0';
	vm->line_size = 0;
	if (vm->console)
		vm->console(vm->console_arg, vm->line);
}

static void console_byte(struct hv_vm *vm, char c)
{
	if (c == '\n') {
		/* An empty line is a line, too. */
		vm->line[vm->line_size] = '\0';
		vm->line_size = 0;
		if (vm->console)
			vm->console(vm->console_arg, vm->line);
		return;
	}
	/* What could move the host's cursor or forge its lines. */
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return;
	vm->line[vm->line_size++] = c;
	if (vm->line_size == HV_LINE_MAX - 1)
		hv_console_flush(vm);
}

static int64_t console(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	const volatile char *text;

	if (size > PAGE_SIZE || gpa % PAGE_SIZE + size > PAGE_SIZE)
		return -EINVAL;
	text = hv_ram_ptr(vm, gpa, size);
	if (!text)
		return -EFAULT;
	for (uint64_t i = 0; i < size; i++)
		console_byte(vm, text[i]);
	return 0;
}

bool hv_hypercall(struct hv_vm *vm, struct hv_regs *regs, uint64_t *status)
{
	uint64_t number = regs->gpr[HV_RAX];
	const uint64_t args[3] = {regs->gpr[HV_RDI], regs->gpr[HV_RSI], regs->gpr[HV_RDX]};
	uint64_t result = (uint64_t)(int64_t)-ENOSYS;

	if (regs->cpl) {
		regs->gpr[HV_RAX] = (uint64_t)(int64_t)-EPERM;
		return false;
	}
	switch (number) {
	case HYPERCALL_CONSOLE:
		result = (uint64_t)console(vm, args[0], args[1]);
		break;
	case HYPERCALL_EXIT:
		*status = args[0];
		return true;
	case HYPERCALL_EXITS:
		vm->exits_asked++;
		result = vm->stats.total - vm->exits_asked;
		break;
	default:
		if (!vm->hypercall || !vm->hypercall(vm->hypercall_arg, number, args, &result))
			result = (uint64_t)(int64_t)-ENOSYS;
		break;
	}
	regs->gpr[HV_RAX] = result;
	return false;
}
