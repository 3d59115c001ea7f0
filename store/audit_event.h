/*
 * An audit event: twelve fields as one JSON object in one canonical spelling.
 *
 * What is hashed are these bytes: keys sorted, ", " and ": " between, every
 * character outside of printable ASCII escaped as \uXXXX. It is what Python's
 * json.dumps(event, sort_keys=True) writes, so whoever has the event without
 * its event_hash can compute the hash with a few lines of any language. There
 * is one spelling of an event only, and the reader refuses any other.
 */
#ifndef FIXGATE_STORE_AUDIT_EVENT_H
#define FIXGATE_STORE_AUDIT_EVENT_H

#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

#define AUDIT_HASH 32             /* bytes of a SHA-256 */
#define AUDIT_HEX (2 * AUDIT_HASH) /* the same as text */
#define AUDIT_EVENT_MAX 32768     /* bytes of an event's JSON */
#define AUDIT_DETAILS_MAX 54
#define AUDIT_VALUE_MAX 512       /* bytes of a text; what is longer is cut */

struct audit_detail {
	const char *key; /* of a-z, 0-9 and _ */
	struct fix_span text;
	int64_t number;
	bool is_number;
};

/* Spans and strings are borrowed for the call. Text may be any bytes: what is
 * no UTF-8, and NUL, is written as U+FFFD. */
struct audit_event {
	const char *type, *action, *resource_type; /* plain ASCII */
	struct fix_span actor, resource_id;
	struct fix_span ip, agent; /* empty: null */
	struct fix_utc when;
	struct audit_detail details[AUDIT_DETAILS_MAX];
	unsigned n_details;
};

/** Add a text or a number; an empty text, and one over the array's end, is left
 * out. */
void audit_text(struct audit_event *e, const char *key, struct fix_span text);
void audit_number(struct audit_event *e, const char *key, int64_t number);

/**
 * Write the canonical JSON without event_hash. With AUDIT_EVENT_MAX bytes there
 * is room for any event: texts of many escapes are cut until it fits.
 *
 * @param id    event_id
 * @param prev  hash before, as hex
 * @return bytes written to out, -FIX_E_SPACE
 */
ssize_t audit_event_write(char *out, size_t cap, struct audit_event *e,
    const char *id, const char *prev) FIX_MUST_CHECK;

enum audit_field { /* in the order in which they are written */
	AUDIT_ACTION, AUDIT_ACTOR, AUDIT_DETAILS, AUDIT_EVENT_ID,
	AUDIT_EVENT_TYPE, AUDIT_IP, AUDIT_PREVIOUS, AUDIT_RESOURCE_ID,
	AUDIT_RESOURCE_TYPE, AUDIT_TIMESTAMP, AUDIT_AGENT,
	AUDIT_N_FIELD
};

/* A stored event; spans point into what was read. */
struct audit_seen {
	struct fix_span json;
	struct fix_span field[AUDIT_N_FIELD]; /* between the quotes, escapes as
	                                         they stand; details with its
	                                         braces; null: p is NULL */
	size_t hash_at; /* where event_hash belongs in an export */
};

/** Name of a field, as "event_id". */
const char *audit_field_name(enum audit_field f);
/** Read canonical JSON of an event. @return 0, -FIX_E_FORMAT */
int audit_event_read(struct audit_seen *out, struct fix_span json)
    FIX_MUST_CHECK;
/** A detail by its key. @return false: it has none; *value is a text between
 * its quotes, or a number's digits */
bool audit_detail_of(const struct audit_seen *e, const char *key,
    struct fix_span *value, bool *is_number);
/** Each detail in turn: *at is 0 first. @return false at the end */
bool audit_detail_next(const struct audit_seen *e, size_t *at,
    struct fix_span *key, struct fix_span *value, bool *is_number);
/** A number among the details. @return false: none of that name */
bool audit_detail_number(const struct audit_seen *e, const char *key,
    int64_t *out);
/** Text with its escapes undone, as UTF-8. @return bytes, at most text.len */
size_t audit_plain(char *out, struct fix_span text);

/** 2026-11-25T10:15:02.123456+00:00, with NUL. */
#define AUDIT_STAMP_MAX 40
void audit_stamp(char out[AUDIT_STAMP_MAX], struct fix_utc when);

#endif
