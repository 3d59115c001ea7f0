/*
 * Requests and reports as structs, read from a message and written to one.
 *
 * In: fields, or a struct. Out: the other one. One row of a table says for each
 * field which tag it has, of which type it is and where in the struct it
 * stands; the rows' order is the order of writing, and the order in which the
 * FIX volumes list the fields. A message is walked once: a small index leads
 * from a tag to its row. Faces differ only in which fields are there: what is
 * empty is not written.
 *
 * Read are types only. Whether a side exists or a price is needed is asked
 * elsewhere (dictionaries/, gateway/order/).
 */
#include "fix/order.h"

#include "fix/bytes.h"

enum type { T_SPAN, T_CHAR, T_BOOL, T_INT, T_DEC, T_E8, T_QTY, T_STAMP, T_UTC };

struct row {
	uint16_t tag;
	uint16_t offset;
	uint32_t has; /* bit of `has` that says it is there; 0: by its value */
	enum type type;
};

#define TAGS 1139u /* all tags of both tables are below */
#define BIT(i) (UINT64_C(1) << (i))

/* X(tag, type, member, has) in the order of writing. */
#define ORDER(X)                                                               \
	X(37, T_SPAN, order_id, 0)                                             \
	X(41, T_SPAN, orig_cl_ord_id, 0)                                       \
	X(11, T_SPAN, cl_ord_id, 0)                                            \
	X(790, T_SPAN, ord_status_req_id, 0)                                   \
	X(1, T_SPAN, account, 0)                                               \
	X(77, T_CHAR, position_effect, 0)                                      \
	X(21, T_CHAR, handl_inst, 0)                                           \
	X(18, T_SPAN, exec_inst, 0)                                            \
	X(110, T_DEC, min_qty, FIX_OH_MIN_QTY)                                 \
	X(111, T_DEC, max_floor, FIX_OH_MAX_FLOOR)                             \
	X(1138, T_DEC, display_qty, FIX_OH_DISPLAY_QTY)                        \
	X(100, T_SPAN, ex_destination, 0)                                      \
	X(386, T_SPAN, no_sessions, 0)                                         \
	X(336, T_SPAN, trading_session, 0)                                     \
	X(55, T_SPAN, symbol, 0)                                               \
	X(207, T_SPAN, security_exchange, 0)                                   \
	X(54, T_CHAR, side, 0)                                                 \
	X(60, T_STAMP, transact_time, FIX_OH_TRANSACT_TIME)                    \
	X(38, T_DEC, order_qty, FIX_OH_ORDER_QTY)                              \
	X(152, T_DEC, cash_order_qty, FIX_OH_CASH_ORDER_QTY)                   \
	X(40, T_CHAR, ord_type, 0)                                             \
	X(44, T_DEC, price, FIX_OH_PRICE)                                      \
	X(99, T_DEC, stop_px, FIX_OH_STOP_PX)                                  \
	X(15, T_SPAN, currency, 0)                                             \
	X(59, T_CHAR, time_in_force, 0)                                        \
	X(168, T_STAMP, effective_time, FIX_OH_EFFECTIVE_TIME)                 \
	X(432, T_SPAN, expire_date, 0)                                         \
	X(126, T_STAMP, expire_time, FIX_OH_EXPIRE_TIME)                       \
	X(586, T_STAMP, orig_ord_mod_time, FIX_OH_ORIG_ORD_MOD_TIME)           \
	X(211, T_DEC, peg_offset, FIX_OH_PEG_OFFSET)                           \
	X(836, T_CHAR, peg_offset_type, 0)                                     \
	X(1094, T_SPAN, peg_price_type, 0)                                     \
	X(58, T_SPAN, text, 0)

/* Read, but written with the header: not here. */
#define ORDER_HEAD(X) X(97, T_BOOL, poss_resend, 0)

