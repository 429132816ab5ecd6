/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual commands: every code in every state, races with them, and host failures (cases D1 to D11). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

enum device {
	DISABLED,
	NO_MASTER,
	ENABLED,
	WQ_ON,
	HALTED,
	DEVICES
};

static void boot_into(struct host *h, enum device device)
{
	host_boot(h);
	if (device == NO_MASTER)
		cfg_write(h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	if (device >= ENABLED)
		assert_int_equal(command(h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	if (device >= WQ_ON)
		assert_int_equal(command(h, DSA_CMD_ENABLE_WQ, 0), 0);
	if (device == HALTED)
		vdsa_host_halted(&h->v);
	reg_write(h, DSA_INTCAUSE, 4, UINT32_MAX);
	h->messages = h->logged = 0;
	host_invariants(h);
}

/* Error by state, and the state afterwards: device and WQ; and the host's operations if the WQ was on. */
struct row {
	uint32_t code, operand;
	uint8_t error[DEVICES];
	uint8_t device_after, wq_after; /* of the WQ_ON column */
	enum host_op ops[2];            /* likewise */
};

#define H   DSA_CMDERR_HALTED
#define N   DSA_CMDERR_WQ_NOT_ENABLED
#define BAD DSA_CMDERR_INVALID_WQ

static const struct row table[] = {
        {DSA_CMD_ENABLE_DEVICE, 0, {0, 0x12, 0x10, 0x10, H}, 1, 1, {0}},
        {DSA_CMD_DISABLE_DEVICE, 0, {0x31, 0x31, 0, 0, H}, 0, 0, {HOST_OP_DISABLE}},
        {DSA_CMD_DRAIN_ALL, 0, {0, 0, 0, 0, H}, 1, 1, {HOST_OP_DRAIN}},
        {DSA_CMD_ABORT_ALL, 0, {0, 0, 0, 0, H}, 1, 1, {HOST_OP_ABORT}},
        {DSA_CMD_RESET_DEVICE, 0, {0, 0, 0, 0, H}, 0, 0, {HOST_OP_ABORT, HOST_OP_DISABLE}},
        {DSA_CMD_ENABLE_WQ, 0, {0x20, 0x20, 0, 0x21, H}, 1, 1, {0}},
        {DSA_CMD_ENABLE_WQ, 1, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_ENABLE_WQ, 0xfffff, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_DISABLE_WQ, 1, {N, N, N, 0, H}, 1, 0, {HOST_OP_DISABLE}},
        {DSA_CMD_DISABLE_WQ, 0, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_DISABLE_WQ, 3, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_DRAIN_WQ, 1, {N, N, N, 0, H}, 1, 1, {HOST_OP_DRAIN}},
        {DSA_CMD_DRAIN_WQ, 0, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_DRAIN_WQ, 0xfffe, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_DRAIN_WQ, 0xffff, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_ABORT_WQ, 1, {N, N, N, 0, H}, 1, 1, {HOST_OP_ABORT}},
        {DSA_CMD_ABORT_WQ, 0, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_ABORT_WQ, 0x10001, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_RESET_WQ, 1, {0, 0, 0, 0, H}, 1, 0, {HOST_OP_ABORT, HOST_OP_DISABLE}},
        {DSA_CMD_RESET_WQ, 0, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_RESET_WQ, 0xf0001, {BAD, BAD, BAD, BAD, H}, 1, 1, {0}},
        {DSA_CMD_DRAIN_PASID, 0, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_DRAIN_PASID, HOST_HPASID, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_ABORT_PASID, 0xfffff, {0, 0, 0, 0, H}, 1, 1, {0}},
        {DSA_CMD_REQUEST_INT_HANDLE, 0, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {DSA_CMD_REQUEST_INT_HANDLE, 2, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {DSA_CMD_REQUEST_INT_HANDLE, 0xffff, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {DSA_CMD_REQUEST_INT_HANDLE, 0x10001, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {DSA_CMD_RELEASE_INT_HANDLE, HOST_SLOT, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {DSA_CMD_RELEASE_INT_HANDLE, 1, {0x41, 0x41, 0x41, 0x41, H}, 1, 1, {0}},
        {0, 0, {1, 1, 1, 1, 1}, 1, 1, {0}},
        {15, 0, {1, 1, 1, 1, 1}, 1, 1, {0}},
        {16, 0, {1, 1, 1, 1, 1}, 1, 1, {0}},
        {17, 0, {1, 1, 1, 1, 1}, 1, 1, {0}},
        {31, 0xfffff, {1, 1, 1, 1, 1}, 1, 1, {0}},
};

/* D2, D3, D8, P1, I1, I2: the table of commands in every state. */
static void d2_every_state(void **state)
{
	struct host h;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
		for (unsigned device = 0; device < DEVICES; device++) {
			const struct row *row = &table[i];

			boot_into(&h, (enum device)device);
			uint32_t cmdsts = command(&h, (enum dsa_command)row->code, row->operand);

			if (cmdsts != row->error[device])
				fail_msg("command %u operand %x in state %u: expected %x, got %x", row->code,
				         row->operand, device, row->error[device], cmdsts);
			/* The whole dword is 0 on success, and whoever asked for the interrupt got just one. */
			assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_COMMAND);
			assert_int_equal(messages_with(&h, HOST_MSG_DATA), 1);
			if (device == WQ_ON) {
				assert_int_equal(reg_read(&h, DSA_GENSTS, 4), row->device_after);
				assert_int_equal(reg_read(&h, VDSA_WQCFG + 24, 4) >> 30, row->wq_after);
				for (unsigned op = 0; op < 2; op++)
					assert_int_equal(op < h.logged ? h.log[op] : HOST_OP_NONE, row->ops[op]);
				assert_true(h.logged <= 2);
			}
			host_invariants(&h);
			host_stop(&h);
		}
}

/* Interrupts only if asked for. */
static void without_interrupt(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, DISABLED);
	reg_write(&h, DSA_CMD, 4, FIELD_PREP(DSA_CMD_CODE, (uint32_t)DSA_CMD_ENABLE_DEVICE));
	assert_int_equal(reg_read(&h, DSA_CMDSTS, 4), 0);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	assert_int_equal(h.messages, 0);
	host_stop(&h);
}

static void second_command(struct host *h, enum host_op op)
{
	(void)op;
	assert_int_equal(reg_read(h, DSA_CMDSTS, 4) & DSA_CMDSTS_ACTIVE, DSA_CMDSTS_ACTIVE);
	for (int i = 0; i < 3; i++)
		reg_write(h, DSA_CMD, 4, DSA_CMD_REQ_INT | FIELD_PREP(DSA_CMD_CODE, (uint32_t)DSA_CMD_RESET_DEVICE));
}

/* D1: CMD written while active: 52 recorded once, overflow after it; the first command completes properly. */
static void d1_while_active(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	reg_write(&h, DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	h.during = second_command;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_WQ, 1), 0);
	h.during = NULL;
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8),
	                 DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW | FIELD_PREP(DSA_SWERROR_CODE, 0x52));
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_SWERR | DSA_INTCAUSE_COMMAND);
	assert_int_equal(h.messages, 2); /* one error, one completion */
	assert_int_equal(logged(&h, HOST_OP_DRAIN), 1);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	host_stop(&h);
}

/* D5: a drain that never ends: 03, then halt; and the WQ is stopped. */
static void d5_host_timeout(void **state)
{
	static const struct {
		uint32_t code, operand;
		enum host_op op;
	} row[] = {
	        {DSA_CMD_DRAIN_WQ, 1, HOST_OP_DRAIN},
	        {DSA_CMD_DRAIN_ALL, 0, HOST_OP_DRAIN},
	        {DSA_CMD_ABORT_WQ, 1, HOST_OP_ABORT},
	        {DSA_CMD_ABORT_ALL, 0, HOST_OP_ABORT},
	};
	struct host h;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(row); i++) {
		boot_into(&h, WQ_ON);
		reg_write(&h, DSA_GENCTRL, 4, 3);
		h.fail[row[i].op] = -ETIMEDOUT;
		assert_int_equal(command(&h, (enum dsa_command)row[i].code, row[i].operand), DSA_CMDERR_INTERNAL);
		assert_int_equal(reg_read(&h, DSA_GENSTS, 4) & 3, DSA_STATE_HALT);
		assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_COMMAND | DSA_INTCAUSE_HALT);
		assert_false(h.wq_on); /* disabling worked */
		host_invariants(&h);
		host_stop(&h);
	}
}

