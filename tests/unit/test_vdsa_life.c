/* SPDX-License-Identifier: BSD-2-Clause */
/* Creation, opening, closing; failures on the way; what is left behind (cases L1 to L3, O1, O4, O6). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

static int create(struct host *h, const char **why)
{
	return vdsa_create(&h->v, &vdsa_type_1dwq_v1, &h->ops, h, why);
}

/* A WQ that does not fit is refused in words. */
static void create_refuses(void **state)
{
	const char *why;
	struct host h;

	(void)state;
	host_init(&h);
	h.info.wqcfg[2] &= ~DSA_WQCFG2_DEDICATED;
	assert_int_equal(create(&h, &why), -EINVAL);
	assert_non_null(strstr(why, "shared"));
	host_init(&h);
	h.info.gencap &= ~DSA_GENCAP_IMS_SIZE;
	assert_int_equal(create(&h, &why), -EINVAL);
	assert_non_null(strstr(why, "interrupt message storage"));
	host_init(&h);
	h.info.wqcfg[0] = 0;
	assert_int_equal(create(&h, &why), -EINVAL);
	host_init(&h);
	h.info.wqcfg[6] = FIELD_PREP(DSA_WQCFG6_STATE, 1U);
	assert_int_equal(create(&h, &why), -EINVAL);
	host_init(&h);
	h.info.gencfg = 0;
	assert_int_equal(create(&h, &why), -EINVAL);
	assert_non_null(strstr(why, "GENCFG"));
	assert_int_equal(create(&h, NULL), -EINVAL);
	host_init(&h);
	assert_int_equal(create(&h, &why), 0);
	assert_string_equal(vdsa_type_name(h.v.type), "1DWQ_v1");
}

/* L2: each step of opening may fail; then everything is as before. */
static void l2_open_fails(void **state)
{
	struct host h;

	(void)state;
	host_init(&h);
	assert_int_equal(create(&h, NULL), 0);
	h.fail[HOST_OP_PASID_ATTACH] = -ENOSPC;
	assert_int_equal(vdsa_open(&h.v), -ENOSPC);
	assert_int_equal(h.logged, 1);
	h.fail[HOST_OP_PASID_ATTACH] = 0;
	h.fail[HOST_OP_IMS_ALLOC] = -ENOMEM;
	assert_int_equal(vdsa_open(&h.v), -ENOMEM);
	assert_false(h.pasid_attached || h.ims_taken || h.v.open);
	h.fail[HOST_OP_IMS_ALLOC] = 0;
	assert_int_equal(vdsa_open(&h.v), 0);
	host_stop(&h);
}

/* L3: a second opening, removal while open, closing twice. */
static void l3_open_twice(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	assert_int_equal(vdsa_open(&h.v), -EBUSY);
	assert_int_equal(vdsa_destroy(&h.v), -EBUSY);
	assert_int_equal(vdsa_close(&h.v), 0);
	assert_int_equal(vdsa_close(&h.v), -EINVAL);
	assert_int_equal(vdsa_destroy(&h.v), 0);
}

static void close_meanwhile(struct host *h, enum host_op op)
{
	if (op == HOST_OP_DRAIN)
		assert_int_equal(vdsa_close(&h->v), -EBUSY);
}

static void l3_close_meanwhile(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	h.during = close_meanwhile;
	assert_int_equal(command(&h, DSA_CMD_DRAIN_WQ, 1), 0);
	host_stop(&h);
}

