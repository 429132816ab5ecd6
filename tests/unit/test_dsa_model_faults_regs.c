/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of registers and commands show (tests/unit/dsa_faults.h). */
#include "tests/unit/dsa_faults.h"

static struct world world;

static uint64_t command_interrupts(struct world *w)
{
	(void)command(w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
	return w->notified[0];
}

static uint64_t enable_with_max_xfer(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(w, DWQ, 3, (uint32_t)FIELD_GET(DSA_GENCAP_MAX_XFER, rd64(w, DSA_GENCAP)) | 4 << 5);
	return command(w, DSA_CMD_ENABLE_WQ, DWQ);
}

static uint64_t enable_with_all_entries(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	wqcfg_set(w, DWQ, 0, (uint32_t)FIELD_GET(DSA_WQCAP_TOTAL_SIZE, rd64(w, DSA_WQCAP)) - 2 * WQ_SIZE);
	return command(w, DSA_CMD_ENABLE_DEVICE, 0);
}

/* Opcodes that OPCAP names, and that the device says it does not know. */
static uint64_t opcodes_missing(struct world *w)
{
	uint64_t missing = 0;

	for (unsigned opcode = 0; opcode < 64; opcode++) {
		struct dsa_raw_desc d = with_record(descriptor((uint8_t)opcode, 0, DATA(0), DATA(4), 64), 0);

		if (!(rd64(w, DSA_OPCAP) & BIT64(opcode)))
			continue;
		run(w, DWQ, 0, d);
		missing |= status(0) == DSA_COMP_BAD_OPCODE ? BIT64(opcode) : 0;
	}
	return missing;
}

static uint64_t priority_while_enabled(struct world *w)
{
	wqcfg_set(w, DWQ, 2, FIELD_PREP(DSA_WQCFG2_PRIORITY, 9U) | DSA_WQCFG2_DEDICATED);
	return FIELD_GET(DSA_WQCFG2_PRIORITY, wqcfg(w, DWQ, 2));
}

static uint64_t wq_state(struct world *w)
{
	return FIELD_GET(DSA_WQCFG6_STATE, wqcfg(w, DWQ, 6));
}

static uint64_t drain_cmdsts(struct world *w)
{
	return command(w, DSA_CMD_DRAIN_WQ, BIT32(DWQ));
}

static uint64_t failing_command(struct world *w)
{
	return command(w, DSA_CMD_ENABLE_DEVICE, 0);
}

static uint64_t done_after(struct world *w, uint32_t code, uint32_t operand)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct dsa_raw_desc d = noop(i);

		(void)post(w, DWQ, 0, &d);
	}
	(void)command(w, code, operand);
	for (unsigned i = 0; i < 4; i++)
		done += status(i) == DSA_COMP_SUCCESS;
	return done;
}

static uint64_t done_after_drain(struct world *w)
{
	return done_after(w, DSA_CMD_DRAIN_WQ, BIT32(DWQ));
}

static uint64_t done_after_disable(struct world *w)
{
	return done_after(w, DSA_CMD_DISABLE_DEVICE, 0);
}

static uint64_t size_after_reset(struct world *w)
{
	(void)command(w, DSA_CMD_RESET_DEVICE, 0);
	return wqcfg(w, DWQ, 0) | rd64(w, DSA_MODEL_GRPCFG) << 32;
}

static uint64_t unasked_command_interrupts(struct world *w)
{
	w->notified[0] = 0;
	(void)command(w, DSA_CMD_DRAIN_ALL, 0);
	return w->notified[0];
}

static uint64_t error_interrupts(struct world *w)
{
	(void)command(w, DSA_CMD_ENABLE_DEVICE, DSA_CMD_REQ_INT);
	return w->notified[0];
}

static uint64_t version(struct world *w)
{
	return rd(w, DSA_VERSION);
}

static uint64_t msixperm_offset(struct world *w)
{
	return FIELD_GET(DSA_OFFSETS_MSIXPERM, rd64(w, DSA_OFFSETS)) * DSA_OFFSETS_UNIT;
}

static uint64_t byte_of_gencap(struct world *w)
{
	return dsa_model_read(&w->m, DSA_GENCAP + 1, 1);
}

static uint64_t unlisted(struct world *w)
{
	wr(w, 0x18, 0x1234);
	return rd(w, 0x18);
}

static uint64_t written_cmdsts(struct world *w)
{
	wr(w, DSA_CMDSTS, 0x7f);
	return rd(w, DSA_CMDSTS);
}

