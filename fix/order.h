/*
 * Typed requests and reports: what NewOrderSingle(D), OrderCancelRequest(F),
 * OrderCancelReplaceRequest(G), OrderStatusRequest(H), ExecutionReport(8) and
 * OrderCancelReject(9) say, free of version.
 *
 * Texts are spans over the message they were read from. Quantities and prices
 * are exact decimals. `has` says which fields were present.
 */
#ifndef FIXGATE_FIX_ORDER_H
#define FIXGATE_FIX_ORDER_H

#include "fix/build.h"
#include "fix/msg.h"

enum fix_order_has {
	FIX_OH_ORDER_QTY = 1 << 0,
	FIX_OH_PRICE = 1 << 1,
	FIX_OH_STOP_PX = 1 << 2,
	FIX_OH_TRANSACT_TIME = 1 << 3,
	FIX_OH_EXPIRE_TIME = 1 << 4,
	FIX_OH_MIN_QTY = 1 << 5,
	FIX_OH_MAX_FLOOR = 1 << 6,
	FIX_OH_CASH_ORDER_QTY = 1 << 7,
	FIX_OH_ORIG_ORD_MOD_TIME = 1 << 8,
	FIX_OH_DISPLAY_QTY = 1 << 9,
	FIX_OH_PEG_OFFSET = 1 << 10,
	FIX_OH_EFFECTIVE_TIME = 1 << 11,
};

struct fix_order {
	char kind;     /* 'D', 'F', 'G' or 'H' */
	uint32_t has;  /* enum fix_order_has */
	bool poss_resend;                /* 97=Y */
	struct fix_span cl_ord_id;       /* 11 */
	struct fix_span orig_cl_ord_id;  /* 41 */
	struct fix_span order_id;        /* 37 */
	struct fix_span account;         /* 1 */
	struct fix_span symbol;          /* 55 */
	struct fix_span security_exchange; /* 207 */
	struct fix_span ex_destination;  /* 100 */
	struct fix_span currency;        /* 15 */
	struct fix_span text;            /* 58 */
	struct fix_span exec_inst;       /* 18 */
	struct fix_span expire_date;     /* 432 */
	struct fix_span ord_status_req_id; /* 790 */
	struct fix_span peg_price_type;  /* 1094 */
	struct fix_span no_sessions;     /* 386, and of the first of them */
	struct fix_span trading_session; /* 336 */
	/* Neither read nor written here, the caller's to say: */
	struct fix_span parties; /* as of fix_parties_read() */
	struct fix_span trader; /* who gave it */
	uint32_t token; /* leave for this order, by its number; 0: none */
	const char *wrong; /* why it can't be obeyed; NULL: nothing is wrong */
	uint8_t skip;   /* bits 1 << ValueCheckType(1869) that it passes over */
	char side;          /* 54, NUL if absent */
	char ord_type;      /* 40, NUL if absent */
	char time_in_force; /* 59, NUL if absent: day */
	char handl_inst;    /* 21, NUL if absent */
	char position_effect; /* 77, NUL if absent */
	char peg_offset_type; /* 836, NUL if absent: a price */
	struct fix_dec order_qty; /* 38 */
	struct fix_dec price;     /* 44 */
	struct fix_dec stop_px;   /* 99 */
	struct fix_dec min_qty;   /* 110 */
	struct fix_dec max_floor; /* 111 */
	struct fix_dec display_qty; /* 1138 */
	struct fix_dec peg_offset; /* 211 */
	struct fix_dec cash_order_qty;   /* 152 */
	struct fix_stamp transact_time;  /* 60 */
	struct fix_stamp expire_time;    /* 126 */
	struct fix_stamp effective_time; /* 168 */
	struct fix_stamp orig_ord_mod_time; /* 586 */
};

/**
 * Read a request.
 *
 * Reads what is there and checks types only; what is required, and what the
 * values may be, is for the dictionary and for order logic.
 * @return 0, -FIX_E_NOTFOUND (no D, F, G or H), or a field's parse error, with
 *         *bad_tag set to that field
 */
FIX_API int fix_order_read(struct fix_order *o, const struct fix_msg *m,
    uint32_t *bad_tag) FIX_MUST_CHECK;
/** Has the struct a place for a field of this tag? */
FIX_API bool fix_order_reads(uint32_t tag);
/** Write it as the body of a message begun with fix_build_start(). */
FIX_API void fix_order_write(struct fix_build *b, const struct fix_order *o);

