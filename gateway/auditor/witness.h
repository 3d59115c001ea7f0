/* A folder on another disk that remembers how far the trail had come. */
#ifndef FIXGATE_GATEWAY_AUDITOR_WITNESS_H
#define FIXGATE_GATEWAY_AUDITOR_WITNESS_H

#include "fix/err.h"

/**
 * Give a witness the newest checkpoint of a trail; synced.
 *
 * What it has stays if it is of more events than text, or of as many with another
 * root, or of a trail of another name: the trail was cut, forked or mixed up, and
 * the witness's copy is the evidence.
 *
 * @param text  a note as audit_note_write() makes it
 * @return 0; -FIX_E_IO with errno; -FIX_E_CORRUPT: the witness knows better;
 *         -FIX_E_FORMAT: text is no checkpoint; -FIX_E_NOMEM
 */
int witness_put(const char *folder, const char *text) FIX_MUST_CHECK;

#endif
