/*
 * Requests to a venue, most important first.
 *
 * Of the weight in a window new orders and reading may spend four fifths,
 * questions about orders nine tenths; the rest is for cancels. The venue's own
 * count, from a header, overrides ours. 429 and 418 make all of it quiet for as
 * long as the venue says. An order that has waited for too long is not sent: its
 * price is of another time.
 */
#include "gateway/venue/rest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "gateway/crypt/crypt.h"
#include "gateway/venue/json.h"
#include "gateway/venue/multi.h"

struct job {
	TAILQ_ENTRY(job) at;
	struct rest *rest;
	struct rest_request q;
	CURL *curl;
	struct curl_slist *headers;
	uint8_t *body;
	size_t len, cap, put, put_len;
	bool too_big, again; /* libcurl wanted to send it twice */
	int64_t retry_after_s, since_ns;
	char url[REST_URL_MAX], sent[REST_BODY_MAX];
	char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(jobs, job);


struct rest {
	struct rest_cfg cfg;
	struct multi *multi;
	struct event *pump;
	struct jobs waiting[REST_N_RANK], flying;
	unsigned n_waiting, n_flying;
	int64_t paused_ns, window;
	int64_t leaked_ns; /* of a budget that comes back bit by bit */
	int64_t reset_s; /* the venue's word for the end of this window, 0 */
	unsigned used;
	char header[512];
};

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

static void
soon(struct rest *r, int64_t wait_ns)
{
	struct timeval tv = { wait_ns / FIX_SEC, wait_ns % FIX_SEC / 1000 };

	(void)event_add(r->pump, &tv);
}

/* ----- one transfer ----- */

static void
job_free(struct job *j)
{
	curl_easy_cleanup(j->curl);
	curl_slist_free_all(j->headers);
	free(j->body);
	crypt_wipe(j->url, sizeof(j->url));
	crypt_wipe(j->sent, sizeof(j->sent));
	free(j);
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;
	uint8_t *more;

	n *= size;
	if (n > JSON_BODY_MAX - j->len) {
		j->too_big = true;
		return 0;
	}
	if (j->len + n > j->cap) {
		j->cap = (j->len + n) * 2;
		more = realloc(j->body, j->cap);
		if (more == NULL)
			return 0;
		j->body = more;
	}
	if (n > 0)
		memcpy(j->body + j->len, p, n);
	j->len += n;
	return n;
}

/* As the venue counts. */
static void
take_budget(struct rest *r, const char *p, size_t n)
{
	int64_t v;

	if (rest_header(p, n, r->cfg.limit_header, &v) && v > 0 &&
	    v < 100000000)
		r->cfg.budget = (unsigned)v;
	if (rest_header(p, n, r->cfg.left_header, &v))
		r->used = v < r->cfg.budget ? r->cfg.budget - (unsigned)v : 0;
	if (rest_header(p, n, r->cfg.reset_header, &v))
		r->reset_s = v;
}

static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;
	int64_t v;

	n *= size;
	if (rest_header(p, n, j->rest->cfg.used_header, &v))
		j->rest->used = (unsigned)v;
	if (rest_header(p, n, "retry-after", &v))
		j->retry_after_s = v;
	take_budget(j->rest, p, n);
	if (j->rest->cfg.heard != NULL)
		j->rest->cfg.heard(j->rest->cfg.arg, p, n);
	return n;
}

static size_t
give_body(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;
	size_t left = j->put_len - j->put;

	n *= size;
	if (n > left)
		n = left;
	memcpy(p, j->sent + j->put, n);
	j->put += n;
	return n;
}

/* libcurl goes back only to send it once more. */
static int
no_second_time(void *arg, curl_off_t offset, int origin)
{
	(void)offset;
	(void)origin;
	((struct job *)arg)->again = true;
	return CURL_SEEKFUNC_FAIL;
}

static void
set_body(struct job *j)
{
	CURL *c = j->curl;

	j->put_len = strlen(j->sent);
	if (j->put_len == 0) {
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, j->q.method);
		return;
	}
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, j->q.method);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)j->put_len);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(c, CURLOPT_READDATA, j);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, no_second_time);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, j);
}

static bool
add_headers(const struct rest *r, struct job *j)
{
	char line[sizeof(r->header)];
	const char *p = r->header;
	struct curl_slist *more = NULL;

	for (size_t n; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		memcpy(line, p, n);
		line[n] = '\0';
		more = curl_slist_append(j->headers, line);
		if (more == NULL)
			break;
		j->headers = more;
	}
	crypt_wipe(line, sizeof(line));
	return more != NULL;
}

