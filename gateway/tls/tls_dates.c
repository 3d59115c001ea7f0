/*
 * When certificates and revocation lists end: what is warned of 30, 7 and one
 * day before (F07), and shown to the operator. Read from the context that is in
 * use, not from files that may be newer.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509.h>

#include "gateway/tls/tls_int.h"

#define DAY_S 86400

static const char *const names[] = {
	[TLS_D_OWN] = "certificate",
	[TLS_D_CHAIN] = "certificate of the chain",
	[TLS_D_AUTHORITY] = "authority",
	[TLS_D_CRL] = "revocation list",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == TLS_N_DATED,
    "everything with a date has a name");

const char *
tls_dated_name(enum tls_dated what)
{
	return names[what];
}

static int64_t
seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return INT64_MAX;
	return timegm(&tm);
}

struct walk {
	void (*tell)(void *arg, const struct tls_date *d);
	void *arg;
};

static void
say(const struct walk *w, enum tls_dated what, const X509_NAME *name,
    const ASN1_TIME *until)
{
	struct tls_date d = { .what = what, .until_s = seconds_of(until) };

	tls_name_text(name, d.name, sizeof(d.name));
	w->tell(w->arg, &d);
}

static void
say_cert(const struct walk *w, enum tls_dated what, const X509 *cert)
{
	say(w, what, X509_get_subject_name(cert), X509_get0_notAfter(cert));
}

static void
say_store(const struct walk *w, X509_STORE *store, bool system)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509_OBJECT *o = sk_X509_OBJECT_value(all, i);
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL(o);
		X509 *cert = X509_OBJECT_get0_X509(o);

		if (cert != NULL && !system)
			say_cert(w, TLS_D_AUTHORITY, cert);
		if (crl != NULL)
			say(w, TLS_D_CRL, X509_CRL_get_issuer(crl),
			    X509_CRL_get0_nextUpdate(crl));
	}
}

void
tls_each_date(SSL_CTX *ctx, void (*tell)(void *arg, const struct tls_date *d),
    void *arg)
{
	const struct walk w = { tell, arg };
	const X509 *own = SSL_CTX_get0_certificate(ctx);
	STACK_OF(X509) *chain = NULL;

	if (own != NULL)
		say_cert(&w, TLS_D_OWN, own);
	if (SSL_CTX_get0_chain_certs(ctx, &chain) == 1)
		for (int i = 0; i < sk_X509_num(chain); i++)
			say_cert(&w, TLS_D_CHAIN, sk_X509_value(chain, i));
	say_store(&w, SSL_CTX_get_cert_store(ctx), tls_policy_of(ctx)->system);
}

int
tls_date_level(const struct tls_date *d, int64_t now_s)
{
	int64_t left;

	if (d->until_s == INT64_MAX)
		return 0;
	left = d->until_s - now_s;
	if (left <= 0)
		return 4;
	if (d->what == TLS_D_CRL)
		return 0;
	return left <= DAY_S	  ? 3
	       : left <= 7 * DAY_S  ? 2
	       : left <= 30 * DAY_S ? 1
				    : 0;
}

void
tls_date_say(const struct tls_date *d, int64_t now_s, char *out, size_t cap)
{
	time_t until = (time_t)d->until_s;
	char day[16];
	struct tm tm;

	if (d->until_s == INT64_MAX || gmtime_r(&until, &tm) == NULL) {
		snprintf(out, cap, "without end");
		return;
	}
	(void)strftime(day, sizeof(day), "%Y%m%d", &tm);
	if (d->until_s <= now_s)
		snprintf(out, cap, "expired %s", day);
	else
		snprintf(out, cap, "%lld days, %s",
		    (long long)((d->until_s - now_s) / DAY_S), day);
}
