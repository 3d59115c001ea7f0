/*
 * Where a session leaves the FIX text because its peer expects something else:
 * a setting for each deviation, its value for the text first. What each does,
 * by which test case, is in tests/conformance/README.md; who needs which is in
 * profiles/.
 *
 * In: a section's settings. Out: the bits that session/ asks for by name.
 */
#include "gateway/settings/deviate.h"

#include <stddef.h>

#include "gateway/settings/conf_keys.h"
#include "session/session.h"

#define BIT(name) FIX_DEV(name)

/* Name, type, words, meaning; bits of its first, second and third value, where
 * N comes before Y. */
#define DEVIATIONS(X)                                                          \
	X("InvalidLogon", CONF_T_WORD, "logout|close",                         \
	    "a Logon with a fault is answered by a Logout that says the "      \
	    "reason, or by closing without a word [logout]",                   \
	    0, BIT(LOGON_SILENT), 0)                                           \
	X("LowMsgSeqNum", CONF_T_WORD, "logout|close|reject",                  \
	    "a MsgSeqNum too low: Logout and wait for the reply, Logout and "  \
	    "close at once, or Reject and close at once [logout]",             \
	    0, BIT(LOW_CLOSE), BIT(LOW_REJECT))                                \
	X("CheckOrigSendingTime", CONF_T_WORD, "always|old",                   \
	    "which possible duplicates need a good OrigSendingTime: all, or "  \
	    "those whose number is too low [always]",                          \
	    0, BIT(ORIG_OLD_ONLY), 0)                                          \
	X("BadOrigSendingTime", CONF_T_WORD, "reject|logout",                  \
	    "an old number with OrigSendingTime after SendingTime: Reject, "   \
	    "or Reject and Logout [reject]",                                   \
	    0, BIT(ORIG_LOGOUT), 0)                                            \
	X("RefTagIDOfCompID", CONF_T_BOOL, NULL,                               \
	    "Rejects for a wrong CompID (reason 9) have RefTagID [Y]",         \
	    BIT(NO_REF_ID), 0, 0)                                              \
	X("RefTagIDOfTime", CONF_T_BOOL, NULL,                                 \
	    "Rejects for SendingTime or MsgType (10, 11) have RefTagID [Y]",   \
	    BIT(NO_REF_TIME), 0, 0)                                            \
	X("RefTagIDOfNewSeqNo", CONF_T_BOOL, NULL,                             \
	    "Rejects of a SequenceReset to a lower number have RefTagID [Y]",  \
	    BIT(NO_REF_NEW_SEQ), 0, 0)                                         \
	X("LogoutTextAfterReject", CONF_T_BOOL, NULL,                          \
	    "the Logout behind a Reject has Text [Y]",                         \
	    BIT(NO_LOGOUT_TEXT), 0, 0)                                         \
	X("AnswerLowLogout", CONF_T_BOOL, NULL,                                \
	    "answer a Logout whose MsgSeqNum is too low [N]",                  \
	    0, BIT(LOW_LOGOUT), 0)                                             \
	X("AnswerLowResendRequest", CONF_T_BOOL, NULL,                         \
	    "answer a ResendRequest whose MsgSeqNum is too low [N]",           \
	    0, BIT(LOW_RESEND), 0)                                             \
	X("AnswerHighLogout", CONF_T_BOOL, NULL,                               \
	    "answer a Logout whose MsgSeqNum is too high at once, without "    \
	    "asking for what is missing [N]",                                  \
	    0, BIT(HIGH_LOGOUT), 0)                                            \
	X("RepeatResendRequest", CONF_T_BOOL, NULL,                            \
	    "ask again when the peer's ResendRequest was answered while "      \
	    "ours is open [Y]",                                                \
	    BIT(ASK_ONCE), 0, 0)                                               \
	X("HeartbeatDuringTest", CONF_T_BOOL, NULL,                            \
	    "heartbeats go on while our TestRequest is open [Y]",              \
	    BIT(TEST_NO_BEATS), 0, 0)                                          \
	X("TestReqID", CONF_T_WORD, "time|TEST",                               \
	    "TestReqID of our TestRequests: the time, or TEST [time]",         \
	    0, BIT(TEST_ID), 0)                                                \
	X("TestRequestAnswer", CONF_T_WORD, "heartbeat|any",                   \
	    "what answers our TestRequest: the Heartbeat with its TestReqID, " \
	    "or any message [heartbeat]",                                      \
	    0, BIT(TEST_ANY), 0)                                               \
	X("SilentPeer", CONF_T_WORD, "logout|close",                           \
	    "no answer to our TestRequest: Logout with the reason and close, " \
	    "or close without a word [logout]",                                \
	    0, BIT(SILENCE_SILENT), 0)                                         \
	X("CloseAfterLogout", CONF_T_BOOL, NULL,                               \
	    "close behind the answer to the peer's Logout; N: let the peer "   \
	    "close, or LogoutTimeout [N]",                                     \
	    0, BIT(BYE_CLOSE), 0)                                              \
	X("ResendSessionLevelRejects", CONF_T_BOOL, NULL,                      \
	    "Rejects are sent again when asked for; N: gap-filled [Y]",        \
	    BIT(NO_REJECT_AGAIN), 0, 0)                                        \
	X("ObeyPossDupAdmin", CONF_T_BOOL, NULL,                               \
	    "do what a session message with PossDupFlag=Y says; N: only its "  \
	    "number counts [N]",                                               \
	    0, BIT(DUP_ADMIN), 0)                                              \
	X("TellResetOnLogon", CONF_T_BOOL, NULL,                               \
	    "ResetOnLogon: the reply says ResetSeqNumFlag=Y if numbers "       \
	    "moved [Y]",                                                       \
	    BIT(RESET_UNTOLD), 0, 0)                                           \
	X("RejectExecutions", CONF_T_BOOL, NULL,                               \
	    "Reject reports (8, 9, j, AE) with a fault; N: report it and "     \
	    "take them all the same [N]",                                      \
	    0, BIT(REJECT_EXEC), 0)                                            \
	X("RequiresOrigSendingTime", CONF_T_WORD, "Y|N|application",           \
	    "which possible duplicates must have OrigSendingTime: all but "    \
	    "SequenceReset, none, or application messages [Y]",                \
	    0, BIT(ORIG_OPTIONAL), BIT(ORIG_ADMIN))                            \
	X("GapAction", CONF_T_WORD, "resend|logout",                           \
	    "a MsgSeqNum too high: ResendRequest, or, where the peer sends "   \
	    "nothing again, Logout [resend]",                                  \
	    0, BIT(GAP_LOGOUT), 0)                                             \
	X("LogonReplyResets", CONF_T_BOOL, NULL,                               \
	    "initiator: the peer's ResetSeqNumFlag=Y in answer to ours resets " \
	    "our numbers again, and our next message is number 1 [N]",         \
	    0, BIT(RESET_REPLY), 0)                                            \
	X("RejectTexts", CONF_T_WORD, "quickfix|quickfixj",                    \
	    "Text of Rejects, and of Logouts for the same reason, is worded "  \
	    "as QuickFIX or as QuickFIX/J words it [quickfix]",                \
	    0, BIT(TEXTS_QFJ), 0)                                              \
	X("DefaultApplVerIDOfReply", CONF_T_WORD, "own|peer",                  \
	    "acceptor: DefaultApplVerID in our answer to a Logon: ours, or "   \
	    "the peer's [own]",                                                \
	    0, BIT(APPL_OF_PEER), 0)                                           \
	X("ResendChunks", CONF_T_WORD, "closed|open",                          \
	    "ResendRequestChunkSize: open: the last chunk has EndSeqNo 0, and " \
	    "a gap fill to the end of a chunk asks for the next [closed]",     \
	    0, BIT(CHUNKS_OPEN), 0)                                            \
	X("RejectGarbledMessage", CONF_T_BOOL, NULL,                           \
	    "Reject a garbled message whose MsgSeqNum can be read and is the " \
	    "next; it is not asked for again [N]",                             \
	    0, BIT(GARBLED_REJECT), 0)                                         \
	X("ValidateChecksum", CONF_T_BOOL, NULL,                               \
	    "N takes messages whose CheckSum is wrong [Y]",                    \
	    BIT(ANY_CHECKSUM), 0, 0)                                           \
	X("ValidateLengthAndChecksum", CONF_T_BOOL, NULL,                      \
	    "the same, by its QuickFIX name; BodyLength always counts [Y]",    \
	    BIT(ANY_CHECKSUM), 0, 0)

#define AS_KEY(name, type, words, meaning, a, b, c)                            \
	{ name, type, words, meaning },
#define AS_BITS(name, type, words, meaning, a, b, c) { a, b, c },

const struct conf_key conf_deviations[] = { DEVIATIONS(AS_KEY){
    NULL, CONF_T_TEXT, NULL, NULL } };

static const uint64_t bits[][3] = { DEVIATIONS(AS_BITS) };

_Static_assert(sizeof(bits) / sizeof(bits[0]) + 1 ==
		   sizeof(conf_deviations) / sizeof(conf_deviations[0]),
    "every setting has its bits");

static int
index_of(const struct conf_section *sec, const struct conf_key *k)
{
	if (k->type == CONF_T_BOOL)
		return conf_bool(sec, k->name, false) ? 1 : 0;
	return conf_word(sec, k->name, k->words, 0);
}

uint64_t
deviate_read(const struct conf_section *sec)
{
	uint64_t all = 0;

	for (size_t i = 0; conf_deviations[i].name != NULL; i++)
		if (conf_has(sec, conf_deviations[i].name, NULL))
			all |= bits[i][index_of(sec, &conf_deviations[i])];
	return all;
}
