/*
 * From a credentials file to a sorted table.
 *
 * In: the text of the file. Out: credentials by user and method, or every
 * fault with its line; a file with a fault is not used at all, so that a slip
 * of the editor locks nobody out of a running gateway. No fault quotes what
 * stands in the verifier's place.
 */
#include "config.h"

#include "gateway/auth/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/settings/conf.h"

#define WORDS 5u

struct credentials {
	struct credential *v;
	unsigned n, cap;
};

struct reader {
	struct credentials *c;
	credentials_tell *tell;
	void *arg;
	unsigned line, faults;
};

static void fault(struct reader *r, const char *fmt, ...) FIX_PRINTF(2, 3);

static void
fault(struct reader *r, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->faults++;
	if (r->tell != NULL)
		r->tell(r->arg, r->line, text);
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* @return words found, WORDS + 1: more than that */
static unsigned
split(struct fix_span line, struct fix_span *w)
{
	unsigned n = 0;
	size_t i = 0;

	for (;;) {
		while (i < line.len && blank(line.p[i]))
			i++;
		if (i == line.len || line.p[i] == '#')
			return n;
		if (n == WORDS)
			return WORDS + 1;
		w[n].p = line.p + i;
		while (i < line.len && !blank(line.p[i]))
			i++;
		w[n].len = (size_t)(line.p + i - w[n].p);
		n++;
	}
}

static struct credential *
add(struct credentials *c)
{
	unsigned cap = c->cap == 0 ? 16 : c->cap * 2;
	struct credential *more;

	if (c->n == c->cap) {
		/* Not realloc(): what it leaves behind would not be wiped. */
		more = calloc(cap, sizeof(*more));
		if (more == NULL)
			return NULL;
		if (c->n > 0) {
			memcpy(more, c->v, c->n * sizeof(*more));
			proof_wipe(c->v, c->n * sizeof(*more));
		}
		free(c->v);
		c->v = more;
		c->cap = cap;
	}
	return &c->v[c->n++];
}

static bool
printable(struct fix_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
read_words(struct reader *r, const struct fix_span *w, unsigned n,
    struct credential *cred)
{
	enum proof_method m;
	int rc;

	if (n < 4 || n > WORDS) {
		fault(r, "expected USER METHOD VERIFIER SESSIONS [reset]");
		return false;
	}
	if (w[0].len > CRED_USER_MAX || !printable(w[0])) {
		fault(r, "a user must be 1 to %u bytes without control "
			 "characters",
		    CRED_USER_MAX);
		return false;
	}
	if (!proof_method_named(w[1], &m)) {
		fault(r, "the method must be password, hmac or ed25519");
		return false;
	}
	if (n == 5 && !fix_span_is(w[4], "reset")) {
		fault(r, "only reset may stand behind the sessions");
		return false;
	}
	rc = verifier_parse(&cred->v, m, w[2]);
	if (rc == 0)
		return true;
	fault(r, "the verifier is none of method %s: %s", proof_method_name(m),
	    rc == -FIX_E_RANGE ? "its key or its costs are out of range"
			       : "make it with 'fixgate credential'");
	return false;
}

/* @return false: no memory */
static bool
read_line(struct reader *r, struct fix_span line)
{
	struct credential cred = { .line = r->line }, *at;
	struct fix_span w[WORDS + 1];
	unsigned n;

	if (line.len > CRED_LINE_MAX) {
		fault(r, "the line is longer than %u bytes", CRED_LINE_MAX);
		return true;
	}
	n = split(line, w);
	if (n == 0)
		return true;
	if (r->c->n == CRED_MAX) {
		fault(r, "more than %u credentials", CRED_MAX);
		return true;
	}
	if (!read_words(r, w, n, &cred))
		return true;
	(void)fix_span_copy(w[0], cred.user, sizeof(cred.user));
	cred.may_reset = n == 5;
	cred.sessions = strndup((const char *)w[3].p, w[3].len);
	at = cred.sessions == NULL ? NULL : add(r->c);
	if (at == NULL)
		free(cred.sessions);
	else
		*at = cred;
	proof_wipe(&cred, sizeof(cred));
	return at != NULL;
}

static int
by_user(const void *a, const void *b)
{
	const struct credential *x = a, *y = b;
	int d = strcmp(x->user, y->user);

	return d != 0 ? d : (int)x->v.method - (int)y->v.method;
}

static void
sort(struct reader *r)
{
	struct credentials *c = r->c;

	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_user);
	for (unsigned i = 1; i < c->n; i++) {
		const struct credential *a = &c->v[i - 1], *b = &c->v[i];

		if (by_user(a, b) != 0)
			continue;
		r->line = a->line > b->line ? a->line : b->line;
		fault(r, "user %s has this method in line %u already", b->user,
		    a->line > b->line ? b->line : a->line);
	}
}

int
credentials_parse(struct credentials **out, struct fix_span text,
    credentials_tell *tell, void *arg)
{
	struct reader r = { calloc(1, sizeof(*r.c)), tell, arg, 0, 0 };
	bool ok = r.c != NULL;
	size_t at = 0;

	while (ok && at < text.len) {
		const uint8_t *p = text.p + at;
		const uint8_t *end = memchr(p, '\n', text.len - at);
		size_t len = end == NULL ? text.len - at : (size_t)(end - p);

		r.line++;
		ok = read_line(&r, (struct fix_span){ p, len });
		at += len + 1;
	}
	if (ok)
		sort(&r);
	if (ok && r.faults == 0) {
		*out = r.c;
		return 0;
	}
	credentials_free(r.c);
	return ok ? -FIX_E_CONFIG : -FIX_E_NOMEM;
}

static int
refused(credentials_tell *tell, void *arg, const char *why)
{
	if (tell != NULL)
		tell(arg, 0, why);
	return -FIX_E_IO;
}

int
credentials_load(struct credentials **out, const char *path,
    credentials_tell *tell, void *arg)
{
	const char *why = conf_private(path);
	struct fix_span text;
	struct stat st;
	uint8_t *buf;
	ssize_t n;
	int fd, rc;

	if (why != NULL)
		return refused(tell, arg, why);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		why = strerror(errno);
		if (fd >= 0)
			close(fd);
		return refused(tell, arg, why);
	}
	if (st.st_size > (off_t)CRED_FILE_MAX) {
		close(fd);
		return refused(tell, arg, "it is larger than 16 MiB");
	}
	buf = malloc((size_t)st.st_size + 1);
	n = buf == NULL ? -1 : read(fd, buf, (size_t)st.st_size + 1);
	close(fd);
	if (n != st.st_size) {
		free(buf);
		return refused(tell, arg, "it can't be read whole");
	}
	text = (struct fix_span){ buf, (size_t)n };
	rc = credentials_parse(out, text, tell, arg);
	proof_wipe(buf, (size_t)n);
	free(buf);
	return rc;
}

void
credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n; i++)
		free(c->v[i].sessions);
	if (c->n > 0)
		proof_wipe(c->v, c->n * sizeof(*c->v));
	free(c->v);
	free(c);
}

unsigned
credentials_n(const struct credentials *c)
{
	return c->n;
}

struct credential *
credentials_at(struct credentials *c, unsigned i)
{
	return i < c->n ? &c->v[i] : NULL;
}

struct credential *
credentials_find(
    struct credentials *c, struct fix_span user, enum proof_method m)
{
	struct credential key;

	key.v.method = (uint8_t)m;
	if (!fix_span_copy(user, key.user, sizeof(key.user)) || c->n == 0 ||
	    strlen(key.user) != user.len)
		return NULL;
	return bsearch(&key, c->v, c->n, sizeof(*c->v), by_user);
}

bool
credential_allows(
    const struct credential *cred, const char *id, const char *comp_id)
{
	const char *p = cred->sessions;

	while (*p != '\0') {
		size_t n = strcspn(p, ",");
		struct fix_span name = { (const uint8_t *)p, n };

		if (fix_span_is(name, "*") || fix_span_is(name, id) ||
		    fix_span_is(name, comp_id))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}
