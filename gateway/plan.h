/*
 * What a settings file comes to: everything that a start needs, read and
 * checked, before anything is opened or started.
 */
#ifndef FIXGATE_GATEWAY_PLAN_H
#define FIXGATE_GATEWAY_PLAN_H

#include <sys/types.h>

#include "gateway/auth/credentials.h"
#include "gateway/log.h"
#include "gateway/settings/setup.h"
#include "gateway/tls/tls.h"
#include "gateway/trader/tuning.h"

struct plan {
	char *file;
	struct conf *conf;
	struct setup *setup;
	SSL_CTX **listen_tls; /* by listener, NULL: plain */
	SSL_CTX **link_tls;   /* by session, initiators; NULL: plain */
	int *listen_fds;      /* by listener, -1 until plan_listen() */
	int courier_fd;       /* the supervisor's: brings the trader links to
			       * venues' processes; -1: none, not owned */
	char *data_dir, *trading, *journal, *tables, *control,
	    *counters;    /* paths */
	const char *control_group; /* that may open the control socket, too */
	char *audit;          /* folder of the audit trail */
	bool auditor;         /* is it a role of this gateway? */
	const char *audit_name;
	const char *database; /* URL of the trail's copy, NULL: none */
	const char *witness;  /* folder for checkpoints, NULL: none */
	unsigned unread_days; /* UnreadKeepDays */
	size_t segment_bytes, table_bytes, max_queued_bytes;
	enum fix_durability durability;
	struct trader_space space;
	unsigned node, keep_days, max_conns, max_per_addr, drain_s;
	unsigned max_clock_error_us;
	unsigned shake_s, max_shakes; /* TLS handshakes */
	unsigned max_strangers, max_rate_per_addr, stranger_s;
	unsigned max_dynamic, ready_orders;
	struct tuning tuning;
	size_t stranger_bytes;
	struct credentials *credentials; /* NULL: none are needed */
	const char *log_to;
	enum log_level log_level;
	bool core_dumps;      /* CoreDumps */
	bool change_user;     /* to uid and gid, whose name is user */
	uid_t uid;
	gid_t gid;
	const char *user;
};

/** Read and check a file, complaints to the sink.
 * @return 0, -FIX_E_IO, -FIX_E_CONFIG, -FIX_E_NOMEM */
int plan_read(struct plan **out, const char *file,
    const struct conf_sink *sink) FIX_MUST_CHECK;
/** The same, sharing with old what is slow to read and has not changed: see
 * setup_read_after(). */
int plan_read_after(struct plan **out, const char *file,
    const struct conf_sink *sink, const struct plan *old) FIX_MUST_CHECK;
void plan_free(struct plan *p); /* closes the sockets, too */
/** Open the listening sockets. A predecessor that is just dying gets two
 * seconds to let go of them. @return 0, -FIX_E_IO (told) */
int plan_listen(struct plan *p) FIX_MUST_CHECK;
/** Take over the sockets of an older plan where address and port are the same.
 * @return false: the new plan has others, which need a restart */
bool plan_inherit(struct plan *p, struct plan *from);
/** "FIX on 127.0.0.1:5001, ..." with the real ports. */
void plan_describe(const struct plan *p, char *out, size_t cap);
/** Limits of firm, accounts, symbols into r. @return as setup_risk() */
struct risk *plan_risk(const struct plan *p);

#endif
