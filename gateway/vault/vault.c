/*
 * [VAULT] and "vault:" references.
 *
 * vault:binance#api_secret is field api_secret of trading/exchanges/binance in
 * the KV mount; a path with a slash is taken as it stands. In: a reference.
 * Out: the value as it was read last, or the sentence that stops the start.
 */
#include "gateway/vault/vault.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/crypt/crypt.h"
#include "gateway/trader/role.h"
#include "gateway/vault/client.h"
#include "gateway/vault/http.h"

#define EXCHANGES "trading/exchanges/"
#define JWT_FILE "/var/run/secrets/kubernetes.io/serviceaccount/token"
#define SPARE_NS (5 * FIX_SEC) /* a failure is not repeated so soon */

static struct vault_shared *shared;
static pid_t asker;       /* who may ask Vault */
static int64_t failed_ns; /* when Vault was away, 0: it was not */
static char failed_why[512];

static void
set(const struct conf_section *s, const char *key, char *out, size_t cap,
    const char *value)
{
	if (value == NULL)
		return;
	if (strlen(value) >= cap)
		conf_fault(s, key, "%s is longer than %zu bytes", key, cap - 1);
	else
		memcpy(out, value, strlen(value) + 1);
}

/* The setting, or the variable of the environment that Vault's own tools
 * take, or the default. */
static const char *
text(const struct conf_section *s, const char *key, const char *env,
    const char *def)
{
	const char *v = env == NULL ? NULL : getenv(env);

	return conf_str(s, key, v != NULL && *v != '\0' ? v : def);
}

static const char *
secret(const struct conf_section *s, const char *key, const char *env)
{
	const char *v = conf_str(s, key, NULL);

	if (v == NULL)
		return getenv(env);
	if (strncmp(v, "vault:", 6) == 0) {
		conf_fault(s, key,
		    "%s opens Vault, it can't be in it: use "
		    "file:PATH",
		    key);
		return NULL;
	}
	return conf_secret(s, key, NULL);
}

static void
need(const struct conf_section *s, const char *key, const char *have,
    const char *env)
{
	if (*have == '\0')
		conf_fault(s, conf_has(s, key, NULL) ? key : NULL,
		    "[VAULT] needs %s, or %s in the environment", key, env);
}

static void
read_auth(const struct conf_section *s, struct vault_cfg *c)
{
	c->auth = (enum vault_auth)conf_word(
	    s, "Auth", "token|approle|kubernetes", VAULT_TOKEN);
	set(s, "AuthPath", c->auth_path, sizeof(c->auth_path),
	    conf_str(s, "AuthPath",
		c->auth == VAULT_APPROLE ? "approle" : "kubernetes"));
	set(s, "Role", c->role, sizeof(c->role),
	    conf_str(s, "Role", "trading-platform"));
	set(s, "JwtFile", c->jwt_file, sizeof(c->jwt_file),
	    conf_path(s, "JwtFile", JWT_FILE));
	if (c->auth == VAULT_APPROLE) {
		set(s, "RoleId", c->role_id, sizeof(c->role_id),
		    text(s, "RoleId", "VAULT_ROLE_ID", NULL));
		set(s, "SecretId", c->secret_id, sizeof(c->secret_id),
		    secret(s, "SecretId", "VAULT_SECRET_ID"));
		need(s, "RoleId", c->role_id, "VAULT_ROLE_ID");
	} else if (c->auth == VAULT_TOKEN) {
		set(s, "Token", c->token, sizeof(c->token),
		    secret(s, "Token", "VAULT_TOKEN"));
		need(s, "Token", c->token, "VAULT_TOKEN");
	}
	for (const char *p = c->token; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e) {
			conf_fault(s, "Token",
			    "Token holds a character that no token has");
			break;
		}
}

static void
read_cfg(const struct conf_section *s, struct vault_cfg *c)
{
	const char *fault;
	size_t n;

	set(s, "Address", c->address, sizeof(c->address),
	    text(s, "Address", "VAULT_ADDR", NULL));
	need(s, "Address", c->address, "VAULT_ADDR");
	n = strlen(c->address);
	if (n > 0 && c->address[n - 1] == '/')
		c->address[n - 1] = '\0';
	fault = n == 0 ? NULL : http_address_fault(c->address);
	if (fault != NULL)
		conf_fault(s, conf_has(s, "Address", NULL) ? "Address" : NULL,
		    "Address: %s", fault);
	set(s, "Namespace", c->ns, sizeof(c->ns),
	    text(s, "Namespace", "VAULT_NAMESPACE", NULL));
	set(s, "CAFile", c->ca_file, sizeof(c->ca_file),
	    conf_path(s, "CAFile", getenv("VAULT_CACERT")));
	set(s, "Mount", c->mount, sizeof(c->mount),
	    conf_str(s, "Mount", "secret"));
	c->refresh_s = (unsigned)conf_int(s, "RefreshInterval", 1, 86400, 60);
	c->timeout_s = (unsigned)conf_int(s, "Timeout", 1, 120, 10);
	read_auth(s, c);
}

