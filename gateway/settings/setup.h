/*
 * From settings to what the engine takes: sessions with their dictionaries,
 * how each is reached, risk limits, venues and routes.
 *
 * Every fault is told through the conf's sink with file and line; a setup with
 * a fault is not handed out.
 */
#ifndef FIXGATE_GATEWAY_SETTINGS_SETUP_H
#define FIXGATE_GATEWAY_SETTINGS_SETUP_H

#include <sys/stat.h>

#include "gateway/addr.h"
#include "gateway/settings/conf.h"
#include "gateway/trader/trader.h"

#define SETUP_PIN_BYTES 32 /* SHA-256 of a SubjectPublicKeyInfo */
#define SETUP_PINS_MAX 8

struct setup_tls {
	const char *cert, *key;  /* ours, PEM; NULL: none */
	const char *key_pem;     /* the key itself, where key is "vault:..." */
	const char *ca, *ca_dir; /* PEM, folder of them; both NULL: the
	                            system's (initiator) */
	const char *crl, *crl_dir; /* the same of revocation lists */
	const char *protocols, *suites; /* as the file says; NULL: all of ours */
	const char *protocols_key, *suites_key; /* under which name */
	bool stale_crl; /* a list past its date still serves */
	bool pinned;    /* no authority: pins alone vouch for the peer */
	int verify;     /* acceptor: 0 don't ask, 1 required, 2 optional */
};

/* Who the peer must be, beyond what authorities say. */
struct setup_peer {
	const char *name;   /* PeerCertificateName, NULL: any */
	const char *server; /* initiator: SSLServerName, NULL: the host */
	uint8_t pins[SETUP_PINS_MAX][SETUP_PIN_BYTES]; /* one of them */
	unsigned n_pins;    /* 0: any */
};

struct setup_socket {
	bool nodelay, keepalive;
	bool reuse;         /* listeners: SO_REUSEADDR */
	int sndbuf, rcvbuf; /* bytes; 0: the kernel's choice */
};

/* Where acceptors listen. Sessions with the same address and port share one,
 * and must then have the same TLS and socket settings and the same proxies. */
struct setup_listen {
	const char *address;
	unsigned port;   /* 0: the kernel chooses */
	bool tls;
	struct setup_tls tls_cfg;
	struct setup_socket sock;
	const char *proxies_text;  /* TrustedProxies, NULL: none */
	struct addr_list proxies;  /* owned; a PROXY header comes first from
	                              these, and from nobody else */
	const struct conf_section *section; /* the first one that names it */
};

struct setup_host {
	const char *host;
	unsigned port;
	const char *from;   /* our address, NULL: any */
	unsigned from_port; /* 0: any */
};

#define SETUP_WAITS_MAX 64

/* What a peer must prove at its logon: all of the bits. Those of proofs are
 * 1 << enum proof_method. */
#define SETUP_AUTH_PASSWORD 1u
#define SETUP_AUTH_HMAC 2u
#define SETUP_AUTH_ED25519 4u
#define SETUP_AUTH_PROOFS 7u      /* the gate's */
#define SETUP_AUTH_CERTIFICATE 8u /* accept.c has seen to it */

/* How one session is reached. */
struct setup_link {
	const struct conf_section *section;
	bool initiator;
	unsigned listen;       /* acceptor: index in listens */
	struct addr_list allowed; /* acceptor; owned; empty: any address */
	struct setup_socket sock;
	size_t max_queued_bytes; /* 0: the gateway's */
	struct setup_host *hosts; /* initiator, with the next ones; owned */
	unsigned n_hosts;         /* at least 1 */
	bool priority;            /* after a loss at the first one again */
	unsigned start_over_s;    /* but not before so long after its last try */
	unsigned waits_s[SETUP_WAITS_MAX]; /* after the 1st, 2nd, ... round */
	unsigned n_waits;         /* 1: doubled each time, up to ten times */
	unsigned max_attempts;    /* within window_s; 0: any number */
	unsigned window_s;
	uint8_t auth;             /* acceptor: SETUP_AUTH_*, 0: nothing is proven */
	unsigned logon_window_s;  /* acceptor: LogonWindow */
	bool tls;
	struct setup_tls tls_cfg;
	struct setup_peer peer;
};

/* A dictionary file of a setup. */
struct setup_dict {
	struct setup_dict *next;
	const struct fix_dict *dict; /* held; NULL: it does not load, and that
	                                was told */
	struct stat file;            /* as it was when it was read */
	char path[];
};

