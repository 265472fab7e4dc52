//! Owns the parameters that define an aggregation. Those that select the events belong to the filter and are passed on.

use super::{
    Aggregation, Calendar, GROUP_LEVELS_MAX, Grouping, Histogram, Interval, METRICS_MAX, Metric, MetricKind,
    TERMS_LIMIT_DEFAULT, TERMS_LIMIT_MAX, Terms, TimeField,
};
use crate::query::{Field, ParameterError, ValueKind, name::Name};

/// Parameters split into those of the aggregation and those of the filter.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregationParameters {
    /// The aggregation.
    pub aggregation: Aggregation,
    /// The pairs that select the events.
    pub filters: Vec<(String, String)>,
}

/// The values as they were written.
#[derive(Default)]
struct Given {
    group_by: Vec<String>,
    interval: Option<String>,
    time_zone: Option<String>,
    limit: Option<String>,
    metrics: Vec<GivenMetric>,
}

/// A metric as it was written.
struct GivenMetric {
    kind: MetricKind,
    /// The name of the field.
    field: String,
}

/// Parses the aggregation's parameters out of decoded pairs of names and values, and returns it with the remaining
/// pairs.
///
/// # Errors
/// All errors of the aggregation's parameters.
pub fn parse_aggregation(pairs: Vec<(String, String)>) -> Result<AggregationParameters, Vec<ParameterError>> {
    let (given, filters, mut errors) = sort(pairs);
    let limit = checked(given.limit.as_deref().map_or(Ok(TERMS_LIMIT_DEFAULT), parse_limit), &mut errors);
    let histogram = checked(parse_calendar(&given), &mut errors);
    let groups = checked(parse_groups(&given, limit.unwrap_or_default(), histogram.as_ref()), &mut errors);
    let metrics: Vec<_> =
        given.metrics.iter().filter_map(|metric| checked(parse_metric(metric), &mut errors)).collect();
    if given.metrics.len() > METRICS_MAX {
        let name = given.metrics[METRICS_MAX].kind.as_str();
        errors.push(error(name, "too_many_values", format!("at most {METRICS_MAX} metrics are computed at once")));
    }
    match groups {
        Some(groups) if errors.is_empty() => {
            Ok(AggregationParameters { aggregation: Aggregation { groups, metrics }, filters })
        }
        _ => Err(errors),
    }
}

fn sort(pairs: Vec<(String, String)>) -> (Given, Vec<(String, String)>, Vec<ParameterError>) {
    let (mut given, mut rest, mut errors) = (Given::default(), Vec::new(), Vec::new());
    for (name, value) in pairs {
        let once = match name.as_str() {
            "group_by" => {
                given.group_by.push(value);
                continue;
            }
            "distinct" => {
                given.metrics.push(GivenMetric { kind: MetricKind::Distinct, field: value });
                continue;
            }
            "min" => {
                given.metrics.push(GivenMetric { kind: MetricKind::Min, field: value });
                continue;
            }
            "max" => {
                given.metrics.push(GivenMetric { kind: MetricKind::Max, field: value });
                continue;
            }
            "interval" => &mut given.interval,
            "time_zone" => &mut given.time_zone,
            "limit" => &mut given.limit,
            _ => {
                rest.push((name, value));
                continue;
            }
        };
        if once.replace(value).is_some() {
            errors.push(error(&name, "repeated_parameter", "this parameter is taken once".to_owned()));
        }
    }
    (given, rest, errors)
}

fn checked<T>(parsed: Result<T, ParameterError>, errors: &mut Vec<ParameterError>) -> Option<T> {
    parsed.map_err(|error| errors.push(error)).ok()
}

fn parse_limit(text: &str) -> Result<usize, ParameterError> {
    let limit = text.parse().ok().filter(|limit| (1..=TERMS_LIMIT_MAX).contains(limit));
    let detail = || format!("a whole number from 1 to {TERMS_LIMIT_MAX} is wanted");
    limit.ok_or_else(|| error("limit", "invalid_value", detail()))
}

fn parse_calendar(given: &Given) -> Result<Calendar, ParameterError> {
    let interval = given.interval.as_deref().unwrap_or(Interval::Day.as_str());
    let names = || Interval::ALL.map(Interval::as_str).join(", ");
    let interval = Interval::parse(interval)
        .ok_or_else(|| error("interval", "invalid_value", format!("`{interval}` is none of {}", names())))?;
    let zone = given.time_zone.as_deref().unwrap_or("UTC");
    Calendar::new(interval, zone).map_err(|unknown| error("time_zone", "unknown_time_zone", unknown.to_string()))
}

