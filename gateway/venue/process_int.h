/* What process.c, which sends, and process_in.c, which reads, share. */
#ifndef FIXGATE_GATEWAY_VENUE_PROCESS_INT_H
#define FIXGATE_GATEWAY_VENUE_PROCESS_INT_H

#include "fix/decimal.h"
#include "gateway/venue/process.h"
#include "gateway/venue/record.h"

#define PROCESS_IN_BYTES (1u << 18)
#define PROCESS_RECORDS 1000u /* handed over in a tick */
#define PROCESS_KEPT 64u      /* things kept for the process */

enum process_state {
	PROCESS_GONE,    /* no link */
	PROCESS_GREETED, /* its hello is to come */
	PROCESS_LINKED,  /* it may trade */
};

struct process_kept {
	char key[32], value[128];
};

struct process {
	struct venue venue;
	enum process_state state;
	int fd;            /* -1: no link */
	const char *ended; /* why the link is to be closed; NULL: it is well */
	bool came;         /* bytes, since the last tick */
	bool hangs;
	bool told_unknown; /* of a type that is not known, once */
	struct fix_mono heard, asked;
	int64_t since_ns;  /* time of the newest execution */
	unsigned n_kept;
	struct process_kept kept[PROCESS_KEPT];
	size_t in_len, out_at, out_len;
	uint8_t *out;      /* VENUE_PROCESS_QUEUE bytes */
	uint8_t in[PROCESS_IN_BYTES];
	uint8_t scratch[RECORD_HEAD + RECORD_MAX];
};

/** Hand over records that have come, as events. */
void process_hand_over(struct process *p, struct fix_now now);
void process_start(struct process *p);     /* kept things, then start */
void process_reconcile(struct process *p);
void process_drop(struct process *p, const char *why); /* close its link */
/** VENUE_UP or VENUE_DOWN, with the reason. */
void process_tell(
    struct process *p, enum venue_event_kind kind, const char *text);
/** @return false: no room, or too long */
bool process_set_kept(
    struct process *p, struct fix_span key, struct fix_span value);

#endif
