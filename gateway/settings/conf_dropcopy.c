/*
 * Keys of [DROPCOPY name]: what it may see, and in which form.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_dropcopy[] = {
	{ "Copy", CONF_T_TEXT, NULL,
	    "in DROPCOPY: what is copied, with commas: trades, status, "
	    "requests, rejects, all [none]" },
	{ "CopyForm", CONF_T_WORD, "native|enveloped",
	    "in DROPCOPY: messages of its own version, or 35=n around the "
	    "messages themselves [native]" },
	{ "CopySessions", CONF_T_TEXT, NULL,
	    "in DROPCOPY: of which clients, by TargetCompID [all]" },
	{ "CopyAccounts", CONF_T_TEXT, NULL,
	    "in DROPCOPY: of which accounts [all]" },
	{ "CopySymbols", CONF_T_TEXT, NULL,
	    "in DROPCOPY: in which symbols [all]" },
	{ "CopyParties", CONF_T_TEXT, NULL,
	    "in DROPCOPY: of which parties, by PartyID [all]" },
	{ "CopyVenues", CONF_T_TEXT, NULL,
	    "in DROPCOPY: at which venues [all]" },
	{ "CopyKeepDays", CONF_T_INT, NULL,
	    "in DROPCOPY: for so many days the journal is kept for what it has "
	    "not got yet [30]" },
	{ "CopyKeepBytes", CONF_T_BYTES, NULL,
	    "in DROPCOPY: and so much of it at most; 0: any [16G]" },
	{ "CopyBackfill", CONF_T_BOOL, NULL,
	    "in DROPCOPY: when it is new, with what the journal has [Y]" },
	{ "CopyHops", CONF_T_BOOL, NULL,
	    "in DROPCOPY: from FIX.4.3 on, name the original's number and time in "
	    "a hop of the header [N]" },
	{ "CopyCounts", CONF_T_INT, NULL,
	    "in DROPCOPY: seconds between messages with the number of copies "
	    "of "
	    "each client; 0: none [60]" },
	{ "CopyAlarmRecords", CONF_T_INT, NULL,
	    "in DROPCOPY: an alarm if it is more journal records behind; "
	    "0: none [100000]" },
	{ "CopyAlarmSeconds", CONF_T_INT, NULL,
	    "in DROPCOPY: an alarm if it is more seconds behind; 0: none "
	    "[900]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
