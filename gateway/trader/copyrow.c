/* Rows of drop copy sessions, read by the trader and by tools. */
#include "gateway/trader/copyrow.h"

bool
copy_cursor_read(struct fix_store *s, const char *id, struct copy_cursor *out)
{
	ssize_t n;

	memset(out, 0, sizeof(*out));
	n = fix_store_get(
	    s, FIX_TAB_CURSORS, fix_span_of(id), out, sizeof(*out));
	if (n == (ssize_t)sizeof(*out) || n == (ssize_t)sizeof(out->record))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

size_t
copy_row_key(uint8_t out[FIX_STORE_KEY_MAX], const char *id, uint32_t session)
{
	size_t n = strlen(id);

	if (n + 5 > FIX_STORE_KEY_MAX)
		return 0;
	memcpy(out, id, n + 1);
	return n + 1 + fix_key_u32(out + n + 1, session);
}
