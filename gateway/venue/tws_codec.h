/*
 * The TWS API's messages as bytes: frames, fields, handshake.
 *
 * A frame is a length of four bytes, big endian, and a payload; a payload is
 * fields, each ended by a NUL, of which the first is the message's id. Which
 * fields there are depends on the server version that both sides agreed on
 * and on other fields: tws_table.h has it all, row by row. Pure logic: no I/O,
 * no allocation; each loop ends with the bytes or with the table.
 *
 * Source: issue 7, reference venues/tws-protocol.md 3 to 15.
 */
#ifndef FIXGATE_GATEWAY_VENUE_TWS_CODEC_H
#define FIXGATE_GATEWAY_VENUE_TWS_CODEC_H

#include <sys/types.h>

#include "fix/decimal.h"
#include "fix/time.h"
#include "gateway/venue/tws_table.h"

#define TWS_MIN_VERSION 176u
#define TWS_MAX_VERSION 193u
#define TWS_FRAME_MAX 0xffffffu /* bytes of a payload: the API's own limit */
#define TWS_REQUEST_MAX 4096u   /* bytes of a frame that we send */
#define TWS_MAX_FIELDS 160u     /* of one message, lists counted as one */

enum tws_kind {
#define KIND(name, prefix, id) TWS_##name,
	TWS_REQUESTS(KIND) TWS_ANSWERS(KIND)
#undef KIND
	TWS_N_KIND
};