/* The WQ cannot be disabled: it is quarantined until a reset succeeds, and close says so. */
static void d5_quarantine(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	h.fail[HOST_OP_DISABLE] = -ETIMEDOUT;
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), DSA_CMDERR_INTERNAL);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4) & 3, DSA_STATE_HALT);
	vdsa_reset(&h.v);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4) & 3, DSA_STATE_HALT);
	config_enable(&h);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_TRAPPED);
	assert_int_equal(vdsa_close(&h.v), -EIO);
	assert_true(h.pasid_attached); /* its address space must stay what it is */
	assert_int_equal(vdsa_open(&h.v), -EBUSY);

	boot_into(&h, WQ_ON);
	h.fail[HOST_OP_DISABLE] = -EIO;
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), DSA_CMDERR_INTERNAL);
	h.fail[HOST_OP_DISABLE] = 0;
	vdsa_reset(&h.v);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	host_invariants(&h);
	host_stop(&h);
}

/* Host failures of Enable WQ: 03, never the physical code, and everything undone. */
static void enable_wq_fails(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, ENABLED);
	h.fail[HOST_OP_SET_PASID] = -EIO;
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), DSA_CMDERR_INTERNAL);
	h.fail[HOST_OP_SET_PASID] = 0;
	vdsa_reset(&h.v);
	host_stop(&h);

	boot_into(&h, ENABLED);
	h.fail[HOST_OP_ENABLE] = -EIO;
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), DSA_CMDERR_INTERNAL);
	assert_int_equal(h.wq_pasid, HOST_NOBODY);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 24, 4), 0);
	h.fail[HOST_OP_ENABLE] = 0;
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	host_invariants(&h);
	host_stop(&h);

	boot_into(&h, ENABLED);
	h.fail[HOST_OP_ENABLE] = -ETIMEDOUT; /* it may be on */
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), DSA_CMDERR_INTERNAL);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4) & 3, DSA_STATE_HALT);
	assert_false(h.wq_on);
	host_invariants(&h);
	host_stop(&h);
}

