/*
 * Fuzz target: the check of a message. Input: a byte of switches, a byte that
 * chooses the version, then the message's bytes, '|' standing for SOH too.
 *
 * Promises: it ends, reads nothing outside the message, and a fault names a
 * reason that there is and a field that is in the message and has the tag.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dictionaries/dict.h"
#include "fix/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fix_dict *
dictionary(enum fix_version v)
{
	static struct fix_dict *all[FIX_N_VERSION];
	struct fix_dict_error e;

	if (all[v] == NULL && fix_dict_load_version(&all[v], v, &e) != 0)
		abort();
	return all[v];
}

static struct fix_check
switches(uint8_t bits)
{
	static const uint32_t open[] = { 59, 103 };
	struct fix_check c = fix_check_all;

	c.fields_out_of_order = bits & 1;
	c.fields_have_values = bits & 2;
	c.user_defined_fields = bits & 4;
	c.unknown_msg_fields = bits & 8;
	c.unknown_fields = bits & 16;
	c.enums = bits & 32;
	c.required = bits & 64;
	c.group_order = bits & 128;
	/* The rest go with the sums of others, so that old inputs count. */
	c.group_count = (bits & 192) != 128;
	c.first_is_delimiter = (bits & 192) == 64;
	c.open_enums = open;
	c.n_open_enums = bits & 16 ? 0 : 2;
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum fix_version versions[] = { FIX_V_40, FIX_V_42,
		FIX_V_44, FIX_V_50SP1 };
	enum fix_version v;
	struct fix_field list[256];
	struct fix_msg m = { .fields = list, .cap = 256 };
	struct fix_fault f;
	struct fix_check c;
	uint8_t *bytes;
	size_t i;

	if (size < 3)
		return 0;
	c = switches(data[0]);
	v = versions[data[1] & 3];
	bytes = malloc(size - 2); /* just that: a read behind it shows */
	if (bytes == NULL)
		return 0;
	for (i = 2; i < size; i++)
		bytes[i - 2] = data[i] == '|' ? 1 : data[i];
	if (fix_split(bytes, size - 2, &m) == 0 && m.n > 0 &&
	    fix_dict_check(dictionary(v >= FIX_V_50 ? FIX_V_NONE : v),
		dictionary(v), &m, &c, &f) == 1) {
		assert(f.reason >= -1 && f.reason <= 16);
		assert(f.field == FIX_MSG_NONE || f.field < m.n);
		assert(f.field == FIX_MSG_NONE || f.tag == 0 ||
		       m.fields[f.field].tag == f.tag);
		assert(strlen(fix_reject_text(f.reason)) > 0);
	}
	free(bytes);
	return 0;
}