#define EXEC(X)                                                                \
	X(37, T_SPAN, order_id, 0)                                             \
	X(11, T_SPAN, cl_ord_id, 0)                                            \
	X(41, T_SPAN, orig_cl_ord_id, 0)                                       \
	X(790, T_SPAN, ord_status_req_id, 0)                                   \
	X(17, T_SPAN, exec_id, 0)                                              \
	X(20, T_CHAR, exec_trans_type, 0)                                      \
	X(19, T_SPAN, exec_ref_id, 0)                                          \
	X(150, T_CHAR, exec_type, 0)                                           \
	X(39, T_CHAR, ord_status, 0)                                           \
	X(103, T_INT, ord_rej_reason, FIX_EH_ORD_REJ_REASON)                   \
	X(378, T_INT, exec_restatement_reason, FIX_EH_RESTATEMENT)             \
	X(434, T_CHAR, cxl_rej_response_to, 0)                                 \
	X(102, T_INT, cxl_rej_reason, FIX_EH_CXL_REJ_REASON)                   \
	X(1, T_SPAN, account, 0)                                               \
	X(55, T_SPAN, symbol, 0)                                               \
	X(54, T_CHAR, side, 0)                                                 \
	X(38, T_QTY, order_qty_e8, FIX_EH_QTYS)                                \
	X(40, T_CHAR, ord_type, 0)                                             \
	X(44, T_E8, price_e8, FIX_EH_PRICE)                                    \
	X(99, T_E8, stop_px_e8, FIX_EH_STOP_PX)                                \
	X(59, T_CHAR, time_in_force, 0)                                        \
	X(32, T_E8, last_qty_e8, FIX_EH_LAST)                                  \
	X(31, T_E8, last_px_e8, FIX_EH_LAST)                                   \
	X(30, T_SPAN, last_mkt, 0)                                             \
	X(151, T_E8, leaves_qty_e8, FIX_EH_QTYS)                               \
	X(14, T_E8, cum_qty_e8, FIX_EH_QTYS)                                   \
	X(6, T_DEC, avg_px, FIX_EH_QTYS)                                       \
	X(424, T_E8, day_order_qty_e8, FIX_EH_DAY)                             \
	X(425, T_E8, day_cum_qty_e8, FIX_EH_DAY)                               \
	X(426, T_DEC, day_avg_px, FIX_EH_DAY)                                  \
	X(60, T_UTC, transact_time, FIX_EH_TRANSACT_TIME)                      \
	X(58, T_SPAN, text, 0)

/* Behind them, of reports that have any of these. */
#define EXEC_RARE(X)                                                           \
	X(18, T_SPAN, exec_inst, 0)                                            \
	X(77, T_CHAR, position_effect, 0)                                      \
	X(152, T_E8, cash_order_qty_e8, FIX_EH_CASH_ORDER_QTY)                 \
	X(211, T_E8, peg_offset_e8, FIX_EH_PEG_OFFSET)                         \
	X(836, T_CHAR, peg_offset_type, 0)                                     \
	X(1094, T_SPAN, peg_price_type, 0)                                     \
	X(168, T_UTC, effective_time, FIX_EH_EFFECTIVE_TIME)                   \
	X(126, T_UTC, expire_time, FIX_EH_EXPIRE_TIME)                         \
	X(110, T_E8, min_qty_e8, FIX_EH_MIN_QTY)                               \
	X(111, T_E8, max_floor_e8, FIX_EH_MAX_FLOOR)                           \
	X(12, T_E8, commission_e8, FIX_EH_COMMISSION)                          \
	X(13, T_CHAR, comm_type, 0)                                            \
	X(479, T_SPAN, comm_currency, 0)
#define RARE_HAS                                                               \
	(FIX_EH_CASH_ORDER_QTY | FIX_EH_PEG_OFFSET | FIX_EH_EFFECTIVE_TIME |   \
	    FIX_EH_EXPIRE_TIME | FIX_EH_MIN_QTY | FIX_EH_MAX_FLOOR |           \
	    FIX_EH_COMMISSION)