static void disable_fails(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	h.fail[HOST_OP_DISABLE] = -EIO;
	assert_int_equal(command(&h, DSA_CMD_DISABLE_WQ, 1), DSA_CMDERR_INTERNAL);
	assert_int_equal(command(&h, DSA_CMD_DISABLE_DEVICE, 0), DSA_CMDERR_INTERNAL);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	host_invariants(&h);
	h.fail[HOST_OP_DISABLE] = 0;
	assert_int_equal(command(&h, DSA_CMD_DISABLE_DEVICE, 0), 0);
	host_stop(&h);
}

static int translate(void *ctx, uint32_t vpasid, uint32_t *hpasid)
{
	struct host *h = ctx;

	if (vpasid != h->vpasid)
		return -ENOENT;
	*hpasid = h->translated;
	return 0;
}

/* D7: Drain and Abort PASID go through the guest's own table; foreign numbers mean nothing. */
static void d7_pasid_commands(void **state)
{
	static const uint32_t foreign[] = {0, HOST_HPASID, HOST_NOBODY, 0xfffff, 0x1234};
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	for (unsigned i = 0; i < ARRAY_SIZE(foreign); i++) {
		assert_int_equal(command(&h, DSA_CMD_DRAIN_PASID, foreign[i]), 0);
		assert_int_equal(command(&h, DSA_CMD_ABORT_PASID, foreign[i]), 0);
	}
	assert_int_equal(h.logged, 0);
	h.ops.pasid_translate = translate;
	h.vpasid = 7;
	h.translated = 0x777;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_PASID, 7), 0);
	assert_int_equal(command(&h, DSA_CMD_ABORT_PASID, 7), 0);
	assert_int_equal(command(&h, DSA_CMD_ABORT_PASID, 0x777), 0);
	assert_int_equal(h.logged, 2);
	assert_int_equal(h.log[0], HOST_OP_PASID_DRAIN);
	assert_int_equal(h.log[1], HOST_OP_PASID_ABORT);
	h.fail[HOST_OP_PASID_DRAIN] = -EIO;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_PASID, 7), DSA_CMDERR_INTERNAL);
	host_invariants(&h);
	host_stop(&h);
}

