/*
 * Input: a byte that says what it is, then an event, a checkpoint or a key as
 * it might stand in a file. Whatever is taken as an event has one spelling:
 * written again from what was read, each text is the same.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/audit_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char plain[AUDIT_EVENT_MAX], out[AUDIT_EVENT_MAX];

static void
same_again(struct fix_span text)
{
	struct audit_event e = { .type = "T", .action = "a",
		.resource_type = "r" };
	struct audit_seen seen;
	ssize_t n;

	e.actor = (struct fix_span){ (uint8_t *)plain, 0 };
	e.actor.len = audit_plain(plain, text);
	assert(e.actor.len <= text.len);
	if (e.actor.len > AUDIT_VALUE_MAX)
		return;
	n = audit_event_write(out, sizeof(out), &e, "i", "p");
	assert(n > 0);
	assert(audit_event_read(&seen,
	    (struct fix_span){ (uint8_t *)out, (size_t)n }) == 0);
	assert(fix_span_eq(seen.field[AUDIT_ACTOR], text));
}

static void
event(struct fix_span json)
{
	struct fix_span key, value;
	struct audit_seen e;
	bool number;
	size_t at = 0, n = 0;
	int64_t v;

	if (audit_event_read(&e, json) != 0)
		return;
	for (int f = 0; f < AUDIT_N_FIELD; f++) {
		struct fix_span s = e.field[f];

		assert(s.p == NULL || (s.p >= json.p &&
		    s.p + s.len < json.p + json.len));
		if (f != AUDIT_DETAILS && s.p != NULL)
			same_again(s);
	}
	while (audit_detail_next(&e, &at, &key, &value, &number)) {
		char name[AUDIT_EVENT_MAX];

		assert(fix_span_copy(key, name, sizeof(name)));
		assert(number == audit_detail_number(&e, name, &v));
		if (!number)
			same_again(value);
		n++;
	}
	assert(n <= json.len / 4);
	json.len--;
	assert(audit_event_read(&e, json) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "fuzz+1863884a+"
	    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
	struct fix_span in = { data + 1, size - 1 };
	struct audit_note n;
	struct audit_key *k;

	if (size < 1)
		return 0;
	if (data[0] == 'e') {
		event(in);
	} else if (data[0] == 'k') {
		char again[AUDIT_VKEY_MAX];

		if (audit_key_read(&k, in) == 0) {
			assert(audit_key_text(k, again) <= in.len);
			assert(memcmp(again, in.p, strlen(again)) == 0);
			audit_key_free(k);
		}
	} else if (audit_key_read(&k, fix_span_of(text)) == 0) {
		/* Nobody has the secret half. */
		assert(audit_note_read(&n, in, k) != 0);
		audit_key_free(k);
	}
	return 0;
}
