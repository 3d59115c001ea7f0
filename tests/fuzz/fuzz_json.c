/*
 * Input: a body of a venue: a symbol's filters, an asset, or anything. It is read or
 * refused; a decimal that is read is exact, and filters that are read never
 * take an order of quantity zero steps, nor fail with a reason that has no text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "fix/decimal.h"
#include "gateway/venue/alpaca_rules.h"
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
			some[i % 5], some[i / 5], 0, some[(i + 1) % 5], { 0 } };

		text[0] = '\0';
		if (binance_rules_check(&r, &w, text, sizeof(text)) != 0)
			assert(text[0] != '\0');
		else
			assert(r.lot.step == 0 || w.qty % r.lot.step == 0);
	}
}

/* An asset that is read takes no fraction of what can't be divided. */
static void
check_asset(const json_t *o)
{
	struct alpaca_rules r;
	char text[200], exec[40];

	(void)alpaca_fate_of(422, 0, json_text(o, "message"));
	if (alpaca_exec_id(json_text(o, "symbol"), 1, exec))
		assert(strlen(exec) < sizeof(exec));
	if (alpaca_rules_read(&r, o) != 0)
		return;
	for (int i = 0; i < 32; i++) {
		struct alpaca_wish w = { i & 1 ? '1' : '5', i & 2 ? '2' : '1',
			i & 4 ? '0' : '1', i & 8 ? 150000000 : FIX_E8,
			i & 2 ? FIX_E8 + (i & 16) : 0, 0, 0, '0', false };

		text[0] = '\0';
		if (alpaca_rules_check(&r, &w, text, sizeof(text)) >= 0)
			assert(text[0] != '\0');
		else
			assert(r.tradable && (r.crypto || r.fractionable ||
						 w.qty % FIX_E8 == 0));
	}
}

/* Exact reading reads what plain reading does. */
static void
check_exact(struct fix_span body, const json_t *plain)
{
	json_t *j = json_read_exact(body);

	assert(plain == NULL || j != NULL);
	json_decref(j);
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
	check_exact((struct fix_span){ p, size }, j);
	if (j != NULL) {
		check_rules(j);
		check_asset(j);
	}
	json_decref(j);
	free(p);
	return 0;
}