/* D9: Reset Device: its completion interrupt comes, what must survive does, the rest is as after reset. */
static void d9_reset_device(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	reg_write(&h, VDSA_MSIXPERM + 8, 4, DSA_INTPERM_IGNORE);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	vdsa_host_error(&h.v, (const uint64_t[4]){DSA_SWERROR_VALID | DSA_SWERROR_WQ_VALID | (uint64_t)HOST_WQ << 16 |
	                                          0x53 << 8});
	h.messages = 0;
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_COMMAND);
	assert_int_equal(reg_read(&h, DSA_GENCTRL, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIXPERM + 8, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 0);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8) & DSA_SWERROR_VALID, DSA_SWERROR_VALID);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE, 8), HOST_MSG_ADDR);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE + 12, 4), 0);
	assert_int_equal(cfg_read(&h, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	/* The handle is the same but must be asked for; till then its entry is masked. */
	assert_true(h.ims_control & DSA_IMS_CTRL_MASK);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	assert_false(h.ims_control & DSA_IMS_CTRL_MASK);
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), 0);
	host_invariants(&h);
	host_stop(&h);
}

static void flr_meanwhile(struct host *h, enum host_op op)
{
	if (op == HOST_OP_DRAIN) {
		cfg_write(h, VDSA_CAP_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
		h->messages = 0;
	}
}

/* D10: a reset while a command runs: the command is discarded, and nothing of it shows later. */
static void d10_flr_meanwhile(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	h.during = flr_meanwhile;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_WQ, 1), 0);
	h.during = NULL;
	assert_int_equal(h.messages, 0);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	assert_int_equal(reg_read(&h, DSA_CMD, 4), 0);
	assert_false(h.wq_on);
	assert_int_equal(h.v.stats.resets, 1);
	host_invariants(&h);
	host_stop(&h);
}

static void halt_meanwhile(struct host *h, enum host_op op)
{
	if (op == HOST_OP_DRAIN) {
		cfg_write(h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		assert_int_equal(reg_read(h, DSA_GENSTS, 4), DSA_STATE_ENABLED); /* first the command, then halt */
	}
}

static void d10_halt_meanwhile(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	h.during = halt_meanwhile;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_WQ, 1), DSA_CMDERR_INTERNAL);
	h.during = NULL;
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4) & 3, DSA_STATE_HALT);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_SWERR | DSA_INTCAUSE_COMMAND | DSA_INTCAUSE_HALT);
	assert_int_equal(h.messages, 3);
	host_invariants(&h);
	host_stop(&h);
}

static void bars_meanwhile(struct host *h, enum host_op op)
{
	(void)op;
	cfg_write(h, PCI_BASE_ADDRESS_2, 4, 0xc0100000);
	cfg_write(h, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	cfg_write(h, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	assert_int_equal(h->window[VDSA_WINDOW_PORTAL0].how, VDSA_TRAPPED);
}

/* D11: no submissions while drain, abort and reset run, however the guest moves its portals. The host checks it. */
static void d11_portals_held(void **state)
{
	static const enum dsa_command codes[] = {DSA_CMD_DRAIN_WQ, DSA_CMD_ABORT_WQ, DSA_CMD_RESET_WQ};
	struct host h;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		boot_into(&h, WQ_ON);
		h.during = bars_meanwhile;
		assert_int_equal(command(&h, codes[i], 1), 0);
		h.during = NULL;
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_MAPPED);
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].gpa, 0xc0101000);
		host_invariants(&h);
		host_stop(&h);
	}
}

/* D4: a storm of commands is a row of commands. */
static void d4_storm(void **state)
{
	struct host h;

	(void)state;
	boot_into(&h, WQ_ON);
	for (unsigned i = 0; i < 20000; i++)
		(void)command(&h, i % 2 ? DSA_CMD_DRAIN_WQ : DSA_CMD_ABORT_ALL, 1);
	host_invariants(&h);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(d1_while_active),    cmocka_unit_test(d2_every_state),
	        cmocka_unit_test(d4_storm),           cmocka_unit_test(d5_host_timeout),
	        cmocka_unit_test(d5_quarantine),      cmocka_unit_test(d7_pasid_commands),
	        cmocka_unit_test(d9_reset_device),    cmocka_unit_test(d10_flr_meanwhile),
	        cmocka_unit_test(d10_halt_meanwhile), cmocka_unit_test(d11_portals_held),
	        cmocka_unit_test(without_interrupt),  cmocka_unit_test(enable_wq_fails),
	        cmocka_unit_test(disable_fails),
	};

	return cmocka_run_group_tests_name("vdsa_commands", tests, NULL, NULL);
}
