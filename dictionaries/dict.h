/*
 * What a message may hold: flat tables of one FIX version, and the check of a
 * message against them.
 *
 * Loaded from QuickFIX's XML schema or from a FIX Orchestra file (told apart
 * by the root element); immutable afterwards, shared by any number of sessions.
 */
#ifndef FIXGATE_DICTIONARIES_DICT_H
#define FIXGATE_DICTIONARIES_DICT_H

#include "fix/group.h"
#include "fix/msg.h"
#include "fix/version.h"

struct fix_dict; /* opaque: laid out in dict.c */

enum fix_type { /* what a value must read as */
	FIX_T_STRING, FIX_T_CHAR, FIX_T_BOOLEAN, FIX_T_INT, FIX_T_LENGTH,
	FIX_T_SEQNUM, FIX_T_NUMINGROUP, FIX_T_TAGNUM, FIX_T_DAYOFMONTH,
	FIX_T_FLOAT, FIX_T_QTY, FIX_T_PRICE, FIX_T_PRICEOFFSET, FIX_T_AMT,
	FIX_T_PERCENTAGE, FIX_T_MULTIPLECHAR, FIX_T_MULTIPLESTRING,
	FIX_T_COUNTRY, FIX_T_CURRENCY, FIX_T_EXCHANGE, FIX_T_LANGUAGE,
	FIX_T_MONTHYEAR, FIX_T_UTCTIMESTAMP, FIX_T_UTCTIMEONLY,
	FIX_T_UTCDATEONLY, FIX_T_LOCALMKTDATE, FIX_T_TZTIMEONLY,
	FIX_T_TZTIMESTAMP, FIX_T_DATA, FIX_T_XMLDATA,
	FIX_N_TYPE
};

struct fix_dict_error {
	char text[512]; /* "FILE:LINE: what is wrong", NUL-terminated */
};

/**
 * Load a dictionary file.
 *
 * No DTD, no entities, no network; refuses cycles of components, duplicates,
 * more than 64 MiB or absurd counts, each with file and line.
 * @param out  the dictionary, to be freed with fix_dict_free()
 * @return 0, -FIX_E_IO, -FIX_E_CONFIG, -FIX_E_NOMEM; *e says what is wrong
 */
FIX_API int fix_dict_load(struct fix_dict **out, const char *path,
    struct fix_dict_error *e) FIX_MUST_CHECK;
/** The same from len bytes of memory, borrowed for the call; name stands for the
 * file in messages. @return as fix_dict_load(), but -FIX_E_IO */
FIX_API int fix_dict_load_mem(struct fix_dict **out, const char *name,
    const void *xml, size_t len, struct fix_dict_error *e) FIX_MUST_CHECK;
/**
 * One more holder: the dictionary stays until each has called fix_dict_free().
 * Not for several threads at once.
 *
 * @param d  a dictionary, or NULL
 * @return d
 */
FIX_API const struct fix_dict *fix_dict_hold(const struct fix_dict *d);
/** Leave a dictionary, which goes with its last holder; whoever loaded it is
 * the first. NULL is fine. */
FIX_API void fix_dict_free(const struct fix_dict *d);

/**
 * Folder of the dictionaries that come with fixgate: $FIXGATE_DICTIONARIES,
 * else the source's own where it still exists (build tree), else where they
 * are installed.
 * @return its path, good for ever, never NULL; whether it is there is not said
 */
FIX_API const char *fix_dict_default_dir(void);
/**
 * Load one of them: FIX42.xml for FIX_V_42; FIXT11.xml for FIX_V_NONE.
 *
 * @return as fix_dict_load(); -FIX_E_CONFIG for FIX_V_LATEST, which has none
 */
FIX_API int fix_dict_load_version(struct fix_dict **out, enum fix_version v,
    struct fix_dict_error *e) FIX_MUST_CHECK;

/** @return name of a type, "PRICE"; static, never NULL */
FIX_API const char *fix_type_name(enum fix_type t);
/** @return version that the file's root names; FIX_V_NONE for FIXT 1.1 */
FIX_API enum fix_version fix_dict_version(const struct fix_dict *d);

struct fix_dict_field {
	uint32_t tag;
	enum fix_type type;
	const char *name;  /* "ClOrdID" */
	uint32_t n_values; /* of its enumeration, 0 if it has none */
	bool closed;       /* it takes no other values */
};

/** Field of a tag or name (case matters), NULL if there is none. */
FIX_API const struct fix_dict_field *fix_dict_field(const struct fix_dict *d,
    uint32_t tag);
FIX_API const struct fix_dict_field *fix_dict_field_named(
    const struct fix_dict *d, const char *name);
/** @return tag of the field that stands before a data field with its length; 0:
 * tag is no data field, or none is known */
FIX_API uint32_t fix_dict_length_tag(const struct fix_dict *d, uint32_t tag);
/** Name of an enumeration's value ("BUY"), NULL if it is not in it. */
FIX_API const char *fix_dict_value_name(const struct fix_dict *d, uint32_t tag,
    struct fix_span value);
/** Value number i of a field's enumeration; i < n_values. */
FIX_API void fix_dict_value(const struct fix_dict *d, uint32_t tag, uint32_t i,
    const char **value, const char **name);
/** Name of a message type ("NewOrderSingle"), NULL if unknown. */
FIX_API const char *fix_dict_msg_name(const struct fix_dict *d,
    struct fix_span type);