struct setup {
	const struct conf *conf; /* borrowed: strings point into it */
	struct trader_session_cfg *sessions;
	struct setup_link *links; /* of the session with the same index */
	uint32_t n_sessions;
	uint32_t n_templates; /* behind the sessions, in both arrays */
	struct setup_listen *listens;
	uint32_t n_listens;
	struct setup_dict *dicts; /* every file once, shared */
	const struct setup *old;  /* while it is read: see setup_read_after() */
	struct setup_zone *zones; /* the same */
	struct setup_calendar *calendars; /* the same */
	struct setup_signer *signers; /* of initiators */
	struct setup_block *blocks; /* lists that the sessions point to */
	struct trader_user *users;
	uint32_t n_users;
};

/**
 * Sessions, dictionaries and listeners: [SESSION] in file order, then
 * [DROPCOPY].
 *
 * @param c  outlives the setup
 * @return 0, -FIX_E_CONFIG (told), -FIX_E_NOMEM
 */
int setup_read(struct setup **out, const struct conf *c) FIX_MUST_CHECK;
/** The same; a dictionary whose file has not changed since it was read for old
 * is taken from there. old is not needed any more afterwards; NULL: none. */
int setup_read_after(struct setup **out, const struct conf *c,
    const struct setup *old) FIX_MUST_CHECK;
void setup_free(struct setup *s);
/** Sessions and templates. */
static inline uint32_t
setup_all(const struct setup *s)
{
	return s->n_sessions + s->n_templates;
}

/** Dictionary of d->path. @return as fix_dict_load() */
int setup_dict_load(const struct setup *s, struct setup_dict *d,
    struct fix_dict_error *e) FIX_MUST_CHECK;
void setup_dicts_free(struct setup *s);
/** Is it one of this setup's? */
bool setup_has_dict(const struct setup *s, const struct fix_dict *dict);
/** Does a session check by it? */
bool setup_uses_dict(const struct fix_session_cfg *f,
    const struct fix_dict *dict);
/** Hold all dictionaries of another setup, too. @return false: no memory, and
 * only some are held */
bool setup_add_dicts(struct setup *s, const struct setup *fresh);
/** Leave those that no session of this setup uses. */
void setup_sweep_dicts(struct setup *s);
/** "FIX.4.4:FIXGATE->CLIENT44". @return bytes, NUL-terminated, cut at cap */
size_t setup_session_id(const struct trader_session_cfg *s, char *out,
    size_t cap);
/** Number (from 1) of the session that a settings file calls so: by its id, or
 * its TargetCompID where that is one only. @return 0: none, or several */
uint32_t setup_session_named(const struct setup *s, const char *name);

/** What the dictionary check of a session refuses, and what then; what is wrong
 * is told. Lists are the setup's. */
void setup_check(struct setup *s, const struct conf_section *sec,
    struct fix_session_cfg *f);
void setup_blocks_free(struct setup *s);
/** Socket options, address lists and hosts of a link whose section, initiator
 * and tls are set; what is wrong is told. The lists are the link's. */
void setup_reach(struct setup_link *l);
void setup_reach_free(struct setup_link *l);
/** Proxies of a new listener; what is wrong is told. */
void setup_proxies(const struct conf_section *sec, struct setup_listen *at);

/** How a session sends again and asks for it; what is wrong is told. */
void setup_resend(const struct conf_section *sec, struct fix_session_cfg *f);
/** How fast a session may be, and what becomes of its orders when it is gone;
 * what is wrong is told. After is_drop_copy. */
/** Entitlements of a DROPCOPY, whose version is known. */
void setup_copy(const struct conf_section *sec,
    struct trader_session_cfg *out);
void setup_flow(const struct conf_section *sec,
    struct trader_session_cfg *out);
/** How an initiator's Logon is signed; what is wrong is told. After its names
 * and credentials. */
void setup_signer(struct setup *s, const struct conf_section *sec,
    struct fix_session_cfg *f);
void setup_signers_free(struct setup *s);
/** What an acceptor asks of who logs on; what is wrong is told. After the
 * link's TLS settings and its listener. */
void setup_bounds(const struct conf_section *sec,
    struct trader_session_cfg *out); /* and of its messages */
void setup_auth(const struct setup *s, const struct conf_section *sec,
    struct setup_link *l);

/** When a session is open; what is wrong is told. Zones and calendars are the
 * setup's. */
void setup_schedule(struct setup *s, const struct conf_section *sec,
    struct fix_schedule *out);
void setup_zones_free(struct setup *s);
/** What Calendar names. @return NULL: it is not set, or a fault was told */
struct fix_calendar *setup_calendar(struct setup *s,
    const struct conf_section *sec);
void setup_calendars_free(struct setup *s);

/** TLS of a session: l->tls, its files, the peer. l->initiator is set; what is
 * wrong is told. */