/* @return false: give it up */
static bool
launch(struct rest *r, struct job *j)
{
	size_t n = strlen(r->cfg.url);
	CURL *c = j->curl = curl_easy_init();

	if (c == NULL || n + 1 > sizeof(j->url) / 2)
		return false;
	memcpy(j->url, r->cfg.url, n);
	j->sent[0] = '\0';
	if (!j->q.make(&j->q, j->url + n, j->sent))
		return false;
	if (!add_headers(r, j))
		return false;
	multi_safety(c, r->cfg.url, r->cfg.ca_file);
	curl_easy_setopt(c, CURLOPT_URL, j->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, j->headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)r->cfg.timeout_ms);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, j->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, j);
	curl_easy_setopt(c, CURLOPT_PRIVATE, j);
	set_body(j);
	return multi_add(r->multi, c);
}

/* @return seconds; -1: the venue has not said */
static int64_t
until_reset(const struct rest *r)
{
	int64_t left = r->reset_s - clock_ns(CLOCK_REALTIME) / FIX_SEC;

	return r->reset_s == 0 ? -1 : left < 0 ? 0 : left;
}

static void
finish(struct job *j, enum rest_fate fate, const char *why)
{
	struct rest_answer a = { .fate = fate,
		.body = { j->body, j->len },
		.retry_after_s = j->retry_after_s,
		.why = why };

	if (fate == REST_ANSWERED)
		curl_easy_getinfo(j->curl, CURLINFO_RESPONSE_CODE, &a.status);
	if (a.status == 429 && a.retry_after_s < 0)
		a.retry_after_s = until_reset(j->rest);
	j->q.done(&j->q, &a);
	job_free(j);
}

static bool
never_left(CURLcode rc)
{
	return rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_COULDNT_CONNECT ||
	       rc == CURLE_SSL_CONNECT_ERROR ||
	       rc == CURLE_PEER_FAILED_VERIFICATION ||
	       rc == CURLE_SSL_CACERT_BADFILE;
}

static void
ended(void *arg, CURL *c, CURLcode rc)
{
	struct rest *r = arg;
	struct job *j;
	char why[160];

	curl_easy_getinfo(c, CURLINFO_PRIVATE, &j);
	multi_why(c, rc, j->error, why, sizeof(why));
	multi_remove(r->multi, c);
	TAILQ_REMOVE(&r->flying, j, at);
	r->n_flying--;
	if (rc == CURLE_OK)
		finish(j, REST_ANSWERED, NULL);
	else
		finish(j, never_left(rc) ? REST_NOT_SENT : REST_UNKNOWN,
		    j->again	   ? "the connection broke" :
		    j->too_big	   ? "its answer is too large" : why);
	soon(r, 0);
}

/* ----- who may go ----- */

static unsigned
may_use(const struct rest *r, enum rest_rank rank)
{
	if (rank == REST_CANCEL)
		return r->cfg.budget;
	if (rank == REST_ASK)
		return r->cfg.budget / 10 * 9;
	return r->cfg.budget / 5 * 4;
}

static bool
may_go(struct rest *r, enum rest_rank rank, unsigned weight)
{
	if (r->n_flying >= REST_FLYING - (rank == REST_CANCEL ? 0 : REST_SPARE))
		return false;
	return r->cfg.budget == 0 || r->used + weight <= may_use(r, rank);
}

/* A budget that the venue tells nothing of. */
static bool
is_ours(const struct rest *r)
{
	const struct rest_cfg *c = &r->cfg;

	return c->budget != 0 && c->limit_header == NULL &&
	       (c->used_header == NULL || c->used_header[0] == '\0');
}

static void
leak(struct rest *r)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);
	int64_t each = r->cfg.window_ns / r->cfg.budget;
	int64_t n = (now - r->leaked_ns) / each;

	if (n >= r->used) {
		r->used = 0;
		r->leaked_ns = now;
	} else {
		r->used -= (unsigned)n;
		r->leaked_ns += n * each;
	}
}

static void
turn_window(struct rest *r)
{
	int64_t utc = clock_ns(CLOCK_REALTIME), now = utc / r->cfg.window_ns;

	if (is_ours(r)) {
		leak(r);
		return;
	}
	if (r->reset_s != 0 ? utc / FIX_SEC >= r->reset_s : now != r->window)
		r->used = 0;
	if (utc / FIX_SEC >= r->reset_s)
		r->reset_s = 0;
	r->window = now;
}

