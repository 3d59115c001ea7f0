/* Deviations from the FIX text as settings: the one place that joins a
 * setting's name with its bits in struct fix_session_cfg. */
#ifndef FIXGATE_GATEWAY_SETTINGS_DEVIATE_H
#define FIXGATE_GATEWAY_SETTINGS_DEVIATE_H

#include <stdint.h>

#include "gateway/settings/conf.h"

/** Bits (FIX_DEV()) that a section's settings ask for; what it does not set is
 * by the text. The settings themselves are rows of conf_keys.h. */
uint64_t deviate_read(const struct conf_section *sec);

#endif
