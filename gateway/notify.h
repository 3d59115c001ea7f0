/* Telling a service manager how far we are. */
#ifndef FIXGATE_GATEWAY_NOTIFY_H
#define FIXGATE_GATEWAY_NOTIFY_H

/** "READY=1", "STOPPING=1" to NOTIFY_SOCKET, where there is one. */
void notify_state(const char *state);

#endif
