/*
 * The process that carries checkpoints to witnesses. It reads the chain as any
 * reader does and blocks on a witness that is slow, three seconds at most, which
 * is why it is no part of the auditor. A witness that is away is asked ever more
 * rarely, up to twice a minute, so that it holds up the others little.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/file.h"
#include "gateway/auditor/pusher.h"
#include "gateway/auditor/role.h"
#include "gateway/trader/role.h"
#include "gateway/vault/http.h"
#include "store/audit.h"

#define WITNESSES_MAX 16
#define PAUSE_NS (50 * FIX_MSEC)
#define BACK_OFF_FIRST_NS (200 * FIX_MSEC)
#define BACK_OFF_MAX_NS (30 * FIX_SEC)
#define REFUSED_NS (60 * FIX_SEC)
#define LAST_PAUSES 10 /* after SIGTERM: so long for what the auditor may still
                          sign */

struct witness {
	struct pusher *pusher;
	int64_t next_ns, back_off_ns; /* 0: all is well */
	bool met;
};

struct run {
	const char *folder;
	char *chain;
	struct fix_disk *disk;
	struct fix_journal_reader *reader; /* NULL: not open */
	struct audit_tree walk;            /* of the events that were read */
	struct http *http;
	struct witness list[WITNESSES_MAX];
	unsigned n;
};

static int64_t
mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

/* @return true: SIGTERM came */
static bool
told_to_stop(void)
{
	struct timespec t = { 0, PAUSE_NS };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &t) == SIGTERM;
}

static void
close_chain(struct run *r)
{
	if (r->reader != NULL)
		fix_journal_reader_close(r->reader);
	if (r->disk != NULL)
		r->disk->ops->close(r->disk);
	r->reader = NULL;
	r->disk = NULL;
	memset(&r->walk, 0, sizeof(r->walk));
}

/* @return whether there is a chain to read */
static bool
open_chain(struct run *r)
{
	struct fix_store_error e;

	if (r->reader != NULL)
		return true;
	if (fix_disk_dir(&r->disk, r->chain, false) != 0)
		r->disk = NULL;
	else if (fix_journal_reader_open(&r->reader, r->disk, 0, &e) != 0)
		r->reader = NULL;
	if (r->reader == NULL)
		close_chain(r);
	return r->reader != NULL;
}

static void
take(struct run *r, const struct fix_rec *rec)
{
	struct fix_span note = { rec->data, rec->len }, json;
	uint8_t hash[AUDIT_HASH];

	if (rec->type == AUDIT_REC_EVENT && audit_event_of(rec, hash, &json)) {
		for (unsigned i = 0; i < r->n; i++)
			pusher_event(r->list[i].pusher, &r->walk, hash);
		audit_tree_add(&r->walk, hash);
	} else if (rec->type == AUDIT_REC_CHECKPOINT) {
		for (unsigned i = 0; i < r->n; i++)
			pusher_checkpoint(r->list[i].pusher, &r->walk, note);
	}
}

/* To the chain's end. */
static void
read_on(struct run *r)
{
	struct fix_store_error e;
	struct fix_rec rec;
	int rc;

	if (!open_chain(r))
		return;
	while ((rc = fix_journal_next(r->reader, &rec, &e)) == 1)
		take(r, &rec);
	if (rc == 0)
		return;
	log_error("the audit chain can't be read: %s", e.text);
	close_chain(r);
}

/* For fixgate audit status: a word, how far, and a sentence. */
static void
note_state(const struct run *r, const struct witness *w, const char *state,
    const char *why)
{
	char name[128], text[600];

	snprintf(name, sizeof(name), "witness-%s", pusher_name(w->pusher));
	snprintf(text, sizeof(text), "%s\n%" PRIu64 "\n%s\n", state,
	    pusher_at(w->pusher), why);
	if (audit_put_file(r->folder, name, text) != 0)
		log_warn("can't write %s/%s", r->folder, name);
}

static void
failed(struct run *r, struct witness *w, enum pusher_said said, const char *why)
{
	const char *name = pusher_name(w->pusher);

	if (said == PUSHER_REFUSED) {
		log_error("the witness %s refuses the trail: %s; a person must "
		    "look: fixgate audit verify --checkpoint, with its copy",
		    name, why);
		note_state(r, w, "refused", why);
		w->back_off_ns = REFUSED_NS;
	} else {
		if (w->back_off_ns == 0)
			log_warn("the witness %s does not cosign: %s; what comes "
			    "now is covered by our own signature only", name,
			    why);
		note_state(r, w, "away", why);
		w->back_off_ns = w->back_off_ns == 0 ? BACK_OFF_FIRST_NS
						     : 2 * w->back_off_ns;
		if (w->back_off_ns > BACK_OFF_MAX_NS)
			w->back_off_ns = BACK_OFF_MAX_NS;
	}
	w->next_ns = mono_ns() + w->back_off_ns;
}

static void
worked(struct run *r, struct witness *w)
{
	if (!w->met || w->back_off_ns != 0)
		log_info("the witness %s has cosigned %" PRIu64 " events",
		    pusher_name(w->pusher), pusher_at(w->pusher));
	w->met = true;
	w->back_off_ns = 0;
	note_state(r, w, "cosigned", "");
}

static void
push(struct run *r, struct witness *w, bool last)
{
	char why[400];
	enum pusher_said said;

	if (r->reader == NULL || (!last && mono_ns() < w->next_ns))
		return;
	said = pusher_push(w->pusher, &r->walk, r->http, why,
	    sizeof(why));
	if (said == PUSHER_REWIND) {
		log_info("the witness %s: %s; the chain is read again",
		    pusher_name(w->pusher), why);
		close_chain(r);
	} else if (said == PUSHER_COSIGNED) {
		worked(r, w);
	} else if (said != PUSHER_NOTHING) {
		failed(r, w, said, why);
	}
}

static void
push_all(struct run *r, bool last)
{
	read_on(r);
	for (unsigned i = 0; i < r->n; i++)
		push(r, &r->list[i], last);
}

static bool
add_witnesses(struct run *r, const struct plan *p)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(p->conf, "WITNESS", s)) != NULL &&
	    r->n < WITNESSES_MAX) {
		struct pusher *one = pusher_new(p->audit, conf_name(s),
		    conf_str(s, "Url", ""), conf_path(s, "CAFile", NULL),
		    conf_str(s, "Key", ""));

		if (one == NULL)
			return false;
		r->list[r->n++].pusher = one;
	}
	return true;
}

bool
witness_wanted(const struct plan *p)
{
	return p->auditor && conf_next(p->conf, "WITNESS", NULL) != NULL;
}

int
role_witness(const struct plan *p)
{
	struct run r = { .folder = p->audit };
	bool stop = false, good;

	log_open("witness pusher", p->log_to, p->log_level);
	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		close(p->listen_fds[i]);
	r.chain = audit_path(p->audit, "chain");
	r.http = http_new();
	good = r.chain != NULL && r.http != NULL && add_witnesses(&r, p);
	while (good && !stop) {
		stop = told_to_stop();
		push_all(&r, false);
	}
	for (unsigned i = 0; good && i < LAST_PAUSES; i++) {
		(void)told_to_stop();
		push_all(&r, i == LAST_PAUSES - 1);
	}
	close_chain(&r);
	for (unsigned i = 0; i < r.n; i++)
		pusher_free(r.list[i].pusher);
	http_free(r.http);
	free(r.chain);
	log_flush();
	return good ? ROLE_DONE : ROLE_GIVE_UP;
}
