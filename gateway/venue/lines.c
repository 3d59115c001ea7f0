/*
 * One transfer of libcurl that does not end, cut into lines.
 */
#include "gateway/venue/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/crypt/crypt.h"
#include "gateway/venue/multi.h"

struct lines {
	struct lines_cfg cfg;
	struct multi *multi;
	CURL *curl;              /* NULL: the pause */
	struct curl_slist *headers;
	struct event *timer;     /* to connect, or that it is silent */
	struct lines_buf buf;
	int64_t pause_ns;
	long status;             /* 0: no answer yet */
	const char *why;         /* it is to be closed */
	char url[2048], header[512], error[CURL_ERROR_SIZE];
};

int
lines_take(struct lines_buf *b, struct fix_span in,
    void (*line)(void *arg, struct fix_span text), void *arg)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\n') {
			if (b->len > 0)
				line(arg, (struct fix_span){ b->p, b->len });
			b->len = 0;
			continue;
		}
		if (b->len == LINES_MAX)
			return -FIX_E_TOOBIG;
		if (b->len == b->cap) {
			size_t cap = b->cap == 0 ? 4096 : b->cap * 2;
			uint8_t *p = realloc(b->p, cap);

			if (p == NULL)
				return -FIX_E_NOMEM;
			b->p = p;
			b->cap = cap;
		}
		b->p[b->len++] = in.p[i];
	}
	return 0;
}

void
lines_wipe(struct lines_buf *b)
{
	free(b->p);
	*b = (struct lines_buf){ 0 };
}

static void
set_timer(struct lines *l, int64_t ns)
{
	struct timeval tv = { ns / FIX_SEC, ns % FIX_SEC / 1000 };

	(void)event_add(l->timer, &tv);
}

static void
hang_up(struct lines *l)
{
	if (l->curl != NULL) {
		multi_remove(l->multi, l->curl);
		curl_easy_cleanup(l->curl);
	}
	curl_slist_free_all(l->headers);
	l->curl = NULL;
	l->headers = NULL;
	l->buf.len = 0;
}

/* Never from inside of a callback of libcurl. */
static void
again(struct lines *l, const char *why)
{
	long status = l->status;

	hang_up(l);
	l->why = NULL;
	set_timer(l, l->pause_ns);
	l->pause_ns *= 2;
	if (l->pause_ns > LINES_PAUSE_MAX_NS)
		l->pause_ns = LINES_PAUSE_MAX_NS;
	l->cfg.closed(l->cfg.arg, status, why);
}

static void
one_line(void *arg, struct fix_span text)
{
	struct lines *l = arg;

	if (l->why == NULL)
		l->cfg.line(l->cfg.arg, text);
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct lines *l = arg;
	struct fix_span in = { (const uint8_t *)p, n * size };

	if (l->status != 200)
		return n * size; /* an error: its status says enough */
	if (lines_take(&l->buf, in, one_line, l) != 0)
		l->why = "a line is too long";
	if (l->why != NULL)
		return 0;
	set_timer(l, l->cfg.silent_ns);
	return n * size;
}

static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct lines *l = arg;

	if (n * size == 2 && p[0] == '\r') { /* the last one */
		curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &l->status);
		if (l->status == 200)
			l->cfg.opened(l->cfg.arg);
	}
	return n * size;
}

static void
ended(void *arg, CURL *c, CURLcode rc)
{
	struct lines *l = arg;
	char why[160];

	if (l->why != NULL)
		snprintf(why, sizeof(why), "%s", l->why);
	else if (l->status != 0 && l->status != 200)
		snprintf(why, sizeof(why), "HTTP status %ld", l->status);
	else
		multi_why(c, rc, rc == CURLE_OK ? "the venue has ended it" :
		    l->error, why, sizeof(why));
	again(l, why);
}

static bool
add_headers(struct lines *l)
{
	char line[sizeof(l->header)];
	const char *p = l->header;
	struct curl_slist *more = NULL;

	for (size_t n; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		memcpy(line, p, n);
		line[n] = '\0';
		more = curl_slist_append(l->headers, line);
		if (more == NULL)
			break;
		l->headers = more;
	}
	crypt_wipe(line, sizeof(line));
	return more != NULL;
}

static bool
dial(struct lines *l)
{
	CURL *c = l->curl = curl_easy_init();

	l->status = 0;
	l->error[0] = '\0';
	if (c == NULL || !add_headers(l))
		return false;
	multi_safety(c, l->url, l->cfg.ca_file);
	curl_easy_setopt(c, CURLOPT_URL, l->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, l->headers);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, l->error);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, l);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, l);
	set_timer(l, l->cfg.silent_ns);
	if (multi_add(l->multi, c))
		return true;
	curl_easy_cleanup(c);
	l->curl = NULL;
	return false;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct lines *l = arg;

	(void)fd;
	(void)what;
	if (l->curl != NULL)
		again(l, l->why != NULL ? l->why : "it is silent");
	else if (!dial(l))
		again(l, "out of memory");
}

struct lines *
lines_new(const struct lines_cfg *cfg)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cfg = *cfg;
	l->pause_ns = LINES_PAUSE_FIRST_NS;
	l->multi = multi_new(cfg->base, ended, l);
	l->timer = event_new(cfg->base, -1, 0, on_timer, l);
	if (l->multi == NULL || l->timer == NULL ||
	    strlen(cfg->url) >= sizeof(l->url) ||
	    strlen(cfg->header) >= sizeof(l->header)) {
		lines_free(l);
		return NULL;
	}
	snprintf(l->url, sizeof(l->url), "%s", cfg->url);
	snprintf(l->header, sizeof(l->header), "%s", cfg->header);
	set_timer(l, 0);
	return l;
}

void
lines_free(struct lines *l)
{
	if (l == NULL)
		return;
	if (l->multi != NULL)
		hang_up(l);
	multi_free(l->multi);
	if (l->timer != NULL)
		event_free(l->timer);
	lines_wipe(&l->buf);
	crypt_wipe(l->header, sizeof(l->header));
	free(l);
}

void
lines_again(struct lines *l, const char *why)
{
	l->why = why;
	set_timer(l, 0);
}

void
lines_well(struct lines *l)
{
	l->pause_ns = LINES_PAUSE_FIRST_NS;
}
