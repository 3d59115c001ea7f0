/* The actions that the state table names. Each is given the session and what
 * happened, and answers with the state to go to, S_TABLE: as the table says. */
#ifndef FIXGATE_SESSION_ACTIONS_H
#define FIXGATE_SESSION_ACTIONS_H

#include "session/internal.h"

#define ACTION(name) enum state name(struct fix_session *s, struct event *e)

ACTION(fs_ignore);
ACTION(fs_count_only);
ACTION(fs_deliver);
ACTION(fs_answer_test);
ACTION(fs_heartbeat);
ACTION(fs_note_reject);
ACTION(fs_resend);
ACTION(fs_gap);
ACTION(fs_gap_again);
ACTION(fs_gap_resend);
ACTION(fs_gap_logout);
ACTION(fs_filled);
ACTION(fs_ask_again);
ACTION(fs_gap_fill);
ACTION(fs_reset_to);
ACTION(fs_too_low);
ACTION(fs_duplicate);
ACTION(fs_bad_duplicate);
ACTION(fs_reject);
ACTION(fs_bad_time);
ACTION(fs_bad_id);
ACTION(fs_bad_begin);
ACTION(fs_no_number);
ACTION(fs_garbled);
ACTION(fs_too_big);
ACTION(fs_not_logon);
ACTION(fs_stranger);
ACTION(fs_noise);
ACTION(fs_hang_up_big);
ACTION(fs_no_reply);
ACTION(fs_turned_away);
ACTION(fs_say_bye);
ACTION(fs_bye);
ACTION(fs_bye_at_last);
ACTION(fs_log_out);
ACTION(fs_close_early);
ACTION(fs_idle);
ACTION(fs_probe);
ACTION(fs_dead);
ACTION(fs_timed_out);
ACTION(fs_say_bye_late);
ACTION(fs_gone);
ACTION(fs_connect);
ACTION(fs_first_logon);
ACTION(fs_logon_reply);
ACTION(fs_relogon);
ACTION(fs_bad_logon);
ACTION(fs_refuse_logon);
ACTION(fs_violation);

void fs_send_logout_after(struct fix_session *s, const struct fix_fault *f);
void fs_tell_too_low(struct fix_session *s, const struct event *e);
enum state fs_end_at_gap(struct fix_session *s, const struct event *e);
enum state fs_end_with(struct fix_session *s, enum fix_why why, const char *text);

#endif
