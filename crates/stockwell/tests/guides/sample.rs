//! What a guide shows of an answer, held to the answer. All fields are compared, and their values unless
//! they are of the moment (ids, instants, days). `…` at the end of an object or a list, and in a text,
//! stands for what the page leaves out.

use serde_json::Value;

const CUT: &str = "…";

/// All JSON objects in a text, one after the other, between whatever else stands there.
pub(crate) fn values(text: &str) -> Vec<Value> {
    let text = text.replace(", …}", ", \"…\": 0}").replace(", …]", ", \"…\"]");
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(begin) = rest.find('{') {
        rest = &rest[begin..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let read = values.next().and_then(Result::ok);
        let length = if read.is_some() { values.byte_offset() } else { 1 };
        found.extend(read);
        rest = &rest[length..];
    }
    found
}

/// Whether a text is another one each time.
fn is_of_the_moment(text: &str) -> bool {
    let ids = ["pst_", "clm_", "evt_", "doc_", "req_", "swk_"];
    let is_day = text.get(..8).is_some_and(|day| {
        day.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    is_day || ids.iter().any(|id| text.starts_with(id))
}

/// In what a sample differs from the answer.
pub(crate) fn differ(sample: &Value, answer: &Value, at: &str) -> Vec<String> {
    match (sample, answer) {
        (Value::Object(sample), Value::Object(answer)) => {
            let cut = sample.contains_key(CUT);
            let missing = answer.keys().filter(|name| !cut && !sample.contains_key(*name));
            let mut faults: Vec<String> =
                missing.map(|name| format!("the page does not show {at}/{name}")).collect();
            for (name, value) in sample.iter().filter(|(name, _)| *name != CUT) {
                let at = format!("{at}/{name}");
                match answer.get(name) {
                    Some(found) => faults.extend(differ(value, found, &at)),
                    None => faults.push(format!("{at} is not in the answer")),
                }
            }
            faults
        }
        (Value::Array(sample), Value::Array(answer)) => {
            let shown: Vec<&Value> = sample.iter().filter(|value| *value != CUT).collect();
            let cut = shown.len() < sample.len();
            if shown.len() != answer.len() && !(cut && shown.len() < answer.len()) {
                return vec![format!("{at} has {} entries, and {} are shown", answer.len(), shown.len())];
            }
            let pairs = shown.iter().zip(answer).enumerate();
            pairs.flat_map(|(place, (shown, found))| differ(shown, found, &format!("{at}/{place}"))).collect()
        }
        (Value::String(shown), Value::String(found)) if is_of_the_moment(shown) => {
            let same = is_of_the_moment(found);
            if same { Vec::new() } else { vec![format!("{at} is `{found}`, and `{shown}` is shown")] }
        }
        (Value::String(shown), Value::String(found)) if shown.contains(CUT) => {
            let begin = shown.split(CUT).next().unwrap_or_default();
            let same = found.starts_with(begin);
            if same { Vec::new() } else { vec![format!("{at} is `{found}`, and `{shown}` is shown")] }
        }
        _ if sample == answer || at.ends_with("/ms") => Vec::new(),
        _ => vec![format!("{at} is `{answer}`, and `{sample}` is shown")],
    }
}

#[test]
fn a_sample_shows_all_fields_or_says_that_it_is_cut() {
    let answer = serde_json::json!({ "a": "1", "at": "2026-03-01", "list": [1, 2], "id": "pst_77" });
    let told = |sample: &str| {
        let sample = values(sample).pop().unwrap();
        differ(&sample, &answer, "")
    };
    assert!(told(r#"{"a": "1", "at": "2025-01-01", "list": [1, 2], "id": "pst_…"}"#).is_empty());
    assert!(told(r#"{"a": "…", "list": [1, …], …}"#).is_empty());
    assert_eq!(told(r#"{"a": "2", …}"#), ["/a is `\"1\"`, and `\"2\"` is shown"]);
    assert_eq!(told(r#"{"a": "1", "at": "2026-03-01", "list": [1, 2]}"#), ["the page does not show /id"]);
    assert_eq!(told(r#"{"b": "1", …}"#), ["/b is not in the answer"]);
    assert_eq!(told(r#"{"list": [1], …}"#), ["/list has 2 entries, and 1 are shown"]);
    assert_eq!(told(r#"{"at": "today", …}"#).len(), 1);
    assert_eq!(values("HTTP/1.1 200 OK\n{\"a\":1}\nnote {x}\n{\"b\":2}{\"c\":3}").len(), 3);
}