enum fix_exec_has {
	FIX_EH_LAST = 1 << 0,        /* last_qty and last_px */
	FIX_EH_PRICE = 1 << 1,
	FIX_EH_STOP_PX = 1 << 2,
	FIX_EH_ORD_REJ_REASON = 1 << 3,
	FIX_EH_CXL_REJ_REASON = 1 << 4,
	FIX_EH_RESTATEMENT = 1 << 5, /* exec_restatement_reason */
	FIX_EH_DAY = 1 << 6,         /* day_order_qty, day_cum_qty, day_avg_px */
	FIX_EH_QTYS = 1 << 7,        /* order_qty, cum_qty, leaves_qty, avg_px */
	FIX_EH_TRANSACT_TIME = 1 << 8,
	FIX_EH_MIN_QTY = 1 << 9,
	FIX_EH_MAX_FLOOR = 1 << 10,
	FIX_EH_CASH_ORDER_QTY = 1 << 11,
	FIX_EH_PEG_OFFSET = 1 << 12,
	FIX_EH_EXPIRE_TIME = 1 << 13,
	FIX_EH_EFFECTIVE_TIME = 1 << 14,
	FIX_EH_COMMISSION = 1 << 15, /* commission */
};

/* An ExecutionReport or OrderCancelReject: kind '8' or '9'. A field that the
 * face at hand does not have is left empty or NUL and is not written. */
struct fix_exec {
	char kind;
	uint32_t has; /* enum fix_exec_has */
	struct fix_span order_id;          /* 37 */
	struct fix_span cl_ord_id;         /* 11 */
	struct fix_span orig_cl_ord_id;    /* 41 */
	struct fix_span exec_id;           /* 17 */
	struct fix_span exec_ref_id;       /* 19 */
	struct fix_span account;           /* 1 */
	struct fix_span symbol;            /* 55 */
	struct fix_span last_mkt;          /* 30 */
	struct fix_span text;              /* 58 */
	struct fix_span ord_status_req_id; /* 790 */
	struct fix_span parties; /* as of fix_parties_read(), in the face at
	                            hand: written as they stand, not read */
	char exec_trans_type; /* 20, 4.2 only */
	char exec_type;       /* 150 */
	char ord_status;      /* 39 */
	char side;            /* 54 */
	char ord_type;        /* 40 */
	char time_in_force;   /* 59 */
	char cxl_rej_response_to; /* 434 */
	int64_t ord_rej_reason;   /* 103 */
	int64_t cxl_rej_reason;   /* 102 */
	int64_t exec_restatement_reason; /* 378 */
	int64_t order_qty_e8; /* 38; below 0: not said */
	int64_t cum_qty_e8;   /* 14 */
	int64_t leaves_qty_e8; /* 151 */
	struct fix_dec avg_px; /* 6 */
	int64_t last_qty_e8;  /* 32 */
	int64_t last_px_e8;   /* 31 */
	int64_t price_e8;     /* 44 */
	int64_t stop_px_e8;   /* 99 */
	int64_t day_order_qty_e8; /* 424 */
	int64_t day_cum_qty_e8;   /* 425 */
	struct fix_dec day_avg_px; /* 426 */
	struct fix_utc transact_time; /* 60, written in milliseconds */

	/* Few reports have these; what is not set costs nothing. */
	struct fix_span exec_inst;      /* 18 */
	struct fix_span peg_price_type; /* 1094 */
	struct fix_span comm_currency;  /* 479 */
	char position_effect;           /* 77 */
	char peg_offset_type;           /* 836 */
	char comm_type;                 /* 13 */
	int64_t min_qty_e8;             /* 110 */
	int64_t max_floor_e8;           /* 111 */
	int64_t cash_order_qty_e8;      /* 152 */
	int64_t peg_offset_e8;          /* 211 */
	int64_t commission_e8;          /* 12 */
	struct fix_utc expire_time, effective_time; /* 126, 168 */
};

/**
 * Read 8 or 9. A bit of `has` that stands for several fields is set if all of
 * them are there; order_qty may be missing and is 0 then. Of the fields that few
 * reports have, one that can't be read counts as missing.
 *
 * @return as fix_order_read()
 */
FIX_API int fix_exec_read(struct fix_exec *e, const struct fix_msg *m,
    uint32_t *bad_tag) FIX_MUST_CHECK;
/** Write it as the body of a message begun with fix_build_start(). */
FIX_API void fix_exec_write(struct fix_build *b, const struct fix_exec *e);

#endif
