/* SPDX-License-Identifier: BSD-2-Clause */
/* The image: all tests on the host, among them the one that runs a guest, and the verdict. */
#include <stdio.h>

#include "tests/runner/fixture.h"
#include "tests/runner/host_world.h"
#include "tests/runner/run.h"

static int list(void)
{
	const struct test *test;

	for (unsigned i = 0; (test = run_test_at(i)); i++)
		printf("%s\n", test->name);
	return RUN_STATUS_PASS;
}

int main(void)
{
	static struct run run;
	enum run_status status;

	if (run_prepare(&run, &host_world) < 0) {
		tap_bail_out(&run.tap, "no memory for the list of tests");
		return RUN_STATUS_ERROR;
	}
	if (run.config.list)
		return list();
	run_all(&run);
	fixture_close();
	host_verdict(&run);
	status = run_status(&run);
	return (int)status;
}
