/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic classes: each group has two, of which the flags of a descriptor choose one for each address (4.2). */
#include "tests/qemu/dsa/model.h"

const struct dsa_group *dsa_engine_group(const struct dsa_model *m, unsigned engine)
{
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		if (m->groups[g].engines & BIT64(engine))
			return &m->groups[g];
	}
	return NULL;
}

int dsa_traffic_class(const struct dsa_model *m, unsigned engine, uint32_t selector)
{
	const struct dsa_group *group = dsa_engine_group(m, engine);

	if (!group)
		return -1;
	return (int)(selector ? FIELD_GET(DSA_GRPFLAGS_TC_B, group->flags)
	                      : FIELD_GET(DSA_GRPFLAGS_TC_A, group->flags));
}

uint8_t dsa_unmapped_classes(const struct dsa_model *m, unsigned engine)
{
	uint8_t unmapped = 0;

	for (unsigned i = 0; i < 2; i++) {
		const int class = dsa_traffic_class(m, engine, i ^ dsa_is_wrong(m, DSA_FAULT_CLASS_SWAPPED));

		if (class >= 0 && (m->pci.unmapped & BIT32(class)))
			unmapped |= (uint8_t)BIT32(i);
	}
	return unmapped;
}
