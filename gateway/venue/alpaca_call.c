/*
 * Requests and answers of Alpaca's REST API. An answer is judged by its HTTP
 * status first: what is refused, what may be tried later, what may or may not
 * have been done; and whether it tells of the connection, not of the order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fix/time.h"
#include "gateway/venue/alpaca_int.h"

static void
slow_down(struct alpaca *v, const struct rest_answer *a)
{
	int64_t s = a->retry_after_s < 0 ? 60 : a->retry_after_s;

	rest_pause(v->rest, outside_mono() + s * FIX_SEC);
	log_warn("venue rate limit, retry after %" PRId64 " s", s);
}

/* A key that is not taken, whatever was asked for. */
static void
judge(struct alpaca *v, const struct rest_answer *a, const struct said *s)
{
	char why[160];

	if (s->status == 429) {
		slow_down(v, a);
	} else if (s->status == 403 && s->body == NULL) {
		alpaca_fail(v, s->text); /* a firewall's */
	} else if (s->status == 401 ||
		   (s->status == 403 && s->code == 0)) {
		snprintf(why, sizeof(why), "%.60s: see ApiKey, and whether "
		    "RestUrl is of the same environment", s->text);
		alpaca_fail(v, why);
	}
}

void
alpaca_hear(struct alpaca *v, const struct rest_answer *a, struct said *s)
{
	const char *msg;

	memset(s, 0, sizeof(*s));
	if (a->fate != REST_ANSWERED) {
		snprintf(s->text, sizeof(s->text), "%s", a->why);
		s->fate = a->fate == REST_NOT_SENT ? ALPACA_LATER
						   : ALPACA_UNKNOWN;
		return;
	}
	s->status = a->status;
	s->body = a->body.len == 0 ? NULL : json_read(a->body);
	msg = json_text(s->body, "message");
	if (json_whole(s->body, "code", &s->code) != 0)
		s->code = 0;
	s->fate = alpaca_fate_of(a->status, s->code, msg);
	if (a->status == 200 && s->body == NULL) {
		snprintf(s->text, sizeof(s->text), "its answer is no JSON");
		s->fate = ALPACA_UNKNOWN;
		return;
	}
	if (msg[0] != '\0')
		snprintf(s->text, sizeof(s->text), "%ld %.100s%s", a->status,
		    msg, outside_advice(a->status, true));
	else
		snprintf(s->text, sizeof(s->text), "HTTP status %ld%s",
		    a->status, outside_advice(a->status, false));
	judge(v, a, s);
}

bool
alpaca_call(struct alpaca *v, enum rest_rank rank, const char *method,
    const char *text, int64_t arg1, alpaca_make *make, alpaca_take *take)
{
	struct rest_request q = { .rank = rank, .method = method, .weight = 1,
		.arg = v, .arg1 = arg1, .make = make, .done = take };

	snprintf(q.text, sizeof(q.text), "%s", text);
	return rest_do(v->rest, &q) == 0;
}

bool
alpaca_make_get(const struct rest_request *q, char *url, char *body)
{
	body[0] = '\0';
	snprintf(url, sizeof(q->text), "%s", q->text);
	return true;
}

void
alpaca_put(char *url, const char *text)
{
	size_t n = strlen(url);

	for (; *text != '\0' && n + 4 < REST_BODY_MAX; text++) {
		bool plain = (*text >= '0' && *text <= '9') ||
			     (*text >= 'A' && *text <= 'Z') ||
			     (*text >= 'a' && *text <= 'z') ||
			     strchr("-_.~", *text) != NULL;

		n += (size_t)snprintf(url + n, 4, plain ? "%c" : "%%%02X",
		    plain ? *text : (unsigned char)*text);
	}
}

bool
alpaca_put_body(char *body, json_t *j)
{
	size_t n = j == NULL ? 0 :
	    json_dumpb(j, body, REST_BODY_MAX - 1, JSON_COMPACT);

	json_decref(j);
	if (n == 0 || n >= REST_BODY_MAX)
		return false;
	body[n] = '\0';
	return true;
}

void
alpaca_set_e8(json_t *o, const char *key, int64_t v)
{
	char text[FIX_DEC_MAX + 1];

	text[fix_e8_format((uint8_t *)text, v)] = '\0';
	(void)json_object_set_new(o, key, json_string(text));
}

void
alpaca_put_time(char *url, int64_t ns)
{
	int64_t s = ns / FIX_SEC, day = s / 86400;
	int y, m, d;

	fix_civil_of(day, &y, &m, &d);
	s %= 86400;
	snprintf(url + strlen(url), 40,
	    "%04d-%02d-%02dT%02d%%3A%02d%%3A%02d.%09dZ", y, m, d,
	    (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
	    (int)(ns % FIX_SEC));
}
