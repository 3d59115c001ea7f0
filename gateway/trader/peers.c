/*
 * Connections: who is it, and what leaves for it.
 *
 * An accepted connection belongs to nobody until its first message, a Logon,
 * names its session. A stranger, and a second connection of a session that
 * lives, is closed without a word (FIX session test cases 1S b and c), and so
 * is a Logon out of its session's hours (hours.c). A peer
 * that comes back so fast that its Logon is read before the end of its old
 * connection waits a few turns for that end.
 *
 * Bytes are gathered here during a turn and handed to the loop, once for each
 * connection, by peers_flush() after the commit.
 */
#include "fix/scan.h"
#include "gateway/trader/inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_FIRST 4096u
#define FIRST_MAX 16384u  /* bytes of a first message */
#define RETRY_TURNS 20u
#define NOTES_A_SECOND 20u

static struct peer *
peer_new(struct trader *t, struct conn *conn, const char *name)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->conn = conn;
	conn->peer = p;
	fix_span_copy(fix_span_of(name), p->name, sizeof(p->name));
	p->next = t->peers;
	if (t->peers != NULL)
		t->peers->prev = p;
	t->peers = p;
	return p;
}

static void
unqueue(struct trader *t, struct peer *p)
{
	struct peer **at = &t->out;

	while (*at != NULL && *at != p)
		at = &(*at)->next_out;
	if (*at == p)
		*at = p->next_out;
}

static void
peer_free(struct trader *t, struct peer *p)
{
	if (p->queued)
		unqueue(t, p);
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		t->peers = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	if (p->first != NULL)
		t->n_first--;
	free(p->out);
	free(p->first);
	free(p);
}

void
peers_free(struct trader *t)
{
	while (t->peers != NULL)
		peer_free(t, t->peers);
}

static void
enqueue(struct trader *t, struct peer *p)
{
	if (p->queued)
		return;
	p->queued = true;
	p->next_out = t->out;
	t->out = p;
}

void
peer_out(struct trader *t, struct peer *p, struct fix_span bytes)
{
	size_t cap = p->out_cap == 0 ? OUT_FIRST : p->out_cap;
	uint8_t *out;

	while (cap - p->out_len < bytes.len)
		cap *= 2;
	if (cap != p->out_cap) {
		out = realloc(p->out, cap);
		if (out == NULL) {
			trader_fail(t, -FIX_E_NOMEM, "bytes for a peer");
			return;
		}
		p->out = out;
		p->out_cap = cap;
	}
	memcpy(p->out + p->out_len, bytes.p, bytes.len);
	p->out_len += bytes.len;
	enqueue(t, p);
}

void
peer_close(struct trader *t, struct peer *p)
{
	p->closing = true;
	enqueue(t, p);
}

/* io->close() may call trader_closed() at once, so p is not touched after. */
static void
flush(struct trader *t, struct peer *p)
{
	struct fix_span bytes = { p->out, p->out_len };
	bool tell = p->closing && !p->told;

	p->out_len = 0;
	if (p->out_cap > 16 * OUT_FIRST) {
		/* A burst is over: its memory is not kept for ever. */
		if (bytes.len > 0 && !p->told)
			t->io.send(t->io.arg, p->conn, bytes);
		free(p->out);
		p->out = NULL;
		p->out_cap = 0;
	} else if (bytes.len > 0 && !p->told) {
		t->io.send(t->io.arg, p->conn, bytes);
	}
	p->told = p->told || tell;
	if (tell)
		t->io.close(t->io.arg, p->conn);
}

void
peers_flush(struct trader *t)
{
	struct peer *p;

	while ((p = t->out) != NULL) {
		t->out = p->next_out;
		p->queued = false;
		flush(t, p);
		FAILPOINT("K6_partly_sent");
	}
}

/* Strangers must not fill the journal: a few notes a second, then a count; none
 * while it is full. */
bool
peers_may_note(struct trader *t)
{
	int64_t second = t->now.mono.ns / FIX_SEC;

	if (space_tight(t))
		return false;

	if (second != t->refusals_at) {
		if (t->refusals > NOTES_A_SECOND)
			trader_note(t, LOG_L_WARN, 0, "%u more connections were "
			    "refused in that second",
			    t->refusals - NOTES_A_SECOND);
		t->refusals_at = second;
		t->refusals = 0;
	}
	return ++t->refusals <= NOTES_A_SECOND;
}

