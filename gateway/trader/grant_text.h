/* A trader's grant as text, see grant_text.c. */
#ifndef FIXGATE_GATEWAY_TRADER_GRANT_TEXT_H
#define FIXGATE_GATEWAY_TRADER_GRANT_TEXT_H

#include "gateway/trader/command.h"
#include "risk/risk.h"

#define GRANT_TEXT_MAX (64u * 1024)

/** What a trader has in risk. @return to be freed; NULL: nothing, or *oom */
char *grant_text_of(const struct risk *r, const char *trader, bool *oom);
/** What both allow; of a list with nothing in common, what the old one does.
 * @return to be freed; NULL: no memory */
char *grant_text_meet(const char *is, const char *was);
/** In any order of their lines. */
bool grant_text_same(const char *a, const char *b);
/** Grant it. @return 0, risk's */
int grant_text_use(struct risk *r, const char *trader, const char *text)
    FIX_MUST_CHECK;
/** The line behind this one, NULL: there is none. */
const char *grant_text_line(const char *p);
/** Under the names that [RISK trader] has. @param text  NULL: none */
void grant_text_say(struct trader *t, struct answer *a, const char *text);

#endif
