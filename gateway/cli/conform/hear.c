/*
 * What the engine says: bytes of the links into messages, each with the moment
 * at which it was whole. They wait in order until a step asks for them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/cli/conform/play_int.h"

#define RX_MAX (2u * MSG_BYTES)

static int
queue(struct play *p, unsigned i, int kind, struct fix_span bytes,
    const char *garbled)
{
	struct link *l = &p->links[i];
	struct got *g = malloc(sizeof(*g) + bytes.len);

	if (g == NULL)
		return -FIX_E_NOMEM;
	g->next = NULL;
	g->at = play_now(p).mono;
	g->kind = kind;
	g->garbled = garbled;
	g->len = bytes.len;
	if (bytes.len > 0)
		memcpy(g->bytes, bytes.p, bytes.len);
	if (l->first == NULL)
		l->last = &l->first;
	*l->last = g;
	l->last = &g->next;
	if (kind == GOT_CLOSE)
		play_tell(
		    p, '-', i, fix_span_of("the engine closed the connection"));
	else
		play_tell(p, '<', i, bytes);
	return 0;
}

/* Whole messages of what has come on a link. */
static int
split(struct play *p, unsigned i)
{
	struct link *l = &p->links[i];
	struct fix_scan scan = { .max_bytes = MSG_BYTES };
	struct fix_msg m = { .fields = p->fields, .cap = FIX_FIELDS_MAX };
	size_t at = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && at < l->n_rx) {
		struct fix_span v = { l->rx + at, 0 };

		n = fix_scan(&scan, v.p, l->n_rx - at, &m);
		if (n == 0)
			break;
		v.len = n < 0 ? l->n_rx - at : (size_t)n;
		if (n < 0 || scan.why != FIX_G_NONE)
			rc = queue(p, i, GOT_GARBAGE, v,
			    n < 0 ? "too long" : fix_garbled_name(scan.why));
		else
			rc = queue(p, i, GOT_MSG, v, NULL);
		at += v.len;
	}
	l->n_rx -= at;
	memmove(l->rx, l->rx + at, l->n_rx);
	return rc;
}

static int
closed(struct play *p, unsigned i)
{
	struct link *l = &p->links[i];
	struct fix_span rest = { l->rx, l->n_rx };
	int rc = 0;

	l->open = false;
	l->n_rx = 0;
	if (rest.len > 0)
		rc = queue(p, i, GOT_GARBAGE, rest, "cut off");
	return rc == 0
		   ? queue(p, i, GOT_CLOSE, (struct fix_span){ NULL, 0 }, NULL)
		   : rc;
}

/* One turn of the world. @return 1 something came, 0 the time has come */
static int
turn(struct play *p, struct fix_mono until)
{
	const struct cc_peer *peer = p->cfg->peer;
	unsigned i = 0;
	ssize_t n = peer->turn(peer->arg, until, &i, p->value, MSG_BYTES);
	struct link *l = &p->links[i];

	if (n == -FIX_E_STATE)
		return closed(p, i) < 0 ? -FIX_E_NOMEM : 1;
	if (n <= 0)
		return (int)n;
	if (!l->open)
		return 1;
	if (l->rx == NULL)
		l->rx = malloc(RX_MAX);
	if (l->rx == NULL)
		return -FIX_E_NOMEM;
	if ((size_t)n > RX_MAX - l->n_rx)
		l->n_rx = 0;
	memcpy(l->rx + l->n_rx, p->value, (size_t)n);
	l->n_rx += (size_t)n;
	return split(p, i) < 0 ? -FIX_E_NOMEM : 1;
}

/* When we have something to say of our own accord. */
static struct fix_mono
own_deadline(const struct play *p)
{
	struct fix_mono at = { FIX_MONO_NEVER };

	if (p->c->alive && p->heart_s > 0 && p->links[p->cur].open &&
	    p->logged_on)
		at.ns = p->out_at.ns + (int64_t)p->heart_s * FIX_SEC;
	return at;
}

static int
turn_alive(struct play *p, struct fix_mono until)
{
	struct fix_mono own = own_deadline(p);
	int rc;

	if (own.ns >= until.ns)
		return turn(p, until);
	if (own.ns > play_now(p).mono.ns) {
		rc = turn(p, own);
		if (rc != 0)
			return rc;
	}
	rc = play_line(p, "send 0");
	return rc < 0 ? rc : 1;
}

int
play_front(struct play *p, struct fix_mono until, struct got **out)
{
	struct link *l = &p->links[p->cur];
	int rc;

	while (l->first == NULL) {
		rc = turn_alive(p, until);
		if (rc < 0)
			return rc;
		if (rc == 0 && l->first == NULL) {
			*out = NULL;
			return 0;
		}
	}
	*out = l->first;
	return 0;
}

int
play_pass(struct play *p, struct fix_mono until)
{
	int rc;

	do
		rc = turn_alive(p, until);
	while (rc > 0);
	return rc;
}

void
play_drop_front(struct play *p)
{
	struct link *l = &p->links[p->cur];
	struct got *g = l->first;

	l->first = g->next;
	free(g);
}

void
play_link_clear(struct link *l)
{
	struct got *g;

	while ((g = l->first) != NULL) {
		l->first = g->next;
		free(g);
	}
	free(l->rx);
	memset(l, 0, sizeof(*l));
}

/* It was whole when it came, so it splits again. */
void
play_msg_of(struct play *p, const struct got *g, struct fix_msg *m)
{
	m->fields = p->fields;
	m->cap = FIX_FIELDS_MAX;
	if (fix_split(g->bytes, g->len, m) < 0)
		m->n = 0;
}