/* L1, O6: the guest dies in the middle of everything; the next one finds a vDSA as new. */
static void l1_guest_dies(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	reg_write(&h, VDSA_MSIXPERM + 8, 4, UINT32_MAX);
	reg_write(&h, VDSA_MSIX_TABLE + 28, 4, 1);
	host_completion(&h, HOST_SLOT);
	h.logged = 0;
	assert_int_equal(vdsa_close(&h.v), 0);
	/* Work, WQ, interrupts, address space: in this order. */
	assert_int_equal(h.logged, 4);
	assert_int_equal(h.log[0], HOST_OP_ABORT);
	assert_int_equal(h.log[1], HOST_OP_DISABLE);
	assert_int_equal(h.log[2], HOST_OP_IMS_FREE);
	assert_int_equal(h.log[3], HOST_OP_PASID_DETACH);
	/* Closed, it answers nobody. */
	cfg_write(&h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	reg_write(&h, DSA_CMD, 4, 0x80100000);
	vdsa_ims_interrupt(&h.v);
	vdsa_host_halted(&h.v);
	vdsa_reset(&h.v);
	assert_false(
	        vdsa_host_error(&h.v, (const uint64_t[4]){DSA_SWERROR_VALID | DSA_SWERROR_WQ_VALID | HOST_WQ << 16}));
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);

	struct vdsa *fresh = test_malloc(sizeof(*fresh));

	assert_int_equal(vdsa_create(fresh, &vdsa_type_1dwq_v1, &h.ops, &h, NULL), 0);
	assert_memory_equal(fresh->config, h.v.config, sizeof(fresh->config));
	assert_memory_equal(fresh->wqcfg, h.v.wqcfg, sizeof(fresh->wqcfg));
	assert_memory_equal(fresh->msixperm, h.v.msixperm, sizeof(fresh->msixperm));
	assert_memory_equal(fresh->swerror, h.v.swerror, sizeof(fresh->swerror));
	for (unsigned i = 0; i < VDSA_VECTORS; i++) {
		assert_memory_equal(fresh->vector[i].reg, h.v.vector[i].reg, sizeof(fresh->vector[i].reg));
		assert_false(h.v.vector[i].pending);
	}
	assert_int_equal(fresh->gensts | fresh->genctrl | fresh->intcause | fresh->cmd | fresh->cmdsts, 0);
	assert_int_equal(h.v.gensts | h.v.genctrl | h.v.intcause | h.v.cmd | h.v.cmdsts, 0);
	assert_false(h.v.handle_out);
	test_free(fresh);

	assert_int_equal(vdsa_open(&h.v), 0);
	config_enable(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	host_invariants(&h);
	host_stop(&h);
}

/* O1, O4: only two portal pages, only to this WQ's IMS portals (the fake host checks which), never while halted. */
static void o4_portals(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_ABSENT);
	config_enable(&h);
	assert_int_equal(h.portal[VDSA_WINDOW_PORTAL0], HOST_WQ * 0x4000 + 0x2000);
	assert_int_equal(h.portal[VDSA_WINDOW_PORTAL1], HOST_WQ * 0x4000 + 0x3000);
	vdsa_host_halted(&h.v);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_TRAPPED);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_TRAPPED);
	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, 0xc0200000);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_TRAPPED);
	host_invariants(&h);
	host_stop(&h);
}

/* O6: a portal that the host cannot take away again: the WQ is never given to anybody. */
static void o6_portal_stuck(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	h.window_remove_fails = true;
	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, 0xc0200000);
	assert_true(h.v.quarantined);
	assert_int_equal(vdsa_close(&h.v), -EIO);
	assert_int_equal(vdsa_open(&h.v), -EBUSY);

	host_boot(&h); /* if it goes in the end, a reset makes all well */
	h.window_remove_fails = true;
	cfg_write(&h, PCI_COMMAND, 2, 0);
	assert_true(h.v.quarantined);
	h.window_remove_fails = false;
	vdsa_reset(&h.v);
	assert_false(h.v.quarantined);
	host_invariants(&h);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(create_refuses),     cmocka_unit_test(l1_guest_dies),
	        cmocka_unit_test(l2_open_fails),      cmocka_unit_test(l3_open_twice),
	        cmocka_unit_test(o4_portals),         cmocka_unit_test(o6_portal_stuck),
	        cmocka_unit_test(l3_close_meanwhile),
	};

	return cmocka_run_group_tests_name("vdsa_life", tests, NULL, NULL);
}
