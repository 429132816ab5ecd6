/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes wrong once, at the moment that was asked for (inject.h): it does what it says, neither before nor after,
 * and what the specification says brings the device back does so.
 */
#include <linux/pci_regs.h>

#include "tests/unit/dsa_faults.h"

#define LATE_NS UINT64_C(1000000)

static struct world w;

/* The world of dsa_world.h, and from here on the nth command, descriptor or interrupt is the one. */
static void up(enum dsa_injection what, enum dsa_moment moment, uint64_t nth)
{
	world_up(&w, DSA_FAULT_NONE);
	wr(&w, DSA_GENCTRL, DSA_GENCTRL_HALT_INT | DSA_GENCTRL_SWERR_INT);
	w.m.config.inject = (struct dsa_inject){what, moment, w.m.moments[moment] + nth};
	w.m.config.late_ns = LATE_NS;
}

static unsigned state(void)
{
	return FIELD_GET(DSA_GENSTS_STATE, rd(&w, DSA_GENSTS));
}

static void again(void)
{
	world_pci(&w, true, false);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	assert_int_equal(noop_status(&w), DSA_COMP_SUCCESS);
}

static void parses(void **s)
{
	static const struct {
		const char *text, *wrong;
	} bad[] = {
	        {"", "form"},
	        {"command-hung", "form"},
	        {"command-hung@command", "form"},
	        {"no-such@command:1", "no such"},
	        {"none@command:1", "no such"},
	        {"@command:1", "no such"},
	        {"command-hun@command:1", "no such"},
	        {"command-hung@:1", "moment is not"},
	        {"command-hung@dinner:1", "moment is not"},
	        {"command-hung@descriptor:1", "does not go"},
	        {"interrupt-lost@command:1", "does not go"},
	        {"halt-flr@command:", "number"},
	        {"halt-flr@command:0", "number"},
	        {"halt-flr@command:-1", "number"},
	        {"halt-flr@command:1x", "number"},
	        {"halt-flr@command:99999999999999999999", "number"},
	};
	struct dsa_inject inject = {0};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *wrong = dsa_inject_parse(bad[i].text, &inject);

		if (!wrong || !strstr(wrong, bad[i].wrong))
			fail_msg("%s: %s", bad[i].text, wrong ? wrong : "accepted");
		assert_int_equal(inject.at, 0);
	}
	assert_null(dsa_inject_parse("interrupt-lost@interrupt:17", &inject));
	assert_int_equal(inject.what, DSA_INJECT_INTERRUPT_LOST);
	assert_int_equal(inject.moment, DSA_MOMENT_INTERRUPT);
	assert_int_equal(inject.at, 17);
	for (int n = 1; n < DSA_INJECTION_COUNT; n++)
		assert_true(*dsa_injection_name(n) && *dsa_injection_text(n) && *dsa_injection_moments(n));
	assert_null(dsa_injection_name(DSA_INJECTION_COUNT));
}

/* Each at the third of its moments: two before it, and the next, are as ever. */
static void nth_command(enum dsa_injection what, uint32_t cmdsts)
{
	up(what, DSA_MOMENT_COMMAND, 3);
	for (unsigned n = 1; n < 3; n++)
		assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), cmdsts);
}

static void commands(void **s)
{
	uint64_t start;

	(void)s;
	nth_command(DSA_INJECT_COMMAND_ERROR, DSA_CMDERR_INTERNAL);
	assert_int_equal(state(), DSA_STATE_ENABLED);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);

	nth_command(DSA_INJECT_COMMAND_HUNG, DSA_CMDSTS_ACTIVE);
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	issue(&w, DSA_CMD_RESET_DEVICE, 0);
	assert_int_equal(swerror_code(&w), DSA_SWERR_CMD_ACTIVE);
	dsa_model_flr(&w.m);
	assert_int_equal(state(), DSA_STATE_DISABLED);
	again();

	up(DSA_INJECT_COMMAND_LATE, DSA_MOMENT_COMMAND, 1);
	start = w.now;
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
	assert_int_equal(w.now - start, COMMAND_NS + LATE_NS);
	start = w.now;
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
	assert_int_equal(w.now - start, COMMAND_NS);
}

