/*
 * Signing a Logon of ours.
 *
 * What is signed must be the bytes that leave, so the values are read back from
 * the message under way and handed to whoever knows the peer's scheme; its
 * fields come next. Which scheme that is, and what key, is not known here.
 */
#include "session/internal.h"

#define SOH 1

static void
take(struct fix_logon_draft *d, uint32_t tag, struct fix_span v)
{
	if (tag == 34)
		d->seq = v;
	else if (tag == 49)
		d->sender = v;
	else if (tag == 52)
		d->sending_time = v;
	else if (tag == 56)
		d->target = v;
	else if (tag == 108)
		d->heart_bt_int = v;
	else if (tag == 141)
		d->reset = v;
}

/* Our own text: every field is "tag=value SOH". */
static void
read_draft(struct fix_logon_draft *d, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		const uint8_t *eq = memchr(p, '=', (size_t)(end - p));
		const uint8_t *soh = memchr(p, SOH, (size_t)(end - p));
		uint32_t tag = 0;

		if (eq == NULL || soh == NULL || eq > soh)
			return;
		for (; p < eq; p++)
			tag = tag * 10 + (uint32_t)(*p - '0');
		take(d, tag,
		    (struct fix_span){ eq + 1, (size_t)(soh - eq) - 1 });
		p = soh + 1;
	}
}

int
fs_sign_logon(struct fix_session *s, struct fix_build *b)
{
	struct fix_logon_draft d = { .time = s->now.utc };
	int rc = b->err;

	if (rc == 0) {
		read_draft(&d, b->buf + FIX_BUILD_ROOM, b->buf + b->len);
		rc = s->cfg.logon_fields(s->cfg.logon_arg, &d, b);
	}
	if (rc != 0)
		fs_report(s, FIX_WHY_LOGON_REFUSED,
		    "our Logon can't be signed: %s", fix_strerror(rc));
	return rc;
}
