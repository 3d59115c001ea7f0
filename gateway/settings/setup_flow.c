/*
 * Limits of speed and age, and what becomes of the orders of a client that is
 * gone.
 */
#include "gateway/settings/setup.h"

static void
read_windows(const struct conf_section *sec, const char *key,
    struct fix_pace_cfg *out)
{
	const char *v = conf_str(sec, key, NULL);
	int rc;

	if (v == NULL)
		return;
	rc = fix_pace_read(out, v);
	if (rc == -FIX_E_RANGE)
		conf_fault(sec, key, "%s has more than %u windows: leave some "
		    "out", key, FIX_PACE_WINDOWS);
	else if (rc != 0)
		conf_fault(sec, key, "%s must be MESSAGES/SECONDS, 1 to %u in "
		    "1 to %d, up to %u of them with commas, as 50/1,1000/60: "
		    "not '%s'", key, FIX_PACE_MOST, FIX_PACE_LONGEST_S,
		    FIX_PACE_WINDOWS, v);
}

static void
read_disconnect(const struct conf_section *sec, struct trader_session_cfg *out)
{
	struct trader_flow_cfg *f = &out->flow;

	f->cod = (enum trader_cod)conf_word(
	    sec, "CancelOnDisconnect", "off|drop|any", 0);
	f->cod_grace_s =
	    (unsigned)conf_int(sec, "CancelOnDisconnectGrace", 0, 86400, 10);
	f->cod_gt = conf_bool(sec, "CancelOnDisconnectGT", false);
	if (out->is_drop_copy)
		f->cod = TRADER_COD_OFF; /* [DEFAULT] may speak of clients */
}

void
setup_flow(const struct conf_section *sec, struct trader_session_cfg *out)
{
	struct trader_flow_cfg *f = &out->flow;

	read_windows(sec, "InboundLimit", &f->in);
	read_windows(sec, "InboundCancelLimit", &f->in_cancels);
	read_windows(sec, "InboundLogoutLimit", &f->in_all);
	f->over = (enum trader_over)conf_word(
	    sec, "InboundOverLimit", "reject|delay|logout", 0);
	read_windows(sec, "OutboundLimit", &out->fix.out_pace);
	out->fix.max_paced_bytes = conf_bytes(
	    sec, "OutboundQueueBytes", 65536, 256u << 20, 1u << 20);
	out->fix.pace_resends = conf_bool(sec, "PaceResends", true);
	f->again_age_s =
	    (unsigned)conf_int(sec, "MaxOrderAge", 0, 864000, 60);
	f->first_age_s =
	    (unsigned)conf_int(sec, "MaxFirstOrderAge", 0, 864000, 0);
	f->age_by_transact =
	    conf_word(sec, "OrderAgeFrom", "sending|transact", 0) == 1;
	read_disconnect(sec, out);
}