/* Three NOOPs, the second of which it befalls. */
static void nth_descriptor(enum dsa_injection what)
{
	up(what, DSA_MOMENT_DESCRIPTOR, 2);
	world_one_in_progress(&w);
	for (unsigned i = 0; i < 3; i++) {
		const struct dsa_raw_desc d = noop(i);

		(void)post(&w, DWQ, 0, &d);
	}
	(void)world_settle(&w);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
}

static void descriptors(void **s)
{
	static const struct {
		enum dsa_injection what;
		uint8_t status;
		uint32_t hardware;
		uint8_t swerror;
	} rows[] = {
	        {DSA_INJECT_DESCRIPTOR_LOST, 0, 0, 0},
	        {DSA_INJECT_DESCRIPTOR_LATE, DSA_COMP_SUCCESS, 0, 0},
	        {DSA_INJECT_READ_POISONED, DSA_COMP_HW_ERR1, PCI_ERR_UNC_POISON_TLP, 0},
	        {DSA_INJECT_READ_TIMEOUT, DSA_COMP_HW_ERR1, PCI_ERR_UNC_COMP_TIME, 0},
	        {DSA_INJECT_WRITE_ERROR, DSA_COMP_HW_ERR_DRB, 0, 0},
	        {DSA_INJECT_TRANSLATION_ERROR, DSA_COMP_TRANSLATION_FAIL, 0, DSA_COMP_TRANSLATION_FAIL},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		nth_descriptor(rows[i].what);
		assert_int_equal(status(1), rows[i].status);
		assert_int_equal(status(2), DSA_COMP_SUCCESS);
		assert_int_equal(w.hardware_errors, rows[i].hardware);
		assert_int_equal(swerror_code(&w), rows[i].swerror);
		/* Nothing of it is left that a drain would wait for. */
		assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
		assert_null(world_invariants(&w));
	}
}

/* It is waited for by drains, aborts and resets alike: they do not cut what is in an engine (3.15). */
static void hung_descriptor(void **s)
{
	static const uint32_t codes[] = {DSA_CMD_DRAIN_ALL, DSA_CMD_ABORT_ALL, DSA_CMD_RESET_DEVICE};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		nth_descriptor(DSA_INJECT_DESCRIPTOR_HUNG);
		assert_int_equal(status(1), 0);
		assert_int_equal(command(&w, codes[i], 0), DSA_CMDSTS_ACTIVE);
		dsa_model_flr(&w.m);
		assert_int_equal(status(1), 0);
		again();
	}
}

static void interrupts(void **s)
{
	(void)s;
	up(DSA_INJECT_INTERRUPT_LOST, DSA_MOMENT_INTERRUPT, 2);
	for (unsigned i = 0; i < 3; i++)
		run(&w, DWQ, 0, interrupting(4));
	assert_int_equal(w.notified[4], 2);

	/* The cause of an event is there, its message not. */
	up(DSA_INJECT_INTERRUPT_LOST, DSA_MOMENT_INTERRUPT, 1);
	(void)command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
	assert_int_equal(w.notified[0], 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_COMMAND);

	up(DSA_INJECT_INTERRUPT_LATE, DSA_MOMENT_INTERRUPT, 1);
	ims(&w, 10, 0);
	run(&w, DWQ, 0, interrupting(4));
	assert_int_equal(w.notified[4], 1);
	up(DSA_INJECT_INTERRUPT_LATE, DSA_MOMENT_INTERRUPT, 1);
	ims(&w, 10, 0);
	{
		const struct dsa_raw_desc d = interrupting(10);

		(void)post(&w, DWQ, DSA_PORTAL_IMS, &d);
	}
	world_advance(&w, LATE_NS - 1);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(w.messages, 0);
	world_advance(&w, LATE_NS);
	assert_int_equal(w.messages, 1);
	assert_int_equal(w.message[0].data, 10);
}

