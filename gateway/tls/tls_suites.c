/*
 * Versions and suites as QuickFIX, QuickFIX/J and QuickFIX/n write them.
 *
 * A setting may narrow what fixgate allows. What it excludes, and what broad
 * words ("all", "HIGH") include beyond that, goes without a word; a version or
 * suite that is named and that we refuse is an error, since whoever wrote it
 * counts on it. QuickFIX/J's list is also about 1.3; an OpenSSL cipher list is
 * only about 1.2.
 */
#include "config.h"

#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#include "gateway/tls/tls_int.h"

const char tls_suites_12[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
const char tls_suites_13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
			     "TLS_CHACHA20_POLY1305_SHA256";

static const struct suite {
	const char *name; /* OpenSSL's; of 1.3 it is IANA's */
	const char *iana;
	bool is_13;
} suites[] = {
	{ "TLS_AES_128_GCM_SHA256", "", true },
	{ "TLS_AES_256_GCM_SHA384", "", true },
	{ "TLS_CHACHA20_POLY1305_SHA256", "", true },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256",
	    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false },
	{ "ECDHE-RSA-AES128-GCM-SHA256",
	    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false },
	{ "ECDHE-ECDSA-AES256-GCM-SHA384",
	    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", false },
	{ "ECDHE-RSA-AES256-GCM-SHA384",
	    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", false },
	{ "ECDHE-ECDSA-CHACHA20-POLY1305",
	    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", false },
	{ "ECDHE-RSA-CHACHA20-POLY1305",
	    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", false },
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))
#define LIST_MAX 1024
#define SEPARATORS ":, \t;|"

enum { V12 = 1, V13 = 2 };

/* 0: a version that is refused; -1: none at all */
static int
version_named(const char *name)
{
	static const struct {
		const char *name;
		int bits;
	} names[] = {
		{ "TLSv1_2", V12 }, { "TLSv1.2", V12 }, { "Tls12", V12 },
		{ "TLSv1_3", V13 }, { "TLSv1.3", V13 }, { "Tls13", V13 },
		{ "all", V12 | V13 }, { "default", V12 | V13 },
		{ "None", V12 | V13 }, /* .NET: the system chooses */
		{ "SSLv2", 0 }, { "SSLv3", 0 }, { "TLSv1", 0 },
		{ "TLSv1_0", 0 }, { "TLSv1.0", 0 }, { "TLSv1_1", 0 },
		{ "TLSv1.1", 0 }, { "Ssl2", 0 }, { "Ssl3", 0 }, { "Tls", 0 },
		{ "Tls11", 0 }, { "SSLv2Hello", 0 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i].name) == 0)
			return names[i].bits;
	return -1;
}

static bool
one_version(const char *key, const char *word, int *have, struct tls_fault *f)
{
	char sign = *word == '+' || *word == '-' ? *word++ : '\0';
	int bits = version_named(word);

	if (bits < 0)
		return tls_bad(f, key,
		    "no version '%.40s'; expected TLSv1_2 or TLSv1_3", word);
	if (bits == 0 && sign != '-')
		return tls_bad(f, key,
		    "%.40s is refused: TLSv1_2 and TLSv1_3 are what there is",
		    word);
	if (sign == '-')
		*have &= ~bits;
	else
		*have |= bits;
	return true;
}

static bool
copy_list(char *out, const char *list, const char *key, struct tls_fault *f)
{
	if (fix_span_copy(fix_span_of(list), out, LIST_MAX))
		return true;
	return tls_bad(f, key, "%s is longer than %d bytes", key, LIST_MAX - 1);
}

static bool
set_versions(SSL_CTX *ctx, int have)
{
	return SSL_CTX_set_min_proto_version(ctx,
		   (have & V12) != 0 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx,
		   (have & V13) != 0 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1;
}

static bool
read_versions(const struct setup_tls *cfg, int *have, struct tls_fault *f)
{
	const char *key = cfg->protocols_key;
	char list[LIST_MAX], *save = NULL;

	if (cfg->protocols == NULL) {
		*have = V12 | V13;
		return true;
	}
	if (!copy_list(list, cfg->protocols, key, f))
		return false;
	for (char *w = strtok_r(list, SEPARATORS, &save); w != NULL;
	     w = strtok_r(NULL, SEPARATORS, &save))
		if (!one_version(key, w, have, f))
			return false;
	if (*have == 0)
		return tls_bad(f, key,
		    "no version is left; expected TLSv1_2 or TLSv1_3");
	return true;
}

static const struct suite *
suite_named(const char *name)
{
	for (size_t i = 0; i < N_SUITES; i++)
		if (strcasecmp(name, suites[i].name) == 0 ||
		    strcasecmp(name, suites[i].iana) == 0)
			return &suites[i];
	return NULL;
}

static bool
add(char *list, const char *name)
{
	size_t n = strlen(list), len = strlen(name);

	if (n + len + 2 > LIST_MAX)
		return false;
	if (n > 0)
		list[n++] = ':';
	memcpy(list + n, name, len + 1);
	return true;
}

/* A single suite, and not one of ours: OpenSSL knows its name, or it is written
 * as only a single one is. */
static bool
is_refused_suite(const char *word)
{
	SSL_CTX *all = SSL_CTX_new(TLS_method());
	const STACK_OF(SSL_CIPHER) *known;
	bool is = strncasecmp(word, "TLS_", 4) == 0 ||
		  strncasecmp(word, "SSL_", 4) == 0;

	if (all != NULL) {
		SSL_CTX_set_security_level(all, 0);
		(void)SSL_CTX_set_cipher_list(all, "ALL:COMPLEMENTOFALL");
		known = SSL_CTX_get_ciphers(all);
		for (int i = 0; !is && i < sk_SSL_CIPHER_num(known); i++)
			is = strcasecmp(word,
				 SSL_CIPHER_get_name(
				     sk_SSL_CIPHER_value(known, i))) == 0;
	}
	SSL_CTX_free(all);
	ERR_clear_error();
	return is;
}

struct choice {
	char in_12[LIST_MAX], in_13[LIST_MAX];
	bool expression; /* OpenSSL's language, not only names */
};

static bool
one_suite(struct choice *c, const char *key, const char *word,
    struct tls_fault *f)
{
	const struct suite *s = suite_named(word);

	if (s == NULL && is_refused_suite(word))
		return tls_bad(f, key,
		    "suite %.80s is refused; expected ECDHE with AES-GCM or "
		    "CHACHA20-POLY1305, as %s",
		    word, suites[3].name);
	if (s == NULL)
		c->expression = true;
	else if (!add(s->is_13 ? c->in_13 : c->in_12, s->name))
		return tls_bad(f, key, "%s names too many suites", key);
	return true;
}

/* Ours among those that an expression gives, in its order. */
static bool
evaluate(struct choice *c, const struct setup_tls *cfg, struct tls_fault *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	const STACK_OF(SSL_CIPHER) *list;
	const struct suite *s;

	c->in_12[0] = '\0';
	if (ctx == NULL || SSL_CTX_set_cipher_list(ctx, cfg->suites) != 1) {
		SSL_CTX_free(ctx);
		return tls_no(f, cfg->suites_key,
		    "'%.100s' is no list of suites", cfg->suites);
	}
	list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		s = suite_named(
		    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
		if (s != NULL && !s->is_13)
			(void)add(c->in_12, s->name); /* six fit */
	}
	SSL_CTX_free(ctx);
	return true;
}

static bool
read_suites(struct choice *c, const struct setup_tls *cfg, struct tls_fault *f)
{
	char list[LIST_MAX], *save = NULL;

	if (!copy_list(list, cfg->suites, cfg->suites_key, f))
		return false;
	for (char *w = strtok_r(list, SEPARATORS, &save); w != NULL;
	     w = strtok_r(NULL, SEPARATORS, &save))
		if (!one_suite(c, cfg->suites_key, w, f))
			return false;
	return !c->expression || evaluate(c, cfg, f);
}

/* A version without a suite is off. */
static bool
use_suites(SSL_CTX *ctx, const struct setup_tls *cfg, struct choice *c,
    int *have, struct tls_fault *f)
{
	bool both = strcasecmp(cfg->suites_key, "CipherSuites") == 0 &&
		    !c->expression;

	if (c->in_12[0] == '\0')
		*have &= ~V12;
	if (both && c->in_13[0] == '\0')
		*have &= ~V13;
	if (*have == 0)
		return tls_bad(f, cfg->suites_key,
		    "'%.100s' leaves no suite of ECDHE with AES-GCM or "
		    "CHACHA20-POLY1305",
		    cfg->suites);
	if ((c->in_12[0] != '\0' &&
		SSL_CTX_set_cipher_list(ctx, c->in_12) != 1) ||
	    (c->in_13[0] != '\0' &&
		SSL_CTX_set_ciphersuites(ctx, c->in_13) != 1))
		return tls_no(f, cfg->suites_key, "these suites");
	return true;
}

bool
tls_narrow(SSL_CTX *ctx, const struct setup_tls *cfg, struct tls_fault *f)
{
	struct choice c = { .expression = false };
	int have = 0;

	if (!read_versions(cfg, &have, f))
		return false;
	if (cfg->suites != NULL &&
	    (!read_suites(&c, cfg, f) || !use_suites(ctx, cfg, &c, &have, f)))
		return false;
	if (!set_versions(ctx, have))
		return tls_no(f, "SocketUseSSL", "these versions");
	return true;
}
