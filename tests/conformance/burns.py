"""Forty things that went wrong in other engines, and what keeps ours from them.

A row: number, what it was, the program that has the test, the test's name in
its output, and the protection: source file, the text that is it, and what
stands there without it. mutants.py plays every row. Cases are those of
cases/; what has no face on the wire is tested where it lives.
"""
from collections import namedtuple

Burn = namedtuple("Burn", "number what program test file old new env", defaults=({},))
CASES = "tests/conformance/test_cases"


def case(number, what, name, file, old, new):
    return Burn(number, what, CASES, f"{name} ", file, old, new, {"CASES": name})


BURNS = [
    case(1, "both sides detect a gap", "burn01", "session/inbound.c",
         "	if (s->state == S_GAP)\n		return fs_resend(s, e);\n	fs_open_gap",
         "	if (s->state == S_GAP)\n		return S_TABLE;\n	fs_open_gap"),
    case(2, "a gap fill beyond the chunk", "burn02", "session/rules.c",
         "s->next_in > s->asked_to)", "s->next_in == s->asked_to + 1)"),
    case(3, "all chunks asked for at once", "burn03", "session/seq.c",
         "	fs_send_resend_request(s, s->next_in, to);\n",
         "	fs_send_resend_request(s, s->next_in, to);\n"
         "	if (to > 0 && to < s->gap_top)\n"
         "		fs_send_resend_request(s, to + 1, s->gap_top);\n"),
    case(4, "a request that was lost counts as sent", "burn04", "session/seq.c",
         "	uint64_t chunk = s->cfg.resend_chunk, to = 0;\n",
         "	uint64_t chunk = s->cfg.resend_chunk, to = 0;\n"
         "	static const void *who;\n	static uint64_t asked;\n\n"
         "	if (who == s && asked == s->next_in)\n		return;\n"
         "	who = s;\n	asked = s->next_in;\n"),
    case(5, "a gap fill has the number of the message before", "burn05", "session/replay.c",
         "	s->fill_from = seq + 1;\n", "	s->fill_from = seq;\n"),
    case(6, "EndSeqNo above what was sent", "burn06", "session/replay.c",
         "	if (to == 0 || (uint64_t)to > last ||\n", "	if (to == 0 ||\n"),
    Burn(7, "a resend goes on when the peer has gone", "tests/session/test_resend",
         "replay_takes_ascending_numbers_of_an_open_range_only", "session/session.c",
         "	s->replaying = s->replay_waits = false;\n", ""),
    Burn(8, "messages are held without bound", "tests/session/test_policy",
         "held_messages_are_counted", "session/seq.c",
         "	if (h->n >= s->cfg.max_held_msgs ||\n	    !held_room", "	if (!held_room"),
    case(9, "only what is in sequence counts as a sign of life", "burn09", "session/session.c",
         "	s->last_in = s->now.mono;\n	s->garbled = 0;\n	note_answer(s, m);\n"
         "	in = fs_classify(s, &e);\n",
         "	s->garbled = 0;\n	in = fs_classify(s, &e);\n	if (e.seq == s->next_in) {\n"
         "		s->last_in = s->now.mono;\n		note_answer(s, m);\n	}\n"),
    case(10, "a queued Logon is counted twice", "burn10", "session/seq.c",
         "	if (done)\n		count(s, e.seq, bytes);\n	else if",
         "	if (done) {\n		count(s, e.seq, bytes);\n		count(s, s->next_in, bytes);\n	} else if"),
    case(11, "old orders are sent again", "burn11", "session/policy.c",
         "	if (in_list(s->cfg.resend_aged, type) && is_aged(s, kept))\n		return \"too old\";\n", ""),
    case(12, "a Reject is gap-filled", "burn12", "session/policy.c",
         "		return !deviates(s, FIX_DEV_NO_REJECT_AGAIN);\n", "		return false;\n"),
    Burn(13, "a stranger resets a session", "tests/session/test_logon",
         "a_stranger_with_reset_flag_resets_nothing", "session/check.c",
         "	return field_is(m, 49, s->cfg.target_comp_id) &&\n	       field_is(m, 56, s->cfg.sender_comp_id);\n",
         "	(void)s;\n	(void)m;\n	return true;\n"),
    case(14, "the answer to a reset is answered", "burn15", "session/logon.c",
         "	if (l.reset && !asked)\n		return obey_reset", "	if (l.reset)\n		return obey_reset"),
    case(15, "a reset is not told", "burn15", "session/logon.c",
         "	return l->reset || s->reset_asked;\n", "	return l->reset;\n"),
    case(16, "a reset with another number than 1", "burn16", "session/logon.c",
         "	if (e->seq != 1)\n		return \"ResetSeqNumFlag (141) needs MsgSeqNum (34) 1\";\n", ""),
    case(17, "a Heartbeat steals the number of the Logon", "burn17", "session/logon.c",
         "	fs_reset_numbers(s);\n	fs_consume(s, e);\n	s->heart_ns",
         "	fs_reset_numbers(s);\n	fs_consume(s, e);\n"
         "	fs_send_heartbeat(s, (struct fix_span){ NULL, 0 });\n	s->heart_ns"),
    case(18, "a low number at the Logon", "burn18", "session/logon.c",
         "	if (!l.reset && !s->cfg.reset_on_logon && !s->owes_reset &&\n	    e->seq < s->next_in) {",
         "	if (false) {"),
    case(19, "possible duplicates are processed", "burn19", "session/check.c",
         "	return I_DUP;\n", "	return I_APP;\n"),
    case(20, "NextExpectedMsgSeqNum does not count the Logon", "burn20", "session/logon.c",
         "	fs_consume_if(s, e);\n	own = s->next_out;\n	fs_send_logon(s, reset);\n",
         "	own = s->next_out;\n	fs_send_logon(s, reset);\n	fs_consume_if(s, e);\n"),
    case(21, "numbers of 32 bits", "burn21", "session/check.c",
         "	e->seq = fs_seq_near(s, seq, s->next_in);\n",
         "	e->seq = (uint32_t)fs_seq_near(s, seq, s->next_in);\n"),
    Burn(22, "an end before the start, in other zones", "tests/session/test_schedule",
         "an_end_in_another_zone_is_the_first_after_the_start", "session/schedule.c",
         "		if (end_moment(h, end) > start)\n			break;\n", "		break;\n"),
    Burn(23, "a week is reset at midnight", "tests/session/test_schedule",
         "a_weekly_interval_is_one_over_all_its_midnights", "session/schedule.c",
         "		days = (h->end_day - h->start_day + 7) % 7;\n", "		days = 1;\n"),
    Burn(24, "a reset at the wrong end, or twice", "tests/gateway/trader/test_hours",
         "within_an_interval_numbers_go_on_over_connections_and_kills", "gateway/trader/hours.c",
         "	return (ahead > 0 && ahead < SET_BACK_MAX) ||\n"
         "	       fix_schedule_same(&c->schedule, born, t->now.utc);\n",
         "	return ahead == 0;\n"),
    Burn(25, "the time of creation is not kept", "tests/gateway/trader/test_hours",
         "a_start_in_another_interval_begins_at_one", "gateway/trader/hours.c",
         "		c->born_ns = t->now.utc.ns;\n		c->reset_due_ns = next_reset(t, c);\n",
         "		c->reset_due_ns = next_reset(t, c);\n"),
    case(26, "a Logon outside of the hours", "burn26", "session/logon.c",
         "	if (s->shut) {\n", "	if (false) {\n"),
    case(27, "a Reject and a Logout for each of a burst", "burn27", "session/rules.c",
         "		[I_BAD_TIME] = { fs_ignore, S_ENDING },\n",
         "		[I_BAD_TIME] = { fs_bad_time, S_ENDING },\n"),
    case(28, "fractions of a second that are not three digits", "burn28", "fix/time.c",
         "	if (n == 0 || n > 12)\n", "	if (n != 3)\n"),
    case(29, "a fill is rejected for a tag", "burn29", "session/check.c",
         "	    (is_refusal(s, m) || (!named && is_execution(s, m))))\n", "	    is_refusal(s, m))\n"),
    case(30, "a Reject is rejected", "burn30", "session/check.c",
         "	    (is_refusal(s, m) || (!named && is_execution(s, m))))\n",
         "	    (!named && is_execution(s, m)))\n"),
    case(31, "data is cut at its first SOH", "burn31", "fix/split.c",
         "	return n > pos - off ? L_INSIDE : L_DATA;\n", "	return L_FIELD;\n"),
    Burn(32, "a wrong length swallows what follows", "tests/fix/test_fields",
         "data_length_that_does_not_end_at_a_soh_is_garbage", "fix/split.c",
         "	return n > pos - off ? L_INSIDE : L_DATA;\n", "	return n > pos - off ? L_INSIDE : L_FIELD;\n"),
    case(33, "a user's field ends a group", "burn33", "dictionaries/dict_check.c",
         "	return tag < USER_TAGS ? own : c->user_defined_fields;\n", "	return true;\n"),
    case(34, "lengths and sums of characters", "burn34", "fix/scan.c",
         "	if (!unchecked && number3(h->in + end + 3) != sum)\n",
         "	for (uint32_t k = 0; k < end; k++)\n		if (h->in[k] > 127)\n			sum = (uint8_t)(sum - h->in[k]);\n"
         "	if (!unchecked && number3(h->in + end + 3) != sum)\n"),
    case(35, "garbage is never passed over", "burn35", "fix/scan.c",
         "		return garbage(s, why, resync(in, 1, len));\n", "		return 0;\n"),
    Burn(36, "decimals without a digit before the point", "tests/fix/test_decimal",
         "other_ways_to_write_a_value_are_read", "fix/decimal.c",
         "	digits = (size_t)(p - first);\n	point = p;\n",
         "	digits = (size_t)(p - first);\n	if (digits == 0)\n		return -FIX_E_FORMAT;\n	point = p;\n"),
    Burn(37, "a connection counts as success", "tests/gateway/failover.py",
         "a host that accepts and closes is no success", "gateway/trader/dial.c",
         "	} else if (d->link->conn.up) {\n", "	} else if (true) {\n"),
    Burn(38, "a peer that does not read", "tests/gateway/doors.py", "cut", "gateway/trader/loop.c",
         "	size_t max = k->max_queued;\n", "	size_t max = SIZE_MAX / 2;\n"),
    case(39, "what was sent is not kept", "burn39", "session/out.c",
         "			.kind = FIX_ACT_PERSIST, .seq = seq, .bytes = bytes });\n",
         "			.kind = FIX_ACT_PERSIST, .seq = seq,\n"
         "			.bytes = { bytes.p, bytes.len - 1 } });\n"),
    Burn(40, "passwords in clear", "tests/gateway/auth.py", "nor in any file of the gateway", "gateway/trader/secrets.c",
         "	return tag == 554 || tag == 925 ||", "	return tag == 925 ||"),
]
