/*
 * The client of Vault's HTTP API, KV version 2.
 *
 * A token is renewed after two thirds of its life; when it can't be, or Vault
 * says 403 where it did not before, we log in anew. While Vault is away,
 * sealed, or says nonsense, what was read last stays in use, the log says how
 * old it is, and we ask again, ever later up to the refresh interval. A secret
 * that is gone or forbidden stays in use, too: an operator's slip must not
 * stop trading. Nothing of an answer's text is ever logged.
 */
#include "gateway/vault/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fix/time.h"
#include "gateway/crypt/crypt.h"
#include "gateway/log.h"
#include "gateway/vault/http.h"

#define RETRY_FIRST_NS FIX_SEC
#define TELL_AGAIN_NS (300 * FIX_SEC)

struct vault_client {
	struct vault_shared *shared;
	void (*changed)(void *arg);
	void *arg;
	struct http *http;
	struct vault_cfg cfg;
	struct vault_lease lease;
	struct vault_item item, was;
	int64_t retry_ns, pause_ns; /* 0: all is well */
	int64_t told_ns;
	char told[512]; /* the trouble that the log has */
	char why[512];
	uint64_t missed[VAULT_PATHS_MAX]; /* ns of the last read that failed */
};

int64_t
vault_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

struct vault_client *
vault_client_new(
    struct vault_shared *shared, void (*changed)(void *arg), void *arg)
{
	struct vault_client *c = crypt_alloc(sizeof(*c));

	if (c == NULL)
		return NULL;
	vault_answer_init();
	c->shared = shared;
	c->changed = changed;
	c->arg = arg;
	c->http = http_new();
	if (c->http == NULL) {
		vault_client_free(c);
		return NULL;
	}
	return c;
}

void
vault_client_free(struct vault_client *c)
{
	if (c == NULL)
		return;
	http_free(c->http);
	crypt_free(c, sizeof(*c));
}

/* A status that is no 200, in words. */
static int
judge(struct vault_client *c, const char *what, long status)
{
	const char *means = "it answers with an unexpected status";
	int rc = -FIX_E_FORMAT;

	if (status == 403) {
		means = "permission denied";
		rc = -FIX_E_STATE;
	} else if (status == 404) {
		means = "there is nothing";
		rc = -FIX_E_NOTFOUND;
	} else if (status == 400) {
		means = "it was refused: wrong role, identity or path";
	} else if (status == 503) {
		means = "Vault is sealed or in maintenance";
		rc = -FIX_E_IO;
	} else if (status == 429 || status == 472 || status == 473) {
		means = "a standby, or too many requests";
		rc = -FIX_E_IO;
	} else if (status >= 300 && status < 400) {
		means = "it answers with a redirect, which is not followed: "
			"name the active node";
	} else if (status >= 500) {
		means = "Vault has an error of its own";
		rc = -FIX_E_IO;
	}
	snprintf(
	    c->why, sizeof(c->why), "%s: %s (status %ld)", what, means, status);
	return rc;
}

/* @return 0 with the body, or an error with c->why */
static int
ask(struct vault_client *c, const char *what, const char *path,
    const char *token, const char *body, struct fix_span *answer)
{
	char url[2 * VAULT_NAME_MAX + VAULT_PATH_MAX + 16], why[300];
	struct http_request r = { url, token, c->cfg.ns, c->cfg.ca_file, body,
		NULL, c->cfg.timeout_s };
	long status;

	snprintf(url, sizeof(url), "%s/v1/%s", c->cfg.address, path);
	status = http_do(c->http, &r, answer, why, sizeof(why));
	if (status == 200)
		return 0;
	if (status >= 0)
		return judge(c, what, status);
	snprintf(c->why, sizeof(c->why), "%s: %s", what, why);
	return (int)status;
}

static int
nonsense(struct vault_client *c, const char *what)
{
	snprintf(c->why, sizeof(c->why),
	    "%.400s: its answer is not the JSON that Vault documents", what);
	return -FIX_E_FORMAT;
}

/* The service account's token, as it is now: it changes every hour. */
static int
read_jwt(struct vault_client *c, char *out, size_t cap)
{
	int fd = open(c->cfg.jwt_file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);

	if (n <= 0)
		snprintf(c->why, sizeof(c->why), "JwtFile %.300s: %s",
		    c->cfg.jwt_file, n < 0 ? strerror(errno) : "it is empty");
	if (fd >= 0)
		close(fd);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	out[n < 0 ? 0 : n] = '\0';
	return n > 0 ? 0 : -FIX_E_CONFIG;
}

/* @return the login's body, NULL with c->why */
static char *
identity(struct vault_client *c)
{
	char jwt[16384], *body = NULL;

	if (c->cfg.auth == VAULT_APPROLE) {
		body = vault_request("role_id", c->cfg.role_id, "secret_id",
		    *c->cfg.secret_id == '\0' ? NULL : c->cfg.secret_id);
	} else if (read_jwt(c, jwt, sizeof(jwt)) == 0) {
		body = vault_request("role", c->cfg.role, "jwt", jwt);
		crypt_wipe(jwt, sizeof(jwt));
	} else {
		return NULL;
	}
	if (body == NULL)
		snprintf(c->why, sizeof(c->why), "the login is no UTF-8");
	return body;
}

