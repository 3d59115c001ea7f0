/*
 * Who the peer is: the name that was asked for, the names and the key of its
 * certificate, and whether that is the party of a session.
 *
 * FIXS wants a session tied to the party that was authenticated: a certificate
 * that is good for one session must not open another. So a session names what
 * the certificate must carry, or pins its public key (SHA-256 of the
 * SubjectPublicKeyInfo), several for a rotation. Pins without any authority
 * vouch for the certificate themselves: it may be self-signed, but its dates and
 * its purpose (clientAuth for a client) still count.
 */
#include "config.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "gateway/tls/tls_int.h"

#define HOST_MAX 255
#define DN_MAX 1024

bool
tls_expect(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char name[HOST_MAX + 1];
	unsigned char any[16];

	if (inet_pton(AF_INET, host, any) == 1 ||
	    inet_pton(AF_INET6, host, any) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	if (!fix_span_copy(fix_span_of(host), name, sizeof(name)))
		return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, name) == 1;
}

bool
tls_pin_of(X509 *cert, uint8_t out[SETUP_PIN_BYTES])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len <= 0)
		return false;
	SHA256(der, (size_t)len, out);
	OPENSSL_free(der);
	return true;
}

static bool
has_pin(const uint8_t (*pins)[SETUP_PIN_BYTES], unsigned n, X509 *cert)
{
	uint8_t its[SETUP_PIN_BYTES];

	if (!tls_pin_of(cert, its))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (memcmp(pins[i], its, sizeof(its)) == 0)
			return true;
	return false;
}

/* That nobody whom we know has signed it. */
static bool
is_about_trust(int error)
{
	return error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       error == X509_V_ERR_CERT_UNTRUSTED;
}

int
tls_judge(const struct tls_policy *p, int ok, X509_STORE_CTX *store)
{
	int error = X509_STORE_CTX_get_error(store);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	if (ok == 1)
		return 1;
	if ((error == X509_V_ERR_CRL_HAS_EXPIRED && p->stale_crl) ||
	    (p->pinned && is_about_trust(error) && leaf != NULL &&
		has_pin(p->pins, p->n_pins, leaf))) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	return 0;
}

int
tls_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());

	return tls_judge(tls_policy_of(SSL_get_SSL_CTX(ssl)), ok, store);
}

size_t
tls_name_text(const X509_NAME *name, char *out, size_t cap)
{
	BIO *mem = BIO_new(BIO_s_mem());
	int n = -1;

	if (mem != NULL &&
	    X509_NAME_print_ex(mem, name, 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(mem, out, (int)cap - 1);
	BIO_free(mem);
	out[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

static bool
has_subject(X509 *cert, const char *dn)
{
	char its[DN_MAX];

	return tls_name_text(X509_get_subject_name(cert), its, sizeof(its)) > 0 &&
	       strcmp(its, dn) == 0;
}

static bool
has_uri(X509 *cert, const char *uri)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool is = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *s;

		if (g->type != GEN_URI)
			continue;
		s = g->d.uniformResourceIdentifier;
		is = is || fix_span_is((struct fix_span){
					   ASN1_STRING_get0_data(s),
					   (size_t)ASN1_STRING_length(s) },
			       uri);
	}
	GENERAL_NAMES_free(names);
	return is;
}

static bool
has_name(X509 *cert, const char *name)
{
	if (strncasecmp(name, "URI:", 4) == 0)
		return has_uri(cert, name + 4);
	if (strncasecmp(name, "DN:", 3) == 0)
		return has_subject(cert, name + 3);
	if (strncasecmp(name, "DNS:", 4) == 0)
		name += 4;
	return X509_check_host(
		   cert, name, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

const char *
tls_peer_wrong(SSL *ssl, const struct setup_peer *peer, const char *comp_id)
{
	const char *name = peer->name;
	X509 *cert;

	if (peer->name == NULL && peer->n_pins == 0)
		return NULL;
	cert = ssl == NULL ? NULL : SSL_get0_peer_certificate(ssl);
	if (cert == NULL)
		return "it has shown no certificate";
	if (SSL_get_verify_result(ssl) != X509_V_OK)
		return "its certificate was not verified";
	if (name != NULL && strcmp(name, "*") == 0)
		name = comp_id;
	if (name != NULL && !has_name(cert, name))
		return "its certificate is not PeerCertificateName";
	if (peer->n_pins > 0 && !has_pin(peer->pins, peer->n_pins, cert))
		return "its key is none of PeerCertificatePins";
	return NULL;
}

static int
judge_again(int ok, X509_STORE_CTX *store)
{
	return tls_judge(X509_STORE_CTX_get_app_data(store), ok, store);
}

/* Dates do not count: a list that gets old must not end a trading day. */
static bool
passes(X509 *cert, STACK_OF(X509) *chain, SSL_CTX *ctx, bool server)
{
	union {
		const struct tls_policy *in;
		void *out;
	} policy = { tls_policy_of(ctx) };
	X509_STORE_CTX *again = X509_STORE_CTX_new();
	bool good = true; /* out of memory is no reason to end a session */

	if (again != NULL &&
	    X509_STORE_CTX_init(
		again, SSL_CTX_get_cert_store(ctx), cert, chain) == 1 &&
	    X509_STORE_CTX_set_default(
		again, server ? "ssl_client" : "ssl_server") == 1 &&
	    X509_STORE_CTX_set_app_data(again, policy.out) == 1) {
		X509_STORE_CTX_set_flags(again, X509_V_FLAG_NO_CHECK_TIME);
		X509_STORE_CTX_set_verify_cb(again, judge_again);
		good = X509_verify_cert(again) == 1;
	}
	X509_STORE_CTX_free(again);
	ERR_clear_error();
	return good;
}

bool
tls_still_good(SSL *ssl, SSL_CTX *ctx)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	int mode = SSL_CTX_get_verify_mode(ctx);

	if (mode == SSL_VERIFY_NONE)
		return true;
	if (cert == NULL)
		return (mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
	return passes(
	    cert, SSL_get_peer_cert_chain(ssl), ctx, SSL_is_server(ssl) == 1);
}

void
tls_who(SSL *ssl, struct trader_who *out)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	memset(out, 0, sizeof(*out));
	(void)fix_span_copy(fix_span_of(SSL_get_version(ssl)), out->version,
	    sizeof(out->version));
	(void)fix_span_copy(fix_span_of(SSL_get_cipher_name(ssl)), out->suite,
	    sizeof(out->suite));
	if (cert == NULL)
		return;
	out->verified = SSL_get_verify_result(ssl) == X509_V_OK &&
			tls_pin_of(cert, out->key_sha256);
	(void)tls_name_text(X509_get_subject_name(cert), out->subject,
	    sizeof(out->subject));
}
