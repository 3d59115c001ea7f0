"""Which test plays each vector of the pre-trade controls.

Vectors are called by section and place: R-07-V2 is the second of R-07's, where
the reference parts them by semicolons; T5-1, E1, L1, K1 and S1 have their names
from there; 9-V1, 11-V1 and 13-V1 are those of override, cancel on disconnect and
alerts. The list is read from the reference itself, and each must have a test here
that ran and passed just now: its log says so."""
import re

from played import against, check
from tap import Tap

CHECKS, LIMITS, BANDS = "risk/test_checks", "risk/test_limits", "risk/test_bands"
THROTTLE, RULES, VALUE = "risk/test_throttle", "risk/test_rules", "risk/test_value"
EXPOSURE, RESTRICTED = "risk/test_exposure", "risk/test_restricted"
GRANTS, OWNERS, TOKENS = "risk/test_grants", "risk/test_owners", "risk/test_tokens"
KILL, ALERT, TEXT = "risk/test_kill", "risk/test_alert", "risk/test_text"
SCENARIOS, DESK = "gateway/order/test_scenarios", "gateway/order/test_desk"
ORDER_RULES, GUARD = "gateway/order/test_rules", "gateway/order/test_guard"
REBUILD = "gateway/rebuild"
LOSS = "risk/test_loss"
SWITCHES, OPERATORS = "gateway/trader/test_switches", "gateway/trader/test_operators"
MARKETS = "gateway/trader/test_markets"
CHANGES, COD = "gateway/trader/test_limits", "gateway/trader/test_cod"
ISSUED, PACE = "gateway/trader/test_tokens", "session/test_pace"
RISK, STORM = "gateway/risk", "gateway/switches"