static void
leave_waiting(struct rest *r, struct job *j)
{
	TAILQ_REMOVE(&r->waiting[j->q.rank], j, at);
	r->n_waiting--;
}

/* @return when the next order is too old */
static int64_t
give_up_old(struct rest *r, int64_t now)
{
	char why[100];
	struct job *j;

	if (r->cfg.order_wait_ns == 0)
		return INT64_MAX;
	while ((j = TAILQ_FIRST(&r->waiting[REST_ORDER])) != NULL) {
		if (now - j->since_ns < r->cfg.order_wait_ns)
			return j->since_ns + r->cfg.order_wait_ns;
		leave_waiting(r, j);
		snprintf(why, sizeof(why), "it has waited %lld ms for the "
		    "venue's rate limit: too old to be sent",
		    (long long)((now - j->since_ns) / FIX_MSEC));
		finish(j, REST_NOT_SENT, why);
	}
	return INT64_MAX;
}

static void
pump(evutil_socket_t fd, short what, void *arg)
{
	struct rest *r = arg;
	int64_t now = clock_ns(CLOCK_MONOTONIC), left = r->paused_ns - now;
	int64_t old_ns = give_up_old(r, now);
	struct job *j;

	(void)fd;
	(void)what;
	if (left > 0) {
		soon(r, old_ns - now < left ? old_ns - now : left);
		return;
	}
	r->paused_ns = 0;
	turn_window(r);
	for (int rank = 0; rank < REST_N_RANK; rank++) {
		while ((j = TAILQ_FIRST(&r->waiting[rank])) != NULL &&
		       may_go(r, (enum rest_rank)rank, j->q.weight)) {
			leave_waiting(r, j);
			if (!launch(r, j)) {
				finish(j, REST_NOT_SENT, "out of memory");
				continue;
			}
			r->used += j->q.weight;
			TAILQ_INSERT_TAIL(&r->flying, j, at);
			r->n_flying++;
		}
	}
	if (r->n_waiting > 0)
		soon(r, 50 * FIX_MSEC);
}

/* ----- begin and end ----- */

struct rest *
rest_new(const struct rest_cfg *cfg)
{
	struct rest *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->cfg = *cfg;
	snprintf(r->header, sizeof(r->header), "%s", cfg->header);
	for (int i = 0; i < REST_N_RANK; i++)
		TAILQ_INIT(&r->waiting[i]);
	TAILQ_INIT(&r->flying);
	r->multi = multi_new(cfg->base, ended, r);
	r->pump = event_new(cfg->base, -1, 0, pump, r);
	if (r->multi == NULL || r->pump == NULL) {
		rest_free(r);
		return NULL;
	}
	multi_limit(r->multi, (long)REST_FLYING);
	return r;
}

static void
drop(struct rest *r, struct jobs *list)
{
	struct job *j;

	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, at);
		if (j->curl != NULL)
			multi_remove(r->multi, j->curl);
		job_free(j);
	}
}

void
rest_free(struct rest *r)
{
	if (r == NULL)
		return;
	drop(r, &r->flying);
	for (int i = 0; i < REST_N_RANK; i++)
		drop(r, &r->waiting[i]);
	multi_free(r->multi);
	if (r->pump != NULL)
		event_free(r->pump);
	crypt_wipe(r->header, sizeof(r->header));
	free(r);
}

int
rest_do(struct rest *r, const struct rest_request *q)
{
	struct job *j;

	if (r->n_waiting >= REST_WAITING && q->rank != REST_CANCEL)
		return -FIX_E_FULL;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return -FIX_E_FULL;
	j->rest = r;
	j->q = *q;
	j->retry_after_s = -1;
	j->since_ns = clock_ns(CLOCK_MONOTONIC);
	TAILQ_INSERT_TAIL(&r->waiting[q->rank], j, at);
	r->n_waiting++;
	soon(r, 0);
	return 0;
}

void
rest_pause(struct rest *r, int64_t until_ns)
{
	if (until_ns > r->paused_ns)
		r->paused_ns = until_ns;
}

bool
rest_spent(struct rest *r, enum rest_rank rank)
{
	turn_window(r);
	return r->cfg.budget != 0 &&
	       r->used + r->n_waiting >= may_use(r, rank);
}

void
rest_budget(struct rest *r, unsigned weight)
{
	r->cfg.budget = weight;
}