/* What ends each halt, and what does not. */
static void halts(void **s)
{
	static const struct {
		enum dsa_injection what;
		unsigned type;
		uint32_t hardware;
	} rows[] = {
	        {DSA_INJECT_HALT_SOFTWARE, DSA_RESET_SOFTWARE, 0},
	        {DSA_INJECT_HALT_FLR, DSA_RESET_FLR, 0},
	        {DSA_INJECT_INTERNAL_ERROR, DSA_RESET_FLR, PCI_ERR_UNC_INTN},
	        {DSA_INJECT_HALT_WARM, DSA_RESET_WARM, 0},
	        {DSA_INJECT_HALT_COLD, DSA_RESET_COLD, 0},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t reset_error = rows[i].type == DSA_RESET_SOFTWARE ? 0 : DSA_CMDERR_HALTED;

		nth_descriptor(rows[i].what);
		assert_int_equal(state(), DSA_STATE_HALT);
		assert_int_equal(FIELD_GET(DSA_GENSTS_RESET_TYPE, rd(&w, DSA_GENSTS)), rows[i].type);
		assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_HALT);
		assert_int_equal(w.notified[0], 1);
		assert_int_equal(w.hardware_errors, rows[i].hardware);
		assert_int_equal(swerror_code(&w), 0);
		assert_int_equal(status(2), 0);
		assert_null(world_invariants(&w));
		assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), DSA_CMDERR_HALTED);
		assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), reset_error);
		assert_int_equal(state(), reset_error ? DSA_STATE_HALT : DSA_STATE_DISABLED);
		dsa_model_flr(&w.m);
		if (rows[i].type > DSA_RESET_FLR) {
			assert_int_equal(state(), DSA_STATE_HALT);
			dsa_model_reset(&w.m);
		}
		assert_int_equal(state(), DSA_STATE_DISABLED);
		again();
	}
}

/* In the middle of a command that is running, and at an interrupt: the command ends with 05h, once. */
static void halts_at_other_moments(void **s)
{
	(void)s;
	up(DSA_INJECT_HALT_FLR, DSA_MOMENT_COMMAND, 1);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), DSA_CMDERR_HALTED);
	assert_int_equal(state(), DSA_STATE_HALT);
	assert_null(world_invariants(&w));

	up(DSA_INJECT_HALT_FLR, DSA_MOMENT_INTERRUPT, 1);
	run(&w, DWQ, 0, interrupting(4));
	assert_int_equal(w.notified[4], 1);
	assert_int_equal(state(), DSA_STATE_HALT);
}

static uint32_t request(uint32_t operand)
{
	const uint32_t cmdsts = command(&w, DSA_CMD_REQUEST_INT_HANDLE, operand);

	assert_int_equal(FIELD_GET(DSA_CMDSTS_ERROR, cmdsts), 0);
	return FIELD_GET(DSA_CMDSTS_RESULT, cmdsts);
}

/* 7.5.4: stale handles end descriptors with 19h and raise nothing; new ones are other numbers, and work. */
static void revoked_handles(void **s)
{
	uint32_t old, new;

	(void)s;
	up(DSA_INJECT_HANDLES_REVOKED, DSA_MOMENT_DESCRIPTOR, 2);
	w.m.config.cmdcap = true;
	old = request(4);
	run(&w, DWQ, 0, interrupting((uint16_t)old));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	run(&w, DWQ, 0, noop(0));
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_HANDLES_REVOKED);
	assert_int_equal(w.notified[0], 1);
	wr(&w, DSA_INTCAUSE, DSA_INTCAUSE_HANDLES_REVOKED);
	run(&w, DWQ, 0, interrupting((uint16_t)old));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(w.notified[4], 1);

	new = request(4);
	assert_int_not_equal(old, new);
	assert_int_equal(request(4), new);
	run(&w, DWQ, 0, interrupting((uint16_t)old));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	run(&w, DWQ, 0, interrupting((uint16_t) new));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(w.notified[4], 2);
	/* Given back by the handle, as Linux does it, or by the entry's number. */
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, new), 0);
	run(&w, DWQ, 0, interrupting((uint16_t) new));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(request(4), new);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, 4), 0);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, new), DSA_CMDERR_INT_INDEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parses),
	        cmocka_unit_test(commands),
	        cmocka_unit_test(descriptors),
	        cmocka_unit_test(hung_descriptor),
	        cmocka_unit_test(interrupts),
	        cmocka_unit_test(halts),
	        cmocka_unit_test(halts_at_other_moments),
	        cmocka_unit_test(revoked_handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