/* The fields of each message: TWS_PO_LMT_PRICE is placeOrder's. */
#define ENUM(message, prefix, id) \
	enum { TWS_##message##_FIELDS(FIELD_##prefix) TWS_##prefix##_N };
#define FIELD_MD(name, ...) TWS_MD_##name,
#define FIELD_XM(name, ...) TWS_XM_##name,
#define FIELD_PO(name, ...) TWS_PO_##name,
#define FIELD_XO(name, ...) TWS_XO_##name,
#define FIELD_RO(name, ...) TWS_RO_##name,
#define FIELD_RU(name, ...) TWS_RU_##name,
#define FIELD_RE(name, ...) TWS_RE_##name,
#define FIELD_RI(name, ...) TWS_RI_##name,
#define FIELD_RC(name, ...) TWS_RC_##name,
#define FIELD_LL(name, ...) TWS_LL_##name,
#define FIELD_BO(name, ...) TWS_BO_##name,
#define FIELD_AO(name, ...) TWS_AO_##name,
#define FIELD_RA(name, ...) TWS_RA_##name,
#define FIELD_RT(name, ...) TWS_RT_##name,
#define FIELD_GX(name, ...) TWS_GX_##name,
#define FIELD_RP(name, ...) TWS_RP_##name,
#define FIELD_RS(name, ...) TWS_RS_##name,
#define FIELD_XS(name, ...) TWS_XS_##name,
#define FIELD_XP(name, ...) TWS_XP_##name,
#define FIELD_SA(name, ...) TWS_SA_##name,
#define FIELD_RM(name, ...) TWS_RM_##name,
#define FIELD_RF(name, ...) TWS_RF_##name,
#define FIELD_TP(name, ...) TWS_TP_##name,
#define FIELD_TS(name, ...) TWS_TS_##name,
#define FIELD_OS(name, ...) TWS_OS_##name,
#define FIELD_ER(name, ...) TWS_ER_##name,
#define FIELD_OO(name, ...) TWS_OO_##name,
#define FIELD_AV(name, ...) TWS_AV_##name,
#define FIELD_PF(name, ...) TWS_PF_##name,
#define FIELD_AT(name, ...) TWS_AT_##name,
#define FIELD_NI(name, ...) TWS_NI_##name,
#define FIELD_CD(name, ...) TWS_CD_##name,
#define FIELD_ED(name, ...) TWS_ED_##name,
#define FIELD_AC(name, ...) TWS_AC_##name,
#define FIELD_TI(name, ...) TWS_TI_##name,
#define FIELD_CE(name, ...) TWS_CE_##name,
#define FIELD_OE(name, ...) TWS_OE_##name,
#define FIELD_AE(name, ...) TWS_AE_##name,
#define FIELD_EE(name, ...) TWS_EE_##name,
#define FIELD_CR(name, ...) TWS_CR_##name,
#define FIELD_PS(name, ...) TWS_PS_##name,
#define FIELD_PE(name, ...) TWS_PE_##name,
#define FIELD_AS(name, ...) TWS_AS_##name,
#define FIELD_SE(name, ...) TWS_SE_##name,
#define FIELD_MR(name, ...) TWS_MR_##name,
#define FIELD_OB(name, ...) TWS_OB_##name,
#define FIELD_CO(name, ...) TWS_CO_##name,
#define FIELD_CF(name, ...) TWS_CF_##name,
TWS_REQUESTS(ENUM)
TWS_ANSWERS(ENUM)
#undef FIELD_MD
#undef FIELD_XM
#undef FIELD_PO
#undef FIELD_XO
#undef FIELD_RO
#undef FIELD_RU
#undef FIELD_RE
#undef FIELD_RI
#undef FIELD_RC
#undef FIELD_LL
#undef FIELD_BO
#undef FIELD_AO
#undef FIELD_RA
#undef FIELD_RT
#undef FIELD_GX
#undef FIELD_RP
#undef FIELD_RS
#undef FIELD_XS
#undef FIELD_XP
#undef FIELD_SA
#undef FIELD_RM
#undef FIELD_RF
#undef FIELD_TP
#undef FIELD_TS
#undef FIELD_OS
#undef FIELD_ER
#undef FIELD_OO
#undef FIELD_AV
#undef FIELD_PF
#undef FIELD_AT
#undef FIELD_NI
#undef FIELD_CD
#undef FIELD_ED
#undef FIELD_AC
#undef FIELD_TI
#undef FIELD_CE
#undef FIELD_OE
#undef FIELD_AE
#undef FIELD_EE
#undef FIELD_CR
#undef FIELD_PS
#undef FIELD_PE
#undef FIELD_AS
#undef FIELD_SE
#undef FIELD_MR
#undef FIELD_OB
#undef FIELD_CO
#undef FIELD_CF
#undef ENUM

/* Which way a message goes: the same id means different things. */
enum tws_way { TWS_TO_SERVER, TWS_FROM_SERVER };

/* A message: the bytes of its fields, borrowed, without their NULs. A list's
 * are those of its count and of all its rows, with each one's NUL. Not to be
 * copied once tws_set_*() was called: values point into text. */
struct tws_msg {
	enum tws_kind kind;
	unsigned version;  /* of the server */
	unsigned missing;  /* fields that decode() did not find at the end */
	size_t extra;      /* bytes behind the last field that we know */
	struct fix_span v[TWS_MAX_FIELDS]; /* p NULL: not given */
	uint8_t text[256]; /* of values that tws_set_*() wrote */
	size_t used;
};

/** Length of the first frame. *payload points into in.
 * @param in  untrusted @return bytes of the frame; 0: more are needed;
 *     -FIX_E_TOOBIG over TWS_FRAME_MAX; -FIX_E_FORMAT empty, or without a NUL
 *     at its end: both are fatal for the connection */
ssize_t tws_frame(const uint8_t *in, size_t len, struct fix_span *payload)
    FIX_MUST_CHECK;

/** The opening bytes of a client that knows versions TWS_MIN_VERSION to
 * TWS_MAX_VERSION. @return bytes; -FIX_E_SPACE */
ssize_t tws_write_hello(uint8_t *out, size_t cap) FIX_MUST_CHECK;
/** The answer: version and the server's time, which points into payload.
 * @return 0; -FIX_E_FORMAT; -FIX_E_RANGE: a version that we do not know, which
 *     *version tells, or a redirect (0) */
int tws_read_hello(struct fix_span payload, unsigned *version,
    struct fix_span *time) FIX_MUST_CHECK;

/**
 * Take a payload apart. Fields that are not there (a shorter message than the
 * table's) are counted in missing, bytes that are too many in extra; whether
 * that matters is the caller's to say.
 *
 * @param payload  untrusted, borrowed by *m
 * @return 0; -FIX_E_NOTFOUND: an id that we do not know, to be skipped;
 *     -FIX_E_FORMAT: no id, no NUL at the end, a list whose count is none
 */
int tws_decode(struct tws_msg *m, enum tws_way way, unsigned version,
    struct fix_span payload) FIX_MUST_CHECK;

/** Begin a message to be written: no field has a value. */
void tws_begin(struct tws_msg *m, enum tws_kind kind, unsigned version);
/** Give a field a value. Of strings and spans only the bytes' place is kept;
 * numbers are written into the message, at most 10 of them. */
void tws_set(struct tws_msg *m, unsigned field, struct fix_span value);
void tws_set_str(struct tws_msg *m, unsigned field, const char *value);
void tws_set_int(struct tws_msg *m, unsigned field, int64_t value);
void tws_set_e8(struct tws_msg *m, unsigned field, int64_t value_e8);
/** @return bytes of the whole frame; -FIX_E_SPACE; -FIX_E_RANGE: a value with a
 *     byte that the API does not take (32 to 126, tab, LF and CR it does), or
 *     a list whose count is wrong. *bad, if not NULL, names the field then */
ssize_t tws_encode(uint8_t *out, size_t cap, const struct tws_msg *m,
    const char **bad) FIX_MUST_CHECK;

/** A field's bytes; empty where it is not given. */
static inline struct fix_span
tws_get(const struct tws_msg *m, unsigned field)
{
	return m->v[field];
}

/** Names, for logs: PLACE_ORDER, LMT_PRICE. */
const char *tws_kind_name(enum tws_kind kind);
const char *tws_field_name(enum tws_kind kind, unsigned field);
/** Each field that has a value and does not read as its type is odd.
 * @return the first such field, or -1 */
int tws_odd_field(const struct tws_msg *m);

/* ----- values (tws_value.c) ----- */

/** INT, BOOL: empty and 2147483647 mean unset.
 * @return 1; 0 unset, *out is 0; -FIX_E_FORMAT, -FIX_E_RANGE: *out is 0 */
int tws_read_int(struct fix_span s, int64_t *out);
/** I64: empty and 9223372036854775807 mean unset. @return as above */
int tws_read_i64(struct fix_span s, int64_t *out);
/** DBL, exact: plain or with an exponent, as Java writes it. Empty and the
 * largest double mean unset. @return as above, *out is 0; "Infinity" and what
 *     18 digits can't hold are -FIX_E_RANGE */
int tws_read_dbl(struct fix_span s, struct fix_dec *out);
/** DEC: like DBL; the largest and smallest integers mean unset, too, and
 * commas between digits are skipped. */
int tws_read_dec(struct fix_span s, struct fix_dec *out);
/** Either, in units of 10^-8: further digits are rounded to the nearest, half
 * away from 0: a double writes 189.962 as 189.96200000000002. */
int tws_price_e8(struct fix_span s, int64_t *out);
int tws_qty_e8(struct fix_span s, int64_t *out);

struct fix_tz;
/** "20231116-16:47:50" is UTC; "20260413 15:27:04 US/Eastern" is understood
 * where the zone's name is the given one.
 * @param zone  its rules; NULL: UTC @param name  "": no zone is known
 * @return 1; 0: empty, or another zone; -FIX_E_FORMAT */
int tws_read_time(struct fix_span s, const struct fix_tz *zone,
    const char *name, struct fix_utc *out);
/** "yyyymmdd-hh:mm:ss", UTC, seconds; a NUL ends it. */
#define TWS_TIME_BYTES 18
void tws_write_time(char out[TWS_TIME_BYTES], struct fix_utc t);

#endif