static uint64_t cleared_genctrl(struct world *w)
{
	wr(w, DSA_GENCTRL, DSA_GENCTRL_HALT_INT);
	wr(w, DSA_GENCTRL, 0);
	return rd(w, DSA_GENCTRL);
}

static uint64_t engines_while_enabled(struct world *w)
{
	grpcfg_set(w, 0, 7, 3);
	return rd64(w, DSA_MODEL_GRPCFG + DSA_GRPCFG_ENGINES);
}

static uint64_t gencfg_while_enabled(struct world *w)
{
	wr(w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS);
	return rd(w, DSA_GENCFG) & DSA_GENCFG_USER_INT;
}

static uint64_t unknown_command(struct world *w)
{
	return command(w, 31, 0);
}

static uint64_t second_command(struct world *w)
{
	issue(w, DSA_CMD_DRAIN_ALL, 0);
	issue(w, DSA_CMD_DRAIN_ALL, 0);
	return swerror_code(w);
}

static uint64_t drain_all_cmdsts(struct world *w)
{
	return command(w, DSA_CMD_DRAIN_ALL, 0);
}

static uint64_t drain_wq_beyond(struct world *w)
{
	return command(w, DSA_CMD_DRAIN_WQ, BIT32(DSA_MODEL_WQS));
}

static uint64_t enable_without_engine(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	grpcfg_set(w, 0, 7, 0);
	return command(w, DSA_CMD_ENABLE_DEVICE, 0);
}

static uint64_t enable_without_priority(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(w, DWQ, 2, DSA_WQCFG2_DEDICATED);
	return command(w, DSA_CMD_ENABLE_WQ, DWQ);
}

static uint64_t state_of_disabled_wq(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	return wq_state(w);
}

static uint64_t state_of_disabled_device(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	return FIELD_GET(DSA_GENSTS_STATE, rd(w, DSA_GENSTS));
}

static uint64_t size_after_reset_wq(struct world *w)
{
	(void)command(w, DSA_CMD_RESET_WQ, BIT32(DWQ));
	return wqcfg(w, DWQ, 0);
}

static uint64_t done_after_drain_pasid(struct world *w)
{
	const struct dsa_raw_desc d = noop(0);

	(void)post(w, PWQ, 0, &d);
	(void)command(w, DSA_CMD_DRAIN_PASID, PWQ_PASID);
	return status(0);
}

/* What still comes when the abort is over. */
static uint64_t records_after_abort(struct world *w)
{
	const struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(1), 4096);
	uint8_t then;

	(void)post(w, DWQ, 0, &d);
	(void)command(w, DSA_CMD_ABORT_WQ, BIT32(DWQ));
	then = status(0);
	(void)world_settle(w);
	return then != status(0);
}

static uint64_t swerror_after_reset(struct world *w)
{
	run(w, DWQ, 0, descriptor(0x7f, 0, 0, 0, 0));
	(void)command(w, DSA_CMD_RESET_DEVICE, 0);
	return swerror_code(w);
}

static uint64_t permission_after_reset(struct world *w)
{
	wr(w, DSA_MODEL_MSIXPERM, DSA_INTPERM_IGNORE);
	(void)command(w, DSA_CMD_RESET_DEVICE, 0);
	return rd(w, DSA_MODEL_MSIXPERM);
}

static uint64_t state_after_flr(struct world *w)
{
	dsa_model_flr(&w->m);
	return FIELD_GET(DSA_GENSTS_STATE, rd(w, DSA_GENSTS));
}

static uint64_t state_after_change(struct world *w)
{
	const struct dsa_model_pci off = {0};

	dsa_model_pci_changed(&w->m, &off);
	return FIELD_GET(DSA_GENSTS_STATE, rd(w, DSA_GENSTS));
}

static uint64_t command_while_halted(struct world *w)
{
	(void)state_after_change(w);
	return command(w, DSA_CMD_DRAIN_ALL, 0);
}