static void
refuse(struct trader *t, struct peer *p, const char *why)
{
	if (peers_may_note(t))
		trader_note(t, LOG_L_WARN, 0, "connection from %s refused: %s",
		    p->name, why);
	t->counts.refused++;
	peer_close(t, p);
}

void
trader_refused(struct trader *t, const char *peer, const char *why,
    struct fix_now now)
{
	t->now = now;
	t->counts.refused++;
	if (t->failed == 0 && peers_may_note(t))
		trader_note(t, LOG_L_WARN, 0, "connection from %s refused: %s",
		    peer, why);
}

static bool
same(const char *ours, struct fix_span theirs)
{
	return ours == NULL || fix_span_is(theirs, ours);
}

/* The peer's Sender is our Target. */
static bool
is_for(const struct fix_session_cfg *cfg, const struct fix_identity *id)
{
	return fix_span_is(id->begin_string, cfg->begin_string) &&
	    fix_span_is(id->sender_comp_id, cfg->target_comp_id) &&
	    fix_span_is(id->target_comp_id, cfg->sender_comp_id) &&
	    same(cfg->target_sub_id, id->sender_sub_id) &&
	    same(cfg->target_location_id, id->sender_location_id) &&
	    same(cfg->sender_sub_id, id->target_sub_id) &&
	    same(cfg->sender_location_id, id->target_location_id);
}

static struct client *
find_client(struct trader *t, const struct fix_identity *id)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		const struct fix_session_cfg *cfg = &t->clients[i].cfg->fix;

		if (cfg->role == FIX_ACCEPTOR && is_for(cfg, id))
			return &t->clients[i];
	}
	return NULL;
}

static void
bind_client(struct trader *t, struct client *c, struct peer *p)
{
	p->client = c;
	c->peer = p;
	if (fix_session_connected(c->fix, t->now) != 0) {
		refuse(t, p, "its session is not ready");
		p->client = NULL;
		c->peer = NULL;
	}
}

/* @return false: it waits for the end of the session's old connection */
static bool
take_first(struct trader *t, struct peer *p, const struct fix_msg *m)
{
	struct fix_identity id;
	const char *no = NULL;
	struct client *c;
	char text[192], why[SESSION_ID_MAX + 224];

	if (fix_session_identify(m, &id) != 0) {
		refuse(t, p, "its first message is no Logon with CompIDs");
		return true;
	}
	c = find_client(t, &id);
	if (c == NULL)
		c = dynamic_make(t, &id, &no);
	if (c == NULL) {
		refuse(t, p, no != NULL ? no : "out of memory");
		return true;
	}
	if (c->peer != NULL) {
		if (p->first_turns < RETRY_TURNS)
			return false;
		refuse(t, p, "its session is logged on already");
		return true;
	}
	hours_check(t, c);
	if (!hours_may_log_on(c)) {
		hours_say(t, c, text, sizeof(text));
		snprintf(why, sizeof(why), "%s is %s", c->id, text);
		refuse(t, p, why);
		return true;
	}
	if (p->conn->refuse != NULL && space_tight(t)) {
		refuse(t, p, "the disk is full: the reason is not sent");
		return true;
	}
	if (!flow_may_log_on(t, c)) {
		refuse(t, p, "the disk is full, and its session has logged on "
		    "often enough");
		return true;
	}
	bind_client(t, c, p);
	if (p->client == NULL)
		return true;
	if (p->conn->refuse != NULL) {
		(void)!fix_session_turn_away(c->fix, p->conn->refuse, t->now);
		client_work(t, c);
		return true;
	}
	if (p->conn->no_reset)
		fix_session_refuse_reset(c->fix);
	t->counts.in_msgs++;
	fix_session_recv_msg(c->fix, m, t->now);
	client_work(t, c);
	return true;
}

static size_t
first_bytes(struct trader *t, struct peer *p, const uint8_t *in, size_t len)
{
	struct fix_scan scan = { .max_bytes = FIRST_MAX };
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	ssize_t n = fix_scan(&scan, in, len, &m);

	if (n == 0)
		return 0;
	if (n < 0 || scan.why != FIX_G_NONE) {
		refuse(t, p, n < 0 ? "its first message is too long" :
		    fix_garbled_name(scan.why));
		return len;
	}
	if (!take_first(t, p, &m)) {
		p->first = malloc((size_t)n);
		if (p->first == NULL) {
			refuse(t, p, "out of memory");
			return len;
		}
		memcpy(p->first, in, (size_t)n);
		p->first_len = (size_t)n;
		t->n_first++;
	}
	return (size_t)n;
}

