/*
 * Who stands behind an order: the Parties component, kept as the fields that a
 * message has for it, free of the message.
 *
 * From FIX.4.3 on that is the group NoPartyIDs(453) as it stood, with all that
 * belongs to its entries. FIX.4.2 and before have ClientID(109), ExecBroker(76)
 * and ClearingFirm(439), which are the parties with PartyRole(452) 3, 1 and 4
 * (FIX volume 6, "Use of <Parties> component block").
 */
#ifndef FIXGATE_FIX_PARTIES_H
#define FIXGATE_FIX_PARTIES_H

#include "fix/build.h"
#include "fix/version.h"

#define FIX_PARTIES_MAX 400u /* bytes of all their fields */

struct fix_party { /* borrowed from the parties it was read from */
	struct fix_span id;     /* PartyID(448) */
	struct fix_span source; /* PartyIDSource(447), or empty */
	struct fix_span role;   /* PartyRole(452), or empty */
};

/**
 * The parties that a message names, by its BeginString(8): the first
 * NoPartyIDs(453) in it, or the fields of FIX.4.2.
 *
 * @param out  of FIX_PARTIES_MAX bytes
 * @return bytes written, 0: it names none; -FIX_E_FORMAT: a count that is not
 *         that of the entries, or an empty field; -FIX_E_TOOBIG
 */
FIX_API int fix_parties_read(const struct fix_msg *m, uint8_t *out)
    FIX_MUST_CHECK;
/** Are these bytes fields of parties, as fix_parties_read() gives them? */
FIX_API bool fix_parties_ok(struct fix_span parties);
/** Are they in the form that a version has? Those that are not must be written
 * by fix_parties_write(). */
FIX_API bool fix_parties_fit(struct fix_span parties, enum fix_version v);
/** The next party; *rest begins as all of them. @return false: no more */
FIX_API bool fix_parties_next(struct fix_span *rest, struct fix_party *p);
/** Add them as a version has them. What it has no field for is left out: sub
 * ids of another form, a role that it does not know with its party. */
FIX_API void fix_parties_write(struct fix_build *b, struct fix_span parties,
    enum fix_version to);

#endif