#define NAME(t, y, m, h) O_##t,
enum { ORDER(NAME) N_ORDER, O_97 = N_ORDER, N_ORDER_READ };
#undef NAME
#define NAME(t, y, m, h) E_##t,
enum { EXEC(NAME) EXEC_RARE(NAME) N_EXEC };
#undef NAME

_Static_assert(N_ORDER_READ <= 64 && N_EXEC <= 64, "a row is a bit of a word");

#define ROW(t, y, m, h) { t, offsetof(struct fix_order, m), h, y },
static const struct row order_rows[] = { ORDER(ROW) ORDER_HEAD(ROW) };
#undef ROW
#define ROW(t, y, m, h) { t, offsetof(struct fix_exec, m), h, y },
static const struct row exec_rows[] = { EXEC(ROW) EXEC_RARE(ROW) };
#undef ROW

/* Row of a tag, plus one; 0: none. */
#define SLOT(t, y, m, h) [t] = O_##t + 1,
static const uint8_t order_slot[TAGS] = { ORDER(SLOT) ORDER_HEAD(SLOT) };
#undef SLOT
#define SLOT(t, y, m, h) [t] = E_##t + 1,
static const uint8_t exec_slot[TAGS] = { EXEC(SLOT) EXEC_RARE(SLOT) };
#undef SLOT

static int
char_parse(struct fix_span v, char *out)
{
	if (v.len != 1)
		return -FIX_E_FORMAT;
	*out = (char)v.p[0];
	return 0;
}

static int
bool_parse(struct fix_span v, bool *out)
{
	if (v.len != 1 || (v.p[0] != 'Y' && v.p[0] != 'N'))
		return -FIX_E_FORMAT;
	*out = v.p[0] == 'Y';
	return 0;
}

static int
e8_parse(struct fix_span v, int64_t *out)
{
	struct fix_dec d;
	int rc = fix_dec_parse(v, &d);

	return rc == 0 ? fix_dec_to_e8(d, out) : rc;
}

static int
utc_parse(struct fix_span v, struct fix_utc *out)
{
	struct fix_stamp t;
	int rc = fix_stamp_parse(v, &t);

	if (rc == 0)
		*out = t.utc;
	return rc;
}

/* The value of one field, to its place. */
static int
read_value(enum type type, struct fix_span v, void *to)
{
	switch (type) {
	case T_SPAN:
		if (v.len == 0)
			return -FIX_E_FORMAT;
		*(struct fix_span *)to = v;
		return 0;
	case T_CHAR:
		return char_parse(v, to);
	case T_BOOL:
		return bool_parse(v, to);
	case T_INT:
		return fix_int_parse(v, to);
	case T_DEC:
		return fix_dec_parse(v, to);
	case T_E8:
	case T_QTY:
		return e8_parse(v, to);
	case T_STAMP:
		return fix_stamp_parse(v, to);
	case T_UTC:
		return utc_parse(v, to);
	}
	return -FIX_E_FORMAT;
}

/* What read_fields() met: rows as bits, and the rows' bits of `has`. */
struct met {
	uint64_t rows;
	uint32_t has;
};

/*
 * Read every field that has a row; of a tag that comes twice the first counts.
 * A field of a row from `spare` on that can't be read is as if it were not there.
 */
static int
read_fields(const struct fix_msg *m, const struct row *rows,
    const uint8_t *slot, uint32_t spare, void *to, struct met *met,
    uint32_t *bad_tag)
{
	uint32_t i, tag, r;
	int rc;

	*met = (struct met){ 0, 0 };
	for (i = 3; i < m->n; i++) {
		tag = m->fields[i].tag;
		if (tag >= TAGS || slot[tag] == 0)
			continue;
		r = slot[tag] - 1u;
		if ((met->rows & BIT(r)) != 0)
			continue;
		rc = read_value(rows[r].type, fix_msg_at(m, i),
		    (uint8_t *)to + rows[r].offset);
		if (rc != 0 && r >= spare)
			continue;
		met->rows |= BIT(r);
		met->has |= rows[r].has;
		if (rc != 0) {
			*bad_tag = tag;
			return rc;
		}
	}
	return 0;
}