static const struct fault_row rows[] = {
        {DSA_FAULT_COMMAND_INTERRUPT_LOST, command_interrupts, 1, 0},
        {DSA_FAULT_GENCAP_XFER, enable_with_max_xfer, 0, DSA_CMDERR_WQ_MAX_XFER},
        {DSA_FAULT_WQCAP_SIZE, enable_with_all_entries, 0, DSA_CMDERR_WQ_SIZES},
        {DSA_FAULT_OPCAP_EXTRA, opcodes_missing, 0, BIT64(0x16)},
        {DSA_FAULT_WQCFG_UNLOCKED, priority_while_enabled, 1, 9},
        {DSA_FAULT_WQ_STAYS_DISABLED, wq_state, DSA_WQ_ENABLED, DSA_WQ_DISABLED},
        {DSA_FAULT_COMMAND_HANGS, drain_cmdsts, 0, DSA_CMDSTS_ACTIVE},
        {DSA_FAULT_COMMAND_ERROR, failing_command, DSA_CMDERR_DEV_NOT_DISABLED, 0},
        {DSA_FAULT_DRAIN_EARLY, done_after_drain, 4, 0},
        {DSA_FAULT_DISABLE_DROPS, done_after_disable, 4, 0},
        {DSA_FAULT_RESET_KEEPS, size_after_reset, 0, WQ_SIZE | UINT64_C(7) << 32},
        {DSA_FAULT_COMMAND_INTERRUPT_UNASKED, unasked_command_interrupts, 0, 1},
        {DSA_FAULT_COMMAND_ERROR_SILENT, error_interrupts, 1, 0},
        {DSA_FAULT_VERSION_RESERVED, version, DSA_VERSION_1_0, BIT32(31) | DSA_VERSION_1_0},
        {DSA_FAULT_OFFSETS_OVERLAP, msixperm_offset, DSA_MODEL_MSIXPERM, DSA_MODEL_GRPCFG},
        {DSA_FAULT_READ_WIDTH, byte_of_gencap, 0x01, 0x0f},
        {DSA_FAULT_UNLISTED_SCRATCH, unlisted, 0, 0x1234},
        {DSA_FAULT_CMDSTS_WRITABLE, written_cmdsts, 0, 0x7f},
        {DSA_FAULT_GENCTRL_STICKY, cleared_genctrl, 0, DSA_GENCTRL_HALT_INT},
        {DSA_FAULT_GRPCFG_UNLOCKED, engines_while_enabled, 1, 3},
        {DSA_FAULT_GENCFG_UNLOCKED, gencfg_while_enabled, DSA_GENCFG_USER_INT, 0},
        {DSA_FAULT_COMMAND_UNKNOWN, unknown_command, DSA_CMDERR_INVALID_CMD, 0},
        {DSA_FAULT_COMMAND_ACTIVE_SILENT, second_command, DSA_SWERR_CMD_ACTIVE, 0},
        {DSA_FAULT_CMDSTS_RESULT, drain_all_cmdsts, 0, FIELD_PREP(DSA_CMDSTS_RESULT, DSA_CMD_DRAIN_ALL)},
        {DSA_FAULT_WQ_SET_UNCHECKED, drain_wq_beyond, DSA_CMDERR_INVALID_WQ, 0},
        {DSA_FAULT_CONFIG_UNCHECKED, enable_without_engine, DSA_CMDERR_GROUP, 0},
        {DSA_FAULT_WQ_CONFIG_UNCHECKED, enable_without_priority, DSA_CMDERR_WQ_PRIORITY, 0},
        {DSA_FAULT_WQ_STAYS_ENABLED, state_of_disabled_wq, DSA_WQ_DISABLED, DSA_WQ_ENABLED},
        {DSA_FAULT_DEVICE_STAYS_ENABLED, state_of_disabled_device, DSA_STATE_DISABLED, DSA_STATE_ENABLED},
        {DSA_FAULT_RESET_WQ_SIZE, size_after_reset_wq, WQ_SIZE, 0},
        {DSA_FAULT_DRAIN_PASID_EARLY, done_after_drain_pasid, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_ABORT_IGNORED, records_after_abort, 0, 1},
        {DSA_FAULT_RESET_SWERROR, swerror_after_reset, DSA_COMP_BAD_OPCODE, 0},
        {DSA_FAULT_RESET_INTERRUPTS, permission_after_reset, 0, DSA_INTPERM_IGNORE},
        {DSA_FAULT_FLR_IGNORED, state_after_flr, DSA_STATE_DISABLED, DSA_STATE_ENABLED},
        {DSA_FAULT_HALT_MISSING, state_after_change, DSA_STATE_HALT, DSA_STATE_ENABLED},
        {DSA_FAULT_HALT_COMMANDS, command_while_halted, DSA_CMDERR_HALTED, 0},
};

static void each_fault_shows(void **s)
{
	(void)s;
	fault_rows_show(&world, rows, ARRAY_SIZE(rows));
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_COMMAND_INTERRUPT_LOST, DSA_FAULT_HALT_COMMANDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
