/*
 * Input: one byte for the size of chunks, then what a venue's stream says. The
 * lines are the same however it is cut; each is JSON or refused, its time a time
 * or refused, and an instrument that is read never takes what breaks its steps.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fix/decimal.h"
#include "gateway/venue/json.h"
#include "gateway/venue/lines.h"
#include "gateway/venue/oanda_rules.h"
#include "gateway/venue/outside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_rules(const json_t *j)
{
	static const int64_t some[] = { 1, 1000, FIX_E8, 123456789, INT64_MAX };
	struct oanda_rules r;
	char text[200];

	if (oanda_rules_read(&r, j) != 0)
		return;
	assert(r.price_step > 0 && r.units_step > 0);
	for (size_t i = 0; i < 25; i++) {
		struct oanda_wish w = { i % 2 ? '1' : '2', '2', '1', some[i % 5],
			some[i / 5], 0, 0, '\0' };

		text[0] = '\0';
		if (oanda_rules_check(&r, &w, w.qty, 1, text, sizeof(text)) != 0)
			assert(text[0] != '\0');
		else
			assert(w.qty % r.units_step == 0 &&
			       w.price % r.price_step == 0);
	}
}

struct sum {
	size_t lines, bytes;
	uint64_t hash;
};

static void
on_line(void *arg, struct fix_span text)
{
	struct sum *s = arg;
	int64_t ns = -7;
	json_t *j;

	assert(text.len > 0 && text.len <= LINES_MAX);
	assert(memchr(text.p, '\n', text.len) == NULL);
	s->lines++;
	s->bytes += text.len;
	for (size_t i = 0; i < text.len; i++)
		s->hash = s->hash * 31 + text.p[i];
	j = json_read(text);
	if (json_is_object(j)) {
		if (outside_time(json_text(j, "time"), &ns) == 0)
			assert(ns >= 0);
		else
			assert(ns == -7);
		check_rules(j);
	}
	json_decref(j);
}

static struct sum
run(const uint8_t *data, size_t size, size_t chunk)
{
	struct lines_buf b = { 0 };
	struct sum s = { 0 };

	for (size_t at = 0, n; at < size; at += n) {
		uint8_t *p;

		n = size - at < chunk ? size - at : chunk;
		p = malloc(n);
		if (p == NULL)
			abort();
		memcpy(p, data + at, n);
		if (lines_take(&b, (struct fix_span){ p, n }, on_line, &s) != 0)
			at = size - n;
		free(p);
	}
	lines_wipe(&b);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, cut;

	if (size < 2)
		return 0;
	whole = run(data + 1, size - 1, size);
	cut = run(data + 1, size - 1, (size_t)data[0] + 1);
	assert(whole.lines == cut.lines && whole.bytes == cut.bytes &&
	       whole.hash == cut.hash);
	return 0;
}