/** Type of a message's name ("D"), NULL if unknown. */
FIX_API const char *fix_dict_msg_type(const struct fix_dict *d,
    const char *name);
/** Is it a session message ("admin")? false if unknown. */
FIX_API bool fix_dict_msg_admin(const struct fix_dict *d, struct fix_span type);
/** Definition of the group that count_tag opens in a message (or in the
 * header, type empty), NULL if there is none. Lives as long as d. */
FIX_API const struct fix_group_def *fix_dict_group(const struct fix_dict *d,
    struct fix_span type, uint32_t count_tag);
/** Is tag a field of the header, of the trailer? */
FIX_API bool fix_dict_in_header(const struct fix_dict *d, uint32_t tag);
FIX_API bool fix_dict_in_trailer(const struct fix_dict *d, uint32_t tag);

/* Members as the file has them, for tools that walk a dictionary
 * (generation, comparison, diff). Groups stand as their count field, members
 * of groups follow with a depth one higher. */
struct fix_dict_member {
	uint32_t tag;
	uint8_t depth;
	bool required;
	bool group;
};
/** @return how many messages it has */
FIX_API uint32_t fix_dict_n_msgs(const struct fix_dict *d);
/** Type, name and kind of message i, i < fix_dict_n_msgs(); texts live as long
 * as d. @return nothing */
FIX_API void fix_dict_msg_at(const struct fix_dict *d, uint32_t i,
    const char **type, const char **name, bool *admin);
#define FIX_DICT_HEADER UINT32_MAX
#define FIX_DICT_TRAILER (UINT32_MAX - 1)
/** Members of message i, FIX_DICT_HEADER or FIX_DICT_TRAILER.
 * @return *n of them, in the file's order; live as long as d */
FIX_API const struct fix_dict_member *fix_dict_members(const struct fix_dict *d,
    uint32_t i, uint32_t *n);
/** @return how many fields it has */
FIX_API uint32_t fix_dict_n_fields(const struct fix_dict *d);
/** @return field i, i < fix_dict_n_fields(), by ascending tag; lives as long as
 * d */
FIX_API const struct fix_dict_field *fix_dict_field_at(
    const struct fix_dict *d, uint32_t i);

/* Switches by QuickFIX's names; fix_check_all is QuickFIX's default set, all
 * zero checks formats, repeated tags and MsgType only. */
struct fix_check {
	bool fields_out_of_order;   /* ValidateFieldsOutOfOrder */
	bool fields_have_values;    /* ValidateFieldsHaveValues */
	bool user_defined_fields;   /* ValidateUserDefinedFields: tags from 5000
	                               on that the dictionary lacks, or has in
	                               other messages, are refused */
	bool unknown_msg_fields;    /* AllowUnknownMsgFields=N: known tag below
	                               5000, not of this message, is refused */
	bool unknown_fields;        /* AllowUnknownMsgFields=N: a tag below 5000
	                               that the dictionary lacks is refused */
	bool enums;                 /* AllowUnknownEnumValues=N: values outside
	                               an enumeration are refused */
	bool required;              /* missing required fields are refused */
	bool group_order;           /* ValidateUnorderedGroupFields (QuickFIX/J):
	                               members of an entry in another order than
	                               the dictionary's are refused */
	bool group_count;           /* a count that is not the number of entries
	                               is refused */
	bool first_is_delimiter;    /* FirstFieldInGroupIsDelimiter (QuickFIX/J):
	                               the first field found in a group opens
	                               its entries, whatever the dictionary says;
	                               false in fix_check_all */
	const uint32_t *open_enums; /* fields whose values may be outside their
	                               enumeration all the same: n_open_enums
	                               tags, borrowed as long as the check */
	uint32_t n_open_enums;
};

FIX_API_DATA const struct fix_check fix_check_all;

/* What SessionRejectReason(373) says of a message. */
struct fix_fault {
	int reason;     /* 373, or -1: a private MsgType (U...) that is unknown,
	                   for BusinessMessageReject(380=3) */
	uint32_t field; /* index of the field, FIX_MSG_NONE: a missing one */
	uint32_t tag;   /* RefTagID(371), 0 if none: with reason 11 and with a
	                   tag that is FIX_TAG_BAD, whose text is the field's */
};

/**
 * Check a message.
 *
 * Order of checks as the acceptance suites rely on it
 * (reference: QuickFIX acceptance cases 14a to 14i): header order (14),
 * MsgType (11), required (1), then per field, header before trailer before
 * body: repeated (13), empty (4), format (6), enum (5), tag number (0), not of
 * this message (2), group count (16), group order (15).
 *
 * A member of a group that is required is so in every entry. A data field has
 * its length right before it (1 with the length's tag if not, 6 if it is not
 * true). Of several faults the one that comes first in this order is told.
 *
 * @param transport  rules for header, trailer and session messages
 * @param app        rules for application messages; may be the same
 * @return 0 good, 1 a fault and *f set. Allocates nothing.
 */
FIX_API int fix_dict_check(const struct fix_dict *transport,
    const struct fix_dict *app, const struct fix_msg *m,
    const struct fix_check *c, struct fix_fault *f) FIX_MUST_CHECK;

/** Text of a SessionRejectReason: "Required tag missing"; never NULL. */
FIX_API const char *fix_reject_text(int reason);

#endif
