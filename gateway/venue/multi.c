/*
 * libcurl says which sockets and which time-out it waits for; libevent tells it
 * when they are there.
 */
#include "gateway/venue/multi.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/curl_why.h"

struct multi {
	struct event_base *base;
	CURLM *curl;
	struct event *timer;
	void (*done)(void *arg, CURL *c, CURLcode rc);
	void *arg;
};

static void
check(struct multi *m)
{
	CURLMsg *msg;
	int n;

	while ((msg = curl_multi_info_read(m->curl, &n)) != NULL) {
		CURLcode rc = msg->data.result;

		if (msg->msg == CURLMSG_DONE)
			m->done(m->arg, msg->easy_handle, rc);
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct multi *m = arg;
	int flags = ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
		    ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0), n;

	(void)curl_multi_socket_action(m->curl, fd, flags, &n);
	check(m);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct multi *m = arg;
	int n;

	(void)fd;
	(void)what;
	(void)curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &n);
	check(m);
}

static int
want_socket(CURL *c, curl_socket_t fd, int what, void *arg, void *mine)
{
	struct multi *m = arg;
	struct event *ev = mine;
	short flags = (short)(EV_PERSIST |
	    ((what & CURL_POLL_IN) ? EV_READ : 0) |
	    ((what & CURL_POLL_OUT) ? EV_WRITE : 0));

	(void)c;
	if (ev != NULL)
		event_free(ev);
	ev = what == CURL_POLL_REMOVE ?
	    NULL : event_new(m->base, fd, flags, on_socket, m);
	if (ev != NULL)
		(void)event_add(ev, NULL);
	(void)curl_multi_assign(m->curl, fd, ev);
	return 0;
}

static int
want_timer(CURLM *curl, long ms, void *arg)
{
	struct multi *m = arg;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)curl;
	if (ms < 0)
		(void)event_del(m->timer);
	else
		(void)event_add(m->timer, &tv);
	return 0;
}

struct multi *
multi_new(struct event_base *base,
    void (*done)(void *arg, CURL *c, CURLcode rc), void *arg)
{
	struct multi *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	*m = (struct multi){ .base = base, .done = done, .arg = arg };
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	m->curl = curl_multi_init();
	m->timer = event_new(base, -1, 0, on_timer, m);
	if (m->curl == NULL || m->timer == NULL) {
		multi_free(m);
		return NULL;
	}
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	return m;
}

void
multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	if (m->curl != NULL)
		(void)curl_multi_cleanup(m->curl);
	if (m->timer != NULL)
		event_free(m->timer);
	free(m);
}

void
multi_limit(struct multi *m, long n)
{
	curl_multi_setopt(m->curl, CURLMOPT_MAX_HOST_CONNECTIONS, n);
}

bool
multi_add(struct multi *m, CURL *c)
{
	return curl_multi_add_handle(m->curl, c) == CURLM_OK;
}

void
multi_remove(struct multi *m, CURL *c)
{
	(void)curl_multi_remove_handle(m->curl, c);
}

/* libcurl compares the host's name by itself, after OpenSSL has agreed. */
static const char *
cert_fault(CURL *c)
{
	long rc = X509_V_OK;

	curl_easy_getinfo(c, CURLINFO_SSL_VERIFYRESULT, &rc);
	return X509_verify_cert_error_string(
	    rc == X509_V_OK ? X509_V_ERR_HOSTNAME_MISMATCH : rc);
}

void
multi_why(CURL *c, CURLcode rc, const char *error, char *out, size_t cap)
{
	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		snprintf(out, cap, "its certificate: %.60s: see the address "
		    "and CAFile", cert_fault(c));
	else if (rc == CURLE_SSL_CACERT_BADFILE)
		snprintf(out, cap, "CAFile can't be read: see CAFile");
	else
		snprintf(out, cap, "%s",
		    rc == CURLE_OK ? error : curl_why(rc, error));
}

void
multi_safety(CURL *c, const char *url, const char *ca_file)
{
	bool tls = strncmp(url, "https:", 6) == 0;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    (long)(tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fixgate");
	if (ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, ca_file);
}
