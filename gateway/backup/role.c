/*
 * The backup's process: a snapshot each Interval, old ones removed, each taken
 * elsewhere. What fails is told once, until it works again, and tried again,
 * ever later up to five minutes. It holds nothing that anyone waits for.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup/snapshots.h"
#include "gateway/trader/role.h"

#define PAUSE_FIRST_NS (200 * FIX_MSEC)
#define PAUSE_MAX_NS (300 * FIX_SEC)

/* Something that may fail, and is told when it changes. */
struct matter {
	const char *what;
	char told[512]; /* empty: all is well */
	int64_t pause_ns, due_ns; /* monotonic */
};

struct keeper {
	const struct plan *plan;
	struct snap_cfg cfg;
	struct audit_key *sign;
	uint8_t key[CRYPT_KEY];
	struct matter make, send;
	char waits[SNAP_NAME]; /* told to be kept beyond its days */
	int64_t last_s; /* when the newest snapshot was begun */
};

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

static void
failed(struct matter *m, const char *why)
{
	if (strcmp(m->told, why) != 0)
		log_error("alert: %s: %s", m->what, why);
	snprintf(m->told, sizeof(m->told), "%s", why);
	m->pause_ns = m->pause_ns == 0 ? PAUSE_FIRST_NS : m->pause_ns * 2;
	if (m->pause_ns > PAUSE_MAX_NS)
		m->pause_ns = PAUSE_MAX_NS;
	m->due_ns = clock_ns(CLOCK_MONOTONIC) + m->pause_ns;
}

static void
well(struct matter *m)
{
	if (m->told[0] != '\0')
		log_info("%s: works again", m->what);
	m->told[0] = '\0';
	m->pause_ns = m->due_ns = 0;
}

static bool
stop(void *arg)
{
	(void)arg;
	return snap_told_to_stop();
}

/* One snapshot; base NULL: a full one. @return as backup_make() */
static int
make_one(struct keeper *k, const char *base, int64_t now_s,
    struct fix_store_error *e)
{
	char path[4096], name[SNAP_NAME], since[4096];
	struct backup_job j = { .data = k->plan->data_dir,
		.file = path,
		.since = base == NULL ? NULL : since,
		.rate = k->cfg.rate,
		.key = k->key,
		.sign = k->sign,
		.stop = stop };
	int rc;

	snap_name(name, now_s, base == NULL);
	snprintf(path, sizeof(path), "%.4000s/%s", k->cfg.folder, name);
	if (base != NULL)
		snprintf(
		    since, sizeof(since), "%.4000s/%s", k->cfg.folder, base);
	rc = backup_make(&j, e);
	if (rc == 0) {
		k->last_s = now_s;
		log_info("snapshot %s", name);
		if (e->text[0] != '\0')
			log_error("alert: snapshots: %s: %s", name, e->text);
	}
	return rc;
}

/* An increment that can't be: it is told, and a full one is made instead, which
 * asks nothing of the one before. */
static void
make(struct keeper *k, const struct snaps *s, int64_t now_s)
{
	const struct snap *base = snap_base(s, now_s);
	struct fix_store_error e = { "" };
	int rc = make_one(k, base == NULL ? NULL : base->name, now_s, &e);

	if (rc != 0 && base != NULL && !snap_told_to_stop()) {
		log_error("alert: snapshots: %s", e.text);
		rc = make_one(k, NULL, now_s, &e);
	}
	if (rc == 0)
		well(&k->make);
	else if (rc == -FIX_E_NOTFOUND && s->n == 0)
		/* a first start: the trader is about to make its journal */
		k->make.due_ns = clock_ns(CLOCK_MONOTONIC) + PAUSE_FIRST_NS;
	else if (!snap_told_to_stop())
		failed(&k->make, e.text);
}

/* The oldest one tells of all. */
static void
tell_waiting(struct keeper *k, const char *name)
{
	if (name[0] != '\0' && strcmp(name, k->waits) != 0)
		log_error("alert: snapshots: %s is older than its days, and is "
			  "kept until it was taken elsewhere",
		    name);
	snprintf(k->waits, sizeof(k->waits), "%s", name);
}

static void
remove_old(struct keeper *k, const struct snaps *s, int64_t now_s)
{
	const char *oldest = "";
	char path[4096];
	bool waits;

	for (size_t i = 0; i < s->n; i++) {
		bool old = snap_old(s, i, &k->cfg, now_s, &waits);

		if (waits && oldest[0] == '\0')
			oldest = s->v[i].name;
		if (!old)
			continue;
		snprintf(path, sizeof(path), "%.4000s/%s", k->cfg.folder,
		    s->v[i].name);
		if (unlink(path) != 0)
			log_error("alert: snapshots: %s can't be removed: %s",
			    path, strerror(errno));
		else
			log_info("snapshot %s is removed", s->v[i].name);
		snprintf(path, sizeof(path), "%.4000s/%s.sent", k->cfg.folder,
		    s->v[i].name);
		(void)unlink(path);
	}
	tell_waiting(k, oldest);
}

