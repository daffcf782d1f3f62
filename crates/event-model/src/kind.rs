//! The fields of each event type, in the order of the contract's table.

use std::borrow::Cow;

use crate::{
    decode::{missing, out_of_range},
    event::{
        Component, EventKind, EventType, Pageview, SessionAction, SocialAction, SubscriptionAction,
        SurveyKind, TicketAction,
    },
    field::Field,
    reject::Rejection,
    scan::RawFields,
    value::{amount, any_text, currency, flag, name, number, required, scaled, text, whole_number},
};

/// Bytes of a page's path.
const PAGE_BYTES: usize = 2_048;

/// Bytes of a link.
const LINK_BYTES: usize = 256;

/// Bytes of a feature's name, and of a session's id.
const NAME_BYTES: usize = 128;

/// Decimal places from percent to millionths.
const PERCENT_PLACES: u8 = 4;

/// 100 percent in millionths.
const ALL_OF_THE_PAGE: u64 = 1_000_000;

/// The largest whole number that every JSON reader agrees on.
const MAX_WHOLE: u64 = 1 << 53;

/// Decimal places of a survey's score.
const SCORE_PLACES: u8 = 3;

type Text<'a> = Result<Option<Cow<'a, str>>, Rejection>;

/// What happened, from the fields of its type.
pub(crate) fn decode<'a>(fields: &RawFields<'a>, event_type: EventType) -> Result<EventKind<'a>, Rejection> {
    let any = |field| any_text(fields, field);
    Ok(match event_type {
        EventType::Pageview => EventKind::Pageview(view(fields)?),
        EventType::Pageleave => EventKind::Pageleave(view(fields)?),
        EventType::Session => session(fields)?,
        EventType::FeatureUse => EventKind::FeatureUse {
            feature: required_text(fields, Field::Feature, NAME_BYTES)?,
            page: page(fields)?,
            interactive: flag(fields, Field::Interactive)?.unwrap_or(true),
        },
        EventType::Impression => EventKind::Impression {
            link: required_text(fields, Field::Link, LINK_BYTES)?,
            campaign: any(Field::Campaign)?,
        },
        EventType::Click => EventKind::Click {
            link: required_text(fields, Field::Link, LINK_BYTES)?,
            campaign: any(Field::Campaign)?,
            page: page(fields)?,
        },
        EventType::Survey => survey(fields)?,
        EventType::Purchase => EventKind::Purchase {
            amount: required(Field::Amount, amount(fields, Field::Amount)?)?,
            currency: required(Field::Currency, currency(fields, Field::Currency)?)?,
            refund: flag(fields, Field::Refund)?.unwrap_or(false),
            kind: any(Field::Kind)?,
            product: any(Field::Product)?,
            order_id: any(Field::OrderId)?,
        },
        EventType::Subscription => subscription(fields)?,
        EventType::Ticket => EventKind::Ticket {
            ticket_id: required(Field::TicketId, any(Field::TicketId)?)?,
            action: required_name(fields, Field::Action, TicketAction::of_name)?,
            channel: any(Field::Channel)?,
            agent: any(Field::Agent)?,
        },
        EventType::Social => EventKind::Social {
            post_id: required(Field::PostId, any(Field::PostId)?)?,
            action: required_name(fields, Field::Action, SocialAction::of_name)?,
            network: any(Field::Network)?,
            count: whole_number(fields, Field::Count, MAX_WHOLE)?.unwrap_or(1),
        },
        EventType::Spend => EventKind::Spend {
            amount: required(Field::Amount, amount(fields, Field::Amount)?)?,
            currency: required(Field::Currency, currency(fields, Field::Currency)?)?,
            channel: any(Field::Channel)?,
        },
    })
}

fn required_text<'a>(fields: &RawFields<'a>, field: Field, max: usize) -> Result<Cow<'a, str>, Rejection> {
    required(field, text(fields, field, max)?)
}

