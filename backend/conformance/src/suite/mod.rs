//! The storage traits' documentation as tests: one test for each sentence, which every implementation must pass.
//!
//! A case gets a fresh store in a [`Scene`] and panics where the sentence does not hold. Expected values are written by
//! hand. The suite knows no implementation, not even the oracle; the oracle must pass the suite too.

mod aggregating;
mod appending;
mod atomic;
mod computing;
mod conditions;
mod control;
mod duplicates;
mod export_files;
mod exports;
mod filtering;
mod isolation;
mod keys;
mod leases;
mod listing;
mod logic;
mod races;
mod reindexing;
mod saved_searches;
mod scanning;
mod scene;
mod statistics;
mod verification;
mod waiting;
mod words;

use std::sync::Arc;

use auditlog_core::store::BoxFuture;

pub use scene::Scene;

use crate::Store;

/// One sentence, or a few related ones.
pub struct Case<S> {
    /// Module and function.
    pub name: &'static str,
    run: fn(Scene<S>) -> BoxFuture<'static, ()>,
}

macro_rules! cases {
    ($($module:ident::$case:ident)+) => {
        vec![$(Case {
            name: concat!(stringify!($module), "::", stringify!($case)),
            run: |scene| Box::pin($module::$case(scene)),
        }),+]
    };
}

/// Every case.
#[must_use]
pub fn cases<S: Store>() -> Vec<Case<S>> {
    event_cases().into_iter().chain(control_cases()).chain(upkeep_cases()).collect()
}

/// The cases of events: how they are stored and found.
fn event_cases<S: Store>() -> Vec<Case<S>> {
    cases! {
        appending::receipts_come_in_order_and_sequences_count_from_zero
        appending::a_stored_event_is_found_at_once_as_it_was_sent
        appending::what_is_read_back_gives_the_acknowledged_leaf
        appending::what_was_adjusted_is_read_back_as_it_was_acknowledged
        appending::an_unknown_tenant_is_refused_and_nothing_is_stored
        appending::dropping_the_future_cancels_nothing
        appending::a_batch_may_hold_a_thousand_events
        duplicates::an_equal_event_gets_the_first_receipt
        duplicates::every_other_content_is_a_conflict
        duplicates::a_repetition_counts_whichever_credential_sends_it
        duplicates::equality_is_that_of_the_normal_form
        duplicates::a_repetition_inside_one_batch_counts_too
        duplicates::an_absent_time_equals_the_time_of_receipt
        duplicates::a_replaced_time_is_compared_as_it_was_sent
        duplicates::what_was_adjusted_is_compared_too
        duplicates::an_external_id_stands_for_an_id
        duplicates::an_id_goes_before_an_external_id
        duplicates::ids_of_any_hour_are_remembered
        atomic::a_batch_without_a_conflict_is_stored_as_any_other
        atomic::a_conflict_leaves_nothing_of_the_batch
        atomic::a_conflict_inside_the_batch_leaves_nothing_either
        races::each_sequence_is_given_once_and_batches_stay_together
        races::of_equal_events_at_once_one_is_stored
        races::of_different_events_at_once_one_is_stored
        races::of_atomic_batches_at_once_that_conflict_one_is_stored
        isolation::nothing_of_another_tenant_is_seen
        isolation::one_id_may_be_used_in_two_tenants
        listing::both_orders_go_by_time_and_then_sequence
        listing::pages_of_any_size_make_the_whole_walk
        listing::the_last_page_says_so_exactly
        listing::a_page_of_large_events_ends_early
        listing::later_events_are_behind_the_head
        listing::a_position_need_not_be_an_events
        listing::filters_and_pages_go_together
        listing::unknown_tenants_are_empty
        listing::a_used_up_budget_ends_a_query
        scanning::events_come_in_the_order_of_the_log
        scanning::pieces_of_any_size_make_the_whole_scan
        scanning::a_scan_ends_at_the_head
        scanning::an_unknown_tenant_has_nothing_to_scan
        scanning::a_used_up_budget_ends_a_scan
        aggregating::values_come_by_frequency_and_the_rest_is_counted
        aggregating::an_event_is_in_the_group_of_each_of_its_values
        aggregating::scalars_are_grouped_by_their_texts
        aggregating::times_are_grouped_by_the_clock_of_a_place
        aggregating::groups_nest_and_have_their_own_metrics
        aggregating::nothing_is_counted_where_nothing_is
        aggregating::questions_are_answered_in_their_order
        filtering::text_fields
        filtering::fields_of_words
        filtering::ids
        filtering::times
        filtering::whole_numbers
        filtering::addresses
        filtering::scalars
        filtering::attributes_and_paths
        filtering::spellings_and_stars
        filtering::paths_match_every_division
        filtering::lists_match_by_any_element
        logic::combinations_mean_what_they_say
        logic::an_absent_field_satisfies_every_negation
        logic::any_value_is_a_presence
        words::each_searched_text_is_searched
        words::words_that_are_in_one_text_each_are_found_there
        words::nothing_else_is_searched
        words::texts_that_recur_are_found_in_each_of_their_rows
        words::tokens_are_runs_of_letters_and_digits
        words::words_of_all_scripts_are_found_in_every_spelling
        words::characters_without_spaces_are_found_within_their_runs
        words::a_phrase_stands_in_one_text_in_order
        words::the_last_word_of_a_phrase_may_only_be_begun
        computing::a_computation_runs_on_a_thread_of_its_own
        computing::a_computation_has_the_budget_of_a_query
        computing::a_computation_that_panics_is_told
    }
}

