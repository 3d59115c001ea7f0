/*
 * Settings of Vault, which secrets of other sections may name. Rows as in
 * conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_vault_keys[] = {
	{ "Address", CONF_T_TEXT, NULL,
	    "https://HOST:PORT; http only on a loopback address [$VAULT_ADDR]" },
	{ "Auth", CONF_T_WORD, "token|approle|kubernetes",
	    "how we log in [token]" },
	{ "Token", CONF_T_SECRET, NULL, "the token [$VAULT_TOKEN]" },
	{ "RoleId", CONF_T_TEXT, NULL, "AppRole's role [$VAULT_ROLE_ID]" },
	{ "SecretId", CONF_T_SECRET, NULL,
	    "AppRole's secret, if it wants one [$VAULT_SECRET_ID]" },
	{ "Role", CONF_T_TEXT, NULL, "Kubernetes' role [trading-platform]" },
	{ "JwtFile", CONF_T_PATH, NULL,
	    "token of the service account, read at each login "
	    "[/var/run/secrets/kubernetes.io/serviceaccount/token]" },
	{ "AuthPath", CONF_T_TEXT, NULL,
	    "where the login is mounted [approle or kubernetes]" },
	{ "Mount", CONF_T_TEXT, NULL,
	    "where the KV engine, version 2, is mounted [secret]" },
	{ "Namespace", CONF_T_TEXT, NULL,
	    "Vault Enterprise's namespace [$VAULT_NAMESPACE]" },
	{ "CAFile", CONF_T_PATH, NULL,
	    "certificates that may vouch for Vault's, PEM [$VAULT_CACERT, else "
	    "the system's]" },
	{ "RefreshInterval", CONF_T_INT, NULL,
	    "seconds after which a secret is read again [60]" },
	{ "Timeout", CONF_T_INT, NULL, "seconds for an answer [10]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