fn required_name<T>(
    fields: &RawFields<'_>,
    field: Field,
    of_name: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Rejection> {
    required(field, name(fields, field, of_name)?)
}

fn page<'a>(fields: &RawFields<'a>) -> Text<'a> {
    text(fields, Field::Page, PAGE_BYTES)
}

fn view<'a>(fields: &RawFields<'a>) -> Result<Pageview<'a>, Rejection> {
    let page = required(Field::Page, page(fields)?)?;
    let pageview_id = any_text(fields, Field::PageviewId)?;
    let depth = number(fields, Field::ScrollDepth, PERCENT_PLACES, 0, ALL_OF_THE_PAGE)?;
    Ok(Pageview {
        page,
        pageview_id,
        scroll_depth: depth.map(narrow(Field::ScrollDepth)).transpose()?,
        engaged_ms: number(fields, Field::EngagedMs, 0, 0, MAX_WHOLE)?,
    })
}

/// Narrows a number whose range has been checked.
fn narrow(field: Field) -> impl Fn(u64) -> Result<u32, Rejection> {
    move |value| u32::try_from(value).map_err(|_| out_of_range(field))
}

fn session<'a>(fields: &RawFields<'a>) -> Result<EventKind<'a>, Rejection> {
    // Its text has been judged among the common fields; here it must be there.
    if fields.raw(Field::SessionId).is_empty() {
        return Err(missing(Field::SessionId));
    }
    let action = required_name(fields, Field::Action, SessionAction::of_name)?;
    Ok(EventKind::Session(action))
}

/// The score's range is judged after the scale is known, all else in order.
fn survey<'a>(fields: &RawFields<'a>) -> Result<EventKind<'a>, Rejection> {
    let kind = required_name(fields, Field::Kind, SurveyKind::of_name)?;
    let score = scaled(fields, Field::Score, SCORE_PLACES)?;
    if score.is_none() && !fields.score_is_null() {
        return Err(missing(Field::Score));
    }
    let (scales, default): (&[u64], _) = match kind {
        SurveyKind::Nps => (&[10], 10),
        SurveyKind::Csat => (&[5], 5),
        SurveyKind::Ces => (&[5, 7], 7),
        SurveyKind::Cxi => (&[5, 7], 5),
    };
    let scale = whole_number(fields, Field::Scale, MAX_WHOLE)?.unwrap_or(default);
    if !scales.contains(&scale) {
        return Err(out_of_range(Field::Scale));
    }
    let lowest = if kind == SurveyKind::Nps { 0 } else { 1_000 };
    let score = match score {
        Some(score) if !score.is_within(lowest, scale * 1_000) => {
            return Err(out_of_range(Field::Score));
        }
        Some(score) => Some(narrow(Field::Score)(score.nearest)?),
        None => None,
    };
    Ok(EventKind::Survey {
        kind,
        score,
        scale: u8::try_from(scale).map_err(|_| out_of_range(Field::Scale))?,
        component: name(fields, Field::Component, Component::of_name)?,
        channel: any_text(fields, Field::Channel)?,
        ticket_id: any_text(fields, Field::TicketId)?,
        agent: any_text(fields, Field::Agent)?,
    })
}

fn subscription<'a>(fields: &RawFields<'a>) -> Result<EventKind<'a>, Rejection> {
    let subscription_id = any_text(fields, Field::SubscriptionId)?;
    let action = required_name(fields, Field::Action, SubscriptionAction::of_name)?;
    let mrr = amount(fields, Field::Mrr)?;
    let needs_mrr = matches!(
        action,
        SubscriptionAction::Start | SubscriptionAction::Upgrade | SubscriptionAction::Downgrade
    );
    if mrr.is_none() && needs_mrr {
        return Err(missing(Field::Mrr));
    }
    let currency = currency(fields, Field::Currency)?;
    if mrr.is_some() && currency.is_none() {
        return Err(missing(Field::Currency));
    }
    Ok(EventKind::Subscription {
        subscription_id,
        action,
        mrr,
        currency,
        reason: any_text(fields, Field::Reason)?,
        agent: any_text(fields, Field::Agent)?,
    })
}
