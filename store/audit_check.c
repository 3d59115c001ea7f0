/*
 * What a chain must fulfil.
 *
 * Events: numbers 1, 2, 3 ... without a hole; canonical JSON whose SHA-256 is
 * the hash that stands beside it; the hash before in previous_hash. Messages:
 * the hash that their event tells. Checkpoints: signed by the key, with size,
 * root and head as they are computed here at that place. Checkpoints that were
 * kept elsewhere must be met on the way: a chain that was cut, or made anew
 * with all its hashes, does not pass there. Keys: a checkpoint of both stands
 * where one follows another, and the one that is trusted must be among them:
 * what an old one signs from there on is not good.
 */
#include "store/audit_check.h"

#include <stdarg.h>
#include <stdio.h>

static int FIX_PRINTF(3, 4)
fault(struct audit_check *c, uint64_t event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	c->bad = event;
	return -FIX_E_CORRUPT;
}

int
audit_check_hold(struct audit_check *c, struct fix_span note, const char *from)
{
	struct audit_held *h = &c->held[c->n_held];
	int rc;

	if (c->n_held == AUDIT_HELD_MAX)
		return -FIX_E_FULL;
	rc = audit_note_of_any(&h->note, note, &c->keys);
	if (rc != 0)
		return rc;
	h->from = from;
	h->met = h->note.size == 0;
	c->n_held++;
	return 0;
}

/* Does what we have computed agree with a checkpoint of this size? */
static int
compare(struct audit_check *c, const struct audit_note *n, const char *from)
{
	uint8_t root[AUDIT_HASH];

	audit_tree_root(&c->tree, root);
	if (memcmp(root, n->root, AUDIT_HASH) == 0 &&
	    memcmp(c->head, n->head, AUDIT_HASH) == 0)
		return 0;
	return fault(c, c->signed_to + 1, "the chain is not the one that was "
	    "signed: %s over %llu events has another %s", from,
	    (unsigned long long)n->size,
	    memcmp(root, n->root, AUDIT_HASH) != 0 ? "root" : "head");
}

static int
meet_held(struct audit_check *c)
{
	for (unsigned i = 0; i < c->n_held; i++) {
		struct audit_held *h = &c->held[i];
		int rc;

		if (h->met || h->note.size != c->events)
			continue;
		h->met = true;
		rc = compare(c, &h->note, h->from);
		if (rc != 0)
			return rc;
		if (c->signed_to < c->events)
			c->signed_to = c->events;
	}
	return 0;
}

static int
no_raw_missing(struct audit_check *c)
{
	if (!c->wants_raw)
		return 0;
	return fault(c, c->events, "the message behind the event is missing");
}

static const struct audit_key *
signer(const struct audit_check *c)
{
	return c->signer != NULL ? c->signer : c->keys.v[c->keys.first];
}

/* The event that names the next key. */
static int
learn(struct audit_check *c)
{
	struct fix_span was, is;
	char text[AUDIT_VKEY_MAX];
	bool number;

	(void)audit_key_text(signer(c), text);
	if (!audit_detail_of(&c->last, "old_key", &was, &number) ||
	    !fix_span_is(was, text))
		return fault(c, c->events, "it changes the key, and not from the "
		    "one that signs");
	if (!audit_detail_of(&c->last, "new_key", &is, &number) ||
	    audit_key_read(&c->next, is) != 0 ||
	    strcmp(audit_key_name(c->next), audit_key_name(c->keys.v[0])) != 0)
		return fault(c, c->events, "it changes the key, and not to one "
		    "of this chain");
	return 0;
}

static int
check_event(struct audit_check *c, const struct fix_rec *r)
{
	uint8_t hash[AUDIT_HASH], mine[AUDIT_HASH], prev[AUDIT_HASH];
	uint64_t n = c->events + 1;
	struct fix_span json, v;
	bool number;
	int64_t seq;

	if (no_raw_missing(c) != 0)
		return -FIX_E_CORRUPT;
	if (c->next != NULL)
		return fault(c, c->events, "it changes the key, and no checkpoint "
		    "of both stands behind it");
	if (r->order != n)
		return fault(c, n, "event %llu is missing: event %llu follows "
		    "event %llu", (unsigned long long)n,
		    (unsigned long long)r->order, (unsigned long long)n - 1);
	if (!audit_event_of(r, hash, &json) ||
	    audit_event_read(&c->last, json) != 0)
		return fault(c, n, "it is no event in canonical JSON");
	audit_sha256(mine, json.p, json.len);
	if (memcmp(mine, hash, AUDIT_HASH) != 0)
		return fault(c, n, "its event_hash is not the hash of what it "
		    "says");
	if (!audit_of_hex(prev, c->last.field[AUDIT_PREVIOUS]) ||
	    memcmp(prev, c->head, AUDIT_HASH) != 0)
		return fault(c, n, "its previous_hash is not the hash of event "
		    "%llu", (unsigned long long)n - 1);
	if (!audit_detail_number(&c->last, "seq", &seq) || (uint64_t)seq != n)
		return fault(c, n, "it does not say that it is number %llu",
		    (unsigned long long)n);
	c->wants_raw = audit_detail_of(&c->last, "message_sha256", &v,
	    &number) && audit_detail_of(&c->last, "message_bytes",
	    &(struct fix_span){ NULL, 0 }, &number) &&
	    audit_of_hex(c->message, v);
	memcpy(c->head, hash, AUDIT_HASH);
	audit_tree_add(&c->tree, hash);
	c->events = n;
	if (fix_span_is(c->last.field[AUDIT_EVENT_TYPE], AUDIT_KEY_ROTATED) &&
	    learn(c) != 0)
		return -FIX_E_CORRUPT;
	return meet_held(c);
}