/* Writing a field of each type, if it is there. */
#define WRITER(type, what)                                                     \
	static inline void write_##type(                                       \
	    struct fix_build *b, uint32_t tag, what *v, bool there)

WRITER(T_SPAN, const struct fix_span)
{
	if (there && v->len > 0)
		fix_build_span(b, tag, *v);
}

WRITER(T_CHAR, const char)
{
	if (there && *v != '\0')
		fix_build_char(b, tag, *v);
}

WRITER(T_INT, const int64_t)
{
	if (there)
		fix_build_int(b, tag, *v);
}

WRITER(T_DEC, const struct fix_dec)
{
	if (there)
		fix_build_dec(b, tag, *v);
}

WRITER(T_E8, const int64_t)
{
	if (there)
		fix_build_e8(b, tag, *v);
}

WRITER(T_QTY, const int64_t)
{
	if (there && *v >= 0)
		fix_build_e8(b, tag, *v);
}

WRITER(T_STAMP, const struct fix_stamp)
{
	if (there)
		fix_build_stamp(b, tag, v);
}

WRITER(T_UTC, const struct fix_utc)
{
	if (there)
		fix_build_utc(b, tag, *v, 3);
}

/* One row of ORDER or EXEC, of the struct s, to b. */
#define WRITE(t, y, m, h) write_##y(b, t, &s->m, (h) == 0 || (s->has & (h)));

/* MsgType if it is one letter of kinds, else NUL. */
static char
kind_of(const struct fix_msg *m, const char *kinds)
{
	struct fix_span type = fix_msg_type(m);

	if (type.len != 1 || type.p[0] == 0)
		return '\0';
	return strchr(kinds, type.p[0]) != NULL ? (char)type.p[0] : '\0';
}

int
fix_order_read(struct fix_order *o, const struct fix_msg *m, uint32_t *bad_tag)
{
	struct met met;
	int rc;

	*bad_tag = 0;
	memset(o, 0, sizeof(*o));
	o->kind = kind_of(m, "DFGH");
	if (o->kind == '\0')
		return -FIX_E_NOTFOUND;
	rc = read_fields(
	    m, order_rows, order_slot, N_ORDER_READ, o, &met, bad_tag);
	if (rc == 0)
		o->has = met.has;
	return rc;
}

bool
fix_order_reads(uint32_t tag)
{
	return tag < TAGS && order_slot[tag] != 0;
}

void
fix_order_write(struct fix_build *b, const struct fix_order *s)
{
	ORDER(WRITE)
}

/* Rows that must all be there for a bit of `has` that stands for several;
 * OrderQty(38) is left out by many reports, and is no condition. */
#define LAST (BIT(E_32) | BIT(E_31))
#define QTYS (BIT(E_151) | BIT(E_14) | BIT(E_6))
#define DAY (BIT(E_424) | BIT(E_425) | BIT(E_426))

static uint32_t
exec_has(struct met met)
{
	if ((met.rows & LAST) != LAST)
		met.has &= ~(uint32_t)FIX_EH_LAST;
	if ((met.rows & QTYS) != QTYS)
		met.has &= ~(uint32_t)FIX_EH_QTYS;
	if ((met.rows & DAY) != DAY)
		met.has &= ~(uint32_t)FIX_EH_DAY;
	return met.has;
}

int
fix_exec_read(struct fix_exec *e, const struct fix_msg *m, uint32_t *bad_tag)
{
	struct met met;
	int rc;

	*bad_tag = 0;
	memset(e, 0, sizeof(*e));
	e->kind = kind_of(m, "89");
	if (e->kind == '\0')
		return -FIX_E_NOTFOUND;
	rc = read_fields(m, exec_rows, exec_slot, E_18, e, &met, bad_tag);
	if (rc == 0)
		e->has = exec_has(met);
	return rc;
}

