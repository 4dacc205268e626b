//! Calendars by hand, and against a count day by day.

use super::*;
use crate::when::parse_date;
use proptest::prelude::*;

fn minute(text: &str) -> Minute {
    Minute::parse(text).unwrap()
}

fn hours(text: &str) -> Hours {
    let span = |span: &str| {
        let (from, to) = span.split_once('-').unwrap();
        Span::new(minute(from), minute(to)).unwrap()
    };
    Hours::new(text.split_whitespace().map(span).collect()).unwrap()
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// Monday to Friday from eight to twelve and from one to half past five.
fn office() -> Calendar {
    let day = hours("08:00-12:00 13:00-17:30");
    let week = Weekday::ALL[..5].iter().map(|weekday| (*weekday, day.clone())).collect();
    Calendar { week: Some(week), days: BTreeMap::new() }
}

#[test]
fn words_and_numbers_read_back() {
    crate::word::assert_words!(Weekday);
    assert_eq!(Weekday::of(day("2026-11-22")), Weekday::Sunday);
    assert_eq!(Weekday::of(day("2026-11-23")), Weekday::Monday);
}

#[test]
fn what_is_no_hours_is_refused() {
    for text in ["", "8:00", "08:0", "08:60", "24:01", "25:00", "0800", "08:00:00", "-1:00", "+8:00", "08-00"]
    {
        assert_eq!(Minute::parse(text), Err(BadHours::Minute(text.to_owned())), "{text}");
    }
    assert_eq!((minute("00:00").number(), minute("24:00").number()), (0, 1_440));
    assert_eq!(minute("08:05").to_string(), "08:05");
    assert_eq!((Minute::from_number(1_440), Minute::from_number(1_441)), (Some(minute("24:00")), None));
    let backwards = Span::new(minute("22:00"), minute("06:00")).unwrap_err();
    assert!(backwards.to_string().contains("until `24:00`"), "{backwards}");
    assert!(Span::new(minute("06:00"), minute("06:00")).is_err());
    let span = |from, to| Span::new(minute(from), minute(to)).unwrap();
    let overlap = Hours::new(vec![span("12:00", "14:00"), span("08:00", "12:01")]).unwrap_err();
    assert_eq!(overlap.to_string(), "`08:00-12:01` overlaps `12:00-14:00` on the same day; make one of them");
    assert_eq!(Hours::new(vec![span("12:00", "14:00"), span("08:00", "12:00")]).unwrap().spans().len(), 2);
    let minute = |n| Minute::from_number(n).unwrap();
    let many = |count| (0..count).map(|n| Span::new(minute(n), minute(n + 1)).unwrap()).collect();
    assert!(Hours::new(many(8)).is_ok());
    assert_eq!(Hours::new(many(9)), Err(BadHours::TooMany(9)));
}

#[test]
fn a_place_is_open_by_the_clock_on_its_wall() {
    let london = Zone::parse("Europe/London").unwrap();
    let mut calendar = office();
    calendar.days.insert(day("2026-12-25"), Hours::default());
    calendar.days.insert(day("2026-12-26"), hours("10:00-11:00"));
    let cases = [
        // summer time: eight o'clock is seven of UTC
        ("2026-07-01T06:59:59.999999Z", false, Some("2026-07-01T07:00:00Z")),
        ("2026-07-01T07:00:00Z", true, Some("2026-07-01T07:00:00Z")),
        ("2026-07-01T11:00:00Z", false, Some("2026-07-01T12:00:00Z")),
        ("2026-07-01T16:29:59Z", true, Some("2026-07-01T16:29:59Z")),
        ("2026-07-01T16:30:00Z", false, Some("2026-07-02T07:00:00Z")),
        // a Friday evening
        ("2026-07-03T17:00:00Z", false, Some("2026-07-06T07:00:00Z")),
        // Christmas is closed, and the Saturday after it is not
        ("2026-12-24T18:00:00Z", false, Some("2026-12-26T10:00:00Z")),
        ("2026-12-26T10:30:00Z", true, Some("2026-12-26T10:30:00Z")),
        ("2026-12-26T11:00:00Z", false, Some("2026-12-28T08:00:00Z")),
    ];
    for (now, open, next) in cases {
        assert_eq!(calendar.is_open(&london, at(now)), open, "{now}");
        assert_eq!(calendar.next_open(&london, at(now)), next.map(at), "{now}");
    }
}

#[test]
fn a_change_of_the_clock_takes_or_gives_an_hour() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let only = |text| Calendar {
        week: Some(Weekday::ALL.iter().map(|weekday| (*weekday, hours(text))).collect()),
        days: BTreeMap::new(),
    };
    // on the last Sunday of March there is nothing between two and three
    let lost = only("02:00-03:00");
    assert_eq!(lost.next_open(&berlin, at("2026-03-28T12:00:00Z")), Some(at("2026-03-30T00:00:00Z")));
    // on the last Sunday of October it is between two and three for two hours
    let twice = only("02:00-03:00");
    let open = |text| twice.is_open(&berlin, at(text));
    assert!(open("2026-10-25T00:00:00Z") && open("2026-10-25T01:59:59Z") && !open("2026-10-25T02:00:00Z"));
    // around the clock is around every clock
    let always = Calendar::default();
    assert!(
        always.is_open(&berlin, at("2026-03-29T01:00:00Z"))
            && always.is_open(&berlin, at("2026-10-25T01:30:00Z"))
    );
    assert!(only("00:00-24:00").is_open(&berlin, at("2026-10-25T22:59:59Z")));
}

