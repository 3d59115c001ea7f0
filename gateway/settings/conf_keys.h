/* The table of every setting: name, type, one line of meaning. The reader
 * checks files against it, the manual's test and --help print it. */
#ifndef FIXGATE_GATEWAY_SETTINGS_CONF_KEYS_H
#define FIXGATE_GATEWAY_SETTINGS_CONF_KEYS_H

#include <stdbool.h>

enum conf_type {
	CONF_T_TEXT,   /* anything, not empty */
	CONF_T_BOOL,   /* Y or N */
	CONF_T_INT,    /* whole number */
	CONF_T_BYTES,  /* whole number with K, M or G */
	CONF_T_DEC,    /* decimal, or "unlimited" */
	CONF_T_WORD,   /* one of .words */
	CONF_T_PATH,   /* relative to the settings file */
	CONF_T_TIME,   /* HH:MM:SS, a zone may follow */
	CONF_T_DAY,    /* Monday, mo, ... */
	CONF_T_SECRET, /* file:PATH, vault:PATH#FIELD, or the thing itself, which
	                  is never shown */
	CONF_T_IGNORED, /* QuickFIX's, without meaning here: a notice */
	CONF_N_TYPE
};

#define CONF_NUMBERED "#"

struct conf_key {
	const char *name; /* numbered: without the number */
	enum conf_type type;
	const char *words; /* CONF_T_WORD: "process|disk"; CONF_NUMBERED: 1 to
	                      999 stands behind the name, SocketConnectHost7 */
	const char *meaning;
};

enum conf_naming { CONF_NAMELESS, CONF_NAMED, CONF_MAY_BE_NAMED };

struct conf_kind {
	const char *kind; /* "SESSION" */
	const struct conf_key *const *tables; /* up to a NULL; each ends in a
	                                         key without name */
	enum conf_naming naming;
	bool once;        /* one with this kind and name */
	bool defaults;    /* [DEFAULT] shines through */
	const char *meaning;
};

/* Deviations from the FIX text, deviate.h. */
extern const struct conf_key conf_deviations[];
/* Settings of other engines, without meaning here. */
extern const struct conf_key conf_quickfix[];
/* How a peer is reached. */
extern const struct conf_key conf_reach[];
/* Who logs on. */
extern const struct conf_key conf_logon[];
extern const struct conf_key conf_dropcopy[];
extern const struct conf_key conf_flow[];
extern const struct conf_key conf_risk[];
extern const struct conf_key conf_venue[];
/* Where secrets come from. */
extern const struct conf_key conf_vault_keys[];
/* Where orders trade. */
extern const struct conf_key conf_venue[];
/* Where events go. */
extern const struct conf_key conf_bus[];
/* Snapshots. */
extern const struct conf_key conf_backup[];
/* Data at rest. */
extern const struct conf_key conf_rest[];

/** Kinds in the order of the manual; NULL at the end. */
const struct conf_kind *conf_kind_at(unsigned i);
const struct conf_kind *conf_kind_named(const char *name); /* any case */
/** Keys of a kind; NULL at the end. */
const struct conf_key *conf_key_at(const struct conf_kind *k, unsigned i);
const struct conf_key *conf_key_named(const struct conf_kind *k,
    const char *name); /* any case, as QuickFIX takes them */
const char *conf_type_name(enum conf_type t);
bool conf_is_numbered(const struct conf_key *k);

#endif