/*
 * A report is what we write most of, so where all of it surely fits nobody asks
 * for room again before each field. The bytes are the same.
 */
struct pen {
	uint8_t *p;
	bool bad; /* a value may not stand */
};

/* Most bytes that a value of each type takes. */
#define MAX_T_SPAN(v) (v).len
#define MAX_T_CHAR(v) 1u
#define MAX_T_INT(v) 20u
#define MAX_T_DEC(v) FIX_DEC_MAX
#define MAX_T_E8(v) FIX_DEC_MAX
#define MAX_T_QTY(v) FIX_DEC_MAX
#define MAX_T_UTC(v) FIX_STAMP_MAX
#define MOST(t, y, m, h) +sizeof(#t "=") + MAX_##y(s->m)

static inline void
pen_end(struct pen *w, size_t n)
{
	w->bad |= n == 0;
	w->p[n] = FIX_SOH;
	w->p += n + 1;
}

/* A field of each type; tag is "44=" and n its length. */
#define PEN(type, what)                                                        \
	static inline void pen_##type(struct pen *w, const char *tag,          \
	    size_t n, const what *v, bool there)

PEN(T_SPAN, struct fix_span)
{
	if (!there || v->len == 0)
		return;
	memcpy(w->p, tag, n);
	w->bad |= fix_copy_text(w->p + n, *v);
	w->p += n;
	pen_end(w, v->len);
}

PEN(T_CHAR, char)
{
	if (!there || *v == '\0')
		return;
	memcpy(w->p, tag, n);
	w->p[n] = (uint8_t)*v;
	w->p += n;
	pen_end(w, *v == FIX_SOH ? 0 : 1);
}

#define PEN_NUMBER(type, what, put)                                            \
	PEN(type, what)                                                        \
	{                                                                      \
		if (!there)                                                    \
			return;                                                \
		memcpy(w->p, tag, n);                                          \
		w->p += n;                                                     \
		pen_end(w, put);                                               \
	}

PEN_NUMBER(T_INT, int64_t, fix_int_format(w->p, *v))
PEN_NUMBER(T_DEC, struct fix_dec, fix_dec_format(w->p, *v))
PEN_NUMBER(T_E8, int64_t, fix_e8_format(w->p, *v))
PEN_NUMBER(T_UTC, struct fix_utc, fix_utc_format(w->p, *v, 3))

PEN(T_QTY, int64_t)
{
	pen_T_E8(w, tag, n, v, there && *v >= 0);
}

#define PUT(t, y, m, h)                                                        \
	pen_##y(&w, #t "=", sizeof(#t), &s->m, (h) == 0 || (s->has & (h)));

static bool
is_rare(const struct fix_exec *s)
{
	return (s->has & RARE_HAS) != 0 || s->exec_inst.len > 0 ||
	       s->peg_price_type.len > 0 || s->comm_currency.len > 0 ||
	       s->position_effect != '\0' || s->peg_offset_type != '\0' ||
	       s->comm_type != '\0';
}

/* There is room for all of it. */
static void
write_freely(struct fix_build *b, const struct fix_exec *s, bool rare)
{
	struct pen w = { b->buf + b->len, false };

	EXEC(PUT)
	if (rare) {
		EXEC_RARE(PUT)
	}
	b->len = (size_t)(w.p - b->buf);
	if (w.bad)
		b->err = -FIX_E_FORMAT;
}

void
fix_exec_write(struct fix_build *b, const struct fix_exec *s)
{
	size_t most = 0 EXEC(MOST);
	bool rare = is_rare(s);

	if (rare)
		most += 0 EXEC_RARE(MOST);
	if (b->err == 0 && b->cap - b->len >= most) {
		write_freely(b, s, rare);
	} else {
		EXEC(WRITE)
		EXEC_RARE(WRITE)
	}
	if (s->parties.len > 0)
		fix_build_raw(b, s->parties);
}
