/*
 * A snapshot into a bucket of S3, or of what speaks as it does. libcurl signs
 * (AWS Signature Version 4); the body's SHA-256 is in the signature, and again
 * as the checksum that the store itself compares. Nothing is overwritten
 * (If-None-Match), and object lock keeps it from everybody, us included.
 *
 * One request puts it: up to 5 GiB, what S3 takes so.
 */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "gateway/auth/b64.h"
#include "gateway/backup/snapshots.h"
#include "gateway/curl_why.h"

#define WHOLE_MAX ((off_t)5 << 30)

bool
s3_works(void)
{
	/* Before, it did not sign the headers that object lock stands in. */
	return curl_version_info(CURLVERSION_NOW)->version_num >= 0x075700;
}

struct put {
	const struct snap_cfg *cfg;
	CURL *curl;
	struct curl_slist *headers;
	char url[2048], error[CURL_ERROR_SIZE], answer[400];
	size_t n_answer;
	char sum[2 * BK_SUM + 1];
	uint8_t raw[BK_SUM];
	off_t size;
	bool no_memory, same; /* same: what is there has our sum */
};

static bool
sum_of(struct put *p, FILE *f)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t buf[65536];
	size_t n;
	bool good = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;

	while (good && (n = fread(buf, 1, sizeof(buf), f)) > 0) {
		good = EVP_DigestUpdate(c, buf, n) == 1;
		p->size += (off_t)n;
	}
	good = good && !ferror(f) && EVP_DigestFinal_ex(c, p->raw, NULL) == 1;
	EVP_MD_CTX_free(c);
	rewind(f);
	backup_hex(p->sum, p->raw, BK_SUM);
	return good;
}

static void
header(struct put *p, const char *name, const char *value)
{
	char line[512];
	struct curl_slist *more;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	more = curl_slist_append(p->headers, line);
	p->no_memory = p->no_memory || more == NULL;
	p->headers = more == NULL ? p->headers : more;
}

static void
lock_headers(struct put *p)
{
	time_t until = time(NULL) + (time_t)p->cfg->lock_days * 86400;
	struct tm tm;
	char text[32];

	if (p->cfg->lock_days == 0 || gmtime_r(&until, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	header(p, "x-amz-object-lock-mode", "COMPLIANCE");
	header(p, "x-amz-object-lock-retain-until-date", text);
}

static size_t
take(char *at, size_t size, size_t n, void *arg)
{
	struct put *p = arg;
	size_t room = sizeof(p->answer) - 1 - p->n_answer;
	size_t k = n * size < room ? n * size : room;

	memcpy(p->answer + p->n_answer, at, k);
	p->n_answer += k;
	return n * size;
}

/* Of a HEAD: the sum that was put with what is there. */
static size_t
look(char *at, size_t size, size_t n, void *arg)
{
	static const char name[] = "x-amz-meta-sha256:";
	struct put *p = arg;
	size_t len = n * size, skip = sizeof(name) - 1;

	if (len > skip && strncasecmp(at, name, skip) == 0) {
		while (skip < len && at[skip] == ' ')
			skip++;
		p->same = len - skip >= 2 * BK_SUM &&
			  memcmp(at + skip, p->sum, 2 * BK_SUM) == 0;
	}
	return len;
}

static int
stop_if_told(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return snap_told_to_stop();
}

/* What every request has. @return its status; 0: it came to none */
static long
perform(struct put *p, bool upload, FILE *f)
{
	CURL *c = p->curl;
	const struct snap_cfg *cfg = p->cfg;
	char who[512], how[128];
	long status = 0;
	CURLcode rc;

	snprintf(who, sizeof(who), "%s:%s", cfg->access, cfg->secret);
	snprintf(how, sizeof(how), "aws:amz:%s:s3", cfg->region);
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, p->url);
	curl_easy_setopt(c, CURLOPT_AWS_SIGV4, how);
	curl_easy_setopt(c, CURLOPT_USERPWD, who);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
	/* One that stalls must not hold up the next snapshot. */
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)cfg->timeout_s);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fixgate");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, p->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, stop_if_told);
	if (cfg->ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, cfg->ca_file);
	if (upload) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_READDATA, f);
		curl_easy_setopt(
		    c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->size);
	} else {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
		curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, look);
		curl_easy_setopt(c, CURLOPT_HEADERDATA, p);
	}
	rc = curl_easy_perform(c);
	crypt_wipe(who, sizeof(who));
	if (rc != CURLE_OK) {
		const char *why = curl_why(rc, p->error);

		if (why != p->error)
			snprintf(p->error, sizeof(p->error), "%s", why);
	}
	if (rc == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void
drop_headers(struct put *p)
{
	curl_slist_free_all(p->headers);
	p->headers = NULL;
}

/* It is there already: did we put it, and die before we noted it? */
static bool
is_ours(struct put *p)
{
	static const uint8_t none[1];
	uint8_t sum[BK_SUM];
	char empty[2 * BK_SUM + 1];

	if (EVP_Digest(none, 0, sum, NULL, EVP_sha256(), NULL) != 1)
		return false;
	backup_hex(empty, sum, BK_SUM);
	drop_headers(p);
	header(p, "x-amz-content-sha256", empty);
	return !p->no_memory && perform(p, false, NULL) == 200 && p->same;
}

static int
put(struct put *p, FILE *f, char *why, size_t cap)
{
	char b64[64];
	long status;

	(void)b64_encode(
	    b64, sizeof(b64), (struct fix_span){ p->raw, BK_SUM });
	header(p, "x-amz-content-sha256", p->sum);
	header(p, "x-amz-checksum-sha256", b64);
	header(p, "x-amz-meta-sha256", p->sum);
	header(p, "If-None-Match", "*");
	header(p, "Content-Type", "application/octet-stream");
	lock_headers(p);
	status = p->no_memory ? 0 : perform(p, true, f);
	if (status == 200 || (status == 412 && is_ours(p)))
		return 0;
	if (status == 412)
		snprintf(why, cap, "%s is there already, and is another one",
		    p->url);
	else if (status != 0)
		snprintf(why, cap, "%s: status %ld: %s", p->url, status,
		    p->answer);
	else
		snprintf(why, cap, "%s: %s", p->url, p->error);
	return -FIX_E_IO;
}

int
s3_put(const struct snap_cfg *cfg, const char *path, const char *name,
    char *why, size_t cap)
{
	struct put *p = calloc(1, sizeof(*p));
	FILE *f = fopen(path, "re");
	int rc = -FIX_E_IO;

	snprintf(why, cap, "%s: %s", path,
	    f == NULL ? strerror(errno) : "can't be read");
	if (p != NULL && f != NULL) {
		p->cfg = cfg;
		p->curl = curl_easy_init();
		snprintf(p->url, sizeof(p->url), "%s/%s", cfg->s3, name);
		if (!sum_of(p, f) || p->curl == NULL)
			rc = -FIX_E_IO;
		else if (p->size > WHOLE_MAX)
			snprintf(why, cap,
			    "%s is larger than the 5 GiB that S3 takes in one "
			    "request: use Command",
			    path);
		else
			rc = put(p, f, why, cap);
		drop_headers(p);
		curl_easy_cleanup(p->curl);
	}
	if (f != NULL)
		fclose(f);
	free(p);
	return rc;
}