static void
keep_lease(struct vault_client *c, bool fresh)
{
	c->lease.got_ns = vault_now_ns();
	if (fresh)
		c->lease.first_s = c->lease.login.lease_s;
	vault_put_lease(c->shared, &c->lease);
}

/* A token that was given: how long it lives is asked. */
static int
look_up(struct vault_client *c)
{
	static const char what[] = "looking up Token";
	struct fix_span body;
	int rc =
	    ask(c, what, "auth/token/lookup-self", c->cfg.token, NULL, &body);

	if (rc != 0)
		return rc;
	if (vault_answer_lookup(&c->lease.login, body) != 0)
		return nonsense(c, what);
	memcpy(c->lease.login.token, c->cfg.token, sizeof(c->cfg.token));
	keep_lease(c, true);
	return 0;
}

static int
log_in(struct vault_client *c)
{
	char path[VAULT_NAME_MAX + 16], what[VAULT_NAME_MAX + 32];
	struct fix_span answer;
	char *body;
	int rc;

	if (c->cfg.auth == VAULT_TOKEN)
		return look_up(c);
	body = identity(c);
	if (body == NULL)
		return -FIX_E_CONFIG;
	snprintf(path, sizeof(path), "auth/%s/login", c->cfg.auth_path);
	snprintf(what, sizeof(what), "login at auth/%s", c->cfg.auth_path);
	rc = ask(c, what, path, NULL, body, &answer);
	crypt_wipe(body, strlen(body));
	vault_answer_free(body);
	if (rc != 0)
		return rc;
	if (vault_answer_login(&c->lease.login, answer) != 0)
		return nonsense(c, what);
	keep_lease(c, true);
	return 0;
}

/* A renewal that gives less than a third of the first life meets the token's
 * last hour: the next time we log in. */
static int
renew(struct vault_client *c)
{
	static const char what[] = "renewing the token";
	struct vault_login got;
	struct fix_span body;
	int rc = ask(c, what, "auth/token/renew-self", c->lease.login.token,
	    "{}", &body);

	if (rc != 0)
		return rc;
	rc = vault_answer_login(&got, body);
	if (rc == 0) {
		c->lease.login.lease_s = got.lease_s;
		c->lease.login.renewable =
		    got.renewable && got.lease_s * 3 > c->lease.first_s;
		keep_lease(c, false);
	}
	crypt_wipe(&got, sizeof(got));
	return rc == 0 ? 0 : nonsense(c, what);
}

static void
forget_token(struct vault_client *c)
{
	crypt_wipe(&c->lease.login, sizeof(c->lease.login));
	vault_put_lease(c->shared, &c->lease);
}

/* When the token wants something; INT64_MAX: it never does. */
static int64_t
token_due(const struct vault_client *c)
{
	int64_t life = c->lease.login.lease_s;

	if (*c->lease.login.token == '\0')
		return 0;
	return life == 0 ? INT64_MAX : c->lease.got_ns + life * FIX_SEC / 3 * 2;
}

static int
have_token(struct vault_client *c)
{
	int64_t now = vault_now_ns();
	int rc;

	if (now < token_due(c))
		return 0;
	if (*c->lease.login.token == '\0' || !c->lease.login.renewable ||
	    now >= c->lease.got_ns + c->lease.login.lease_s * FIX_SEC)
		return log_in(c);
	rc = renew(c);
	return rc == -FIX_E_STATE || rc == -FIX_E_FORMAT ? log_in(c) : rc;
}

static int
read_once(struct vault_client *c)
{
	char path[VAULT_NAME_MAX + VAULT_PATH_MAX + 8];
	char what[VAULT_NAME_MAX + VAULT_PATH_MAX + 16];
	struct fix_span body;
	int rc;

	snprintf(
	    what, sizeof(what), "reading %s/%s", c->cfg.mount, c->item.path);
	snprintf(path, sizeof(path), "%s/data/%s", c->cfg.mount, c->item.path);
	rc = ask(c, what, path, c->lease.login.token, NULL, &body);
	if (rc != 0)
		return rc;
	rc = vault_answer_secret(&c->item.values, body);
	if (rc == -FIX_E_NOTFOUND)
		snprintf(c->why, sizeof(c->why),
		    "%s: its newest version is deleted", what);
	else if (rc == -FIX_E_TOOBIG)
		snprintf(c->why, sizeof(c->why),
		    "%s: it has more than %d bytes", what, VAULT_FIELDS_MAX);
	else if (rc != 0)
		rc = nonsense(c, what);
	return rc;
}

/* c->item.path into c->item. A token that Vault has forgotten gets one more
 * chance. */
static int
read_item(struct vault_client *c)
{
	bool old = *c->lease.login.token != '\0';
	int rc = have_token(c);

	if (rc == 0)
		rc = read_once(c);
	if (rc == -FIX_E_STATE && old) {
		rc = log_in(c);
		if (rc == 0)
			rc = read_once(c);
	}
	if (rc == 0)
		c->item.read_ns = vault_now_ns();
	return rc;
}

