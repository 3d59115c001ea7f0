/**
 * @file
 * Why libcurl failed, in the same words each time, so that what is told once is
 * told once: its own text says after how many milliseconds.
 */
#ifndef FIXGATE_GATEWAY_CURL_WHY_H
#define FIXGATE_GATEWAY_CURL_WHY_H

#include <curl/curl.h>

/** @param rc     not CURLE_OK
 * @param error  CURLOPT_ERRORBUFFER, empty: libcurl had nothing to add
 * @return error, or a text of libcurl's that stays; never NULL */
static inline const char *
curl_why(CURLcode rc, const char *error)
{
	if (error[0] == '\0' || rc == CURLE_COULDNT_CONNECT ||
	    rc == CURLE_OPERATION_TIMEDOUT)
		return curl_easy_strerror(rc);
	return error;
}

#endif