static bool
note_sent(const char *path)
{
	char mark[4096 + 8];
	FILE *f;

	snprintf(mark, sizeof(mark), "%s.sent", path);
	f = fopen(mark, "we");
	return f != NULL && fclose(f) == 0;
}

/* When the next snapshot is due, by the wall clock; a clock that was set back
 * does not make it wait longer than an Interval. */
static int64_t
due_s(const struct keeper *k, int64_t now_s)
{
	int64_t at = k->last_s + k->cfg.interval_s;

	return k->last_s > now_s ? now_s : at;
}

/* The oldest that has not left yet, and so on, until a snapshot is due. */
static void
send_all(struct keeper *k, const struct snaps *s)
{
	char path[4096], why[512] = "";
	unsigned gone = 0;

	if (k->cfg.command == NULL && k->cfg.s3 == NULL)
		return;
	for (size_t i = 0; i < s->n && !snap_told_to_stop(); i++) {
		int64_t now_s = clock_ns(CLOCK_REALTIME) / FIX_SEC;

		if (s->v[i].sent)
			continue;
		if (gone > 0 && now_s >= due_s(k, now_s))
			return;
		gone++;
		snprintf(path, sizeof(path), "%.4000s/%s", k->cfg.folder,
		    s->v[i].name);
		if (snap_send(&k->cfg, path, s->v[i].name, why,
			sizeof(why)) != 0 ||
		    !note_sent(path)) {
			if (!snap_told_to_stop())
				failed(&k->send,
				    why[0] != '\0' ? why : strerror(errno));
			return;
		}
		log_info("snapshot %s is elsewhere, too", s->v[i].name);
		well(&k->send);
	}
}

/* @return nanoseconds until there is something to do */
static int64_t
turn(struct keeper *k)
{
	int64_t now_s = clock_ns(CLOCK_REALTIME) / FIX_SEC, mono, wait, left;
	struct snaps s;

	if (snap_list(&s, k->cfg.folder) != 0) {
		failed(&k->make, "the folder can't be read");
		free(s.v);
		return k->make.pause_ns;
	}
	if (s.n > 0 && k->last_s == 0)
		k->last_s = s.v[s.n - 1].when_s;
	mono = clock_ns(CLOCK_MONOTONIC);
	if (now_s >= due_s(k, now_s) && mono >= k->make.due_ns) {
		make(k, &s, now_s);
		free(s.v);
		if (snap_list(&s, k->cfg.folder) != 0)
			s = (struct snaps){ NULL, 0 };
		remove_old(k, &s, now_s);
	}
	if (mono >= k->send.due_ns)
		send_all(k, &s);
	free(s.v);
	mono = clock_ns(CLOCK_MONOTONIC);
	now_s = clock_ns(CLOCK_REALTIME) / FIX_SEC;
	wait = (due_s(k, now_s) - now_s) * FIX_SEC;
	if (wait < k->make.due_ns - mono || wait <= 0)
		wait = k->make.due_ns - mono;
	left = k->send.due_ns - mono;
	if (k->send.due_ns != 0 && left < wait)
		wait = left;
	return wait < 50 * FIX_MSEC ? 50 * FIX_MSEC
	       : wait > FIX_SEC * 60 ? FIX_SEC * 60
				     : wait;
}

static bool
open_keys(struct keeper *k)
{
	struct fix_store_error e = { "" };
	char path[4096], text[AUDIT_VKEY_MAX];
	FILE *f;

	if (crypt_key_read(k->key, fix_span_of(k->cfg.key)) != 0)
		return false;
	if (audit_key_open(&k->sign, k->cfg.sign, "fixgate-backup", &e) != 0) {
		log_error("%s", e.text);
		return false;
	}
	snprintf(path, sizeof(path), "%.4000s.pub", k->cfg.sign);
	audit_key_text(k->sign, text);
	f = fopen(path, "we");
	if (f != NULL && fprintf(f, "%s\n", text) > 0 && fclose(f) == 0)
		return true;
	log_error("%s: %s", path, strerror(errno));
	return false;
}

int
role_backup(const struct plan *p)
{
	struct keeper k = { .plan = p,
		.make = { .what = "snapshots" },
		.send = { .what = "taking snapshots elsewhere" } };
	struct timespec t;
	sigset_t set;
	int64_t wait = 0;
	enum role_end end = ROLE_GIVE_UP;

	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		close(p->listen_fds[i]);
	if (snap_read(p->conf, &k.cfg) && open_keys(&k) &&
	    (mkdir(k.cfg.folder, 0700) == 0 || errno == EEXIST)) {
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		do {
			wait = turn(&k);
			t = (struct timespec){ wait / FIX_SEC, wait % FIX_SEC };
		} while (sigtimedwait(&set, NULL, &t) != SIGTERM);
		end = ROLE_DONE;
		log_info("stopped in order");
	} else {
		log_error("[BACKUP] can't be used: see the line before, or "
			  "Folder: %s",
		    strerror(errno));
	}
	audit_key_free(k.sign);
	crypt_wipe(k.key, sizeof(k.key));
	log_flush();
	return end;
}
