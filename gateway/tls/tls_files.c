/*
 * Certificates, keys, authorities and revocation lists from PEM files.
 *
 * A folder stands for all its files; names that begin with a dot do not count.
 * Its files are read like single ones and at once: a broken one is told when
 * the settings are checked, and no handshake looks for a file. With a list, each
 * authority of a chain needs one (F04): what can't be looked up is refused.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/settings/conf.h"
#include "gateway/tls/tls_int.h"

#define FILES_MAX 10000

/* A key that is no file. */
static bool
use_pem(SSL_CTX *ctx, const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key =
	    in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	bool good = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(in);
	return good;
}

bool
tls_load_own(SSL_CTX *ctx, const struct setup_tls *cfg, struct tls_fault *f)
{
	const char *why;

	if (cfg->cert == NULL)
		return true;
	why = cfg->key_pem != NULL ? NULL : conf_private(cfg->key);
	if (why != NULL)
		return tls_bad(
		    f, "SocketUseSSL", "key file %s: %s", cfg->key, why);
	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->cert) != 1)
		return tls_no(
		    f, "SocketUseSSL", "certificate file %s", cfg->cert);
	if (cfg->key_pem != NULL
		? !use_pem(ctx, cfg->key_pem)
		: SSL_CTX_use_PrivateKey_file(
		      ctx, cfg->key, SSL_FILETYPE_PEM) != 1)
		return tls_no(f, "SocketUseSSL", "key file %s", cfg->key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return tls_no(f, "SocketUseSSL",
		    "key file %s does not belong to %s", cfg->key, cfg->cert);
	return true;
}

/* Reads one file into a store. @return things read, -1: OpenSSL says why */
typedef int reader(X509_STORE *store, SSL_CTX *ctx, BIO *in);

/* The end of a file looks like an error, too. */
static bool
at_end(void)
{
	unsigned long e = ERR_peek_last_error();

	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

static int
read_certs(X509_STORE *store, SSL_CTX *ctx, BIO *in)
{
	X509 *cert;
	int n = 0, ok;

	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		ok = X509_STORE_add_cert(store, cert) == 1 &&
		     SSL_CTX_add_client_CA(ctx, cert) == 1;
		X509_free(cert);
		if (!ok)
			return -1;
		n++;
	}
	return at_end() ? n : -1;
}

static int
read_crls(X509_STORE *store, SSL_CTX *ctx, BIO *in)
{
	X509_CRL *crl;
	int n = 0, ok;

	(void)ctx;
	while ((crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
		ok = X509_STORE_add_crl(store, crl);
		X509_CRL_free(crl);
		if (ok != 1)
			return -1;
		n++;
	}
	return at_end() ? n : -1;
}

static bool
load_file(SSL_CTX *ctx, const char *path, const char *key, reader *read,
    struct tls_fault *f)
{
	BIO *in = BIO_new_file(path, "r");
	int n = in == NULL
		    ? -1
		    : read(SSL_CTX_get_cert_store(ctx), ctx, in);

	BIO_free(in);
	if (n < 0)
		return tls_no(f, key, "file %s", path);
	if (n == 0)
		return tls_bad(
		    f, key, "file %s holds nothing of that kind in PEM", path);
	return true;
}

static int
is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static bool
load_folder(SSL_CTX *ctx, const char *path, const char *key, reader *read,
    struct tls_fault *f)
{
	struct dirent **names;
	char file[4096];
	int n = scandir(path, &names, is_shown, alphasort);
	bool ok = n > 0 && n <= FILES_MAX;

	if (n < 0)
		return tls_bad(f, key, "folder %s: %s", path, strerror(errno));
	if (!ok)
		tls_bad(f, key, "folder %s has %s", path,
		    n == 0 ? "no files" : "too many files");
	for (int i = 0; i < n; i++) {
		if (ok && (size_t)snprintf(file, sizeof(file), "%s/%s", path,
			      names[i]->d_name) >= sizeof(file))
			ok = tls_bad(f, key, "folder %s: too long", path);
		ok = ok && load_file(ctx, file, key, read, f);
		free(names[i]);
	}
	free(names);
	return ok;
}

bool
tls_load_authorities(
    SSL_CTX *ctx, const struct setup_tls *cfg, struct tls_fault *f)
{
	if (cfg->ca != NULL &&
	    !load_file(ctx, cfg->ca, "CertificationAuthoritiesFile",
		read_certs, f))
		return false;
	if (cfg->ca_dir != NULL &&
	    !load_folder(ctx, cfg->ca_dir, "CertificationAuthoritiesDirectory",
		read_certs, f))
		return false;
	if (cfg->ca == NULL && cfg->ca_dir == NULL && !cfg->pinned &&
	    SSL_CTX_set_default_verify_paths(ctx) != 1)
		return tls_no(
		    f, "SocketUseSSL", "the system's authorities");
	return true;
}

bool
tls_load_crls(SSL_CTX *ctx, const struct setup_tls *cfg, struct tls_fault *f)
{
	if (cfg->crl == NULL && cfg->crl_dir == NULL)
		return true;
	if (cfg->crl != NULL &&
	    !load_file(ctx, cfg->crl, "CertificateRevocationListFile",
		read_crls, f))
		return false;
	if (cfg->crl_dir != NULL &&
	    !load_folder(ctx, cfg->crl_dir,
		"CertificateRevocationListDirectory", read_crls, f))
		return false;
	if (X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx),
		X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
		return tls_no(f, "CertificateRevocationListFile",
		    "revocation can't be checked");
	return true;
}

/* FNV-1a over what a change of a file changes. */
static void
stamp_more(uint64_t *h, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		*h = (*h ^ b[i]) * UINT64_C(1099511628211);
}

static void
stamp_file(uint64_t *h, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		stamp_more(h, "gone", 4);
		return;
	}
	stamp_more(h, &st.st_mtim.tv_sec, sizeof(st.st_mtim.tv_sec));
	stamp_more(h, &st.st_mtim.tv_nsec, sizeof(st.st_mtim.tv_nsec));
	stamp_more(h, &st.st_size, sizeof(st.st_size));
	stamp_more(h, &st.st_ino, sizeof(st.st_ino));
}

static void
stamp_folder(uint64_t *h, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_shown, alphasort);
	char file[4096];

	if (n < 0) {
		stamp_more(h, "gone", 4);
		return;
	}
	for (int i = 0; i < n; i++) {
		stamp_more(h, names[i]->d_name, strlen(names[i]->d_name));
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		stamp_file(h, file);
		free(names[i]);
	}
	free(names);
}

uint64_t
tls_crl_stamp(const struct setup_tls *cfg)
{
	uint64_t h = UINT64_C(14695981039346656037);

	if (cfg->crl == NULL && cfg->crl_dir == NULL)
		return 0;
	if (cfg->crl != NULL)
		stamp_file(&h, cfg->crl);
	if (cfg->crl_dir != NULL)
		stamp_folder(&h, cfg->crl_dir);
	return h == 0 ? 1 : h;
}