/// The cases of control data and export files.
fn control_cases<S: Store>() -> Vec<Case<S>> {
    cases! {
        control::a_tenant_is_created_once
        control::a_tenant_is_changed_where_it_may_be
        control::a_tenants_revision_counts_its_changes
        control::a_rename_decided_before_a_suspension_does_not_undo_it
        control::a_change_and_its_record_commit_together
        control::changes_are_made_in_order_or_not_at_all
        control::a_record_may_belong_to_the_tenant_it_creates
        races::of_changes_of_one_record_at_once_one_is_made
        conditions::a_commit_may_depend_on_an_unchanged_key
        conditions::a_commit_may_depend_on_a_key_that_is_not_revoked
        conditions::a_commit_may_depend_on_an_active_tenant
        conditions::a_commit_may_depend_on_a_lease
        conditions::a_commit_may_depend_on_the_number_of_live_keys
        conditions::conditions_hold_before_the_changes_and_all_of_them
        keys::a_key_is_created_once_in_a_known_tenant
        keys::a_key_is_changed_where_it_may_be
        keys::a_keys_revision_counts_its_changes
        keys::revoking_is_once_and_for_all
        keys::a_key_is_revoked_in_any_state_or_in_the_one_that_was_seen
        keys::keys_are_listed_by_scope_in_order
        keys::a_key_is_forgotten_from_its_own_scope_only
        keys::lists_are_given_in_parts
        keys::whoever_waits_for_a_change_of_keys_or_tenants_misses_none
        saved_searches::a_saved_search_is_created_once_in_a_known_tenant
        saved_searches::a_saved_search_is_changed_where_it_may_be
        saved_searches::a_saved_searchs_revision_counts_its_changes
        saved_searches::a_deleted_saved_search_leaves_its_name_and_its_room
        saved_searches::saved_searches_are_listed_by_name
        saved_searches::tenants_and_keys_have_room_for_so_many
        exports::an_export_is_created_once_in_a_known_tenant
        exports::what_has_ended_stays_as_it_ended
        exports::an_exports_revision_counts_its_changes
        exports::a_deleted_export_leaves_its_room
        exports::exports_are_listed_by_creation
        exports::tenants_and_keys_have_room_for_so_many
        leases::an_export_is_leased_by_one_worker_at_a_time
        leases::of_workers_that_lease_at_once_one_gets_the_export
        leases::a_released_export_is_leased_again
        leases::a_lease_ends_with_its_duration
        leases::a_renewed_lease_lasts_from_the_renewal_on
        leases::waiting_exports_are_those_that_no_worker_has
        leases::a_lease_ends_with_its_export
        export_files::a_finished_file_is_read_back_in_any_pieces
        export_files::an_unfinished_file_is_resumed_where_it_is_told
        export_files::what_is_not_finished_cannot_be_read
        export_files::a_file_belongs_to_its_tenant
        export_files::a_deleted_file_is_gone_and_may_come_again
    }
}

/// The cases of verification, indexes, statistics and waiting.
fn upkeep_cases<S: Store>() -> Vec<Case<S>> {
    cases! {
        verification::an_intact_log_verifies_with_its_root
        verification::one_tenant_can_be_verified_alone
        verification::a_tree_head_is_what_verification_recomputes
        reindexing::what_is_right_stays_as_it_is
        reindexing::intake_and_queries_go_on_meanwhile
        reindexing::a_used_up_budget_ends_it
        statistics::what_is_settled_belongs_to_the_tenants_own_log
        waiting::a_head_that_is_greater_already_is_told_at_once
        waiting::a_commit_wakes_everybody_who_waits_for_its_log
        waiting::a_tenant_that_is_not_there_is_waited_for
    }
}

/// Runs every case, each on a store of its own returned by `fresh`: empty, without tenants.
///
/// Needs a multi-threaded tokio runtime, because several cases race.
///
/// # Panics
/// Where a sentence does not hold.
pub async fn run<S: Store>(fresh: impl AsyncFn() -> Arc<S>) {
    for case in cases::<S>() {
        // Shown where the case fails.
        eprintln!("conformance case {}", case.name);
        (case.run)(Scene::new(fresh().await)).await;
    }
}