void setup_tls(const struct conf_section *sec, struct setup_link *l);
/** Is a section a template, from which sessions are made? */
bool setup_is_template(const struct conf_section *sec);
/** Whom a template may let in; what is wrong is told. After setup_auth(). */
void setup_template(const struct conf_section *sec, const struct setup_link *l);

/** Do both come to the same context? */
bool setup_same_tls(const struct setup_tls *a, const struct setup_tls *b);

/** [USER]s; what is wrong is told. @return 0, -FIX_E_NOMEM */
int setup_users(struct setup *s) FIX_MUST_CHECK;

/** Limits, accounts and symbols of [RISK] and of the venues. Works on a risk in
 * use, too: limits change, nothing is removed.
 * @return 0, -FIX_E_CONFIG (told), -FIX_E_NOMEM */
int setup_risk(const struct setup *s, struct risk *r) FIX_MUST_CHECK;
/** Each scope that a [RISK ...] limits, as risk names it; borrowed for the call. */
void setup_limited(const struct setup *s, const struct trader *t,
    void (*fn)(void *arg, const struct trader_scope *at), void *arg);
/** Controls that are off unless they are set, of one [RISK ...]; r NULL checks
 * only. @return 0 (faults are told), -FIX_E_NOMEM, risk's */
int setup_rules(const struct conf_section *sec, enum risk_scope kind,
    const char *id, struct risk *r) FIX_MUST_CHECK;
/** Tell those that stand in a section where they mean nothing. */
void setup_rules_check(const struct conf_section *sec, enum risk_scope kind);
/** What is about sessions: [RISK session NAME], Accounts. Only the trader knows
 * their numbers: NULL checks only. @return as setup_risk() */
int setup_risk_sessions(const struct setup *s, struct risk *r,
    const struct trader *t) FIX_MUST_CHECK;
/** [RISK trader NAME], after setup_risk(): who had a grant and has none here
 * loses it. Only the trader knows the numbers of venues: t NULL checks only.
 * @return as setup_risk() */
int setup_traders(const struct setup *s, const struct trader *t,
    struct risk *r) FIX_MUST_CHECK;
/** Hours of [RISK symbol] and [RISK class]; t NULL checks only.
 * @return as setup_risk() */
int setup_markets(struct setup *s, struct trader *t) FIX_MUST_CHECK;
/** A list of times in force as bits; 0: the key is not there, or a fault was
 * told. */
uint32_t setup_tifs(const struct conf_section *sec, const char *key);
/** ReferenceMaxAge of [RISK firm], for risk_new(). */
int64_t setup_ref_max_age(const struct setup *s);
/** LimitMaxAge or LimitIdleDays of [RISK firm]. */
unsigned setup_limit_days(const struct setup *s, bool max_age);
/** Check, and with t not NULL make, [VENUE]s and [ROUTE]s.
 * @return 0, -FIX_E_CONFIG (told), -FIX_E_NOMEM */
int setup_venues(const struct setup *s, struct trader *t) FIX_MUST_CHECK;

/** A venue of Type=fix; t NULL checks only.
 * @return as setup_venues(), faults are told and 0 */
int setup_fix_venue(const struct setup *s, const struct conf_section *sec,
    struct trader *t) FIX_MUST_CHECK;

/** Symbols of a simulated venue, to be freed with free().
 * @return how many; -FIX_E_CONFIG (told), -FIX_E_NOMEM */
struct sim_symbol;
int setup_sim_symbols(const struct conf_section *sec, struct sim_symbol **out)
    FIX_MUST_CHECK;

/* What Type of a [VENUE] may be. */
#define SETUP_VENUE_TYPES "sim|told|process|tws|binance|fix|alpaca|oanda"
enum setup_venue_type {
	SETUP_VENUE_SIM,
	SETUP_VENUE_TOLD,
	SETUP_VENUE_PROCESS,
	SETUP_VENUE_TWS,
	SETUP_VENUE_BINANCE,
	SETUP_VENUE_FIX,
	SETUP_VENUE_ALPACA,
	SETUP_VENUE_OANDA,
};
enum setup_venue_type setup_venue_type(const struct conf_section *sec);
/* A [VENUE] of Type=tws; strings are the section's. */
struct tws_cfg;
struct setup_tws {
	const char *host;
	unsigned port;
	struct tws_symbol *symbols; /* to be freed with free() */
};
/** @return 0; -FIX_E_CONFIG (told), -FIX_E_NOMEM: nothing to be freed */
int setup_tws(const struct conf_section *sec, struct setup_tws *out,
    struct tws_cfg *cfg) FIX_MUST_CHECK;
/** Symbols of any venue, as above; one that lives outside says names alone. */
int setup_venue_symbols(
    const struct conf_section *sec, struct sim_symbol **out) FIX_MUST_CHECK;

#endif
