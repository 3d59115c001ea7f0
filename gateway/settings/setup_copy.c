/*
 * What a [DROPCOPY name] is entitled to. Nothing, unless it says so.
 */
#include "gateway/settings/setup.h"

static const struct {
	const char *word;
	unsigned classes;
} words[] = { { "all", COPY_ALL }, { "trades", COPY_TRADES },
	{ "status", COPY_STATUS }, { "requests", COPY_REQUESTS },
	{ "rejects", COPY_REJECTS }, { "none", 0 } };

/* @return false: no such class */
static bool
add_class(const char *p, size_t len, unsigned *classes)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
		    memcmp(words[i].word, p, len) == 0) {
			*classes |= words[i].classes;
			return true;
		}
	return false;
}

static unsigned
read_classes(const struct conf_section *sec)
{
	const char *p = conf_str(sec, "Copy", "");
	unsigned classes = 0;
	size_t n;

	for (; *(p += strspn(p, ", \t")) != '\0'; p += n) {
		n = strcspn(p, ", \t");
		if (!add_class(p, n, &classes))
			conf_fault(sec, "Copy",
			    "Copy: '%.*s' is none of trades, status, requests, "
			    "rejects, all and none", (int)n, p);
	}
	return classes;
}

void
setup_copy(const struct conf_section *sec, struct trader_session_cfg *out)
{
	struct copy_rule *r = &out->copy;

	if (!out->is_drop_copy)
		return;
	r->classes = read_classes(sec);
	r->enveloped = conf_word(sec, "CopyForm", "native|enveloped", 0) == 1;
	r->sessions = conf_str(sec, "CopySessions", "");
	r->accounts = conf_str(sec, "CopyAccounts", "");
	r->symbols = conf_str(sec, "CopySymbols", "");
	r->parties = conf_str(sec, "CopyParties", "");
	r->venues = conf_str(sec, "CopyVenues", "");
	r->keep_days = (unsigned)conf_int(sec, "CopyKeepDays", 0, 36500, 30);
	r->keep_bytes = conf_bytes(
	    sec, "CopyKeepBytes", 0, UINT64_C(1) << 50, UINT64_C(16) << 30);
	r->hops = conf_bool(sec, "CopyHops", false);
	r->from_now = !conf_bool(sec, "CopyBackfill", true);
	r->counts_s = (unsigned)conf_int(sec, "CopyCounts", 0, 86400, 60);
	r->alarm_records =
	    (uint64_t)conf_int(sec, "CopyAlarmRecords", 0, 1000000000, 100000);
	r->alarm_s = (unsigned)conf_int(sec, "CopyAlarmSeconds", 0, 864000, 900);
	if (r->classes != 0 && out->desk.version < FIX_V_42 &&
	    out->desk.version != FIX_V_NONE)
		conf_fault(sec, "BeginString",
		    "drop copies need FIX.4.2 or "
		    "later: before it a report can't say what happened to its "
		    "order");
	if (r->classes == 0)
		conf_notice(sec, NULL,
		    "[DROPCOPY %s] gets nothing: Copy says what it may see",
		    conf_name(sec));
	if (r->enveloped && out->desk.version < FIX_V_43 &&
	    out->desk.version != FIX_V_NONE)
		conf_fault(sec, "CopyForm", "enveloped copies (35=n) came with "
		    "FIX.4.3");
	if (!r->enveloped && r->classes == COPY_REQUESTS)
		conf_fault(sec, "Copy", "requests are copied with "
		    "CopyForm=enveloped only");
}
