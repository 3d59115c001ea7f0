/*
 * Masking at the source.
 *
 * In: a Logon or UserRequest as it was on the wire. Out: the same with stars
 * instead of what nobody else may know. It is walked field by field and not
 * split, since a message that the session refuses is kept, too: a tag with
 * leading zeros is still a password's, and where a data field's length is no
 * number all of the rest is masked.
 */
#include "gateway/trader/secrets.h"

#include "fix/scan.h"

#define SOH 1
#define TRAILER 7u /* "10=nnn" SOH */

struct walk {
	uint8_t *p, *end;   /* what is left */
	uint32_t tag;
	uint8_t *value;
	size_t len;         /* of the value */
	uint64_t data_len;  /* that the field before has announced */
	uint32_t data_tag;  /* for this one */
};

static uint64_t
number(const uint8_t *p, const uint8_t *end, const uint8_t **stop)
{
	uint64_t v = 0;

	while (p < end && *p >= '0' && *p <= '9' && v < UINT32_MAX)
		v = v * 10 + *p++ - '0';
	*stop = p;
	return v;
}

/* The next field. @return false: there is none */
static bool
next(struct walk *w)
{
	const uint8_t *eq, *stop;
	uint8_t *soh;
	size_t left;

	if (w->p >= w->end)
		return false;
	w->tag = (uint32_t)number(w->p, w->end, &eq);
	w->value = w->p + (eq - w->p) + (eq < w->end && *eq == '=');
	left = (size_t)(w->end - w->value);
	soh = left == 0 ? NULL : memchr(w->value, SOH, left);
	w->len = soh == NULL ? left : (size_t)(soh - w->value);
	if (w->data_tag != 0 && w->tag == w->data_tag)
		w->len = w->data_len < left ? (size_t)w->data_len : left;
	w->data_tag = fix_data_tag_of(w->tag);
	if (w->data_tag != 0)
		w->data_len = number(w->value, w->value + w->len, &stop);
	w->p = w->value + w->len + (w->value + w->len < w->end);
	return true;
}

static bool
is_secret(uint32_t tag, bool logon)
{
	return tag == 554 || tag == 925 || tag == 1402 || tag == 1404 ||
	    (tag == 96 && logon);
}

static struct fix_span
type_of(struct fix_span m)
{
	struct fix_span none = { NULL, 0 };
	const uint8_t *p = m.p, *end = m.p + m.len, *soh;

	for (unsigned i = 0; i < 2; i++) {
		soh = p < end ? memchr(p, SOH, (size_t)(end - p)) : NULL;
		if (soh == NULL)
			return none;
		p = soh + 1;
	}
	soh = p < end ? memchr(p, SOH, (size_t)(end - p)) : NULL;
	if (soh == NULL || soh - p < 4 || memcmp(p, "35=", 3) != 0)
		return none;
	return (struct fix_span){ p + 3, (size_t)(soh - p) - 3 };
}

bool
secrets_may_be_in(struct fix_span message)
{
	struct fix_span type = type_of(message);

	return fix_span_is(type, "A") || fix_span_is(type, "BE");
}

static void
sum_again(uint8_t *m, size_t len)
{
	uint8_t *trailer = m + len - TRAILER;
	unsigned sum = 0;

	if (memcmp(trailer, "10=", 3) != 0)
		return;
	for (const uint8_t *p = m; p < trailer; p++)
		sum += *p;
	sum %= 256;
	trailer[3] = (uint8_t)('0' + sum / 100);
	trailer[4] = (uint8_t)('0' + sum / 10 % 10);
	trailer[5] = (uint8_t)('0' + sum % 10);
}

unsigned
secrets_mask(uint8_t *message, size_t len)
{
	bool logon = fix_span_is(
	    type_of((struct fix_span){ message, len }), "A");
	struct walk w = { .p = message, .end = message + len };
	unsigned n = 0;

	while (next(&w))
		if (is_secret(w.tag, logon) && w.len > 0) {
			memset(w.value, '*', w.len);
			n++;
		}
	if (n > 0 && len > TRAILER)
		sum_again(message, len);
	return n;
}