static bool
path_ok(const char *p, size_t n)
{
	if (n == 0 || p[0] == '/' || p[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		bool plain = (p[i] >= 'a' && p[i] <= 'z') ||
			     (p[i] >= 'A' && p[i] <= 'Z') ||
			     (p[i] >= '0' && p[i] <= '9') || p[i] == '_' ||
			     p[i] == '-' || p[i] == '.' || p[i] == '/';

		if (!plain || (p[i] == '/' && p[i + 1] == '/') ||
		    (p[i] == '.' && p[i + 1] == '.'))
			return false;
	}
	return true;
}

/* PATH#FIELD. @return the field, NULL: it is none */
static const char *
split(const char *ref, char path[VAULT_PATH_MAX])
{
	const char *hash = strchr(ref, '#');
	size_t n = hash == NULL ? 0 : (size_t)(hash - ref);
	const char *below = memchr(ref, '/', n) == NULL ? EXCHANGES : "";

	if (hash == NULL || hash[1] == '\0' || !path_ok(ref, n) ||
	    strlen(below) + n >= VAULT_PATH_MAX)
		return NULL;
	snprintf(path, VAULT_PATH_MAX, "%s%.*s", below, (int)n, ref);
	return hash + 1;
}

/* The short-lived process. */
static void
fetch_process(const char *path, unsigned timeout_s)
{
	struct vault_client *c = vault_client_new(shared, NULL, NULL);
	int rc = c == NULL ? -FIX_E_NOMEM : -FIX_E_IO;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(3 * timeout_s + 5);
	if (c == NULL)
		vault_put_why(shared, "out of memory");
	else
		rc = vault_client_read(c, path);
	vault_client_free(c);
	_exit(rc == 0 ? 0 : rc == -FIX_E_IO ? 2 : 1);
}

static bool
fetch(const char *path, unsigned timeout_s, char *why, size_t cap)
{
	int64_t now = vault_now_ns();
	int status = -1;
	pid_t pid;

	if (failed_ns != 0 && now - failed_ns < SPARE_NS) {
		snprintf(why, cap, "%s", failed_why);
		return false;
	}
	failed_ns = 0;
	vault_put_why(shared, "it was not asked to the end");
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		fetch_process(path, timeout_s);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return true;
	vault_get_why(shared, why, cap);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
		failed_ns = vault_now_ns();
		vault_get_why(shared, failed_why, sizeof(failed_why));
	}
	return false;
}

static ssize_t
value_of(const struct vault_item *it, const char *field, char *out, size_t cap,
    char *why, size_t why_cap)
{
	const char *v = vault_value(it->values.fields, it->values.len, field);

	if (v != NULL && *v != '\0' && strlen(v) < cap) {
		memcpy(out, v, strlen(v) + 1);
		return (ssize_t)strlen(v);
	}
	snprintf(why, why_cap, "%s has %s '%.60s'", it->path,
	    v == NULL ? "no field" : "an empty or too long field", field);
	return -FIX_E_NOTFOUND;
}

static ssize_t
resolve(const struct conf *c, const char *ref, char *out, size_t cap, char *why,
    size_t why_cap)
{
	const struct conf_section *s = conf_next(c, "VAULT", NULL);
	char path[VAULT_PATH_MAX];
	const char *field = split(ref, path);
	struct vault_item *it;
	struct vault_cfg cfg;
	ssize_t n = -FIX_E_NOTFOUND;
	unsigned before = conf_faults(c);

	if (field == NULL || s == NULL) {
		snprintf(why, why_cap,
		    field == NULL
			? "vault:EXCHANGE#FIELD or vault:PATH#FIELD was "
			  "expected"
			: "there is no section [VAULT] that says where Vault "
			  "is");
		return n;
	}
	memset(&cfg, 0, sizeof(cfg));
	read_cfg(s, &cfg);
	if (conf_faults(c) > before) {
		snprintf(why, why_cap, "section [VAULT] has faults");
		return n;
	}
	if (getpid() == asker)
		vault_put_cfg(shared, &cfg);
	it = crypt_alloc(sizeof(*it));
	if (it == NULL)
		snprintf(why, why_cap, "out of memory");
	else if (vault_get_item(shared, path, it) ||
		 (getpid() == asker &&
		     fetch(path, cfg.timeout_s, why, why_cap) &&
		     vault_get_item(shared, path, it)))
		n = value_of(it, field, out, cap, why, why_cap);
	else if (getpid() != asker)
		snprintf(why, why_cap, "%s was not read yet", path);
	crypt_free(it, sizeof(*it));
	crypt_wipe(&cfg, sizeof(cfg));
	return n;
}

void
vault_use(void)
{
	shared = vault_shared_new();
	asker = getpid();
	if (shared != NULL)
		conf_vault(resolve);
}

void
vault_done(void)
{
	if (getpid() == asker)
		vault_shared_free(shared);
}

bool
vault_wanted(const struct plan *p)
{
	return conf_next(p->conf, "VAULT", NULL) != NULL && shared != NULL;
}

static void
tell_supervisor(void *arg)
{
	(void)arg;
	(void)kill(getppid(), SIGHUP);
}

int
role_vault(const struct plan *p)
{
	struct vault_client *c =
	    vault_client_new(shared, tell_supervisor, NULL);
	struct timespec t;
	int64_t wait;
	sigset_t set;
	int got = -1;

	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		close(p->listen_fds[i]);
	if (c == NULL) {
		log_error("out of memory");
		return ROLE_AGAIN;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	while (got != SIGTERM) {
		wait = vault_client_step(c) - vault_now_ns();
		wait = wait < FIX_MSEC  ? FIX_MSEC
		       : wait > FIX_SEC ? FIX_SEC
					: wait;
		t = (struct timespec){ wait / FIX_SEC, wait % FIX_SEC };
		got = sigtimedwait(&set, NULL, &t);
	}
	vault_client_free(c);
	log_flush();
	return ROLE_DONE;
}
