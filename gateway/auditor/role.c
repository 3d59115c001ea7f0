/*
 * The auditor's process: a piece of work, then a pause if there was little to
 * do. It has no sockets and nothing that anyone waits for. What it can't open
 * it says in one sentence; trading goes on without it, and the supervisor tries
 * again.
 */
#include "gateway/auditor/role.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/auditor.h"
#include "gateway/auditor/file.h"
#include "gateway/auditor/witness.h"
#include "gateway/crypt/keys.h"
#include "gateway/trader/role.h"

#define PAUSE_NS (20 * FIX_MSEC)

static struct fix_utc
utc_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct fix_utc){ t.tv_sec * FIX_SEC + t.tv_nsec };
}

/* @return true: SIGTERM came */
static bool
told_to_stop(int64_t wait_ns)
{
	struct timespec t = { 0, wait_ns };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &t) == SIGTERM;
}

/* The newest checkpoint to the witness. @return events that it is over there;
 * was: it could not be put, and is tried again with the next piece of work */
static uint64_t
tell_witness(const struct plan *p, const struct auditor *a, uint64_t was)
{
	uint64_t size = auditor_at(a)->checkpoint;
	char *path, text[AUDIT_NOTE_MAX + 1];
	size_t n = 0;
	FILE *f;
	int rc;

	if (p->witness == NULL || size == was)
		return was;
	path = audit_path(p->audit, "checkpoint");
	f = path == NULL ? NULL : fopen(path, "re");
	if (f != NULL) {
		n = fread(text, 1, AUDIT_NOTE_MAX, f);
		fclose(f);
	}
	free(path);
	text[n] = '\0';
	rc = n > 0 ? witness_put(p->witness, text) : -FIX_E_IO;
	if (rc == 0)
		return size;
	if (rc == -FIX_E_CORRUPT)
		log_error("the witness %s knows another trail, or more of this "
		    "one: was it cut? Its checkpoint is left as it is; compare "
		    "with fixgate audit verify --checkpoint", p->witness);
	else
		log_error("the witness %s can't be written: a cut of the trail "
		    "would not show there", p->witness);
	return rc == -FIX_E_CORRUPT ? size : was;
}

static enum role_end
run(const struct plan *p, struct auditor *a)
{
	struct fix_store_error e;
	uint64_t seen = 0;
	bool stop = false;
	ssize_t n = 0;

	while (n > 0 || !stop) {
		stop = stop || told_to_stop(n > 0 ? 0 : PAUSE_NS);
		n = auditor_work(a, utc_now(), stop, &e);
		if (n < 0) {
			log_error("%s", e.text[0] != '\0' ? e.text :
			    fix_strerror(n));
			return n == -FIX_E_CORRUPT ? ROLE_GIVE_UP : ROLE_AGAIN;
		}
		seen = tell_witness(p, a, seen);
	}
	log_info("stopped in order at event %" PRIu64, auditor_at(a)->events);
	return ROLE_DONE;
}

/* Without its key nothing personal is written, and so nothing at all. */
static bool
open_ring(const struct plan *p, struct keyring **ring)
{
	char why[KEYRING_WHY];

	if (!keys_seal_personal(p->conf) ||
	    keys_ring(ring, p->conf, p->data_dir, why) == 0)
		return true;
	log_error("PersonalData=sealed: %s", why);
	return false;
}

int
role_auditor(const struct plan *p)
{
	struct auditor_cfg cfg = { p->journal, p->audit, p->audit_name,
		p->segment_bytes, NULL };
	struct fix_store_error e;
	struct auditor *a;
	enum role_end end;

	log_open("auditor", p->log_to, p->log_level);
	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		close(p->listen_fds[i]);
	if (!open_ring(p, &cfg.ring)) {
		log_flush();
		return ROLE_GIVE_UP;
	}
	if (auditor_open(&a, &cfg, &e) != 0) {
		log_error("%s", e.text);
		keyring_close(cfg.ring);
		log_flush();
		return ROLE_GIVE_UP;
	}
	log_info("the audit trail has %" PRIu64 " events, up to record %" PRIu64,
	    auditor_at(a)->events, auditor_at(a)->cursor);
	end = run(p, a);
	auditor_close(a);
	keyring_close(cfg.ring);
	log_flush();
	return end;
}
