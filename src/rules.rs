//! From settings to the fold's rules.

use std::time::Duration;

use window_state::{FoldRules, TimeOnPage};

use crate::config::{self, Profile, Settings};

/// The rules of the fold that the settings say.
///
/// # Errors
/// A path pattern that only the fold finds fault with.
pub(crate) fn fold_rules(settings: &Settings) -> anyhow::Result<FoldRules> {
    let fold = &settings.fold;
    // There is one profile so far; a second one must be told to the fold here.
    let Profile::Plausible = fold.profile;
    let count = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    Ok(FoldRules {
        allowed_lateness: Some(millis(fold.allowed_lateness)),
        watermark_trail: millis(fold.watermark_trail),
        max_ahead: millis(fold.max_ahead),
        confirming_users: count(fold.confirming_users),
        future_tolerance: Some(millis(fold.future_tolerance)).filter(|tolerance| *tolerance > 0),
        dedup_window: Some(millis(fold.dedup_window)),
        dedup_max_ids: usize::try_from(fold.dedup_max_ids).unwrap_or(usize::MAX),
        session_gap: millis(fold.session_gap),
        session_silence: Some(millis(fold.session_silence)),
        time_on_page: match fold.time_on_page {
            config::TimeOnPage::Engaged => TimeOnPage::Engaged,
            config::TimeOnPage::Gap => TimeOnPage::Gap,
        },
        keep_query: fold.keep_query,
        page_patterns: fold.page_patterns.iter().map(|pattern| pattern.parse()).collect::<Result<_, _>>()?,
        bot_user_agents: if fold.bot_filter { fold.bot_user_agents.clone() } else { Vec::new() },
        user_expiry: millis(fold.user_expiry),
        max_sites: count(fold.max_sites),
        max_pages_per_window: count(fold.max_pages_per_window),
        max_features: count(fold.max_features),
        max_views_per_session: count(fold.max_views_per_session),
        max_feature_uses_per_session: count(fold.max_feature_uses_per_session),
        max_features_per_user_day: count(fold.max_features_per_user_day),
        windows: settings.metrics.windows.clone(),
        not_after: None,
    })
}

/// The rules of a bounded replay: unlimited lateness unless one is configured.
pub(crate) fn replay_rules(settings: &Settings, not_after: Option<i64>) -> anyhow::Result<FoldRules> {
    let rules = FoldRules { not_after, ..fold_rules(settings)? };
    Ok(if settings.is_given("fold.allowed_lateness") { rules } else { rules.unbounded() })
}

/// Whole milliseconds of a configured duration.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