#[test]
fn a_place_that_never_opens_has_no_next_opening() {
    let never = Calendar { week: Some(Week::new()), days: BTreeMap::new() };
    assert_eq!(never.next_open(&Zone::UTC, at("2026-07-01T00:00:00Z")), None);
    assert_eq!(never.plus_working_days(day("2026-07-01"), 0), None);
    assert_eq!(never.working_days_between(day("2026-07-01"), day("2027-07-01")), 0);
}

#[test]
fn working_days_are_counted_after_the_first_and_with_the_last() {
    let mut calendar = office();
    calendar.days.insert(day("2026-12-25"), Hours::default());
    let cases = [
        ("2026-12-18", "2026-12-18", 0),
        // a Friday and the Monday after it
        ("2026-12-18", "2026-12-21", 1),
        ("2026-12-18", "2026-12-20", 0),
        ("2026-12-21", "2026-12-28", 4),
        ("2026-12-28", "2026-12-21", -4),
        ("2026-01-01", "2026-12-31", 259),
    ];
    for (from, to, expected) in cases {
        assert_eq!(calendar.working_days_between(day(from), day(to)), expected, "{from} {to}");
    }
    for (from, days, expected) in [
        ("2026-12-18", 0, "2026-12-18"),
        ("2026-12-19", 0, "2026-12-21"),
        ("2026-12-18", 1, "2026-12-21"),
        ("2026-12-24", 1, "2026-12-28"),
    ] {
        assert_eq!(calendar.plus_working_days(day(from), days), Some(day(expected)), "{from} {days}");
    }
}

prop_compose! {
    fn calendars()(
        week in proptest::option::of(proptest::collection::vec(any::<bool>(), 7)),
        days in proptest::collection::btree_map(-400..400_i32, any::<bool>(), 0..40),
    ) -> Calendar {
        let of = |works: bool| if works { hours("08:00-16:00") } else { Hours::default() };
        let zero = day("2026-01-01");
        Calendar {
            week: week.map(|week| Weekday::ALL.iter().copied().zip(week.into_iter().map(of)).collect()),
            days: days.into_iter().map(|(n, works)| (plus_days(zero, n).unwrap(), of(works))).collect(),
        }
    }
}

proptest! {
    #[test]
    fn counting_by_weeks_is_counting_day_by_day(calendar in calendars(), from in -500..500_i32, length in 0..900_i32) {
        let from = plus_days(day("2026-01-01"), from).unwrap();
        let to = plus_days(from, length).unwrap();
        let one_by_one = (1..=length).filter(|n| calendar.works_on(plus_days(from, *n).unwrap())).count();
        let counted = calendar.working_days_between(from, to);
        prop_assert_eq!(usize::try_from(counted), Ok(one_by_one));
        prop_assert_eq!(calendar.working_days_between(to, from), -counted);
    }

    #[test]
    fn the_day_so_many_working_days_later_is_so_many_away(calendar in calendars(), days in 1..60_u16) {
        let from = day("2026-01-01");
        if let Some(to) = calendar.plus_working_days(from, days) {
            prop_assert_eq!(calendar.working_days_between(from, to), i32::from(days));
            prop_assert!(calendar.works_on(to));
        }
    }
}