static void
retry(struct trader *t, struct peer *p)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	uint8_t *first = p->first;

	p->first_turns++;
	p->first = NULL;
	if (fix_split(first, p->first_len, &m) != 0 || take_first(t, p, &m)) {
		free(first);
		t->n_first--;
	} else {
		p->first = first;
	}
}

void
peers_retry(struct trader *t)
{
	struct peer *next;

	for (struct peer *p = t->peers; p != NULL && t->n_first > 0;
	    p = next) {
		next = p->next;
		if (p->first != NULL && !p->closing)
			retry(t, p);
	}
}

int
trader_accepted(struct trader *t, struct conn *c, const char *name,
    struct fix_now now)
{
	t->now = now;
	if (t->draining || t->failed != 0)
		return -FIX_E_STATE;
	return peer_new(t, c, name) == NULL ? -FIX_E_NOMEM : 0;
}

int
trader_connected(struct trader *t, struct conn *c, uint32_t session,
    struct fix_now now)
{
	struct client *client = client_numbered(t, session);
	struct peer *p;

	t->now = now;
	if (client == NULL || client->peer != NULL || t->draining)
		return -FIX_E_STATE;
	hours_check(t, client);
	if (!hours_may_log_on(client))
		return -FIX_E_STATE;
	p = peer_new(t, c, client->id);
	if (p == NULL)
		return -FIX_E_NOMEM;
	client->wants_connect = false;
	bind_client(t, client, p);
	if (p->client != NULL)
		client_work(t, client);
	return 0;
}

size_t
trader_received(struct trader *t, struct conn *conn, const uint8_t *in,
    size_t len, struct fix_now now)
{
	struct peer *p = conn->peer;
	size_t eaten = 0;

	t->now = now;
	FAILPOINT("K1_read");
	if (p->closing || t->failed != 0)
		return len;
	if (p->first != NULL)
		return 0;
	if (p->client == NULL) {
		eaten = first_bytes(t, p, in, len);
		if (p->client == NULL)
			return p->closing ? len : eaten;
	}
	while (eaten < len && !p->closing && t->failed == 0) {
		struct client *c = p->client;
		ssize_t n;

		if (flow_waits(t, c, in + eaten, len - eaten))
			return eaten;
		n = fix_session_recv(c->fix, in + eaten, len - eaten, now);

		if (n > 0 && !c->up)
			hold_heard(t, c, in + eaten, (size_t)n);
		client_work(t, c);
		FAILPOINT("K2_parsed");
		if (n <= 0)
			return n < 0 ? len : p->closing ? len : eaten;
		t->counts.in_msgs++;
		flow_heard(t, c, in + eaten, (size_t)n);
		eaten += (size_t)n;
	}
	return p->closing ? len : eaten;
}

void
trader_closed(struct trader *t, struct conn *conn, struct fix_now now)
{
	struct peer *p = conn->peer;
	struct client *c;

	if (p == NULL)
		return;
	t->now = now;
	c = p->client;
	conn->peer = NULL;
	peer_free(t, p);
	if (c == NULL)
		return;
	c->peer = NULL;
	c->flow.waits_at = 0;
	fix_session_lost(c->fix, now);
	client_work(t, c);
	hours_check(t, c);
	if (c->cfg->fix.role == FIX_INITIATOR && !t->draining && !c->held &&
	    hours_may_log_on(c) && !c->wants_connect) {
		c->wants_connect = true;
		t->io.connect(t->io.arg, c->number);
	}
}

void
trader_drain(struct trader *t, struct fix_now now)
{
	t->now = now;
	t->draining = true;
	for (uint32_t i = 0; i < t->n_clients; i++) {
		struct client *c = &t->clients[i];

		if (c->peer == NULL)
			continue;
		fix_session_logout(c->fix, "the gateway stops", now);
		client_work(t, c);
	}
	for (struct peer *p = t->peers; p != NULL; p = p->next) {
		if (p->client == NULL)
			peer_close(t, p);
	}
}

bool
trader_drained(const struct trader *t)
{
	return t->peers == NULL;
}

void
everything_leaves(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_venues; i++)
		if (t->venues[i]->ops->flush != NULL)
			t->venues[i]->ops->flush(t->venues[i]);
	peers_flush(t);
}
