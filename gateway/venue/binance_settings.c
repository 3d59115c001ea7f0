/*
 * [VENUE] of Type=binance.
 */
#include "gateway/venue/binance_int.h"

#define MATCHING_NS (15 * FIX_SEC) /* so long a request may be under way there,
				    * beyond recvWindow */

static void
check_url(const struct conf_section *s, const char *key, const char *a,
    const char *z, bool needed)
{
	const char *url = conf_str(s, key, NULL), *fault;

	if (url == NULL && needed)
		conf_fault(s, NULL, "[VENUE %s] needs %s", conf_name(s), key);
	if (url == NULL)
		return;
	fault = rest_url_fault(url);
	if (fault == NULL && strncmp(url, a, strlen(a)) != 0 &&
	    strncmp(url, z, strlen(z)) != 0)
		fault = "it is of another kind";
	if (fault != NULL)
		conf_fault(s, key, "%s: %s", key, fault);
}

void
binance_check_settings(const struct conf_section *s)
{
	check_url(s, "RestUrl", "https://", "http://", true);
	check_url(s, "StreamUrl", "wss://", "ws://", true);
	check_url(s, "MarketUrl", "wss://", "ws://", false);
	if (conf_secret(s, "ApiKey", NULL) == NULL)
		conf_fault(s, NULL, "[VENUE %s] needs ApiKey", conf_name(s));
	if ((conf_secret(s, "ApiSecret", NULL) == NULL) ==
	    (conf_secret(s, "PrivateKey", NULL) == NULL))
		conf_fault(s, NULL, "[VENUE %s] needs either ApiSecret or "
		    "PrivateKey", conf_name(s));
	(void)conf_int(s, "RecvWindow", 100, 60000, 5000);
	(void)conf_int(s, "UnknownAfter", 1, 3600000, 1);
	(void)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	(void)outside_order_wait(s);
}

void
settings_read(struct binance *b, const struct conf_section *s)
{
	const char *p = conf_str(s, "Symbols", "");

	b->rest_url = conf_str(s, "RestUrl", "");
	b->stream_url = conf_str(s, "StreamUrl", "");
	b->market_url = conf_str(s, "MarketUrl", NULL);
	b->ca_file = conf_path(s, "CAFile", NULL);
	b->key.api_key = conf_secret(s, "ApiKey", "");
	b->key.secret = conf_secret(s, "ApiSecret", NULL);
	b->key.pem = conf_secret(s, "PrivateKey", NULL);
	b->recv_window_ms = (unsigned)conf_int(s, "RecvWindow", 100, 60000, 5000);
	b->unknown_after_ns = FIX_MSEC * (int64_t)conf_int(s, "UnknownAfter", 1,
	    3600000, (long)b->recv_window_ms + MATCHING_NS / FIX_MSEC);
	b->reconcile_ns = FIX_MSEC *
	    (int64_t)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	b->order_wait_ns = outside_order_wait(s);
	while (*(p += strspn(p, ", \t")) != '\0' &&
	       b->n_symbols < BINANCE_SYMBOLS) {
		struct fix_span name = { (const uint8_t *)p,
			strcspn(p, ", \t") };

		fix_span_copy(name, b->symbols[b->n_symbols++].rules.symbol,
		    BINANCE_SYMBOL_MAX + 1);
		p += name.len;
	}
}
