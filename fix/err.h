/*
 * One number space for every error of the engine.
 *
 * Functions that can fail return a count or 0 when they succeed and one of
 * these, negated, when they do not.
 */
#ifndef FIXGATE_FIX_ERR_H
#define FIXGATE_FIX_ERR_H

#define FIX_MUST_CHECK __attribute__((warn_unused_result))
/* In front of each function, and each object, that others may use. */
#ifdef __cplusplus
#define FIX_API extern "C" __attribute__((visibility("default")))
#define FIX_API_DATA extern "C" __attribute__((visibility("default")))
#else
#define FIX_API __attribute__((visibility("default")))
#define FIX_API_DATA extern __attribute__((visibility("default")))
#endif
#define FIX_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum fix_err {
	FIX_E_GARBLED = 1, /* bytes that are no FIX message */
	FIX_E_TOOBIG,      /* over a stated cap */
	FIX_E_SPACE,       /* the caller's buffer is too small */
	FIX_E_FORMAT,      /* a value that does not read as its type */
	FIX_E_RANGE,       /* reads, but can't be held or isn't allowed */
	FIX_E_NOTFOUND,    /* no such tag, entry or key */
	FIX_E_STATE,       /* not now: the object is in another state */
	FIX_E_IO,          /* the system refused; errno says why */
	FIX_E_NOMEM,       /* no memory */
	FIX_E_CORRUPT,     /* stored bytes fail their own check */
	FIX_E_FOREIGN,     /* stored bytes are not ours, or of another version */
	FIX_E_LOCKED,      /* another process owns it */
	FIX_E_EXISTS,      /* there already */
	FIX_E_FULL,        /* no room left in a store or a queue */
	FIX_E_CONFIG,      /* a setting that can't be used */
	FIX_N_ERR
};

/**
 * Name of an error, for logs.
 *
 * @param rc  what a function returned: 0 or a negated enum fix_err
 * @return    a short static English phrase, never NULL
 */
FIX_API const char *fix_strerror(long rc);

#endif