fn parse_groups(given: &Given, limit: usize, calendar: Option<&Calendar>) -> Result<Vec<Grouping>, ParameterError> {
    if given.group_by.len() > GROUP_LEVELS_MAX {
        let detail = format!("groups nest at most {GROUP_LEVELS_MAX} levels deep");
        return Err(error("group_by", "too_many_values", detail));
    }
    let mut groups: Vec<Grouping> = Vec::new();
    for name in &given.group_by {
        let field = parse_field("group_by", name)?;
        if groups.iter().any(|group| group.field() == field) {
            return Err(error("group_by", "invalid_value", format!("`{name}` is given twice")));
        }
        groups.push(match TimeField::of(&field) {
            None => Grouping::Terms(Terms { field, limit }),
            Some(_) if groups.iter().any(|group| matches!(group, Grouping::Histogram(_))) => {
                return Err(error("group_by", "invalid_value", "events are grouped by one time only".to_owned()));
            }
            // An error of the calendar is reported separately.
            Some(field) => {
                let calendar = calendar.cloned().unwrap_or_else(|| Calendar::utc(Interval::Day));
                Grouping::Histogram(Histogram { field, calendar })
            }
        });
    }
    let without_time = !groups.iter().any(|group| matches!(group, Grouping::Histogram(_)));
    let needless = [("interval", &given.interval), ("time_zone", &given.time_zone)];
    if let Some((name, _)) = needless.iter().find(|(_, given)| without_time && given.is_some()) {
        let detail = "it has no effect without a time to group by: add `group_by=occurred_at`";
        return Err(error(name, "invalid_value", detail.to_owned()));
    }
    Ok(groups)
}

fn parse_metric(given: &GivenMetric) -> Result<Metric, ParameterError> {
    let kind = given.kind;
    let field = parse_field(kind.as_str(), &given.field)?;
    if !kind.suits(field.kind()) {
        let of = [ValueKind::Time, ValueKind::Integer, ValueKind::Scalar].map(ValueKind::as_str).join(", ");
        let detail = format!("`{}` is of the kind {}; this is computed for {of}", field.name(), field.kind().as_str());
        return Err(error(kind.as_str(), "invalid_value", detail));
    }
    Ok(Metric { kind, field })
}

/// Parses the name of a field in a parameter.
///
/// # Errors
/// There is no such field; the error suggests a similar name.
pub fn parse_field(parameter: &str, name: &str) -> Result<Field, ParameterError> {
    Field::parse(name).ok_or_else(|| error(parameter, "unknown_field", Name::unknown_message(name)))
}

fn error(parameter: &str, code: &'static str, detail: String) -> ParameterError {
    ParameterError { parameter: parameter.to_owned(), code, detail, start: 0, end: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::KeyPath;

    fn pairs(query: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        query.split('&').filter_map(pair).collect()
    }

    #[test]
    fn parameters_say_what_is_reckoned_and_leave_the_rest() {
        let query = "group_by=occurred_at&actor=alice&group_by=outcome&interval=hour&time_zone=europe/berlin&limit=3\
                     &distinct=actor&max=occurred_at&min=metadata.n";
        let parsed = parse_aggregation(pairs(query)).unwrap();
        let calendar = Calendar::new(Interval::Hour, "Europe/Berlin").unwrap();
        let metric = |kind, field| Metric { kind, field };
        let expected = Aggregation {
            groups: vec![
                Grouping::Histogram(Histogram { field: TimeField::OccurredAt, calendar }),
                Grouping::Terms(Terms { field: Field::OutcomeStatus, limit: 3 }),
            ],
            metrics: vec![
                metric(MetricKind::Distinct, Field::AnyActor),
                metric(MetricKind::Max, Field::OccurredAt),
                metric(MetricKind::Min, Field::Metadata(KeyPath::of_name("n"))),
            ],
        };
        assert_eq!(parsed, AggregationParameters { aggregation: expected, filters: pairs("actor=alice") });
        let nothing = parse_aggregation(Vec::new()).unwrap();
        assert_eq!(nothing.aggregation, Aggregation { groups: vec![], metrics: vec![] });
    }

    #[test]
    fn everything_wrong_is_named() {
        let cases = [
            ("group_by=acton", "group_by", "unknown_field"),
            ("group_by=action&group_by=actor&group_by=ip", "group_by", "too_many_values"),
            ("group_by=target&group_by=target.id", "group_by", "invalid_value"),
            ("group_by=occurred_at&group_by=received_at", "group_by", "invalid_value"),
            ("group_by=occurred_at&interval=year", "interval", "invalid_value"),
            ("group_by=occurred_at&time_zone=Berlin", "time_zone", "unknown_time_zone"),
            ("group_by=action&interval=hour", "interval", "invalid_value"),
            ("time_zone=UTC", "time_zone", "invalid_value"),
            ("limit=0", "limit", "invalid_value"),
            ("limit=1001", "limit", "invalid_value"),
            ("limit=1&limit=2", "limit", "repeated_parameter"),
            ("min=action", "min", "invalid_value"),
            ("distinct=metadata", "distinct", "unknown_field"),
            (
                "max=sequence&max=sequence&max=sequence&max=sequence&max=sequence&max=sequence&max=sequence\
                 &max=sequence&distinct=id",
                "distinct",
                "too_many_values",
            ),
        ];
        for (query, parameter, code) in cases {
            let errors = parse_aggregation(pairs(query)).expect_err(query);
            let named: Vec<_> = errors.iter().map(|error| (&*error.parameter, error.code)).collect();
            assert_eq!(named, [(parameter, code)], "{query}");
        }
    }
}