PLAYED = {
    "T5-1": (TEXT, "t5_1_a_collar_breach_in_4_2_is_0"),
    "T5-2": (TEXT, "t5_2_a_tick_breach_in_4_4_is_99"),
    "T5-3": (TEXT, "t5_3_the_firm_s_numbers_are_not_told"),
    "T5-4": (TEXT, "t5_4_a_refused_replace_has_a_reason_of_its_own"),
    "R-01-V1": (CHECKS, "r01_a_session_uses_only_its_accounts"),
    "R-01-V2": (CHECKS, "r01_a_session_uses_only_its_accounts"),
    "R-01-V3": (CHECKS, "r01_one_account_is_the_default_and_two_are_none"),
    "R-02-V1": (GRANTS, "r02_an_algorithm_trades_its_class_alone"),
    "R-02-V2": (GRANTS, "r02_an_unknown_id_where_they_must_be_known"),
    "R-02-V3": (GRANTS, "r02_a_missing_id_where_it_is_required"),
    "R-03-V1": (CHECKS, "r03_a_symbol_must_be_known_to_the_letter"),
    "R-03-V2": (CHECKS, "r03_an_inactive_or_expired_symbol"),
    "R-03-V3": (CHECKS, "r03_a_symbol_must_be_known_to_the_letter"),
    "R-04-V1": (GRANTS, "r04_at_most_two_venues_a_day"),
    "R-04-V2": (RULES, "r04_allowed_types_and_times_in_force"),
    "R-05-V1": (SCENARIOS, "F1 a second D with the same id"),
    "R-05-V2": (SCENARIOS, "F1 a second D with the same id"),
    "R-05-V3": (SCENARIOS, "F2 PossResend of a known id gives its state"),
    "R-05-V4": (SCENARIOS, "F2 PossResend of a known id gives its state"),
    "R-05-V5": (SCENARIOS, "F1 also after a restart"),
    "R-06-V1": (MARKETS, "r06_it_closes_to_the_nanosecond"),
    "R-06-V2": (MARKETS, "r06_it_closes_to_the_nanosecond"),
    "R-06-V3": (MARKETS, "r06_gtc_while_it_is_closed_only_where_it_is_queued"),
    "R-06-V4": (MARKETS, "r06_a_holiday_is_closed_and_a_half_day_ends_early"),
    "R-07-V1": (CHECKS, "r07_prices_and_stops_stand_on_ticks"),
    "R-07-V2": (RULES, "r07_the_band_of_the_price_has_the_tick"),
    "R-07-V3": (CHECKS, "r07_prices_and_stops_stand_on_ticks"),
    "R-08-V1": (CHECKS, "r08_quantities_are_whole_lots_over_nothing"),
    "R-09-V1": (OWNERS, "r09_the_least_of_all_owners"),
    "R-09-V2": (OWNERS, "r09_a_skip_removes_the_clients_term_alone"),
    "R-09-V3": (OWNERS, "r09_without_the_firms_term_it_is_blocked"),
    "R-09-V4": (OWNERS, "r09_the_exchanges_term_may_be_external"),
    "R-10-V1": (LIMITS, "r10_quantity_up_to_its_limit"),
    "R-11-V1": (LIMITS, "r11_notional_up_to_its_limit"),
    "R-11-V2": (LIMITS, "r11_notional_up_to_its_limit"),
    "R-11-V3": (LIMITS, "r11_a_market_buy_counts_at_the_edge_of_its_collar"),
    "R-11-V4": (LIMITS, "r11_a_low_sell_limit_does_not_hide_its_size"),
    "R-11-V5": (LIMITS, "r11_a_multiplier_multiplies"),
    "R-11-V6": (LIMITS, "r11_what_no_integer_holds_is_refused"),
    "R-11-V7": (LIMITS, "r11_without_a_reference_a_market_order_is_refused"),
    "R-12-V1": (BANDS, "r12_a_buy_may_be_so_high_and_as_low_as_it_likes",
                "r12_a_sell_may_be_so_low_and_as_high_as_it_likes",
                RULES, "r12_two_sided"),
    "R-12-V2": (BANDS, "r12_small_prices_are_compared_without_rounding"),
    "R-12-V3": (RULES, "r12_absolute_ticks_hold_below_nothing"),
    "R-12-V4": (BANDS, "r12_a_reference_may_be_so_old_and_no_older"),
    # By OrdTypes; where it passes, the edge is what it reserves
    "R-12-V5": (RULES, "r04_allowed_types_and_times_in_force",
                LIMITS, "r11_a_market_buy_counts_at_the_edge_of_its_collar"),
    "R-13-V1": (RULES, "r13_share_of_the_average_volume"),
    "R-13-V2": (RULES, "r13_share_of_the_average_volume"),
    "R-14-V1": (RULES, "r14_no_order_meets_one_of_its_group"),
    "R-14-V2": (ORDER_RULES, "r14_an_order_counts_until_its_cancel_is_done"),
    "R-14-V3": (RULES, "r14_no_order_meets_one_of_its_group"),
    "R-14-V4": (RULES, "r14_no_order_meets_one_of_its_group"),
    "R-15-V1": (THROTTLE, "r15_ten_at_once_then_one_each_fifth_of_a_second"),
    "R-15-V2": (THROTTLE, "r15_ten_at_once_then_one_each_fifth_of_a_second"),
    "R-15-V3": (THROTTLE, "r15_ten_at_once_then_one_each_fifth_of_a_second"),
    "R-15-V4": (THROTTLE, "r15_ten_at_once_then_one_each_fifth_of_a_second"),
    "R-15-V5": (THROTTLE, "r15_only_the_monotonic_clock_counts"),
    "R-15-V6": (THROTTLE, "r15_cancels_are_counted_and_take_no_order_token"),
    "R-15-V7": (THROTTLE, "r15_a_refused_order_used_up_its_session_s_token"),
    "R-15-V8": (THROTTLE, "r15_two_accounts_of_one_session_share_its_bucket",
                PACE, "thirty_in_three_seconds_and_at_three_there_is_room"),
    "R-16-V1": (RULES, "r16_orders_alike_within_the_window"),
    "R-16-V2": (RULES, "r16_orders_alike_within_the_window"),
    "R-16-V3": (SCENARIOS, "F2 PossResend of a known id gives its state"),
    "R-16-V4": (RULES, "r16_orders_alike_within_the_window"),
    "R-16-V5": (GUARD, "r16_children_add_up_to_no_more_than_their_parent"),
    "R-17-V1": (ORDER_RULES, "r17_three_orders_executed_and_no_more"),
    "R-17-V2": (ORDER_RULES, "r17_three_orders_executed_and_no_more"),
    "R-17-V3": (RISK, "and after kill -9, too"),
    "R-17-V4": (OPERATORS, "r17_nobody_re_arms_what_is_his_own"),
    "R-17-V5": (RISK, "a person re-arms", "then one more is executed"),
    "R-17-V6": (ORDER_RULES, "r17_three_orders_executed_and_no_more"),
    "R-18-V1": (RESTRICTED, "r18_restricted_lists"),
    # An order is of its Symbol(55); another form of it is unknown
    "R-18-V2": (CHECKS, "r03_a_symbol_must_be_known_to_the_letter"),
    "R-18-V3": (RESTRICTED, "r18_restricted_lists"),
    "R-18-V4": (DESK, "cancel_all_takes_the_orders_of_its_scope"),
    "R-19-V1": (RESTRICTED, "r19_a_sale_of_more_than_is_held_is_marked"),
    "R-19-V2": (RESTRICTED, "r19_a_sale_of_more_than_is_held_is_marked"),
    "R-19-V3": (RESTRICTED, "r19_locates_are_used_up_and_given_back"),
    "R-19-V4": (RESTRICTED, "r19_locates_are_used_up_and_given_back"),
    "R-19-V5": (RESTRICTED, "r19_a_sale_of_more_than_is_held_is_marked"),
    "R-19-V6": (RESTRICTED, "r19_strict_marking"),
    "R-20-V1": (LIMITS, "r20_buys_fill_up_to_the_long_limit"),
    "R-20-V2": (LIMITS, "r20_a_short_position_is_room_for_buys"),
    "R-20-V3": (VALUE, "r20_conservative_and_netting"),
    "R-20-V4": (LIMITS, "r20_over_a_cut_limit_only_sells_pass"),
    "R-20-V5": (LIMITS, "r20_open_buys_do_not_block_sells"),
    "R-21-V1": (VALUE, "r21_r22_net_and_gross"),
    "R-21-V2": (VALUE, "r21_r22_net_and_gross"),
    "R-23-V1": (LIMITS, "r23_a_class_adds_up_its_symbols",
                VALUE, "r23_a_class_over_its_symbols"),
    "R-24-V1": (LIMITS, "r24_open_orders_are_counted_until_they_end"),
    "R-24-V2": (LIMITS, "r24_open_orders_are_counted_until_they_end"),
    "R-24-V3": (LIMITS, "r24_open_orders_are_counted_until_they_end"),
    "R-25-V1": (LIMITS, "r25_open_notional_by_side"),
    "R-26-V1": (VALUE, "r26_buying_power_with_fees"),
    "R-26-V2": (VALUE, "r26_buying_power_with_fees"),
    "R-26-V3": (VALUE, "r26_buying_power_with_fees"),
    "R-26-V4": (EXPOSURE, "e2_a_pending_cut_frees_nothing_before_its_ack"),
    "R-27-V1": (VALUE, "r27_turnover_of_a_day"),
    "R-27-V2": (VALUE, "r27_turnover_of_a_day"),
    "R-28-V1": (VALUE, "r28_orders_to_trades"),
    "R-28-V2": (VALUE, "r28_orders_to_trades"),
    "R-28-V3": (VALUE, "r28_orders_to_trades",
                DESK, "cancels_pass_while_everything_is_halted"),
    "R-29-V1": (VALUE, "r29_cancels_of_new_orders"),
    "R-31-V1": (LOSS, "r31_a_loss_halts_until_a_person_rearms"),
    "R-31-V2": (LOSS, "r31_a_loss_halts_until_a_person_rearms"),
    "R-31-V3": (LOSS, "r31_drawdown_from_the_best_of_the_day"),
    "R-31-V4": (LOSS, "r31_a_loss_halts_until_a_person_rearms"),
    "R-31-V5": (LOSS, "r31_a_loss_halts_until_a_person_rearms"),
    "R-32-V1": (LOSS, "r32_suspense_takes_the_firm_s_room"),
    "E1": (EXPOSURE, "e1_a_pending_raise_is_reserved"),
    "E2": (EXPOSURE, "e2_a_pending_cut_frees_nothing_before_its_ack"),
    "E3": (EXPOSURE, "e3_a_fill_while_a_replace_is_pending"),
    "E4": (EXPOSURE, "e4_an_order_in_doubt_stays_reserved"),
    "E5": (EXPOSURE, "e5_two_pending_replaces_and_both_refused"),
    "E6": (EXPOSURE, "e6_a_bust_after_the_cancel_reserves_nothing"),
    "E7": (EXPOSURE, "e7_sums_kept_equal_sums_made_anew"),
    "L1": (CHANGES, "l1_l2_a_change_names_the_version_it_was_made_for"),
    "L2": (CHANGES, "l1_l2_a_change_names_the_version_it_was_made_for"),
    "L3": (CHANGES, "l3_loosening_needs_two_people"),
    "L4": (LIMITS, "l4_each_decision_is_of_one_version"),
    "L5": (CHANGES, "l5_a_crash_leaves_the_old_or_the_new"),
    "L6": (CHANGES, "l6_a_temporary_limit_reverts_by_itself"),
    "L7": (CHANGES, "l7_l8_what_is_no_limit_is_refused"),
    "L8": (CHANGES, "l7_l8_what_is_no_limit_is_refused"),
    "9-V1": (TOKENS, "t9_a_token_for_100_is_none_for_101"),
    "9-V2": (TOKENS, "t9_a_token_is_spent_once"),
    "9-V3": (TOKENS, "t9_a_token_expires"),
    "9-V4": (TOKENS, "t9_no_token_of_the_trader_himself",
             ISSUED, "t9_never_who_holds_the_account_or_gave_the_order"),
    "9-V5": (ISSUED, "t9_a_second_person_gives_leave_once"),
    "K1": (SWITCHES, "k1_live_orders_and_those_not_acknowledged_are_canceled"),
    "K2": (SWITCHES,
           "k2_an_order_after_the_block_is_refused_one_before_is_canceled"),
    "K3": (SWITCHES, "k3_an_order_that_is_filled_meanwhile_is_reported_so"),
    "K4": (SWITCHES, "k4_cancels_and_mass_cancels_are_taken_while_killed"),
    "K5": (SWITCHES, "k5_after_a_restart_it_is_still_killed_and_cancels_go_on"),
    "K6": (OPERATORS, "k6_firm_and_group_are_released_by_two"),
    "K7": (STORM, "K7: a kill by the local socket alone"),
    "K8": (SWITCHES,
           "k8_with_its_venue_away_an_order_is_pending_and_goes_first"),
    "K9": (STORM, "K9: in a storm"),
    "K10": (SWITCHES, "k10_other_symbols_traders_and_combinations_go_on"),
    "K11": (SWITCHES,
            "k11_reducing_lets_pass_what_reduces_and_cancels_nothing"),
    "11-V1": (COD, "a_drop_cancels_day_orders_and_gt_stays"),
    "11-V2": (COD, "back_within_the_grace_nothing_is_canceled"),
    "11-V3": (COD, "a_logout_is_no_drop"),
    "11-V4": (COD, "a_half_open_connection_fires_at_the_heartbeat_time_out"),
    "11-V5": (COD, "after_a_crash_sessions_count_as_dropped"),
    "S1": (REBUILD, "S1: killed before it was sent", "S1: and nothing of it"),
    "S2": (REBUILD, "S2: killed with its answer unread", "S2: and all of it"),
    "S3": (REBUILD, "S3: a fill while it was down appears once"),
    "S4": (REBUILD, "S4: ", "S4: until a person clears it"),
    "S5": (REBUILD, "S5: a full replay gives the same hash"),
    "S6": (REBUILD, "S6: restarts in a row give the same state"),
    "13-V1": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V2": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V3": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V4": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V5": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V6": (ALERT, "a_level_is_told_once_and_taken_back_lower"),
    "13-V7": (ALERT, "a_limit_that_is_cut_tells"),
    "13-V8": (ALERT, "a_limit_of_nothing_divides_nothing"),
}