static int
check_raw(struct audit_check *c, const struct fix_rec *r)
{
	uint8_t mine[AUDIT_HASH];

	audit_sha256(mine, r->data, r->len);
	if (r->order > c->events)
		return fault(c, c->events + 1, "event %llu is missing: the "
		    "message behind event %llu stands here",
		    (unsigned long long)c->events + 1,
		    (unsigned long long)r->order);
	if (!c->wants_raw || r->order != c->events)
		return fault(c, c->events, "a message stands behind it that it "
		    "does not tell of");
	c->wants_raw = false;
	c->raw++;
	if (memcmp(mine, c->message, AUDIT_HASH) != 0)
		return fault(c, c->events, "the message behind it is not the "
		    "one that it tells of");
	return 0;
}

static int
take_next(struct audit_check *c, struct fix_span text)
{
	struct audit_note n;

	if (audit_note_read(&n, text, c->next) != 0)
		return fault(c, c->events, "it changes the key, and the new one "
		    "has not signed the checkpoint behind it");
	audit_key_free(c->signer);
	c->signer = c->next;
	c->next = NULL;
	c->met = c->met || audit_key_same(signer(c), c->keys.v[0]);
	return 0;
}

static int
check_note(struct audit_check *c, const struct fix_rec *r)
{
	struct fix_span text = { r->data, r->len };
	struct audit_note n;
	int rc = audit_note_read(&n, text, signer(c));

	if (no_raw_missing(c) != 0)
		return -FIX_E_CORRUPT;
	if (rc == -FIX_E_FORMAT)
		return fault(c, c->signed_to + 1, "the checkpoint behind event "
		    "%llu is none of %s", (unsigned long long)c->events,
		    audit_key_name(c->keys.v[0]));
	if (rc != 0)
		return fault(c, c->signed_to + 1, "the checkpoint behind event "
		    "%llu is not signed by the key of %s",
		    (unsigned long long)c->events,
		    audit_key_name(c->keys.v[0]));
	if (n.size != c->events)
		return fault(c, c->signed_to + 1, "the checkpoint behind event "
		    "%llu is over %llu events", (unsigned long long)c->events,
		    (unsigned long long)n.size);
	rc = compare(c, &n, "the checkpoint");
	if (rc != 0)
		return rc;
	c->met = c->met || audit_key_same(signer(c), c->keys.v[0]);
	if (c->next != NULL && take_next(c, text) != 0)
		return -FIX_E_CORRUPT;
	if (c->met)
		c->signed_to = n.size;
	c->checkpoints++;
	return 0;
}

static int
check_state(struct audit_check *c, const struct fix_rec *r)
{
	struct audit_state s;

	if (no_raw_missing(c) != 0)
		return -FIX_E_CORRUPT;
	if (r->len < sizeof(s))
		return fault(c, c->events + 1, "the state behind event %llu "
		    "can't be read", (unsigned long long)c->events);
	memcpy(&s, r->data, sizeof(s));
	if (s.events != c->events || memcmp(s.head, c->head, AUDIT_HASH) != 0)
		return fault(c, c->events + 1, "the state behind event %llu is "
		    "of a chain of %llu", (unsigned long long)c->events,
		    (unsigned long long)s.events);
	return 0;
}

int
audit_check_rec(struct audit_check *c, const struct fix_rec *r)
{
	switch (r->type) {
	case AUDIT_REC_EVENT:
		return check_event(c, r);
	case AUDIT_REC_RAW:
		return check_raw(c, r);
	case AUDIT_REC_CHECKPOINT:
		return check_note(c, r);
	case AUDIT_REC_STATE:
		return check_state(c, r);
	case AUDIT_REC_KEEP:
		return 0;
	default:
		return fault(c, c->events + 1, "record %llu is of no kind that "
		    "a chain has", (unsigned long long)r->number);
	}
}

int
audit_check_end(struct audit_check *c)
{
	if (no_raw_missing(c) != 0)
		return -FIX_E_CORRUPT;
	if (c->next != NULL)
		return fault(c, c->events, "it changes the key, and no checkpoint "
		    "of both stands behind it");
	if (c->checkpoints > 0 && !c->met)
		return fault(c, c->signed_to + 1, "no checkpoint is signed by the "
		    "key of %s that is trusted", audit_key_name(c->keys.v[0]));
	for (unsigned i = 0; i < c->n_held; i++)
		if (!c->held[i].met)
			return fault(c, c->events + 1, "the chain was cut: %s "
			    "is over %llu events, and there are %llu",
			    c->held[i].from,
			    (unsigned long long)c->held[i].note.size,
			    (unsigned long long)c->events);
	return 0;
}

void
audit_check_fini(struct audit_check *c)
{
	audit_key_free(c->signer);
	audit_key_free(c->next);
}
