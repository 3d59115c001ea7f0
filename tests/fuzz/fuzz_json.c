/*
 * Input: a body of a venue: a symbol's filters, or anything. It is read or
 * refused; a decimal that is read is exact, and filters that are read never
 * take an order of quantity zero steps, nor fail with a reason that has no text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "fix/decimal.h"
#include "gateway/venue/binance_rules.h"
#include "gateway/venue/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_value(const json_t *o, const char *key)
{
	int64_t v = -7, w = -7;
	int rc = json_e8(o, key, &v);

	assert(rc == 0 || v == -7);
	if (rc == 0 && json_is_integer(json_object_get(o, key))) {
		assert(json_whole(o, key, &w) == 0 && v / FIX_E8 == w);
	}
	assert(json_text(o, key) != NULL);
}

static void
check_rules(const json_t *o)
{
	static const int64_t some[] = { 1, 100000, FIX_E8, 123456789,
		INT64_MAX };
	struct binance_rules r;
	char text[200];

	if (binance_rules_read(&r, o) != 0)
		return;
	for (size_t i = 0; i < 25; i++) {
		struct binance_wish w = { i % 2 ? '1' : '2', '2', '1',
			some[i % 5], some[i / 5], 0, some[(i + 1) % 5] };

		text[0] = '\0';
		if (binance_rules_check(&r, &w, text, sizeof(text)) != 0)
			assert(text[0] != '\0');
		else
			assert(r.lot.step == 0 || w.qty % r.lot.step == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size + (size == 0));
	const char *key;
	json_t *j, *v;

	if (p == NULL)
		abort();
	if (size > 0)
		memcpy(p, data, size);
	j = json_read((struct fix_span){ p, size });
	if (json_is_object(j)) {
		json_object_foreach(j, key, v)
		{
			check_value(j, key);
		}
	}
	if (j != NULL)
		check_rules(j);
	json_decref(j);
	free(p);
	return 0;
}