def pieces(text, name):
    """{NAME-Vn: text} of what stands behind each "V:" of a paragraph."""
    flat = " ".join(text.split())
    found = re.finditer(r"\bV(?: \((?:[^()]|\([^()]*\))*\))?: "
                        r"(.*?)(?= Plus out-vs-in|$)", flat)
    items = [x for v in found for x in re.split(r"; ?", v.group(1))]
    return {f"{name}-V{n}": x for n, x in enumerate(items, 1)}


def section(text, n):
    m = re.search(rf"^## {n}\. .*?(?=^## \d+\. )", text, re.S | re.M)
    return m.group() if m else ""


def vectors(text):
    out = {}
    for block in section(text, 6).split("\n\n"):
        m = re.match(r"\*\*(R-\d\d)", block)
        if m:
            out.update(pieces(block, m.group(1)))
    for n in (9, 11, 13):
        out.update(pieces(section(text, n), str(n)))
    for n, name in ((5, r"T5-\d"), (7, r"E\d"), (8, r"L\d"), (10, r"K\d+"),
                    (12, r"S\d")):
        for m in re.finditer(rf"\b({name})\b(?!-)", section(text, n)):
            out[m.group(1)] = m.group(1)
    return out


def main():
    t = Tap()
    check(t, PLAYED)
    against(t, PLAYED, "pretrade-controls.md", vectors, 131)
    t.done()


main()
