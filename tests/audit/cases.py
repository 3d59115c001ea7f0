"""Which test plays each tamper and fault case of the audit trail (T1 to T30) and
each place where a process of it is killed (K11, K12, K16). The lists are read
from the references themselves, and each test must have passed just now: its log
says so."""
import re

from played import against, check
from tap import Tap

BUNDLE, CLOCK, FULL_DISK = "audit/bundle", "audit/clock", "audit/full_disk"
POSTGRES, SEALED, TAMPER = "audit/postgres", "audit/sealed", "audit/tamper"
PITR, WITNESS = "audit/pitr", "audit/witness"
CRASH, PROOF, CHAIN = ("store/test_audit_crash", "store/test_audit_proof",
                       "store/test_audit")

# Case T23 is of a bucket with object lock, which is no program of ours;
# tests/audit/snapshots.py has what we ask of one.
ELSEWHERE = {"T23"}

CASES = {
    "T1": (POSTGRES, *[f"T1: {x} of a row is changed" for x in (
               "details", "timestamp", "event_type", "actor", "event_hash",
               "event", "raw", "ip_address")],
           TAMPER, "T1: a letter of an event",
           "T1: a letter, and its own hash made to fit",
           "T1: a letter of the message behind it", "T1: a bit of the file"),
    "T2": (POSTGRES, "T2: a row is deleted", TAMPER, "T2: an event is removed",
           "T2: its message is removed"),
    "T3": (POSTGRES, "T3: two rows change places",
           TAMPER, "T3: two events change places"),
    "T4": (POSTGRES, "T4: a forged row is put in between",
           "T4: a forged row is put in, with the right hash before",
           "T4: and what does not name the hash before it",
           TAMPER, "T4: an event stands twice"),
    "T5": (POSTGRES, "T5: a row is rewritten and all later hashes made anew",
           "T5: a checkpoint was made over",
           TAMPER, "T5: an event is rewritten and all later hashes made anew"),
    "T6": (POSTGRES, "T6: the same, and its checkpoints deleted",
           TAMPER, "T6: a whole chain of a forger fails with the true key"),
    "T7": (POSTGRES, "T7: the last 1 rows are deleted",
           "T7: the last 10 rows are deleted",
           TAMPER, "T7: the end is cut off: the last checkpoint says so",
           "T7: without any checkpoint the cut can't be seen"),
    "T8": (TAMPER, "T8: a file that was truncated", "T8: a file that is gone",
           CLOCK, "T8, K16: a start behind an end without a stop",
           POSTGRES, "T8, T26: a chain with less than the database"),
    "T9": (POSTGRES, "T9: verify tells of it", "T9: the shipper tells of it",
           "T9: then it is whole",
           TAMPER, "T9: one that was kept elsewhere shows it"),
    "T10": (POSTGRES, "T10: the same batch three times changes nothing",
            "T10: a batch out of order is refused"),
    "T11": (POSTGRES, "T11: the same events with other hashes are a fork",
            "T11: so is a hash that is not the event's",
            "T12: loudly, and nothing of it gets in"),
    "T12": (POSTGRES, "T12: a second gateway of the same chain is refused",
            "T12: loudly, and nothing of it gets in"),
    "T13": (POSTGRES, "T13: who may not, can't",
            "T13: a function of the caller's own path is not used",
            "T13: even the owner's UPDATE", "T13: even the owner's DELETE",
            "T13: even the owner's TRUNCATE", "T13: even the owner's DO",
            "T13: what owns the trail can't log in and has no members"),
    "T14": (POSTGRES, "T14: a batch is committed, and its answer is on the way",
            "T14: killed then, each event is there once",
            "T14, T15: afterwards it gets all"),
    "T15": (POSTGRES, "T14, T15: orders run while PostgreSQL is dead",
            "T15: the lag is told", "T15: memory stays as it is",
            "T14, T15: afterwards it gets all, each event once, in order",
            "T15: and the plain tables, too"),
    "T16": (FULL_DISK, "T16: at the alarm all orders are taken",
            "T16: REDUCING refuses what does not reduce",
            "T16: HALT refuses every order",
            "T16: not a byte is free, and cancels are carried out",
            "T16: no record is torn",
            "T16: every report that a client had is in the trail",
            "T16: none of them twice", "T16: the trail verifies"),
    "T17": (POSTGRES, "T17: no partition: told, trading goes on, the lag shows",
            "T17: with it the lag drains"),
    "T18": (CLOCK, "T18: each time the clock is set there is an alert",
            "T18: the session stays up, its numbers unbroken",
            "T18: and an event that says by how much",
            "T18: every order is in the trail once, in its order",
            "T18: it verifies", "T18: no storm of heartbeats"),
    "T19": (CLOCK, "T19: a day ends while orders run",
            "T19: so does one that ended while it was stopped",
            "T19: all of it verifies", "T19: in PostgreSQL, too",
            POSTGRES, "T18, T19: a clock set back over midnight"),
    "T20": (POSTGRES, "T20: SOH, NUL, CR, LF, 0xff and 1 MiB come back"),
    "T21": (SEALED, "T21: what they sealed is gone, what others sealed is not",
            "T21: and the chain verifies",
            "T21: nor does a backup from before say what was sealed"),
    "T22": (POSTGRES, "T22: before its time no day goes",
            "T22: nor under a legal hold",
            SEALED, "forbids destruction", "so does the law's time"),
    "T24": (TAMPER, "T24: a checkpoint that another key has signed",
            CRASH, "a_key_is_followed_by_whom_it_names",
            WITNESS, "T24: the new one signs from the start on",
            "T24: one that knows both goes on",
            "T24: a new key can't show another history",
            "T24: it goes on, and then the old one is refused",
            "T24: the old one's public half is kept, of it no more",
            "T24: the trail verifies by either key",
            "T24: a death on the way is made good, with one event",
            "T24: the witness takes nothing more of the old key",
            "T24: nor does verify, alone",
            "T24: nor does verify, as one that was changed"),
    "T25": (BUNDLE, "T25: a witness that is away is told of",
            "T25: when it is back it gets the newest checkpoint",
            WITNESS, "T25: a witness that is away is told of",
            "T25: and is caught up with after"),
    "T26": (WITNESS, "T26: cut evenly, the trail by itself looks whole",
            "T26: not to whoever has the witness's copy",
            "T26: and the gateway says at its start that it was cut",
            BUNDLE, "T26: a cut of the chain shows against the witness"),
    "T27": (BUNDLE, "T27: all events, verified without gateway and database",
            "T27: a changed byte is refused, wherever",
            "T27: so is a proof that lacks a hash",
            "T27: so is one of another key"),
    "T28": (PROOF, "sha256_known_answers", "every_proof_is_that_of_the_book",
            "a_changed_proof_does_not_hold", "every_path_is_that_of_the_book",
            CHAIN, "roots_are_the_known_ones",
            "every_size_has_the_root_of_the_book",
            BUNDLE, "T28: every event's proof in trees of several sizes"),
    "T29": (POSTGRES, "T29, Q2: live orders, replayed",
            "T29, Q2: positions are what the client's executions come to",
            PITR, "T29: live orders and positions of that moment"),
    "T30": (POSTGRES, "T30: a line end in a peer's text makes no line",
            "T30: show --raw has the stored bytes"),
    "K11": (POSTGRES, "K11: a batch waits in the database",
            "K11: the shipper dies", "K11: nothing is there before the commit",
            "K11, K12: each event is there once"),
    "K12": (POSTGRES, "K12: the next one sends the same batch beside it",
            "K11, K12: each event is there once"),
    "K16": (CRASH, "it_is_the_same_chain_wherever_it_dies",
            "it_is_the_same_chain_whenever_it_dies",
            CLOCK, "T8, K16: a start behind an end without a stop"),
}


def tampering(text):
    return set(re.findall(r"^\| (T\d+) \|", text, re.M)) - ELSEWHERE


def kills(text):
    """Those of the auditor, of its way to PostgreSQL and of what it signs."""
    return {m.group(1) for m in re.finditer(r"^\| (K\d+) \| (.*)$", text, re.M)
            if re.search(r"\bPG\b|checkpoint signing", m.group(2))}


def main():
    t = Tap()
    check(t, CASES)
    for letter, file, cases, n in (("T", "audit.md", tampering, 29),
                                   ("K", "reliability.md", kills, 3)):
        against(t, {k: v for k, v in CASES.items() if k[0] == letter}, file,
                cases, n)
    t.done()


main()
