/*
 * The shipper's process. It blocks on a database that is slow and sleeps while
 * it is away, ever longer, which is why it is no part of the auditor. A history
 * that the database refuses is told once a minute and never passed over.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/file.h"
#include "gateway/auditor/role.h"
#include "gateway/auditor/shipper.h"
#include "gateway/trader/role.h"

#define PAUSE_NS (50 * FIX_MSEC)
#define BACK_OFF_FIRST_NS (100 * FIX_MSEC)
#define BACK_OFF_MAX_NS (10 * FIX_SEC)
#define REFUSED_NS (60 * FIX_SEC)
#define LAST_S 5    /* after SIGTERM: so long for what is there still */
#define IDLE_MAX 10 /* and so many pauses without anything new, for the
                       auditor may still write */

struct run {
	struct shipper *s;
	const char *folder;
	int64_t back_off_ns; /* 0: all is well */
	bool stop;
	time_t stop_at;
};

/* @return true: SIGTERM came */
static bool
pause_ns(int64_t ns)
{
	struct timespec t = { ns / FIX_SEC, ns % FIX_SEC };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &t) == SIGTERM;
}

/* For fixgate audit status: a word, and a sentence. */
static void
note_state(const struct run *r, const char *state, const char *why)
{
	char text[600];

	snprintf(text, sizeof(text), "%s\n%s\n", state, why);
	if (audit_put_file(r->folder, "shipping", text) != 0)
		log_warn("can't write %s/shipping", r->folder);
}

static int64_t
failed(struct run *r, int rc, const struct fix_store_error *e)
{
	if (rc == -FIX_E_CORRUPT) {
		log_error("%s", e->text);
		note_state(r, "refused", e->text);
		return REFUSED_NS;
	}
	if (r->back_off_ns == 0)
		log_warn("%s; the trail waits in the chain", e->text);
	note_state(r, "away", e->text);
	r->back_off_ns = r->back_off_ns == 0 ? BACK_OFF_FIRST_NS
					     : 2 * r->back_off_ns;
	if (r->back_off_ns > BACK_OFF_MAX_NS)
		r->back_off_ns = BACK_OFF_MAX_NS;
	return r->back_off_ns;
}

static int64_t
worked(struct run *r, int rc, bool first)
{
	if (first || r->back_off_ns != 0) {
		log_info("the trail goes to PostgreSQL, which has %" PRIu64
		    " events", shipper_at(r->s));
		note_state(r, "connected", "");
	}
	r->back_off_ns = 0;
	return rc == 1 ? 0 : PAUSE_NS;
}

static void
ship(struct run *r)
{
	struct fix_store_error e;
	bool first = true;
	int64_t wait = 0;
	const char *notice;
	unsigned idle = 0;
	int rc = 0;

	while (!r->stop || (rc >= 0 && time(NULL) < r->stop_at)) {
		rc = shipper_work(r->s, &e);
		notice = shipper_notice(r->s);
		if (notice != NULL)
			log_error("%s", notice);
		wait = rc < 0 ? failed(r, rc, &e) : worked(r, rc, first);
		first = first && rc < 0;
		idle = r->stop && rc == 0 ? idle + 1 : 0;
		if (idle == IDLE_MAX)
			break;
		if (pause_ns(wait) && !r->stop) {
			r->stop = true;
			r->stop_at = time(NULL) + LAST_S;
		}
	}
}

bool
shipper_wanted(const struct plan *p)
{
	return p->auditor && p->database != NULL;
}

int
role_shipper(const struct plan *p)
{
	struct run r = { .folder = p->audit };

	log_open("shipper", p->log_to, p->log_level);
	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		close(p->listen_fds[i]);
	r.s = shipper_new(p->audit, p->audit_name, p->database);
	if (r.s == NULL)
		return ROLE_GIVE_UP;
	ship(&r);
	log_info("stopped with %" PRIu64 " events in PostgreSQL",
	    shipper_at(r.s));
	shipper_free(r.s);
	log_flush();
	return ROLE_DONE;
}