static void
refresh_state(struct vault_client *c)
{
	struct vault_cfg old = c->cfg;

	vault_get_cfg(c->shared, &c->cfg);
	vault_get_lease(c->shared, &c->lease);
	if (strcmp(old.token, c->cfg.token) != 0 ||
	    strcmp(old.address, c->cfg.address) != 0 ||
	    strcmp(old.secret_id, c->cfg.secret_id) != 0)
		c->retry_ns = c->pause_ns = 0; /* an operator has mended it */
	crypt_wipe(&old, sizeof(old));
}

int
vault_client_read(struct vault_client *c, const char *path)
{
	int rc;

	refresh_state(c);
	memset(&c->item, 0, sizeof(c->item));
	snprintf(c->item.path, sizeof(c->item.path), "%s", path);
	rc = read_item(c);
	if (rc == 0 && !vault_put_item(c->shared, &c->item)) {
		snprintf(c->why, sizeof(c->why),
		    "more than %d secrets of Vault in one file",
		    VAULT_PATHS_MAX);
		rc = -FIX_E_TOOBIG;
	}
	vault_put_why(c->shared, rc == 0 ? "" : c->why);
	return rc;
}

static void
trouble(struct vault_client *c, const char *path, int64_t age_ns)
{
	int64_t now = vault_now_ns();

	if (strcmp(c->told, c->why) == 0 && now - c->told_ns < TELL_AGAIN_NS)
		return;
	memcpy(c->told, c->why, sizeof(c->told));
	c->told_ns = now;
	log_warn("Vault at %s: %s; what was read of %s stays in use, it is "
		 "%lld s old",
	    c->cfg.address, c->why, path, (long long)(age_ns / FIX_SEC));
}

static void
all_well(struct vault_client *c)
{
	if (c->told[0] != '\0')
		log_info("Vault at %s answers again", c->cfg.address);
	c->told[0] = '\0';
	c->retry_ns = c->pause_ns = 0;
}

static void
take_new(struct vault_client *c)
{
	const struct vault_values *a = &c->was.values, *b = &c->item.values;
	bool same = a->version == b->version && a->len == b->len &&
		    memcmp(a->fields, b->fields, b->len) == 0;

	(void)vault_put_item(c->shared, &c->item);
	if (same)
		return;
	log_info("Vault: %s has version %lld now, it was %lld", c->item.path,
	    (long long)b->version, (long long)a->version);
	if (c->changed != NULL)
		c->changed(c->arg);
}

static int64_t
every_ns(const struct vault_client *c, const struct vault_item *it)
{
	int64_t ns = c->cfg.refresh_s * FIX_SEC;
	int64_t lease = it->values.lease_s * FIX_SEC / 3 * 2;

	return lease > 0 && lease < ns ? lease : ns;
}

/* @return when to come again; *rc what happened */
static int64_t
look_after(struct vault_client *c, unsigned i, int64_t now, int *rc)
{
	int64_t due = c->was.read_ns + every_ns(c, &c->was);

	if ((int64_t)c->missed[i] > c->was.read_ns)
		due = (int64_t)c->missed[i] + every_ns(c, &c->was);
	*rc = 0;
	if (now < due)
		return due;
	c->item = c->was;
	*rc = read_item(c);
	if (*rc == 0) {
		all_well(c);
		take_new(c);
		return now + every_ns(c, &c->item);
	}
	c->missed[i] = (uint64_t)now;
	trouble(c, c->was.path, now - c->was.read_ns);
	return now + every_ns(c, &c->was);
}

static int64_t
later(struct vault_client *c, int64_t now)
{
	int64_t most = c->cfg.refresh_s * FIX_SEC;

	c->pause_ns = c->pause_ns == 0 ? RETRY_FIRST_NS : c->pause_ns * 2;
	if (c->pause_ns > most)
		c->pause_ns = most;
	c->retry_ns = now + c->pause_ns;
	memset(c->missed, 0, sizeof(c->missed));
	return c->retry_ns;
}

int64_t
vault_client_step(struct vault_client *c)
{
	int64_t now = vault_now_ns(), next, due;
	int rc;

	refresh_state(c);
	if (now < c->retry_ns)
		return c->retry_ns;
	rc = have_token(c);
	if (rc == -FIX_E_STATE)
		forget_token(c);
	next = token_due(c);
	if (next <= now)
		next = now + FIX_SEC;
	for (unsigned i = 0; vault_nth_item(c->shared, i, &c->was); i++) {
		if (rc != 0) {
			trouble(c, c->was.path, now - c->was.read_ns);
			return later(c, now);
		}
		due = look_after(c, i, now, &rc);
		if (rc == -FIX_E_IO || rc == -FIX_E_TOOBIG)
			return later(c, now);
		rc = 0;
		next = due < next ? due : next;
	}
	return rc != 0 ? later(c, now) : next;
}
